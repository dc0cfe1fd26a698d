"""What is known of each lesion, and under which mask it was read: edited lesions are called by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.inference.decide import NOT_READ
from MTINetLib.session.masks import Marks, Standing, standing


class Readings:
    """Remembers, for the results that are shown, what the network said under which masks.

    Args:
        of_ai: the marks of the AI's own masks.
        own: the AI's own findings; None where there are none.
        read: the marks of the masks that the network read last, None if the scene does not tell.

    Attributes:
        read: the same, up to date.
        measured: the marks of the masks that the findings belong to; None where these are not measured yet.
    """

    def __init__(self, of_ai: Marks, own: StudyFindings | None, read: Marks | None) -> None:
        # Results may also begin with masks that a person drew; no network has read those.
        drawn = own is not None and own.provenance.corrected_by_person
        self._of_ai, self._own = of_ai, own
        self._read_of_ai: Marks = {} if drawn else of_ai
        self.read: Marks = self._read_of_ai if read is None else read
        self.measured: Marks | None = None
        self._readings: dict[int, LesionFinding] = {}
        self._shown: dict[tuple[int, str], LesionFinding] = {}
        self._made_new: set[int] = set()

    def standing(self, marks: Marks) -> Standing:
        """How masks with these marks stand to the AI's own and to those that were read."""
        return standing(marks, self._of_ai, self.read)

    def begin(self, findings: StudyFindings, marks: Marks) -> None:
        """The findings that the scene holds, with the marks of its masks."""
        self.measured = marks
        self._readings = {
            lesion.label: lesion
            for lesion in findings.lesions
            if lesion.label in marks and self.read.get(lesion.label) == marks[lesion.label]
        }
        self.shown(findings, marks)

    def made_new(self, labels: Iterable[int]) -> None:
        """These lesions are others than those that had their numbers: no class is known of them."""
        self._made_new.update(labels)

    def answered(self, findings: StudyFindings, marks: Marks) -> None:
        """The network has read the masks with these marks."""
        self.read = marks
        self._readings = {lesion.label: lesion for lesion in findings.lesions}
        self._made_new.clear()

    def shown(self, findings: StudyFindings, marks: Marks) -> None:
        """These findings of these masks are in the scene."""
        self.measured = marks
        self._shown.update(
            {
                (lesion.label, marks[lesion.label]): lesion
                for lesion in findings.lesions
                if lesion.label in marks
            }
        )

    def back(self, marks: Marks) -> StudyFindings | None:
        """Lesions that have the AI's own mask again are called as the AI did.

        Gives the AI's own findings where all of them have, and nothing is to be measured.
        """
        if self._own is None:
            return None
        again = {label: mark for label, mark in marks.items() if self._read_of_ai.get(label) == mark}
        if any(self.read.get(label) != mark for label, mark in again.items()):
            ai = {lesion.label: lesion for lesion in self._own.lesions}
            self._readings.update({label: ai[label] for label in again if label in ai})
            self.read = {**self.read, **again}
        if self.standing(marks).corrected:
            return None
        self.answered(self._own, self._read_of_ai)
        return self._own

    def known(self, findings: StudyFindings, marks: Marks) -> StudyFindings:
        """What is known of each lesion: as it was read under this very mask, else as it was called before."""
        seen = [
            (label, self._shown[label, mark]) for label, mark in marks.items() if (label, mark) in self._shown
        ]
        for label, lesion in seen:  # a mask that was shown before is as new as it was then
            if NOT_READ in lesion.flags:
                self._made_new.add(label)
            else:
                self._made_new.discard(label)
        known = {lesion.label: lesion for lesion in findings.lesions if lesion.label not in self._made_new}
        known |= {label: lesion for label, lesion in seen if label not in self._made_new}
        for label, lesion in self._readings.items():
            if label in marks and self.read.get(label) == marks[label]:
                known[label] = lesion
        return replace(findings, lesions=tuple(known[label] for label in sorted(known)))
