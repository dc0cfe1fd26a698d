"""What a person does to the AI's masks, and the findings that follow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.findings import StudyFindings
from MTINetLib.scene import edit_lesions
from MTINetLib.scene.results import ai_findings, ai_labels, corrected_labels, update_results
from MTINetLib.scene.select_lesion import mark_lesion, show_curve
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
    from MTINetLib.scene.results import Results
    from MTINetLib.session.session import Session

#: A stroke is over when nothing has changed for so long.
_STILL_S = 0.15
#: Attribute of the corrected segmentation: the marks of the masks that the network read last.
READ_MARKS_ATTRIBUTE = "MTINet.ReadMasks"


def _nothing() -> None:
    pass


class Correction:
    """Edits of the masks lead to new findings; :meth:`poll` does it, a little at a time.

    Attributes:
        before_action: called before each action that changes masks, so that an editor can save its state.
        standing: how the masks stood to the AI's own when they were read last.
        measured_in_s: from the last edit until its findings were shown; None before the first.
        ai_shown: whether the AI's own masks are drawn too.
    """

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._watch = MaskWatch(self.masks_edited)
        self._chores = Chores()
        self.before_action: Callable[[], None] = _nothing
        self.ai_shown = False
        self._forget()

    def _forget(self) -> None:
        self._results: Results | None = None
        self._job: MeasureJob | None = None
        self._edited_at: float | None = None
        self._started_from = 0.0
        self._added: int | None = None
        self._of_ai: Marks = {}
        self._read: Marks = {}
        self._measured: Marks | None = None
        self.standing = Standing()
        self.measured_in_s: float | None = None

    @property
    def waiting(self) -> bool:
        """Whether findings are still to come for what the masks are now."""
        return self._job is not None or self._edited_at is not None or bool(self._chores)

    def watch(self, results: Results | None) -> None:
        """Follow the masks of these results, and of no others any more."""
        self.abandon()
        self._results = results
        self.ai_shown = False
        self._watch.follow(None if results is None else results.segmentation)
        if results is not None:
            self._keep_alignment(results)
            self._chores.add(self._look(results))

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
        self._watch.follow(None)
        self._forget()

    # What a person does

    def masks_edited(self) -> None:
        """The masks changed; they are measured when the hand has rested for a moment."""
        if self._results is not None:
            self._edited_at = self._clock()

    def ask_network(self) -> None:
        """Have the network read class and predicted curve again under the masks of now."""
        session = self._session
        try:
            self._needed()
            if session.busy:
                raise InputError(f"{session.state.value}: wait until it is done, then ask again.")
            if self._job is not None:
                self._job.abandon()
                self._settle()
            choices = session.choices
            self._begin(Asked(choices.model or None, choices.device, choices.precision))
        except MTINetError as error:
            session.report_error(error)

    def add_lesion(self) -> int:
        """An empty segment with the next number, to be painted; gives the number.

        Raises:
            InputError: there are no results to add to.
        """
        with self._action() as results:
            label = edit_lesions.add_lesion(results)
        self._added = label
        return label

    def delete(self, label: int) -> None:
        """Remove a lesion that is none."""
        with self._action() as results:
            edit_lesions.delete_lesion(results, label)

    def split(self, label: int) -> tuple[int, ...]:
        """Make lesions of the parts, the largest keeps the number; gives all the numbers.

        Raises:
            InputError: there is nothing to split.
        """
        with self._action() as results:
            return edit_lesions.split_lesion(results, label)

    def merge(self, labels: tuple[int, ...]) -> int:
        """Make one lesion of several, under the first one's number."""
        with self._action() as results:
            return edit_lesions.merge_lesions(results, labels)

    def revert(self, label: int) -> None:
        """Give one lesion the AI's own mask again; one that the AI never had goes."""
        with self._action() as results:
            edit_lesions.revert_lesion(results, label)

    def revert_all(self) -> None:
        """Give back the AI's own masks, and with them its own findings."""
        with self._action() as results:
            edit_lesions.revert_all(results)

    def show_ai(self, shown: bool) -> None:
        """Draw the AI's own masks beside the corrected ones, or hide them again."""
        if self._results is not None:
            edit_lesions.show_ai(self._results, shown)
            self.ai_shown = shown

    def choose(self, label: int) -> None:
        """Make a lesion the chosen one without a jump of the views: the hand is there already."""
        session = self._session
        if label != session.selected and label in self._labels_found():
            session.choices.selectedLesion = label
            if self._results is not None:
                mark_lesion(self._results, label)
                show_curve(self._results, label, session.choices.relativePlot)
            session.events.tell(Topic.SELECTION)

    @contextmanager
    def _action(self) -> Iterator[Results]:
        results = self._needed()
        self.before_action()
        with self._watch.quiet():
            yield results
        self._edited_at = self._clock() - _STILL_S  # nothing to wait for

    def _needed(self) -> Results:
        if self._results is None:
            raise InputError("There are no masks to correct yet: analyze a study first.")
        return self._results

    # Measuring

    def _due(self) -> bool:
        still = self._edited_at is not None and self._clock() - self._edited_at >= _STILL_S
        return still and self._session.state is State.IDLE

    def _begin(self, asked: Asked | None) -> None:
        session, results = self._session, self._needed()
        self._started_from = self._clock() if self._edited_at is None else self._edited_at
        self._edited_at = None
        if session.findings is None:
            return
        study = study_of_results(results, session.findings, session.choices.alignment)
        order = Order(results, session.findings, study, asked)
        hearers = Hearers(
            self._ask_whether if asked else self._measure_whether,
            self._answered if asked else self._show,
            self._failed,
            session.saw_progress,
        )
        self._job = MeasureJob(session.worker, session.study, order, hearers)
        session.set_state(State.ASKING if asked else State.MEASURING)

    def _measure_whether(self, marks: Marks) -> bool:
        """Masks that were measured already, or are the AI's own, need no measuring."""
        if marks == self._measured:
            self._settle()
            return False
        self._weigh(marks)
        own = ai_findings(self._needed())
        if self.standing.corrected or own is None:
            return True
        self._read = self._of_ai
        self._keep_read_marks()
        self._weigh(marks)
        self._show(own, marks)
        return False

    def _ask_whether(self, marks: Marks) -> bool:
        self._weigh(marks)
        if self.standing.corrected:
            return True
        self._settle()
        self._session.inform("The masks are the AI's own: the network has read them already.")
        self.masks_edited()
        return False

    def _answered(self, findings: StudyFindings, marks: Marks) -> None:
        self._read = marks
        self._keep_read_marks()
        self._weigh(marks)
        self._show(findings, marks)

    def _show(self, findings: StudyFindings, marks: Marks) -> None:
        results = self._needed()
        self._measured = marks
        with self._watch.quiet():
            update_results(results, findings)
        self.measured_in_s = self._clock() - self._started_from
        self._settle()
        self._session.set_findings(findings)
        self._keep_choice()

    def _failed(self, error: MTINetError) -> None:
        self._settle()
        self._session.report_error(error)

    def _settle(self) -> None:
        """Nothing is measured any more."""
        self._job = None
        if self._session.state in (State.MEASURING, State.ASKING):
            self._session.set_state(State.IDLE)

    def _keep_choice(self) -> None:
        """A lesion that a person has just added is chosen; one that is gone is not."""
        session, found = self._session, self._labels_found()
        if self._added in found:
            label, self._added = self._added, None
            self.choose(label or 0)
        elif session.selected is not None and session.selected not in found:
            session.select(None)

    # What is known of the masks

    def _look(self, results: Results) -> Generator[None, None, None]:
        """Compare with the AI's own masks for the first time."""
        self._of_ai = mask_marks(ai_labels(results))
        yield
        kept = marks_from_text(results.segmentation.GetAttribute(READ_MARKS_ATTRIBUTE))
        self._read = self._of_ai if kept is None else kept
        labels = corrected_labels(results)
        yield
        self._measured = mask_marks(labels)
        self._weigh(self._measured)
        self._session.events.tell(Topic.FINDINGS)

    def _weigh(self, marks: Marks) -> None:
        self.standing = standing(marks, self._of_ai, self._read)

    def _keep_read_marks(self) -> None:
        self._needed().segmentation.SetAttribute(READ_MARKS_ATTRIBUTE, marks_to_text(self._read))

    def _keep_alignment(self, results: Results) -> None:
        node = results.segmentation
        if not node.GetAttribute(ALIGNMENT_ATTRIBUTE):
            node.SetAttribute(ALIGNMENT_ATTRIBUTE, self._session.choices.alignment)

    def _labels_found(self) -> set[int]:
        findings = self._session.findings
        return {lesion.label for lesion in findings.lesions} if findings else set()
