"""The comparison that a fine-tuning left, as a window shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.small_models import random_model

from MTINetLib.session.training_comparison import comparison_of
from MTINetLib.session.training_runs import RunRecord
from MTINetLib.session.training_state import TrainingChoices


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    random_model(tmp_path / "candidate", name="ward")
    random_model(tmp_path / "fold-1" / "model", name="ward-fold-1")
    (tmp_path / "fine-tuning.json").write_text("{}", "utf-8")
    (tmp_path / "comparison").mkdir()
    verdict = {"better": False, "gained": [], "lost": [], "unknown": True}
    told = {
        "models": {"old": {"name": "old"}},
        "table": {"sensitivity": ["1", "2", "1", "5"]},
        "verdict": verdict,
    }
    (tmp_path / "comparison" / "comparison.json").write_text(json.dumps(told), "utf-8")
    return RunRecord(tmp_path, TrainingChoices("data", "finetune"), "2026-01-01T10:00:00", True)


def test_the_model_of_a_fine_tuning_is_what_came_out_and_no_network_of_a_fold(record: RunRecord) -> None:
    assert record.models == (record.folder / "candidate",)
    shown = comparison_of(record)
    assert shown is not None
    assert (shown.old, shown.new.name, shown.better) == ("old", "ward", False)
    assert shown.cells == {"sensitivity": ("1", "2", "1", "5")}


def test_a_damaged_comparison_is_not_shown(record: RunRecord) -> None:
    path = record.folder / "comparison" / "comparison.json"
    for content in ("", "[]", '{"models": 3}', path.read_text("utf-8").replace('"better"', '"bitter"')):
        path.write_text(content, "utf-8")
        assert comparison_of(record) is None


def test_another_run_has_none(tmp_path: Path) -> None:
    random_model(tmp_path / "model")
    assert comparison_of(RunRecord(tmp_path, TrainingChoices("data"), "2026-01-01T10:00:00")) is None
    assert comparison_of(None) is None
