"""What a folder of cohort results was made with; going on with something else is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from MTINetLib.errors import InputError
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.report.formats import write_text
from MTINetLib.write_whole import whole_file

MANIFEST_FILE = "cohort.json"
_FORMAT = 1
_WORDS = {"software": "version", "model_name": "model", "model_sha256": "SHA-256 of the model"}


@dataclass(frozen=True)
class Manifest:
    """What decides the results.

    Args:
        settings: as they were asked for.
        compute: device, precision and backend as the first worker settled them; empty before that.
        identity: letters and digits that stand for this cohort; a reader's marks are kept under it.
    """

    software: str
    model_name: str
    model_sha256: str
    settings: Mapping[str, Any]
    compute: Mapping[str, str] = field(default_factory=dict)
    identity: str = field(default_factory=lambda: uuid4().hex)


def read_manifest(out: Path) -> Manifest | None:
    """None where no cohort was begun.

    Raises:
        InputError: it cannot be read, or is of a later version.
    """
    path = out / MANIFEST_FILE
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") != _FORMAT:
            raise InputError(f"{path} is of another version of MTINet: name another folder.")
        return Manifest(**values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is damaged: name another folder for the results.") from error


def write_manifest(out: Path, manifest: Manifest) -> None:
    with clear_disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        with whole_file(out / MANIFEST_FILE) as beside:
            write_text(beside, json.dumps({"format": _FORMAT, **asdict(manifest)}, indent=2) + "\n")


def refuse_other(out: Path, begun: Manifest, wanted: Manifest) -> None:
    """What was settled by the first worker does not count: a later run takes it over.

    Raises:
        InputError: the results in ``out`` were made with something else; the sentence says what.
    """
    other = [
        f"{_WORDS[name]} {getattr(begun, name)} (now {getattr(wanted, name)})"
        for name in _WORDS
        if getattr(begun, name) != getattr(wanted, name)
    ]
    for name in sorted({*begun.settings, *wanted.settings}):
        before, now = (settings.get(name) for settings in (begun.settings, wanted.settings))
        if before != now:
            other.append(f"{name} {_said(before)} (now {_said(now)})")
    if other:
        raise InputError(
            f"The cohort in {out} was begun with {', '.join(other)}: go on with the same, or name another "
            "folder for the results."
        )


def _said(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
