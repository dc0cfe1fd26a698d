"""mtinet check on a small dataset, sound and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_dataset import write_small_dataset

from MTINetLib.cli import run


def test_a_sound_dataset_ends_with_0_and_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(write_small_dataset(tmp_path))]) == 0
    told = capsys.readouterr()
    assert "6 cases of 6 patients" in told.out
    assert "64 x 64 x 6" in told.out
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
