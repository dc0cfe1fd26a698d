"""The comparison with elastix: what it needs is said, and it judges as it says. No test runs elastix."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from benchmarks import alignment_elastix
from benchmarks.alignment_cases import Move, StillCase, shift, still_case
from benchmarks.alignment_elastix import (
    IF_BETTER,
    OURS,
    WAYS,
    Plan,
    by_elastix,
    compare,
    comparison_table,
    main,
)
from benchmarks.elastix import Displacements, Settings
from MTINetLib.study.grid import FloatArray, Grid


@cache
def _case() -> StillCase:
    return still_case(7, 24, 96)


def _everywhere(grid: Grid, vector: tuple[float, float, float]) -> Displacements:
    field: FloatArray = np.broadcast_to(np.array(vector, dtype=np.float64), (*grid.shape, 3))
    return Displacements(field, grid)


def _found_by_elastix(monkeypatch: pytest.MonkeyPatch, vector: tuple[float, float, float]) -> None:
    found = _everywhere(_case().grid, vector), 2.0
    monkeypatch.setattr(alignment_elastix, "register", lambda fixed, moving, settings: found)


@pytest.mark.parametrize("itk", [None, ModuleType("itk")], ids=["no itk", "itk without elastix"])
def test_without_elastix_one_sentence_says_what_to_install(
    itk: ModuleType | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "itk", itk)
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "out.json")])
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.err == "The comparison needs elastix, which is not installed; run pip install itk-elastix.\n"
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_points_are_moved_by_the_displacement_at_their_own_place() -> None:
    grid = Grid(
        (6, 8, 10), (1.5, 2.0, 4.0), (-20.0, 5.0, 30.0), (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    )
    places = grid.to_lps(np.moveaxis(np.indices(grid.shape), 0, -1).reshape(-1, 3)).reshape(*grid.shape, 3)
    found = Displacements(places * (0.1, -0.2, 0.3) + (1.0, 2.0, 3.0), grid)
    points = grid.to_lps(np.array([[2.0, 3.0, 4.0], [1.25, 5.5, 7.75]]))
    wanted = points * (1.1, 0.8, 1.3) + (1.0, 2.0, 3.0)
    np.testing.assert_allclose(found.through(points), wanted, atol=1e-9)
    transform = found.transform()
    np.testing.assert_allclose([transform.TransformPoint(p) for p in points.tolist()], wanted, atol=1e-9)


def test_a_phase_that_has_not_moved_is_left_alone_only_behind_the_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _found_by_elastix(monkeypatch, (0.0, 3.0, 4.0))
    always, if_better = by_elastix(_case(), shift((0.0, 0.0, 0.0)), Settings())
    assert [error for phase in always.phases for error in phase.after_mm] == pytest.approx([5.0] * 6)
    assert [error for phase in if_better.phases for error in phase.after_mm] == [0.0] * 6
    assert always.seconds == 6.0
    assert if_better.seconds < always.seconds


@pytest.mark.parametrize(("found", "left_mm"), [((-5.0, 6.0, -14.0), 0.0), ((9.0, -9.0, 14.0), 16.0)])
def test_behind_the_rule_a_right_move_is_kept_and_a_wrong_one_is_not(
    found: tuple[float, float, float], left_mm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    _found_by_elastix(monkeypatch, found)
    move: Move = shift((-5.0, 6.0, -14.0))
    _, if_better = by_elastix(_case(), move, Settings())
    errors = [error for phase in if_better.phases for error in phase.after_mm]
    assert errors == pytest.approx([left_mm] * 6, abs=0.1)


def test_the_table_has_times_as_multiples_of_ours() -> None:
    row = {"before_mm": 9.7, "after_mm": 1.26, "mean_after_mm": 0.4, "made_worse_mm": -8.0, "seconds": 2.0}
    slow = {**row, "made_worse_mm": 0.31, "seconds": 30.0}
    by_way = {way: row if way in (OURS, "elastix" + IF_BETTER) else slow for way in WAYS}
    result = {
        "seeds": [5, 23],
        "slices": 48,
        "side": 160,
        "penalty": 50.0,
        "date": "2026-01-02",
        "version": "1.0",
    }
    lines = comparison_table({**result, "moves": {"shift 10 mm": by_way}}).splitlines()
    assert "seeds 5, 23, 48 slices" in lines[0]
    assert "penalty 50," in lines[0]
    good, bad = "1.3 / 0.4 / 0.0", "1.3 / 0.4 / 0.3"
    assert lines[-2] == f"| shift 10 mm | 9.7 | {good} | {bad} | {good} | {bad} | {bad} |"
    assert lines[-1] == "| longest time, ours = 1 | | 1 | 15 | 1 | 15 | 15 |"


def test_only_the_moves_that_are_asked_for_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment_elastix, "require_elastix", lambda: None)
    monkeypatch.setattr(alignment_elastix, "still_case", lambda seed, slices, side: _case())
    _found_by_elastix(monkeypatch, (0.0, 0.0, 2.0))
    (result,) = compare(Plan(seeds=(7,), slices=24, side=96, moves=("none", "shift 2 mm")))
    assert list(result["moves"]) == ["none", "shift 2 mm"]
    assert result["moves"]["none"]["elastix"]["made_worse_mm"] == 2.0
    assert result["moves"]["shift 2 mm"]["elastix"]["after_mm"] == 0.0
    assert result["moves"]["shift 2 mm"]["elastix"]["seconds"] == 6.0
