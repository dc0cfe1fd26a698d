"""mtinet check on a small dataset, sound and damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.small_dataset import write_small_dataset

from MTINetLib.cli import run
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.write import write_volume
from MTINetLib.study.phase import FOUR_PHASES


def test_a_sound_dataset_ends_with_0_and_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(write_small_dataset(tmp_path))]) == 0
    told = capsys.readouterr()
    assert "6 cases of 6 patients" in told.out
    assert "64 x 64 x 6" in told.out
    assert "Hemangioma" in told.out
    assert told.err == ""


def test_what_is_wrong_is_said_case_by_case_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = write_small_dataset(tmp_path)
    (dataset / "case_2" / "delayed.nii.gz").unlink()
    (dataset / "case_4" / "pre.nii.gz").write_bytes(b"no image")
    assert run(["check", str(dataset)]) == 2
    told = capsys.readouterr()
    assert "case_2: The column delayed is wrong: case_2/delayed.nii.gz does not exist" in told.out
    assert "case_4: The pre-contrast phase: pre.nii.gz cannot be read" in told.out
    assert "2 of 6 cases cannot be trained on" in told.err


def test_a_folder_that_is_no_dataset_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path)]) == 2
    assert "has no cases.csv" in capsys.readouterr().out


def phases_of(dataset: Path, case: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    paths = [dataset / case / f"{phase.value}.nii.gz" for phase in FOUR_PHASES]
    volumes = [read_volume(path) for path in paths]
    changed = change(np.stack([volume.array for volume in volumes]))
    for path, array, volume in zip(paths, changed, volumes, strict=True):
        write_volume(path, array.astype(np.float32), volume.grid)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: np.stack([(one - one.mean()) / one.std() for one in v]), "standardised by itself"),
        (lambda v: v - v.mean(axis=0), "its signal has no zero"),
        (lambda v: np.stack([v[0], v[1], v[1], v[3]]), "hold the same image"),
    ],
)
def test_values_that_give_no_enhancement_are_refused_with_the_case(
    change: Callable[[np.ndarray], np.ndarray],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dataset = write_small_dataset(tmp_path)
    phases_of(dataset, "case_1", change)
    assert run(["check", str(dataset)]) == 2
    told = capsys.readouterr()
    assert f"{said}" in next(line for line in told.out.splitlines() if line.startswith("case_1: "))
    assert "1 of 6 cases cannot be trained on" in told.err


def test_a_constant_that_is_put_right_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = write_small_dataset(tmp_path)
    phases_of(dataset, "case_3", lambda volumes: volumes + 450)
    assert run(["check", str(dataset)]) == 0
    out = capsys.readouterr().out
    assert "case_3: Warning: The air around the body is not at 0" in out
    assert "subtracted from all values: 450." in out
