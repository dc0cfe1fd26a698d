"""The JSON Schema of the findings as tables for people: one a type, one line a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def schema_tables(schema: Schema) -> str:
    """Markdown: the file itself first, then each type that it is made of."""
    parts = [_table("The file", schema)]
    parts += [_table(name, inner) for name, inner in schema["$defs"].items()]
    return "\n".join(parts)


def _table(name: str, schema: Schema) -> str:
    rows = [
        f"| `{field}` | {_type(inner)} | {inner.get('description', '')} |"
        for field, inner in schema["properties"].items()
    ]
    lines = (f"**{name}.** {schema['description']}", "", "| Field | Type | |", "|---|---|---|", *rows, "")
    return "\n".join(lines)


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join("null" if value is None else f"`{value}`" for value in schema["enum"])
    if "oneOf" in schema or "anyOf" in schema:
        return " or ".join(map(_type, schema.get("oneOf") or schema["anyOf"]))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(_words(kind, schema) for kind in kinds)


def _words(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        key = "phase" if "propertyNames" in schema else "name"
        return f"{_type(schema['additionalProperties'])} by {key}"
    return kind
