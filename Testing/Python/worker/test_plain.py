from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from support.made_analysis import made_grid

from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.worker.plain import Serializable
from MTINetLib.worker.requests import OpenStudy, PhaseFile


@dataclass(frozen=True)
class Point(Serializable):
    name: str
    at: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Line(Serializable):
    points: tuple[Point, ...]
    phase: Phase | None = None
    note: str | None = None


def test_requests_come_back_the_same_through_json() -> None:
    files = tuple(
        PhaseFile(phase, f"{phase.value}.npy", made_grid(), phase.title, ("a", "b"), 0.5, time_s=1)
        for phase in FOUR_PHASES
    )
    sent = OpenStudy("ключ", files, Phase.ARTERIAL, "force")  # type: ignore[arg-type]
    assert OpenStudy.from_dict(json.loads(json.dumps(sent.to_dict()))) == sent


def test_what_has_a_default_may_be_missing_and_what_is_unknown_is_left_out() -> None:
    line = Line.from_dict({"points": [{"name": "a", "colour": "red"}], "phase": "delayed"})
    assert line == Line((Point("a"),), Phase.DELAYED)


@pytest.mark.parametrize(
    "data", [{}, {"points": [{"at": [0, 1]}]}, {"points": [3]}, {"points": [], "phase": "x"}]
)
def test_what_is_wrong_is_a_value_error(data: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Line.from_dict(data)
