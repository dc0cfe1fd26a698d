"""What readers said of results becomes a draft: what is right stays, what is wrong goes, the rest is told.

A lesion that every reader called wrong is taken out of the draft and not only flagged: the reader saw its
outline on the images, and as long as it is there one key press brings it into the training. Its mark and
its place stay to be looked at. Where readers contradict each other the lesion stays without a class, so
that the study cannot be done before somebody has decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from MTINetLib.errors import InputError, Statement
from MTINetLib.findings import StudyFindings, to_json
from MTINetLib.inference.candidates import Labels
from MTINetLib.marks.mark import Mark, MarkKind, Reading
from MTINetLib.marks.marked_results import StudyResults
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.report.file_names import LABELS_FILE
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.worklist.entry import OVER, Entry, Scores, Status
from MTINetLib.worklist.folder import Record, WorkList


@dataclass(frozen=True)
class Said:
    """What the marks of a study come to.

    Args:
        readers: in their order.
        wrong: lesions that every reader who judged them called wrong.
        disputed: lesions that are right for one reader and wrong, or of another class, for another.
    """

    readers: tuple[str, ...]
    missed: int
    wrong: tuple[int, ...]
    disputed: tuple[int, ...]
    looked_through: bool

    @classmethod
    def of(cls, marks: Sequence[Mark]) -> Said:
        answers = _answers(marks)
        return cls(
            tuple(dict.fromkeys(mark.reader for mark in marks)),
            sum(mark.kind is MarkKind.MISSED for mark in marks),
            tuple(label for label, own in answers.items() if own == {None}),
            tuple(label for label, own in answers.items() if len(own) > 1),
            any(mark.kind is MarkKind.RIGHT and mark.lesion is None for mark in marks),
        )

    @property
    def faults(self) -> int:
        """How much is to be mended."""
        return self.missed + len(self.wrong) + len(self.disputed)

    @property
    def statement(self) -> Statement:
        """Why the study stands where it does."""
        if self.faults:
            return Statement.of(
                "next_marked",
                readers=self.readers,
                missed=self.missed,
                wrong=len(self.wrong),
                disputed=len(self.disputed),
            )
        return Statement.of(
            "next_looked_through" if self.looked_through else "next_marked_in_part", readers=self.readers
        )


def propose(listed: WorkList, record: Record, results: StudyResults, readings: Sequence[Reading]) -> Record:
    """Give a study the draft that its results and their marks make, or new marks to what a person has done.

    Marks that the study has of other readers stay; those of the same reader are replaced.

    Raises:
        InputError: there is no label map beside the findings, or the list cannot be written.
        MissingResourceError: the disk is full.
    """
    entry = record.entry
    new = {reading.reader for reading in readings}
    told = tuple(_whole(mark, results.findings) for reading in readings for mark in reading.marks)
    marks = (*(mark for mark in entry.marks if mark.reader not in new), *told)
    if marks == entry.marks or record.rivals:
        return record
    readers = ", ".join(filter(None, dict.fromkeys(mark.reader for mark in marks)))
    changed = replace(entry, marks=marks, who=readers or results.findings.provenance.model_name)
    if entry.status in OVER or entry.status is Status.CORRECTED:
        return listed.save(record, replace(changed, who=entry.who))
    return _drafted(listed, record, results, changed)


def _drafted(listed: WorkList, record: Record, results: StudyResults, entry: Entry) -> Record:
    path, findings, said = results.folder / LABELS_FILE, results.findings, Said.of(entry.marks)
    if findings.lesions and not path.is_file():
        raise InputError(
            f"there is no {LABELS_FILE} in {results.folder}: write it too, with labels among the formats."
        )
    classes = classes_of(findings, entry.marks)
    new = replace(
        entry,
        status=Status.DRAFTED,
        labels="",
        findings="",
        classes=classes,
        no_lesions=not classes and said.looked_through and not said.missed,
        model=findings.provenance.model_sha256,
        scores=Scores(),
        problem="",
    )
    # Figures of the liver and its lesions would not be those of fewer lesions: these are measured again.
    text = "" if said.wrong else to_json(findings)
    if not path.is_file():
        return listed.save(record, new)
    outlined = read_label_map(path)
    labels: Labels = outlined.array.astype(np.uint16)
    labels[np.isin(labels, said.wrong)] = 0
    return listed.save(record, new, labels=labels, grid=outlined.grid, findings=text)


def classes_of(findings: StudyFindings, marks: Sequence[Mark]) -> dict[int, str]:
    """The class of each lesion that stays: the readers' where they agree, else the model's, or undecided."""
    answers = _answers(marks)
    found = {}
    for lesion in findings.lesions:
        said = answers.get(lesion.label, {""})
        if said == {None}:
            continue
        (name,) = said if len(said) == 1 else {UNDECIDED}
        found[lesion.label] = name or lesion.lesion_class
    return found


def _answers(marks: Sequence[Mark]) -> Mapping[int, set[str | None]]:
    """What was said of each lesion that was judged: a class, empty for none, None for no lesion."""
    found: dict[int, set[str | None]] = {}
    for mark in marks:
        if mark.lesion is not None and mark.kind in (MarkKind.RIGHT, MarkKind.WRONG):
            own = None if mark.kind is MarkKind.WRONG else mark.lesion_class
            found.setdefault(mark.lesion, set()).add(own)
    return {label: own - {""} if own - {"", None} else own for label, own in found.items()}


def _whole(mark: Mark, findings: StudyFindings) -> Mark:
    """With what it says without writing it: the class that is right, the place of a wrong lesion."""
    lesion = next((known for known in findings.lesions if known.label == mark.lesion), None)
    if lesion is None:
        return mark
    if mark.kind is MarkKind.WRONG:
        return replace(mark, position_lps_mm=lesion.centroid_lps_mm)
    return replace(mark, lesion_class=mark.class_of(lesion.lesion_class) or "")
