"""Boxes outlined beside other ways: what is compared, and that each way is measured for what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_labels, made_study
from support.outline_network import KnownSlices

from benchmarks import outline
from benchmarks.outline import ellipsoid, grown, outline_table, run_outline
from MTINetLib.cli import run
from MTINetLib.errors import InputError
from MTINetLib.outline.marks import Marks
from MTINetLib.outline.outline import Outliner
from MTINetLib.study.study import Study

STUDY = made_study()
TRUTH = made_labels(STUDY.grid)


def dice(one: Any, other: Any) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def box_of(label: int) -> Marks:
    places = np.argwhere(label == TRUTH)
    ends = STUDY.grid.to_lps(np.array([places.min(axis=0) - 0.5, places.max(axis=0) + 0.5]))
    return Marks((tuple(ends[0]), tuple(ends[1])))


def sees_the_second_lesion(study: Study) -> Any:
    return (TRUTH == 2).astype(np.uint8)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(outline, "_phantoms", lambda _seed: iter([(STUDY, TRUTH)]))
    return run_outline(
        2, outliner=lambda study: Outliner(study, KnownSlices()), network=sees_the_second_lesion
    )


def test_each_way_has_its_figures_by_size(figures: dict[str, Any]) -> None:
    assert figures["lesions"] == 2
    assert list(figures["ways"]) == ["outline", "outline again", "threshold", "ellipsoid", "network"]
    assert json.loads(json.dumps(figures)) == figures
    by_size = figures["ways"]["outline"]
    assert sum(said["lesions"] for size, said in by_size.items() if size != "all" and said) == 2
    assert by_size["all"]["median"] > 0.7


def test_a_lesion_that_the_network_missed_counts_zero(figures: dict[str, Any]) -> None:
    assert figures["ways"]["network"]["all"]["median"] == 0.5  # of 0 and 1


def test_the_table_names_ways_sizes_and_source(figures: dict[str, Any]) -> None:
    text = outline_table(figures)
    for word in ("2 lesions (phantom)", "threshold", "ellipsoid", "< 10 mm", ">= 30 mm", "CPU s"):
        assert word in text


def test_the_simpler_ways_find_a_plain_lesion() -> None:
    for way in (grown, ellipsoid):
        assert dice(way(STUDY, box_of(1)), TRUTH == 1) > 0.85


def test_boxes_are_off_by_a_tenth_of_a_side_at_most() -> None:
    places = np.argwhere(TRUTH == 1)
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    for seed in range(20):
        marks = outline._box(STUDY, TRUTH == 1, np.random.default_rng(seed))
        ends = STUDY.grid.to_index(np.array(marks.box))
        off = np.abs(np.sort(ends, axis=0) - np.array([low, high])) / (high - low)
        assert 0.0 < off.max() <= 0.1 + 1e-9


def test_a_dataset_without_lesions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "_studies", lambda _folder: iter([(STUDY, np.zeros_like(TRUTH))]))
    with pytest.raises(InputError, match="no lesions"):
        run_outline(2, dataset=tmp_path, outliner=lambda study: None, network=sees_the_second_lesion)  # type: ignore[arg-type, return-value]


def test_the_command_writes_figures_and_takes_no_table(
    tmp_path: Path,
    figures: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(outline, "run_outline", lambda *_, **__: figures)
    assert run(["bench", "--outline", "--cases", "2", "-o", str(tmp_path / "o.json")]) == 0
    assert json.loads((tmp_path / "o.json").read_text(encoding="utf-8")) == figures
    assert "ellipsoid" in capsys.readouterr().out
    assert run(["bench", "--outline", "--table", "a.csv", "-o", str(tmp_path / "o.json")]) == 2
    assert "--table goes with --phantom only" in capsys.readouterr().err
