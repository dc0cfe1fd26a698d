"""The dataset that an import leaves: its tables, what was left out and why, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import MTINetLib
from MTINetLib.dataset.folder import write_table
from MTINetLib.importers.kinds import Kind
from MTINetLib.importers.place_file import Placed
from MTINetLib.importers.write_case import WrittenCase
from MTINetLib.study.phase import Phase
from MTINetLib.write_whole import whole_file

#: A line for each case: whether it was imported, and each remark on it.
TOLD_FILE = "import.csv"
#: What an import was and whether it is finished.
STATE_FILE = "import.json"
TOLD_COLUMNS = ("case", "outcome", "what")


@dataclass(frozen=True)
class LeftOutCase:
    """A case of the source that is not in the dataset, and why; the reason has no full stop."""

    case: str
    reason: str


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Args:
        boxes: how many boxes were written, for a source without outlines.
    """

    folder: Path
    kind: Kind
    phases: tuple[Phase, ...]
    cases: tuple[WrittenCase, ...]
    left_out: tuple[LeftOutCase, ...]
    remarks: tuple[str, ...] = ()
    boxes: int = 0

    def placed(self, way: Placed) -> int:
        """How many images came into the dataset this way."""
        return sum(one is way for case in self.cases for one in case.placed.values())


def write_told(result: Imported) -> None:
    """``import.csv``: what was left out comes first, then the remarks case by case."""
    rows = [["", "remark", remark] for remark in result.remarks]
    rows += [[one.case, "left out", f"{one.reason}."] for one in result.left_out]
    for case in result.cases:
        rows += [[case.case, "remark", remark] for remark in case.remarks] or [[case.case, "imported", ""]]
    write_table(result.folder / TOLD_FILE, TOLD_COLUMNS, rows)


def write_synthetic(folder: Path) -> None:
    """``dataset.json``, which makes every page say that no patient was imaged."""
    with whole_file(folder / "dataset.json") as beside:
        beside.write_text(json.dumps({"synthetic": True}) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class State:
    """What ``import.json`` says."""

    kind: str
    finished: bool


def read_state(folder: Path) -> State | None:
    """None where no import was begun."""
    try:
        kept = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        return State(str(kept["kind"]), bool(kept["finished"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(folder: Path, kind: Kind, finished: bool, phases: Sequence[Phase]) -> None:
    """Note that an import was begun, or that it is finished."""
    kept = {
        "kind": kind.name,
        "title": kind.title,
        "licence": kind.licence,
        "made_by": f"mtinet import, MTINetLib {MTINetLib.__version__}",
        "phases": [phase.value for phase in phases],
        "finished": finished,
    }
    with whole_file(folder / STATE_FILE) as beside:
        beside.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
