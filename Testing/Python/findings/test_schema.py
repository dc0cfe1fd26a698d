from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import pytest

import MTINetLib
from MTINetLib.findings import Enhancement, LesionFinding, findings_schema
from MTINetLib.findings.schema import object_schema
from MTINetLib.findings.wire import PerPhase, Rule
from MTINetLib.study.phase import Phase

DEFINED = findings_schema()["$defs"]


def test_the_file_that_is_shipped_is_what_the_types_say() -> None:
    shipped = Path(MTINetLib.__file__).with_name("findings.schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == findings_schema(), "run `make schema`"


def test_every_field_is_there_and_required() -> None:
    assert DEFINED["Enhancement"]["required"] == [field.name for field in fields(Enhancement)]
    names = ["class" if f.name == "lesion_class" else f.name for f in fields(LesionFinding)]
    assert list(DEFINED["LesionFinding"]["properties"]) == DEFINED["LesionFinding"]["required"] == names


def test_descriptions_are_those_of_the_types() -> None:
    lesion = DEFINED["LesionFinding"]
    assert lesion["description"] == "One 3-D connected lesion."
    assert lesion["properties"]["slices"]["description"].startswith("first and last slice (k)")
    assert lesion["properties"]["liver_curve"]["description"].endswith("null where no ring is left.")
    for name, schema in DEFINED.items():
        assert schema["description"], name


def test_every_phase_of_the_vocabulary_may_name_a_value() -> None:
    assert DEFINED["StudySummary"]["properties"]["times_s"]["propertyNames"]["enum"] == [
        phase.value for phase in Phase
    ]


@dataclass
class Inner:
    """Inside."""

    share: Annotated[float, Rule(maximum=1)] | None


@dataclass
class Made:
    """Made for this test.

    Args:
        whole: a number
            in two lines.
        word: None or one of two.
    """

    whole: int
    word: Literal["a", "b"] | None
    inner: Inner | None
    pair: tuple[bool, bool]
    many: tuple[str, ...]
    named: Mapping[str, float]
    curve: PerPhase[Annotated[float, Rule(minimum=0)] | None]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("whole", {"type": "integer", "description": "a number in two lines."}),
        ("word", {"enum": ["a", "b", None], "description": "null or one of two."}),
        ("inner", {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]}),
        ("pair", {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 2}),
        ("many", {"type": "array", "items": {"type": "string"}}),
        ("named", {"type": "object", "additionalProperties": {"type": "number"}}),
        (
            "curve",
            {
                "type": "object",
                "propertyNames": {"enum": [phase.value for phase in Phase]},
                "additionalProperties": {"type": ["number", "null"], "minimum": 0},
                "minProperties": 2,
            },
        ),
    ],
)
def test_a_type_says_its_schema(name: str, expected: dict[str, object]) -> None:
    defined: dict[str, object] = {}
    assert object_schema(Made, defined)["properties"][name] == expected
    assert defined["Inner"]["properties"]["share"] == {"type": ["number", "null"], "maximum": 1}
