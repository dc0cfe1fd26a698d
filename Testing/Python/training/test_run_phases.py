"""Which phases a run learns from."""

from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.dataset.folder import CASES_FILE
from MTINetLib.errors import InputError
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.training.run_phases import run_phases
from MTINetLib.training.settings import training_preset


def with_columns(folder: Path, phases: tuple[Phase, ...]) -> Path:
    columns = ["case", "patient", "class", *(phase.value for phase in phases), "mask"]
    (folder / CASES_FILE).write_text(",".join(columns) + "\n")
    return folder


def test_a_run_learns_from_the_phases_of_its_dataset(tmp_path: Path) -> None:
    settings = training_preset("quick", [])
    assert run_phases(with_columns(tmp_path, FOUR_PHASES), settings) == FOUR_PHASES
    assert run_phases(with_columns(tmp_path, FOUR_PHASES[:2]), settings) == FOUR_PHASES[:2]


def test_one_phase_is_too_few_to_learn_from(tmp_path: Path) -> None:
    dataset = with_columns(tmp_path, (Phase.PORTAL_VENOUS,))
    with pytest.raises(
        InputError, match="have the portal venous phase alone: training needs two phases or more"
    ):
        run_phases(dataset, training_preset("quick", []))
