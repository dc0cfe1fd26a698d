"""Lesions from boxes: outlined by the worker, put among the others, measured and classified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.outline.published import NAME, outline_is_installed, require_outline_model
from MTINetLib.pipeline.outlined import with_outline
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.label_image import Mask
from MTINetLib.scene.node_geometry import rough_grid
from MTINetLib.scene.results import Results
from MTINetLib.scene.roi_box import ROI_NAME, add_roi, box_of_roi, middle_of_view
from MTINetLib.scene.segmentation import lesion_mask, segment_labels
from MTINetLib.session.core import SessionCore
from MTINetLib.session.correction import Correction
from MTINetLib.session.events import Topic
from MTINetLib.session.state import State
from MTINetLib.session.task import NO_RETURN, Steps, ask
from MTINetLib.session.wanted_study import WantedStudy, study_of_results
from MTINetLib.worker.outline_requests import InstallOutline, OutlineBox, Outlined, Point

#: Of a box to begin with.
_SIDE_MM = 30.0


@dataclass(frozen=True, eq=False)
class _Last:
    """The outline that came last: of which box, as which lesion, and its mask as it was put there."""

    roi: str
    label: int
    mask: Mask


class Outlining:
    """A box that is moved and outlined again gives its lesion the new outline, unless a hand changed it."""

    def __init__(self, core: SessionCore, correction: Correction) -> None:
        self._core, self._correction = core, correction
        self._last: _Last | None = None
        self._to_be_read = False

    @property
    def installed(self) -> bool:
        """Whether the weights that outline are there."""
        return outline_is_installed()

    @property
    def waiting(self) -> bool:
        """Whether a new outline is still to be measured and classified."""
        return self._to_be_read

    @property
    def box(self) -> Any:
        """The box that :meth:`place_box` made last, as long as it is in the scene; else None."""
        return self._core.scene.mrml.GetFirstNodeByName(ROI_NAME)

    def place_box(self) -> Any:
        """A box in the middle of the axial view, to be drawn around a lesion; gives its node.

        Raises:
            InputError: there are no results.
        """
        core = self._core
        if core.results is None or core.findings is None:
            raise error_of(InputError, "no_masks")
        if self.box is not None:
            core.scene.mrml.RemoveNode(self.box)
        grid = rough_grid(core.results.geometry)
        node = add_roi(core.scene, grid, middle_of_view(core.scene, grid), (_SIDE_MM,) * 3)
        core.events.tell(Topic.STATE)
        return node

    def install(self, file: str | None = None) -> None:
        """Download the weights that outline, or take them from a file; the message says how it ended."""
        if not self._core.busy:
            self._core.begin(State.OUTLINING, self._install(file))

    def _install(self, file: str | None) -> Steps[None]:
        yield from ask(self._core.worker, InstallOutline(file))
        self._core.inform("outline_installed", model=NAME)

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
        core.begin(State.OUTLINING, steps, check=wanted.refuse_removed)

    def poll(self) -> None:
        """Have a new lesion classified as soon as it was measured."""
        if not self._to_be_read or self._core.state is not State.IDLE or self._correction.waiting:
            return
        self._to_be_read = False
        if self._correction.problem is None:
            self._correction.ask_network()

    def abandon(self) -> None:
        """The results are others now."""
        self._last, self._to_be_read = None, False

    def _steps(
        self,
        results: Results,
        wanted: WantedStudy,
        roi: Any,
        inside: tuple[Point, ...],
        outside: tuple[Point, ...],
    ) -> Steps[None]:
        core = self._core
        opened = yield from core.study.open(wanted)
        box = box_of_roi(roi, opened.grid)
        request = OutlineBox(opened.study, box, inside, outside, core.choices.device)
        found = yield from ask(core.worker, request)
        mask: Mask = np.load(found.mask).astype(np.bool_)
        yield NO_RETURN
        self._put(results, roi.GetID(), mask, found)

    def _put(self, results: Results, roi: str, mask: Mask, found: Outlined) -> None:
        core = self._core
        if results is not core.results or core.findings is None:
            raise error_of(InputError, "no_masks")
        label = self._correction.put_outline(mask, self._label_of(results, roi))
        self._last = _Last(roi, label, _mask_of(results, label))
        core.findings = with_outline(core.findings, label, found.said, found.left_out, found.notes)
        self._to_be_read = True

    def _label_of(self, results: Results, roi: str) -> int | None:
        """The lesion that this box made, as long as nobody has changed it."""
        last = self._last
        if last is None or last.roi != roi or last.label not in segment_labels(results.segmentation):
            return None
        return last.label if np.array_equal(_mask_of(results, last.label), last.mask) else None


def _mask_of(results: Results, label: int) -> Mask:
    segment = segment_labels(results.segmentation)[label]
    mask: Mask = lesion_mask(results.segmentation, segment, results.geometry).astype(np.bool_)
    return mask
