"""The figures of the benchmark for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.table import Table

_Line = tuple[str, str]


def bench_table(result: Mapping[str, Any]) -> Table:
    """What was measured, and what was cut short."""
    table = Table(title="mtinet bench", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    lines = [
        *_machine_lines(result),
        *_way_lines(result),
        *_network_lines(result),
        *(
            (f"{count} slices, without start-up", f"{value:.2f} s")
            for count, value in _items(result, "growth")
        ),
        *_interactive_lines(result),
        *((f"Time for: {name}", f"{seconds:.0f} s") for name, seconds in _items(result, "part_seconds")),
        *(("Cut short", said) for said in result.get("cut_short", ())),
    ]
    for name, value in lines:
        table.add_row(name, value)
    return table


def _machine_lines(result: Mapping[str, Any]) -> list[_Line]:
    lines = []
    if "machine" in result:
        machine = result["machine"]
        text = f"{machine['cpu']}, {machine['usable_cores']} cores, {machine['threads']} threads"
        lines.append(("Machine", text))
    if "network_device" in result:
        text = f"{result['network_device']}, {result['network_precision']}"
        lines.append(("Device and precision", text))
    return lines


def _way_lines(result: Mapping[str, Any]) -> list[_Line]:
    return [
        *_known(result, "end_to_end_s", f"Whole way, {result['slices']} slices", _s),
        *_known(result, "end_to_end_without_startup_s", "... without start-up", _s),
        *((f"    {name}", f"{seconds:.2f} s") for name, seconds in _items(result, "stages_s")),
        *_known(result, "slices_per_s", "Slices per second, without start-up", "{:.1f}".format),
        *_known(result, "peak_rss_gb", "Peak memory", _gb),
    ]


def _network_lines(result: Mapping[str, Any]) -> list[_Line]:
    if "network_ms_per_slice" not in result:
        return []
    precision = result["network_precision"]
    mode = result.get("fp32_mode", precision) if precision == "fp32" else precision
    return [
        ("Network per slice", _ms(result["network_ms_per_slice"])),
        ("... work", f"{result['network_gflop_per_slice']:.1f} GFLOP"),
        ("... share of the measured peak", f"{100 * result['network_peak_share']:.0f} %"),
        (f"Measured peak, {mode}", f"{result['matmul_peak_gflops'][precision]:.0f} GFLOP/s"),
        ("nnU-Net's PlainConvUNet per slice", _ms(result["plainconvunet_ms_per_slice"])),
        ("... times the network", f"{result['ratio_vs_plainconvunet']:.2f}"),
        ("Segmentation alone per slice", _ms(result["network_segmentation_ms_per_slice"])),
        ("... by OpenVINO instead of torch", _ms(result["openvino_segmentation_ms_per_slice"])),
    ]


def _interactive_lines(result: Mapping[str, Any]) -> list[_Line]:
    """How the module feels; a line that says so where it could not be measured."""
    figures = result.get("interactive")
    if figures is None:
        return [("Slicer module", "not measured: slicer-core is not installed (extra viewer)")]
    return [
        *_known(figures, "click_to_overlay_cold_s", "Click to overlay, first time", _s),
        *_known(figures, "click_to_overlay_warm_s", "... again", _s),
        *_known(
            figures, "longest_block_during_analysis_ms", "Main thread blocked, at most", "{:.0f} ms".format
        ),
        *_known(figures, "longest_block_after_edits_ms", "... after an edit", "{:.0f} ms".format),
        *_known(figures, "edit_to_findings_s", "Edit to new findings", "{:.2f} s".format),
        *_known(figures, "cancel_s", "Cancel", "{:.2f} s".format),
    ]


def _known(figures: Mapping[str, Any], key: str, title: str, shown: Callable[[Any], str]) -> list[_Line]:
    """One line, or none where it was cut."""
    return [(title, shown(figures[key]))] if key in figures else []


def _items(result: Mapping[str, Any], key: str) -> list[tuple[str, float]]:
    return list(result.get(key, {}).items())


def _s(value: float) -> str:
    return f"{value:.1f} s"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"


def _gb(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f} GB"
