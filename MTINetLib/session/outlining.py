"""Lesions from boxes: outlined by the worker, put among the others, measured and classified."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.outline.published import NAME, outline_is_installed, require_outline_model
from MTINetLib.pipeline.outlined import with_outline
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.label_image import Mask
from MTINetLib.scene.outline_clicks import Point
from MTINetLib.scene.results import Results
from MTINetLib.scene.roi_box import box_of_roi
from MTINetLib.scene.segmentation import lesion_mask, segment_labels
from MTINetLib.session.core import SessionCore
from MTINetLib.session.correction import Correction
from MTINetLib.session.masks import mask_marks
from MTINetLib.session.outline_marks import OutlineMarks, Placed
from MTINetLib.session.state import State
from MTINetLib.session.task import NO_RETURN, Steps, ask
from MTINetLib.session.wanted_study import WantedStudy, study_of_results
from MTINetLib.worker.outline_requests import InstallOutline, OutlineBox, Outlined

#: A box or a click that was moved is outlined again when it has rested for so long.
_STILL_S = 0.4


@dataclass(frozen=True)
class _Last:
    """The lesion that the box made.

    Args:
        roi: ID of the box.
        masks: marks of all outlines that it got, also of those that Undo may bring back.
        edits: of all masks, until the newest was put there.
    """

    roi: str
    label: int
    masks: frozenset[str]
    edits: int


class Outlining:
    """A box that is moved and outlined again gives its lesion the new outline, unless a hand changed it.

    Attributes:
        marks: the box and the clicks.
    """

    def __init__(
        self, core: SessionCore, correction: Correction, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._core, self._correction, self._clock = core, correction, clock
        self.marks = OutlineMarks(core)
        self._last: _Last | None = None
        self._to_be_read = False
        self._asked: Placed | None = None
        self._moved: tuple[Placed, float] | None = None

    @property
    def installed(self) -> bool:
        """Whether the weights that outline are there."""
        return outline_is_installed()

    @property
    def waiting(self) -> bool:
        """Whether a new outline is still to be measured and classified."""
        return self._to_be_read

    def install(self, file: str | None = None) -> None:
        """Download the weights that outline, or take them from a file; the message says how it ended."""
        if not self._core.busy:
            self._core.begin(State.INSTALLING, self._install(file))

    def _install(self, file: str | None) -> Steps[None]:
        yield from ask(self._core.worker, InstallOutline(file))
        self._core.inform("outline_installed", model=NAME)

    def outline(self) -> None:
        """As :meth:`start`, with the box and the clicks in the scene.

        Raises:
            InputError: there is no box.
        """
        if self.marks.box is None:
            raise error_of(InputError, "no_box")
        self.start(self.marks.box, self.marks.inside, self.marks.outside)

    def start(self, roi: Any, inside: tuple[Point, ...] = (), outside: tuple[Point, ...] = ()) -> None:
        """Outline the lesion in a vtkMRMLMarkupsROINode; errors of the work go to the user.

        Args:
            inside, outside: points of the lesion and beside it, LPS in the world in mm.

        Raises:
            InputError: there are no results to add to, or something else runs.
            MissingResourceError: the weights are not installed.
        """
        core = self._core
        if core.busy:
            raise error_of(InputError, "wait_for_state", state=core.state)
        if core.results is None or core.findings is None:
            raise error_of(InputError, "no_masks")
        require_outline_model()
        wanted = study_of_results(core.results, core.findings, core.choices.alignment)
        steps = self._steps(core.results, wanted, roi, inside, outside)
        core.error = None
        self._asked, self._moved = self.marks.placed(), None
        core.begin(State.OUTLINING, steps, check=wanted.refuse_removed)

    def poll(self) -> None:
        """Have a new lesion classified as soon as it was measured, and one outlined again that was moved."""
        if self._core.state is not State.IDLE or self._correction.waiting:
            return
        if self._to_be_read:
            self._to_be_read = False
            if self._correction.problem is None:
                self._correction.ask_network()
        elif self._last is not None:
            self._follow(self._last)

    def abandon(self) -> None:
        """The results are others now."""
        self._last, self._to_be_read = None, False
        self._asked = self._moved = None
        self.marks.drop_drawn()

    def _follow(self, last: _Last) -> None:
        """Outline again what was moved, when the hand rests; not what Undo or a hand has changed."""
        now, box = self.marks.placed(), self.marks.box
        if box is None or now is None or now == self._asked or box.GetID() != last.roi:
            self._moved = None
            return
        if self._moved is None or self._moved[0] != now:
            self._moved = (now, self._clock())
        elif self._clock() - self._moved[1] >= _STILL_S:
            self._moved, self._asked = None, now
            results = self._core.results
            if results is not None and self.installed and self._label_of(results, last.roi) is not None:
                self.outline()

    def _steps(
        self,
        results: Results,
        wanted: WantedStudy,
        roi: Any,
        inside: tuple[Point, ...],
        outside: tuple[Point, ...],
    ) -> Steps[None]:
        core, roi_id = self._core, roi.GetID()
        opened = yield from core.study.open(wanted)
        box = box_of_roi(roi, opened.grid)
        request = OutlineBox(opened.study, box, inside, outside, core.choices.device)
        found = yield from ask(core.worker, request)
        mask: Mask = np.load(found.mask).astype(np.bool_)
        yield NO_RETURN
        self._put(results, roi_id, mask, found)

    def _put(self, results: Results, roi: str, mask: Mask, found: Outlined) -> None:
        core, last = self._core, self._last
        if results is not core.results or core.findings is None:
            raise error_of(InputError, "no_masks")
        known = self._label_of(results, roi)
        going_on = known is not None and last is not None and last.edits == self._correction.edits
        label = self._correction.put_outline(mask, known, same_step=going_on)
        before = last.masks if known is not None and last is not None else frozenset()
        self._last = _Last(roi, label, before | {_mark(results, label)}, self._correction.edits)
        core.findings = with_outline(core.findings, label, found.said, found.left_out, found.notes)
        self._to_be_read = True

    def _label_of(self, results: Results, roi: str) -> int | None:
        """The lesion that this box made, as long as nobody has changed it but by Undo."""
        last = self._last
        if last is None or last.roi != roi or last.label not in segment_labels(results.segmentation):
            return None
        return last.label if _mark(results, last.label) in last.masks else None


def _mark(results: Results, label: int) -> str:
    """Tells a lesion's mask from others."""
    segment = segment_labels(results.segmentation)[label]
    mask: Mask = lesion_mask(results.segmentation, segment, results.geometry).astype(np.bool_)
    return mask_marks(mask.view(np.uint8)).get(1, "")
