"""The figures of the Slicer module, on a short study."""

from __future__ import annotations

import pytest

from benchmarks.end_to_end import Runner


@pytest.mark.slow
@pytest.mark.viewer
def test_every_figure_of_the_module_is_measured() -> None:
    pytest.importorskip("slicer", reason="slicer-core is not installed: pip install 'MTINetLib[viewer]'")
    figures = Runner(None, "cpu", "auto").interactive(slices=16).merged
    assert figures["lesions"] > 0
    for name in (
        "longest_block_after_opening_ms",
        "longest_block_loading_the_sample_ms",
        "click_to_overlay_cold_s",
        "click_to_overlay_warm_s",
        "longest_block_during_analysis_ms",
        "longest_block_after_edits_ms",
        "edit_to_findings_s",
        "edit_to_findings_worst_s",
        "cancel_s",
    ):
        assert figures[name] > 0, name
