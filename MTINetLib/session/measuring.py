"""Findings that follow the masks: measured when the hand rests, never more than one measuring at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy.typing as npt

from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.findings import StudyFindings, from_dict, to_dict
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.liver_node import outline_mark
from MTINetLib.scene.results import Results, ai_findings, ai_labels, corrected_labels, update_results
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.choices import chosen_model
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.session.liver import hand_over, is_edited, liver_of_results, liver_paths
from MTINetLib.session.mask_watch import MaskWatch
from MTINetLib.session.masks import (
    READ_MARKS_ATTRIBUTE,
    Marks,
    Standing,
    marks_from_text,
    marks_to_text,
    mask_marks,
)
from MTINetLib.session.readings import Readings
from MTINetLib.session.state import State
from MTINetLib.session.task import Steps, Task, ask
from MTINetLib.session.wanted_study import ALIGNMENT_ATTRIBUTE, study_of_results
from MTINetLib.worker.requests import LiverFile, Measure, Measured, ReadAgain

#: Gets the study's key, the file of the masks, the findings to go on from, and the liver.
_Job = Callable[[str, str, dict[str, Any], LiverFile | None], Steps[Measured]]
#: A stroke is over when nothing has changed for so long.
_STILL_S = 0.15


class Measuring:
    """Keeps the findings of some results in step with their masks.

    Attributes:
        results: whose masks; None for none.
        standing: how the masks stood to the AI's own when they were looked at last.
        measured_in_s: from the last edit until its findings were shown; None before the first.
        problem: why the last measuring failed; None where it did not, and after a cancel.
    """

    def __init__(
        self,
        core: SessionCore,
        watch: MaskWatch,
        shown: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            watch: is kept quiet while the nodes are brought up to date.
            shown: called when new findings are in the scene and the session.
        """
        self._core, self._watch, self._shown, self._clock = core, watch, shown, clock
        self._task: Task[Any] | None = None
        self._forget()

    def _forget(self) -> None:
        self.results: Results | None = None
        self.standing = Standing()
        self.measured_in_s: float | None = None
        self.problem: MTINetError | None = None
        self._edited_at: float | None = None
        self._outline: str | None = None
        self._readings: Readings | None = None
        self._new_before_look: set[int] = set()

    @property
    def waiting(self) -> bool:
        """Whether findings are still to come for what the masks are now."""
        return self._edited_at is not None or self._runs

    @property
    def _runs(self) -> bool:
        return self._task is not None and self._task.running

    def follow(self, results: Results) -> None:
        """Keep the findings of these results in step, and of no others."""
        self.abandon()
        self.results = results
        node = results.segmentation
        if not node.GetAttribute(ALIGNMENT_ATTRIBUTE):
            node.SetAttribute(ALIGNMENT_ATTRIBUTE, self._core.choices.alignment)
        self._task = self._core.tasks.start(State.IDLE, self._look(results), self._failed)

    def edited(self, at_once: bool = False) -> None:
        """The masks have changed; ``at_once``: and no more of it will come in the next moment."""
        if self.results is not None:
            self._edited_at = self._clock() - (_STILL_S if at_once else 0.0)

    def made_new(self, labels: Iterable[int]) -> None:
        """These lesions are others than those that had their numbers: no class is known of them."""
        if self._readings is None:
            self._new_before_look.update(labels)
        else:
            self._readings.made_new(labels)

    def poll(self) -> None:
        """Begin to measure when the hand has rested, and nothing else runs."""
        edited_at = self._edited_at
        if edited_at is None or self._runs or self._core.state is not State.IDLE:
            return
        if self._clock() - edited_at >= _STILL_S and self.results is not None:
            self._begin(State.MEASURING, self._measure(self.results, edited_at))

    def ask_network(self) -> None:
        """Have the network read the masks of now.

        Raises:
            InputError: there are none, or something else runs.
        """
        core = self._core
        if core.busy:
            raise error_of(InputError, "wait_for_state", state=core.state)
        if self.results is None or core.findings is None:
            raise error_of(InputError, "no_masks")
        core.tasks.abandon(self._task)
        self._begin(State.ASKING, self._ask(self.results))

    def abandon(self) -> None:
        """Drop everything, also what the worker may still answer."""
        task, self._task = self._task, None
        self._core.tasks.abandon(task)
        self._forget()

    def _begin(self, state: State, steps: Steps[None]) -> None:
        self._edited_at = None
        self.problem = None
        self._task = self._core.tasks.start(state, steps, self._failed)

    def _failed(self, error: MTINetError) -> None:
        self.problem = None if isinstance(error, Cancelled) else error
        self._core.report_error(error)

    # The steps of the tasks

    def _look(self, results: Results, edited: bool = False) -> Steps[Readings]:
        """Compare with the AI's own masks for the first time.

        Args:
            edited: the masks are not those of the findings any more.
        """
        of_ai = mask_marks(ai_labels(results))
        yield None
        kept = marks_from_text(results.segmentation.GetAttribute(READ_MARKS_ATTRIBUTE))
        readings = self._readings = Readings(of_ai, ai_findings(results), kept)
        readings.made_new(self._new_before_look)
        edited = edited or self._edited_at is not None  # meanwhile
        marks, liver = mask_marks(corrected_labels(results)), liver_of_results(results)
        if self._core.findings is not None and not edited:
            self._outline = None if liver is None else outline_mark(liver)
            readings.begin(self._core.findings, marks)
        self.standing = readings.standing(marks)
        self._core.events.tell(Topic.FINDINGS)
        return readings

    def _measure(self, results: Results, edited_at: float) -> Steps[None]:
        """Measure the masks of now, unless they were measured already or are the AI's own."""
        readings = self._readings or (yield from self._look(results, edited=True))
        labels, liver = corrected_labels(results), liver_of_results(results)
        yield None
        marks, outline = mask_marks(labels), None if liver is None else outline_mark(liver)
        if marks == readings.measured and outline == self._outline:
            return
        own = readings.back(marks)
        if is_edited(results, liver) or (liver is None) != (own is None or own.liver is None):
            own = None
        self._now_read(results, readings, marks)
        self._outline = outline
        findings = own or (yield from self._from_worker(results, labels, marks, self._measured_by_worker))
        self.measured_in_s = self._clock() - edited_at
        self._show(results, readings, findings, marks)

    def _ask(self, results: Results) -> Steps[None]:
        """Have the network read the masks of now, unless it has read these."""
        readings = self._readings or (yield from self._look(results, edited=True))
        labels = corrected_labels(results)
        yield None
        marks = mask_marks(labels)
        self.standing = readings.standing(marks)
        if not (self.standing.corrected or self.standing.unread):
            self._core.inform("masks_read_already")
            self.edited()
            return
        findings = yield from self._from_worker(results, labels, marks, self._read_by_network)
        readings.answered(findings, marks)
        self._now_read(results, readings, marks)
        self._show(results, readings, findings, marks)

    def _from_worker(
        self, results: Results, labels: npt.NDArray[Any], marks: Marks, job: _Job
    ) -> Steps[StudyFindings]:
        """Hand over masks and study, and have them measured."""
        core = self._core
        if core.findings is None or self._readings is None:
            raise error_of(InputError, "no_masks")
        before = to_dict(self._readings.known(core.findings, marks))
        wanted = study_of_results(results, core.findings, core.choices.alignment)
        yield None
        with temporary_file(core.worker.folder, "masks") as path, liver_paths(core.worker.folder) as paths:
            yield from write_array(path, labels)
            mask = liver_of_results(results)
            liver = yield from hand_over(results, mask, core.findings, core.analyzed, paths[0])
            opened = yield from core.study.open(wanted)
            measured = yield from job(opened.study, str(path), before, liver)
        yield None
        return from_dict(measured.findings)

    def _measured_by_worker(
        self, study: str, labels: str, before: dict[str, Any], liver: LiverFile | None
    ) -> Steps[Measured]:
        return ask(self._core.worker, Measure(study, labels, before, liver))

    def _read_by_network(
        self, study: str, labels: str, before: dict[str, Any], liver: LiverFile | None
    ) -> Steps[Measured]:
        request = ReadAgain(study, labels, before, chosen_model(self._core.choices), liver)
        return ask(self._core.worker, request)

    def _show(self, results: Results, readings: Readings, findings: StudyFindings, marks: Marks) -> None:
        readings.shown(findings, marks)
        with self._watch.quiet():
            update_results(results, findings)
        self._core.set_findings(findings)
        self._shown()

    def _now_read(self, results: Results, readings: Readings, marks: Marks) -> None:
        """Kept for when the scene is opened again."""
        results.segmentation.SetAttribute(READ_MARKS_ATTRIBUTE, marks_to_text(readings.read))
        self.standing = readings.standing(marks)
