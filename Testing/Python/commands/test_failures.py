"""Every way that a command may fail ends in one sentence and its exit code."""

from __future__ import annotations

import errno

import pytest
import typer

from MTINetLib.commands import failures
from MTINetLib.commands.failures import failure_of, show_tracebacks
from MTINetLib.errors import Cancelled, InputError, MissingResourceError, ModelError


@pytest.mark.parametrize("kind", [InputError, ModelError, MissingResourceError])
def test_what_the_user_can_set_right_exits_with_two(kind: type[Exception]) -> None:
    failure = failure_of(kind("The file is gone;\n name another."))
    assert (failure.code, failure.sentence) == (2, "The file is gone; name another.")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort(), Cancelled()])
def test_cancelling_exits_as_an_interrupted_program_does(error: BaseException) -> None:
    failure = failure_of(error)
    assert failure.code == 130
    assert failure.sentence.startswith("Cancelled")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "there.txt"), "there.txt"),
        (ModuleNotFoundError("no", name="lightning.pytorch"), "extra 'train'"),
        (ModuleNotFoundError("no", name="vtkmodules"), "vtkmodules is missing"),
        (ModuleNotFoundError("no", name="torch"), "torch is missing"),
    ],
)
def test_what_the_machine_lacks_is_named(error: Exception, words: str) -> None:
    failure = failure_of(error)
    assert failure.code == 2
    assert words in failure.sentence


def test_a_defect_says_that_it_is_one_and_how_to_see_more() -> None:
    failure = failure_of(ZeroDivisionError("division by zero"))
    assert failure.code == 1
    assert "ZeroDivisionError: division by zero" in failure.sentence
    assert "--debug" in failure.sentence


def test_a_missing_part_of_the_program_itself_is_a_defect() -> None:
    assert failure_of(ModuleNotFoundError("no", name="MTINetLib.gone")).code == 1


def test_debugging_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "_debug", True)
    failure = failure_of(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().err
    assert "--debug" not in failure.sentence


def test_tracebacks_stay_away_unless_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    show_tracebacks(False)
    failure_of(ZeroDivisionError("division by zero"))
    assert capsys.readouterr().err == ""


def test_the_system_s_own_exit_keeps_its_code() -> None:
    assert failure_of(SystemExit(3)).code == 3
    assert failure_of(SystemExit()).code == 0
