"""Curves as files: tables, JSON and a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import MTINetLib
from MTINetLib.curves.picture import curves_picture
from MTINetLib.curves.results import CurveFigures, CurvePoint, Curves, RegionCurve, Statistics
from MTINetLib.report.csv_tables import Cell, csv_text
from MTINetLib.report.output_folder import new_results

CURVES_CSV, FIGURES_CSV, CURVES_JSON, CURVES_PNG = "curves.csv", "figures.csv", "curves.json", "curves.png"
FILES = (CURVES_CSV, FIGURES_CSV, CURVES_JSON, CURVES_PNG)


def write_curves(curves: Curves, out: Path, *, overwrite: bool = False) -> None:
    """Write FILES into a folder that appears whole or not at all.

    Raises:
        InputError: the folder is in use or cannot be written.
        MissingResourceError: the disk is full.
    """
    with new_results(out, overwrite=overwrite, earlier=FILES) as folder:
        (folder / CURVES_CSV).write_text(curves_csv(curves), encoding="utf-8", newline="")
        (folder / FIGURES_CSV).write_text(figures_csv(curves), encoding="utf-8", newline="")
        (folder / CURVES_JSON).write_text(curves_json(curves), encoding="utf-8")
        (folder / CURVES_PNG).write_bytes(curves_picture(curves))


def curves_json(curves: Curves) -> str:
    """All that was measured, with the version that measured it."""
    data = {"mtinet": MTINetLib.__version__, **asdict(curves)}
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def curves_from_json(text: str) -> Curves:
    """What :func:`curves_json` made.

    Raises:
        ValueError: it is something else, or of another version.
    """
    try:
        data = json.loads(text)
        del data["mtinet"]
        points = tuple(CurvePoint(**point) for point in data.pop("points"))
        regions = tuple(map(_region, data.pop("regions")))
        return Curves(points, regions, **_tuples(data))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"no curves: {error}") from error


def _region(data: dict[str, Any]) -> RegionCurve:
    statistics = (None if one is None else Statistics(**_tuples(one)) for one in data.pop("statistics"))
    figures = CurveFigures(**data.pop("figures"))
    return RegionCurve(statistics=tuple(statistics), figures=figures, **_tuples(data))


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


def curves_csv(curves: Curves) -> str:
    """A row per region and time point; empty where there is no value."""
    columns = (
        "region", "kind", "point", "time_s", "voxels", "covered", "mean", "sd", "median",
        *(f"percentile_{percentile:g}" for percentile in curves.percentiles),
        "difference", "relative", "contrast_to_reference", "shift_mm",
    )  # fmt: skip
    return csv_text(columns, _curve_rows(curves))


def figures_csv(curves: Curves) -> str:
    """A row per region."""
    names = [field.name for field in fields(CurveFigures)]
    rows = (
        (region.name, region.kind, *(getattr(region.figures, name) for name in names), " ".join(region.flags))
        for region in curves.regions
    )
    return csv_text(("region", "kind", *names, "flags"), rows)


def _curve_rows(curves: Curves) -> Iterator[Sequence[Cell]]:
    nothing = (None,) * (6 + len(curves.percentiles) - 1)
    for region in curves.regions:
        contrast = region.contrast or (None,) * len(curves.points)
        for point, known, *others in zip(
            curves.points, region.statistics, region.difference, region.relative, contrast, strict=True
        ):
            measured: Sequence[Cell] = nothing if known is None else (
                known.voxels, known.covered, known.mean, known.sd, known.median, *known.percentiles
            )  # fmt: skip
            yield region.name, region.kind, point.number, point.time_s, *measured, *others, point.shift_mm
