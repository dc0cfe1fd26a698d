"""problems.csv: the studies that were set aside, each with the sentence that says why.

A line is added as soon as a study fails, so that a killed run has lost none. A line that was only begun when
the process was killed is no line, and its study is tried again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.write_whole import whole_file

PROBLEMS_FILE = "problems.csv"


@dataclass(frozen=True)
class Problem:
    """Why there are no results of a study, or of a folder that cannot be listed.

    Args:
        study: its name; empty for a folder.
        source: where it lies.
        reason: one sentence for people.
        files, bytes: what the study had, so that it is tried again when that has changed.
    """

    study: str
    source: str
    reason: str
    files: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, study: CohortStudy, reason: str) -> Problem:
        return cls(study.name, study.place, " ".join(reason.split()), study.count, study.size)

    def still_holds(self, study: CohortStudy) -> bool:
        """Whether the study is as it was."""
        return (self.files, self.bytes) == (study.count, study.size)


_COLUMNS = tuple(field.name for field in fields(Problem))


def read_problems(out: Path) -> dict[str, Problem]:
    """By the names of the studies; those of folders are found anew by every search."""
    path = out / PROBLEMS_FILE
    if not path.is_file():
        return {}
    found: dict[str, Problem] = {}
    text = path.read_text(encoding="utf-8", errors="replace")
    whole = text[: text.rfind("\n") + 1]
    for row in csv.DictReader(io.StringIO(whole)):
        try:
            problem = Problem(
                row["study"], row["source"], row["reason"], int(row["files"]), int(row["bytes"])
            )
        except (KeyError, TypeError, ValueError):
            continue
        if problem.study:
            found[problem.study] = problem
    return found


def write_problems(out: Path, problems: Iterable[Problem]) -> None:
    with clear_disk_errors(out), whole_file(out / PROBLEMS_FILE) as beside:
        beside.write_text(_lines([_COLUMNS, *map(astuple, problems)]), encoding="utf-8", newline="\n")


def add_problem(out: Path, problem: Problem) -> None:
    with clear_disk_errors(out), (out / PROBLEMS_FILE).open("a", encoding="utf-8", newline="") as file:
        file.write(_lines([astuple(problem)]))


def by_reason(problems: Mapping[str, Problem]) -> list[tuple[str, int]]:
    """How many studies failed for the same reason, the most frequent first; places in it do not count."""
    counts: dict[str, int] = {}
    for problem in problems.values():
        reason = problem.reason.replace(problem.source, "...")
        counts[reason] = counts.get(reason, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _lines(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
