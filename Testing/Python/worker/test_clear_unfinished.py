"""What a killed process had begun is cleared away by its notes, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.worker_study import kill

from MTINetLib import unfinished
from MTINetLib.claim import claimed
from MTINetLib.unfinished import Begun, noted
from MTINetLib.worker.clear_unfinished import clear_own_unfinished, clear_unfinished

_WRITES = (
    "import sys, time\nfrom pathlib import Path\nfrom MTINetLib.claim import claimed\n"
    "from MTINetLib.report.output_folder import new_results\n"
    "from MTINetLib.unfinished import keep_notes_in\n"
    "keep_notes_in(Path(sys.argv[1]))\nout = Path(sys.argv[2])\n"
    "with claimed(out), new_results(out, overwrite=False) as folder:\n"
    "    (folder / 'lesions.csv').write_text('label')\n    print('begun', flush=True)\n    time.sleep(600)\n"
)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def killed_while_it_writes(notes: Path, out: Path) -> None:
    """A process that had begun the results ``out``."""
    command = [sys.executable, "-c", _WRITES, str(notes), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        kill(process.pid)


def test_results_their_claim_and_their_new_parents_go(notes: Path, tmp_path: Path) -> None:
    killed_while_it_writes(notes, tmp_path / "Ordner ß" / "new" / "out")
    assert len(list((tmp_path / "Ordner ß" / "new").iterdir())) == 2
    assert clear_unfinished(notes)
    assert list(tmp_path.iterdir()) == [notes]
    assert list(notes.iterdir()) == []


def test_a_parent_that_something_came_into_stays(notes: Path, tmp_path: Path) -> None:
    killed_while_it_writes(notes, tmp_path / "new" / "out")
    (tmp_path / "new" / "notes.txt").write_text("mine")
    assert clear_unfinished(notes)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["notes.txt"]


def test_a_place_that_another_run_has_claimed_since_stays_claimed(notes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    killed_while_it_writes(notes, out)
    clear = f"from MTINetLib.worker.clear_unfinished import *; print(clear_unfinished(Path({str(notes)!r})))"
    with claimed(out):
        told = subprocess.run([sys.executable, "-c", clear], capture_output=True, text=True, check=True)
        assert told.stdout == "False\n"
        assert [path.name for path in tmp_path.iterdir() if path != notes] == [".mtinet-out.lock"]
    assert clear_unfinished(notes)


def test_what_was_finished_is_left_alone(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished, "_notes", None)
    unfinished.keep_notes_in(notes)
    done = tmp_path / "done"
    with noted(Begun.TREE, done):
        done.mkdir()
    assert list(notes.iterdir()) == []
    assert clear_unfinished(notes)
    assert done.is_dir()


def test_a_note_that_was_cut_off_is_none(notes: Path) -> None:
    notes.mkdir()
    (notes / "000000.json").write_text('["tree", "/ho')
    assert clear_unfinished(notes)


def test_without_a_folder_for_notes_there_are_none(notes: Path, tmp_path: Path) -> None:
    with noted(Begun.TREE, tmp_path / "x"):
        assert not notes.exists()
    assert clear_unfinished(notes)


def test_work_that_goes_on_writing_while_it_is_cleared_away_leaves_nothing(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished, "_notes", None)
    unfinished.keep_notes_in(notes)
    begun, removed = tmp_path / "begun", shutil.rmtree
    more = iter(("labels", "curves"))

    def remove(path: Path, **named: object) -> None:
        """The folder gets a new file just when it would be empty, as long as there is one more to write."""
        removed(path)
        for name in more:
            path.mkdir()
            (path / name).touch()
            return

    monkeypatch.setattr(shutil, "rmtree", remove)
    with noted(Begun.TREE, begun):
        begun.mkdir()
        clear_own_unfinished(notes)
        assert not begun.exists()
    assert list(notes.iterdir()) == []
