"""Findings that follow the masks: measured when the hand rests, never more than one measuring at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.findings import LesionFinding, StudyFindings
from MTINetLib.inference.decide import NOT_READ
from MTINetLib.scene.results import Results, ai_findings, ai_labels, corrected_labels, update_results
from MTINetLib.session.chores import Chores
from MTINetLib.session.correction_job import Asked, Hearers, MeasureJob, Order
from MTINetLib.session.correction_masks import (
    Marks,
    Standing,
    marks_from_text,
    marks_to_text,
    mask_marks,
    standing,
)
from MTINetLib.session.correction_study import ALIGNMENT_ATTRIBUTE, study_of_results
from MTINetLib.session.correction_watch import MaskWatch
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

Clock = Callable[[], float]
#: A stroke is over when nothing has changed for so long.
_STILL_S = 0.15
#: Attribute of the corrected segmentation: the marks of the masks that the network read last.
READ_MARKS_ATTRIBUTE = "MTINet.ReadMasks"


class Measuring:
    """Keeps the findings of some results in step with their masks.

    Attributes:
        results: whose masks; None for none.
        standing: how the masks stood to the AI's own when they were read last.
        measured_in_s: from the last edit until its findings were shown; None before the first.
        problem: why the last measuring failed; None where it did not, and after a cancel.
    """

    def __init__(
        self,
        session: Session,
        watch: MaskWatch,
        shown: Callable[[], None],
        clock: Clock = time.monotonic,
    ) -> None:
        """
        Args:
            watch: is kept quiet while the nodes are brought up to date.
            shown: called when new findings are in the scene and the session.
        """
        self._session = session
        self._watch = watch
        self._shown = shown
        self._clock = clock
        self._chores = Chores()
        self._forget()

    def _forget(self) -> None:
        self.results: Results | None = None
        self.standing = Standing()
        self.measured_in_s: float | None = None
        self.problem: str | None = None
        self._job: MeasureJob | None = None
        self._edited_at: float | None = None
        self._started_from = 0.0
        self._of_ai: Marks = {}
        self._read_of_ai: Marks = {}
        self._read: Marks = {}
        self._measured: Marks | None = None
        self._made_new: set[int] = set()
        self._readings: dict[int, LesionFinding] = {}
        self._shown_as: dict[tuple[int, str], LesionFinding] = {}

    @property
    def waiting(self) -> bool:
        """Whether findings are still to come for what the masks are now."""
        return self._job is not None or self._edited_at is not None or bool(self._chores)

    def follow(self, results: Results) -> None:
        """Keep the findings of these results in step, and of no others."""
        self.abandon()
        self.results = results
        node = results.segmentation
        if not node.GetAttribute(ALIGNMENT_ATTRIBUTE):
            node.SetAttribute(ALIGNMENT_ATTRIBUTE, self._session.choices.alignment)
        self._chores.add(self._look(results))

    def edited(self, at_once: bool = False) -> None:
        """The masks have changed; ``at_once``: and no more of it will come in the next moment."""
        if self.results is not None:
            self._edited_at = self._clock() - (_STILL_S if at_once else 0.0)

    def made_new(self, labels: Iterable[int]) -> None:
        """These lesions are others than those that had their numbers: no class is known of them."""
        self._made_new.update(labels)

    def ask(self, asked: Asked) -> None:
        """Have the network read the masks of now.

        Raises:
            InputError: there are none, or something else runs.
        """
        if self._session.busy:
            raise InputError(f"{self._session.state.value}: wait until it is done, then ask again.")
        if self._job is not None:
            self._job.abandon()
            self._settle()
        self._begin(asked)

    def poll(self) -> None:
        """Do a little of what waits; an error goes to the user."""
        try:
            self._chores.run()
            if self._job is not None:
                self._job.poll()
            elif self._due():
                self._begin(None)
        except MTINetError as error:
            self._failed(error)
        except Exception:
            self._settle()  # a fault of ours: what runs is over, and the session tells of it
            raise

    def cancel(self) -> None:
        """End what runs; the findings stay those of before."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self) -> None:
        """Drop everything, also what the worker may still answer."""
        if self._job is not None:
            self._job.abandon()
            self._settle()
        self._chores.clear()
        self._forget()

    def _due(self) -> bool:
        still = self._edited_at is not None and self._clock() - self._edited_at >= _STILL_S
        return still and self._session.state is State.IDLE

    def _begin(self, asked: Asked | None) -> None:
        session = self._session
        self._started_from = self._clock() if self._edited_at is None else self._edited_at
        self._edited_at = None
        self.problem = None
        if self.results is None or session.findings is None:
            raise InputError("There are no masks to correct yet: analyze a study first.")
        study = study_of_results(self.results, session.findings, session.choices.alignment)
        order = Order(self.results, study, asked)
        hearers = Hearers(
            self._ask_whether if asked else self._measure_whether,
            self._answered if asked else self._show,
            self._failed,
            session.saw_progress,
        )
        self._job = MeasureJob(session.worker, session.study, order, hearers)
        session.set_state(State.ASKING if asked else State.MEASURING)

    def _measure_whether(self, marks: Marks) -> StudyFindings | None:
        """Masks that were measured already, or are the AI's own, need no measuring."""
        if marks == self._measured:
            self._settle()
            return None
        own = None if self.results is None else ai_findings(self.results)
        again = {label: mark for label, mark in marks.items() if self._read_of_ai.get(label) == mark}
        if own is not None and any(self._read.get(label) != mark for label, mark in again.items()):
            ai = {lesion.label: lesion for lesion in own.lesions}
            self._readings.update({label: ai[label] for label in again if label in ai})
            self._now_read({**self._read, **again}, marks)
        self._weigh(marks)
        if self.standing.corrected or own is None:
            return self._start(marks)
        self._now_read(self._read_of_ai, marks)
        self._readings = {lesion.label: lesion for lesion in own.lesions}
        self._made_new.clear()
        self._show(own, marks)
        return None

    def _ask_whether(self, marks: Marks) -> StudyFindings | None:
        self._weigh(marks)
        if not (self.standing.corrected or self.standing.unread):
            self._settle()
            self._session.inform("The masks are the AI's own: the network has read them already.")
            self.edited()
            return None
        return self._start(marks)

    def _start(self, marks: Marks) -> StudyFindings:
        """What is known of each lesion: as it was read under this very mask, else as it was called before."""
        findings = self._session.findings
        if findings is None:
            raise InputError("There are no masks to correct yet: analyze a study first.")
        self._remember_new(marks)
        known = {lesion.label: lesion for lesion in findings.lesions if lesion.label not in self._made_new}
        known |= {label: seen for label, seen in self._seen(marks) if label not in self._made_new}
        for label, lesion in self._readings.items():
            if label in marks and self._read.get(label) == marks[label]:
                known[label] = lesion
        return replace(findings, lesions=tuple(known[label] for label in sorted(known)))

    def _seen(self, marks: Marks) -> list[tuple[int, LesionFinding]]:
        """Lesions whose very masks were shown before, as after Undo and Redo of an editor."""
        return [
            (label, self._shown_as[label, mark])
            for label, mark in marks.items()
            if (label, mark) in self._shown_as
        ]

    def _remember_new(self, marks: Marks) -> None:
        """A mask that was shown before is as new as it was then."""
        for label, seen in self._seen(marks):
            if NOT_READ in seen.flags:
                self._made_new.add(label)
            else:
                self._made_new.discard(label)

    def _answered(self, findings: StudyFindings, marks: Marks) -> None:
        self._now_read(marks, marks)
        self._readings = {lesion.label: lesion for lesion in findings.lesions}
        self._made_new.clear()
        self._show(findings, marks)

    def _show(self, findings: StudyFindings, marks: Marks) -> None:
        self._measured = marks
        self._keep_shown(findings.lesions, marks)
        if self.results is not None:
            with self._watch.quiet():
                update_results(self.results, findings)
        if self._session.state is not State.ASKING:
            self.measured_in_s = self._clock() - self._started_from
        self._settle()
        self._session.set_findings(findings)
        self._shown()

    def _failed(self, error: MTINetError) -> None:
        self.problem = None if isinstance(error, Cancelled) else str(error)
        self._settle()
        self._session.report_error(error)

    def _settle(self) -> None:
        """Nothing is measured any more."""
        self._job = None
        if self._session.state in (State.MEASURING, State.ASKING):
            self._session.set_state(State.IDLE)

    def _look(self, results: Results) -> Generator[None, None, None]:
        """Compare with the AI's own masks for the first time."""
        self._of_ai = mask_marks(ai_labels(results))
        yield
        own = ai_findings(results)
        # Results may also begin with masks that a person drew; no network has read those.
        drawn = own is not None and own.provenance.corrected_by_person
        self._read_of_ai = {} if drawn else self._of_ai
        kept = marks_from_text(results.segmentation.GetAttribute(READ_MARKS_ATTRIBUTE))
        self._read = self._read_of_ai if kept is None else kept
        # An edit may have come before this first look; its masks are not those of the findings.
        edited = self._edited_at is not None
        labels = corrected_labels(results)
        yield
        marks = mask_marks(labels)
        self._measured = None if edited else marks
        shown = self._session.findings
        read = () if shown is None or edited else shown.lesions
        self._readings = {
            lesion.label: lesion
            for lesion in read
            if lesion.label in marks and self._read.get(lesion.label) == marks[lesion.label]
        }
        self._keep_shown(read, marks)
        self._weigh(marks)
        self._session.events.tell(Topic.FINDINGS)

    def _keep_shown(self, lesions: Iterable[LesionFinding], marks: Marks) -> None:
        self._shown_as.update(
            {(lesion.label, marks[lesion.label]): lesion for lesion in lesions if lesion.label in marks}
        )

    def _weigh(self, marks: Marks) -> None:
        self.standing = standing(marks, self._of_ai, self._read)

    def _now_read(self, read: Marks, marks: Marks) -> None:
        """The network has read the masks with these marks; kept for when the scene is opened again."""
        self._read = read
        if self.results is not None:
            self.results.segmentation.SetAttribute(READ_MARKS_ATTRIBUTE, marks_to_text(read))
        self._weigh(marks)
