"""A run that begins with given masks: the network reads them, and is not asked where lesions are."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.findings import from_dict
from MTINetLib.scene.drawn_lesions import drawn_lesions
from MTINetLib.scene.geometry_node import add_geometry, is_grid_of
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.results import Results
from MTINetLib.session.analysis_run import AnalysisRun, Hearers, Wanted
from MTINetLib.session.array_files import write_array
from MTINetLib.session.calls import Answers
from MTINetLib.session.correction_masks import marks_to_text, mask_marks
from MTINetLib.session.correction_measuring import READ_MARKS_ATTRIBUTE
from MTINetLib.session.study_in_worker import StudyInWorker
from MTINetLib.worker.messages import Analyzed, Measured, OpenedStudy, ReadMasks

if TYPE_CHECKING:
    from MTINetLib.worker.client import WorkerClient


class MaskRun(AnalysisRun):
    """As an analysis, with a segmentation of the scene in place of what the network would find."""

    def __init__(
        self, worker: WorkerClient, study: StudyInWorker, wanted: Wanted, hearers: Hearers, segmentation: Any
    ) -> None:
        self._segmentation = segmentation
        self._labels: Path | None = None
        super().__init__(worker, study, wanted, hearers)

    def _opened(self, opened: OpenedStudy) -> None:
        if not self._over:
            self._chores.add(self._hand_over(opened))

    def _hand_over(self, opened: OpenedStudy) -> Generator[None, None, None]:
        if self._segmentation.GetScene() is None:
            raise InputError("The segmentation was removed from the scene: choose another one.")
        wanted = self._wanted
        reference = wanted.study.volumes[wanted.study.reference]
        own = is_grid_of(opened.grid, reference)
        geometry = reference if own else add_geometry(opened.grid)
        try:
            labels = drawn_lesions(self._segmentation, geometry)
        finally:
            if not own:
                remove_nodes([geometry])
        yield
        self._labels = self._worker.folder / f"masks-{uuid.uuid4().hex[:12]}.npy"
        yield from write_array(self._labels, labels)
        request = ReadMasks(opened.study, str(self._labels), wanted.model, wanted.device, wanted.precision)
        answers = Answers(self._read, self._failed, self._hearers.progress)
        self._call = self._worker.submit("read_masks", request.to_dict(), answers)

    def _read(self, result: dict[str, Any]) -> None:
        self._call = None
        if not self._over:
            found = Measured.from_dict(result).findings
            self._chores.add(self._show(Analyzed(found, str(self._labels), probability="")))

    def _finished(self, results: Results, analyzed: Analyzed) -> None:
        labels = np.load(analyzed.labels)
        results.segmentation.SetAttribute(READ_MARKS_ATTRIBUTE, marks_to_text(mask_marks(labels)))
        display = self._segmentation.GetDisplayNode()
        if display is not None:  # two outlines of each lesion would only confuse
            display.SetVisibility(False)
        self._tidy()
        self._hearers.shown(results, from_dict(analyzed.findings), analyzed)

    def _failed(self, error: MTINetError) -> None:
        self._tidy()
        super()._failed(error)

    def abandon(self) -> None:
        """End the run without a word to anyone."""
        self._tidy()
        super().abandon()

    def _tidy(self) -> None:
        if self._labels is not None:
            with suppress(OSError):  # Windows: a worker that was ended may still have it open
                self._labels.unlink(missing_ok=True)
