"""mtinet phantom writes a dataset that can be read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from MTINetLib.cli import run
from MTINetLib.dataset.folder import read_dataset


def test_a_dataset_is_made(tmp_path: Path) -> None:
    out = tmp_path / "set"
    assert run(["phantom", "-o", str(out), "--cases", "1", "--seed", "5", "--slices", "3-3"]) == 0
    (case,) = read_dataset(out)
    assert all(path.is_file() for path in case.phase_paths.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "png"], "png"),
        (["--cases", "0"], "0 cases"),
        (["--slices", "many"], "many"),
        (["--anatomy", "no-such-folder"], "no-such-folder"),
    ],
)
def test_wrong_words_are_refused(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["phantom", "-o", str(tmp_path / "set"), *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
