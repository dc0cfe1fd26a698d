"""What a session analyzes, as steps of a task: volumes to the worker, the network, results into the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings, from_dict
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.drawn_lesions import drawn_lesions
from MTINetLib.scene.geometry_node import add_geometry, is_grid_of
from MTINetLib.scene.remove_nodes import remove_nodes
from MTINetLib.scene.results import Results
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.show_results import show_results
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.liver import given_in_scene, liver_paths
from MTINetLib.session.masks import READ_MARKS_ATTRIBUTE, marks_to_text, mask_marks
from MTINetLib.session.study_in_worker import StudyInWorker
from MTINetLib.session.task import Steps, ask
from MTINetLib.session.wanted_study import WantedStudy
from MTINetLib.worker.requests import Analyze, Analyzed, LiverFile, ModelChoice, OpenedStudy, ReadMasks

if TYPE_CHECKING:
    from MTINetLib.worker.client import WorkerClient


@dataclass(frozen=True)
class Wanted:
    """What to analyze, and how.

    Args:
        thresholds: overrides of the model's own, by name.
        liver: a segmentation or label map node that outlines it, None to leave it to the model.
        liver_part: the number of the part of that node that is the liver; empty where it tells.
    """

    study: WantedStudy
    model: ModelChoice
    thresholds: Mapping[str, float] = field(default_factory=dict)
    liver: Any = None
    liver_part: str = ""


@dataclass(frozen=True)
class Shown:
    """What is in the scene now."""

    results: Results
    findings: StudyFindings
    analyzed: Analyzed


def analyze(scene: Scene, worker: WorkerClient, study: StudyInWorker, wanted: Wanted) -> Steps[Shown]:
    """Have the network find, read and measure lesions."""
    opened = yield from study.open(wanted.study)
    with liver_paths(worker.folder) as paths:
        liver = yield from _given(scene, wanted, opened, paths)
        request = Analyze(opened.study, wanted.model, dict(wanted.thresholds), liver)
        analyzed = yield from ask(worker, request)
    return (yield from _show(scene, study, wanted.study, analyzed))


def read_masks(
    scene: Scene, worker: WorkerClient, study: StudyInWorker, wanted: Wanted, segmentation: Any
) -> Steps[Shown]:
    """As :func:`analyze`, with a segmentation of the scene in place of what the network would find."""
    opened = yield from study.open(wanted.study)
    labels = _labels_of(scene, segmentation, wanted.study, opened)
    yield None
    with temporary_file(worker.folder, "masks") as path, liver_paths(worker.folder) as paths:
        yield from write_array(path, labels)
        liver = yield from _given(scene, wanted, opened, paths)
        request = ReadMasks(opened.study, str(path), wanted.model, liver)
        found = yield from ask(worker, request)
        analyzed = Analyzed(found.findings, str(path), probability="", liver=found.liver)
        shown = yield from _show(scene, study, wanted.study, analyzed)
    shown.results.segmentation.SetAttribute(READ_MARKS_ATTRIBUTE, marks_to_text(mask_marks(labels)))
    display = segmentation.GetDisplayNode()
    if display is not None:  # two outlines of each lesion would only confuse
        display.SetVisibility(False)
    return shown


def _show(scene: Scene, study: StudyInWorker, wanted: WantedStudy, analyzed: Analyzed) -> Steps[Shown]:
    findings = from_dict(analyzed.findings)
    labels = np.load(analyzed.labels, mmap_mode="r")
    opened = study.opened(wanted)
    if opened is None:
        raise error_of(InputError, "phases_changed")
    yield None
    reference = wanted.volumes[wanted.reference]
    volumes: Any = tuple(wanted.volumes[phase] for phase in wanted.phases)
    liver = None if analyzed.liver is None else np.load(analyzed.liver.mask, mmap_mode="r") != 0
    results = yield from show_results(scene, findings, labels, volumes, reference, opened.grid, liver)
    return Shown(results, findings, analyzed)


def show_again(scene: Scene, study: StudyInWorker, wanted: WantedStudy, analyzed: Analyzed) -> Steps[Shown]:
    """Results that replace those that are shown, of the same study."""
    return (yield from _show(scene, study, wanted, analyzed))


def _given(
    scene: Scene, wanted: Wanted, opened: OpenedStudy, paths: tuple[Path, Path, Path]
) -> Steps[LiverFile | None]:
    """The liver that the user has chosen, handed over."""
    if wanted.liver is None:
        return None
    with _geometry(scene, wanted.study, opened) as geometry:
        return (yield from given_in_scene(wanted.liver, wanted.liver_part, geometry, opened.grid, paths))


def _labels_of(scene: Scene, segmentation: Any, wanted: WantedStudy, opened: OpenedStudy) -> Any:
    if segmentation.GetScene() is None:
        raise error_of(InputError, "segmentation_removed")
    with _geometry(scene, wanted, opened) as geometry:
        return drawn_lesions(segmentation, geometry)


@contextmanager
def _geometry(scene: Scene, wanted: WantedStudy, opened: OpenedStudy) -> Iterator[Any]:
    """A volume node on the study's grid: the reference phase, or one for a moment."""
    reference = wanted.volumes[wanted.reference]
    own = is_grid_of(opened.grid, reference)
    geometry = reference if own else add_geometry(scene, opened.grid)
    try:
        yield geometry
    finally:
        if not own:
            remove_nodes([geometry])
