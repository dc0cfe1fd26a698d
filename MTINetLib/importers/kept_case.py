"""What is kept of an imported case beside its files, so that a stopped import goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import MTINetLib
from MTINetLib.dataset.add import ORIGIN_FILE
from MTINetLib.importers.found import FoundCase, ImportOptions
from MTINetLib.importers.place_file import Placed
from MTINetLib.importers.write_case import WrittenCase
from MTINetLib.study.phase import Phase


def fingerprint(found: FoundCase, phases: Sequence[Phase], options: ImportOptions) -> str:
    """Of a case's files and of what the user asked for: another one makes another case."""
    told: dict[str, Any] = {
        "patient": found.patient,
        "class": found.case_class,
        "phases": [phase.value for phase in phases],
        "reader": options.reader,
        "keep": sorted(options.keep_classes),
        "lesion_class": options.lesion_class,
        "files": [[str(path), *_state(path)] for path in _files(found)],
        "read_as": repr((found.volumes, found.readings, found.boxes)),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def keep_case(written: WrittenCase, folder: Path, print_of_it: str, kind: str) -> None:
    """Write the case's own file; it tells neither where the source lies nor what its files are called."""
    kept = {
        "made_by": f"mtinet import {kind}, MTINetLib {MTINetLib.__version__}",
        "fingerprint": print_of_it,
        "patient": written.patient,
        "class": written.case_class,
        "files": {phase.value: name for phase, name in written.files.items()},
        "placed": {phase.value: way.value for phase, way in written.placed.items()},
        "has_mask": written.has_mask,
        "has_anatomy": written.has_anatomy,
        "lesion_classes": {str(label): name for label, name in written.lesion_classes.items()},
        "remarks": list(written.remarks),
        "digest": written.digest,
    }
    (folder / ORIGIN_FILE).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def kept_case(name: str, folder: Path) -> tuple[WrittenCase, str] | None:
    """The case in a folder and the fingerprint of its source; None if no import made it."""
    try:
        kept = json.loads((folder / ORIGIN_FILE).read_text(encoding="utf-8"))
        case = WrittenCase(
            name,
            kept["patient"],
            kept["class"],
            {Phase(phase): file for phase, file in kept["files"].items()},
            {Phase(phase): Placed(way) for phase, way in kept["placed"].items()},
            kept["has_mask"],
            kept["has_anatomy"],
            {int(label): named for label, named in kept["lesion_classes"].items()},
            tuple(kept["remarks"]),
            kept["digest"],
        )
        return case, kept["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _files(found: FoundCase) -> Iterator[Path]:
    for volume in found.volumes.values():
        if volume.path.is_dir():
            yield from sorted(path for path in volume.path.rglob("*") if path.is_file())
        else:
            yield volume.path
    for reading in found.readings:
        for mask in reading.masks:
            yield mask.path


def _state(path: Path) -> tuple[int, int]:
    try:
        state = path.stat()
    except OSError:
        return (0, 0)
    return (state.st_size, state.st_mtime_ns)
