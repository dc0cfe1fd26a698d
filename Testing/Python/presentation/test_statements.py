"""What errors and messages state becomes a sentence here, and nowhere in worker and session."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import MTINetLib
from MTINetLib import errors
from MTINetLib.errors import InputError, MissingResourceError, MTINetError, Statement
from MTINetLib.presentation.statement_texts import TEXTS
from MTINetLib.presentation.statements import as_it_is, error_of, error_text, sentence, sentences
from MTINetLib.study.phase import Phase
from MTINetLib.worker.faults import Fault, fault_of

PACKAGE = Path(MTINetLib.__file__).parent
ERRORS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, MTINetError)
}
#: Functions that take a code and its values; where the code stands among their arguments.
STATING = {"error_of": 1, "of": 0, "inform": 0, "warn": 0}
#: Codes that a file chooses by itself out of several, and the gaps that it fills.
CHOSEN = {"code", "f'{code}_batch'"}


def calls(*rooms: str) -> Iterator[tuple[Path, ast.Call]]:
    for room in rooms:
        place = PACKAGE / room
        for path in [place] if place.suffix else sorted(place.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield path, node


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def gaps(code: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(TEXTS[code]) if name}


def codes(argument: ast.expr) -> list[str]:
    if isinstance(argument, ast.IfExp):
        return [*codes(argument.body), *codes(argument.orelse)]
    return [argument.value] if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else []


def test_each_code_that_is_stated_has_a_text_whose_gaps_are_filled() -> None:
    stated: set[str] = set()
    for path, call in calls(""):
        name, place = name_of(call), STATING.get(name_of(call), 0)
        of_another = name != "error_of" and ast.unparse(call.func) not in (
            "Statement.of",
            "self._core.inform",
            "self.inform",
            "self.session.warn",
        )
        if name not in STATING or of_another or len(call.args) <= place:
            continue
        found = codes(call.args[place])
        assert found or ast.unparse(call.args[place]) in CHOSEN, f"{path}:{call.lineno}"
        stated |= set(found)
        for code in set(found) - {"training_over"}:
            filled = {keyword.arg for keyword in call.keywords}
            if None not in filled:
                assert filled == gaps(code), f"{path}:{call.lineno}: {code}"
    by_choice = {"computer_full", "computer_full_batch", "gpu_full", "gpu_full_batch"}
    assert stated | by_choice == {*TEXTS, "training_over"}


def test_worker_and_session_make_no_sentences_for_errors() -> None:
    made = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path, call in calls("worker", "session", "training/faults.py")
        if name_of(call) in ERRORS
        and any(isinstance(arg, (ast.Constant, ast.JoinedStr)) for arg in call.args)
    ]
    assert made == []


def test_a_template_is_translated_before_its_values_come_in() -> None:
    german = {
        TEXTS["same_volume"]: "{phase} und {other} sind dasselbe Volumen.",
        "arterial": "arteriell",
        "delayed": "spät",
    }
    told = Statement.of("same_volume", phase=Phase.ARTERIAL, other=Phase.DELAYED)
    assert sentence(told, german.__getitem__) == "arteriell und spät sind dasselbe Volumen."
    assert (
        sentences([as_it_is("As read."), Statement.of("analyze_first")]) == "As read. Analyze a study first."
    )


def test_a_finished_training_is_told_with_its_figures() -> None:
    values = {"steps": 1, "models": 1, "figures": {"dice": 0.817, "accuracy": 0.9}, "finished": True}
    assert sentence(Statement.of("training_over", **values)) == (
        "The training has finished after 1 step; the best model in validation: Dice 0.82, accuracy 90%."
    )
    stopped = Statement.of("training_over", **{**values, "models": 3, "figures": {}, "finished": False})
    assert sentence(stopped) == (
        "The training was stopped after 1 step; the means of 3 models in validation: no figures."
    )


@pytest.mark.parametrize(
    ("error", "code", "values"),
    [
        (error_of(InputError, "no_dataset"), "no_dataset", {}),
        (error_of(MissingResourceError, "run_disk_full", run=Path("r")), "run_disk_full", {"run": "r"}),
        (InputError("The file a.nii is damaged."), "as_it_is", {"text": "The file a.nii is damaged."}),
        (ModuleNotFoundError(name="monai.data"), "package_missing", {"package": "monai"}),
        (MemoryError(), "no_memory", {}),
        (KeyboardInterrupt(), "cancelled", {}),
        (ZeroDivisionError("a name"), "defect", {"error": "ZeroDivisionError"}),
    ],
)
def test_an_error_crosses_the_worker_as_a_code_with_its_values(
    error: BaseException, code: str, values: dict[str, object]
) -> None:
    fault = fault_of(error)
    assert (fault.code, fault.values) == (code, values)
    again = Fault(**json.loads(json.dumps(vars(fault)))).error()
    assert error_text(again) == str(again)
    assert again.statement == Statement(code, values)
    if isinstance(error, MTINetError):
        assert (type(again), str(again)) == (type(error), str(error))
