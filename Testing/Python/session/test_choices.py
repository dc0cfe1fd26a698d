"""What the user has chosen, as the scene keeps it."""

from __future__ import annotations

import ast
from dataclasses import asdict
from pathlib import Path

import pytest

import MTINetLib
from MTINetLib.session.choices import Choices, choose_thresholds, chosen_thresholds


def test_thresholds_survive_as_text_with_whole_numbers_whole() -> None:
    choices = Choices()
    assert chosen_thresholds(choices) == {}
    choose_thresholds(choices, {"mask": 0.4, "min_slices": 2})
    assert isinstance(choices.thresholds, str)
    assert chosen_thresholds(choices) == {"mask": 0.4, "min_slices": 2}
    assert isinstance(chosen_thresholds(choices)["min_slices"], int)
    choose_thresholds(choices, {})
    assert choices.thresholds == ""


@pytest.mark.parametrize("text", ["mask=0.4", "[0.4]", '{"mask": "high"}', '{"mask": true}'])
def test_other_text_is_no_threshold(text: str) -> None:
    assert chosen_thresholds(Choices(thresholds=text)) == {}


def test_the_parameter_node_has_the_same_choices_with_the_same_defaults() -> None:
    module = ast.parse((Path(MTINetLib.__file__).parents[1] / "MTINet" / "MTINet.py").read_text("utf-8"))
    node = next(one for one in module.body if isinstance(one, ast.ClassDef) and one.name == "MTINetChoices")
    told = {
        line.target.id: None if line.value is None else ast.literal_eval(line.value)
        for line in node.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
    }
    ours = {
        name: value for name, value in asdict(Choices()).items() if name not in ("phases", "segmentation")
    }
    assert {name: told[name] for name in ours} == ours
    assert set(told) == set(asdict(Choices()))
