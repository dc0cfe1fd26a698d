"""The JSON Schema of findings.json, made from the types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

from MTINetLib.findings.results import StudyFindings
from MTINetLib.findings.wire import Shape, fields_of, shape_of
from MTINetLib.findings.write import FORMAT
from MTINetLib.study.phase import Phase

_DESCRIPTION = (
    "What MTI-Net found in one dynamic contrast-enhanced liver MRI study. Research use only. Curves and "
    "times are named by phase, probabilities by class; positions are LPS in mm; curves are in the scanner's "
    "own units."
)
_PLAIN = {float: "number", int: "integer", str: "string", bool: "boolean"}


def findings_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of findings.json.

    Example:
        >>> sorted(mtinet.findings_schema()["properties"])
        ['format', 'lesions', 'liver', 'provenance', 'study']
    """
    defined: dict[str, Any] = {}
    whole = object_schema(StudyFindings, defined)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:mtinet:findings:{FORMAT}",
        "title": "MTI-Net findings",
        "description": _DESCRIPTION,
        "type": "object",
        "properties": {"format": {"const": FORMAT}, **whole["properties"]},
        "required": ["format", *whole["required"]],
        "additionalProperties": False,
        "$defs": defined,
    }


def object_schema(kind: Any, defined: dict[str, Any]) -> dict[str, Any]:
    """A dataclass; every name is required, for every name is written."""
    said = _said_of_fields(kind)
    properties = {}
    for field, name, hint in fields_of(kind):
        properties[name] = {**_schema(hint, defined)}
        if field.name in said:
            properties[name]["description"] = said[field.name]
    return {
        "type": "object",
        "description": cleandoc(kind.__doc__).split("\n\n")[0].replace("\n", " ").replace("None", "null"),
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _schema(hint: Any, defined: dict[str, Any]) -> dict[str, Any]:
    shape = shape_of(hint)
    found = {**_bare(shape, defined), **shape.keywords}
    if not shape.optional:
        return found
    if "enum" in found:
        return {"enum": [*found["enum"], None]}
    if "type" in found and "$ref" not in found:
        return {**found, "type": [found["type"], "null"]}
    return {"anyOf": [found, {"type": "null"}]}


def _bare(shape: Shape, defined: dict[str, Any]) -> dict[str, Any]:
    kind = shape.kind
    if shape.is_object:
        name = kind.__name__
        if name not in defined:
            defined[name] = {}
            defined[name] = object_schema(kind, defined)
        return {"$ref": f"#/$defs/{name}"}
    if shape.by_phase:
        return _named(Phase, shape.items[0], defined) | {"minProperties": 2}
    if shape.container is Mapping:
        key, inner = shape.items
        return _named(key, inner, defined)
    if shape.container is tuple:
        return _list(shape, defined)
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return {} if kind is Any else {"type": _PLAIN[kind]}


def _named(key: Any, inner: Any, defined: dict[str, Any]) -> dict[str, Any]:
    """An object whose names are no field names: phases, classes, settings."""
    made: dict[str, Any] = {"type": "object"}
    if isinstance(key, type) and issubclass(key, Enum):
        made["propertyNames"] = {"enum": [member.value for member in key]}
    values = _schema(inner, defined)
    return {**made, "additionalProperties": values} if values else made


def _list(shape: Shape, defined: dict[str, Any]) -> dict[str, Any]:
    if shape.items[-1] is Ellipsis:
        return {"type": "array", "items": _schema(shape.items[0], defined)}
    count = len(shape.items)
    return {"type": "array", "items": _schema(shape.items[0], defined), "minItems": count, "maxItems": count}


def _said_of_fields(kind: Any) -> dict[str, str]:
    """What the docstring's ``Args:`` say of each field, as one line, with the file's null."""
    _, _, told = cleandoc(kind.__doc__).partition("\nArgs:\n")
    entries = re.split(r"^    (?=\w+:)", told, flags=re.MULTILINE)
    pairs = (entry.partition(":") for entry in entries if entry.strip())
    return {name: " ".join(text.replace("``", "").replace("None", "null").split()) for name, _, text in pairs}
