"""From volumes under transforms to corrected findings: lesions stay where the scene shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.corrected_session import finding, settle
from support.made_analysis import made_analysis, made_grid, made_labels, made_study

from MTINetLib.findings import to_dict
from MTINetLib.scene.label_image import write_mask
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import lesion_mask, segment_labels
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.scene.volumes import add_phase_volumes
from MTINetLib.session.choices import Choices, choose_volume
from MTINetLib.session.session import Session
from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.worker.requests import Analyzed, OpenedStudy

pytestmark = pytest.mark.viewer

GRID = made_grid((16, 48, 56))


class ThresholdWorker:
    """The real worker, but for the network: lesions are what is bright in the volumes it was handed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.opened: OpenedStudy | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def submit(self, job: str, arguments: dict[str, Any], listener: Any) -> Any:
        if job != "analyze":
            return self._client.submit(job, arguments, _Listening(listener, self._saw))
        assert self.opened is not None
        volumes = np.load(self.opened.volumes)
        labels = np.where(volumes[1] > 370, 1, np.where(volumes[3] > 370, 2, 0)).astype(np.uint8)
        path = self._client.folder / "labels.npy"
        np.save(path, labels)
        findings = made_analysis(made_study(GRID)).findings
        listener.done(Analyzed(to_dict(findings), str(path), str(path)).to_dict())
        return None

    def _saw(self, result: dict[str, Any]) -> None:
        if "volumes" in result:
            self.opened = OpenedStudy.from_dict(result)


class _Listening:
    """A listener that lets somebody else hear the result, too."""

    def __init__(self, listener: Any, saw: Callable[[dict[str, Any]], None]) -> None:
        self._watcher = listener
        self._saw = saw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watcher, name)

    def done(self, result: dict[str, Any]) -> None:
        self._saw(result)
        self._watcher.done(result)


def linear(scene: Scene, matrix: list[list[float]]) -> Any:
    node = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetMatrixTransformToParent(slicer_module().util.vtkMatrixFromArray(np.array(matrix, float)))
    return node


def turned(scene: Scene) -> Any:
    return linear(scene, [[0, -1, 0, 30], [1, 0, 0, -20], [0, 0, -1, 90], [0, 0, 0, 1]])


def sheared(scene: Scene) -> Any:
    return linear(scene, [[1, 0, 0, 12], [0, 1, 0.3, 0], [0, 0, 1, -40], [0, 0, 0, 1]])


def bent(scene: Scene) -> Any:
    import vtk

    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for x in (-300, 300):
        for y in (-300, 300):
            for z in (-100, 300):
                source.InsertNextPoint(x, y, z)
                target.InsertNextPoint(x + 0.02 * y + 8, y + 0.00015 * x * z, z + 5)
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    node = scene.mrml.AddNewNodeByClass("vtkMRMLTransformNode")
    node.SetAndObserveTransformToParent(spline)
    return node


def analyzed(scene: Scene, client: Any, transform: Any) -> Session:
    """A session after the analysis of four volumes under one transform."""
    return analyzed_by(scene, ThresholdWorker(client), transform)


def analyzed_by(scene: Scene, worker: ThresholdWorker, transform: Any) -> Session:
    choices = Choices(alignment="off")
    for phase, node in zip(FOUR_PHASES, add_phase_volumes(scene, made_study(GRID)), strict=True):
        node.SetAndObserveTransformNodeID(transform.GetID())
        choose_volume(choices, phase, node)
    session = Session(scene, choices, worker)
    session.start_analysis()
    session.wait(timeout_s=120)
    assert session.results is not None
    settle(session)
    return session


@pytest.mark.parametrize("make", [turned, sheared, bent])
def test_lesions_lie_over_the_anatomy_that_the_scene_shows(
    scene: Scene, worker: Any, make: Callable[[Any], Any]
) -> None:
    session = analyzed(scene, worker, make(scene))
    results = session.results
    assert results is not None
    for label, segment_id in segment_labels(results.segmentation).items():
        # The truth by MRML alone: the untransformed lesion's middle, through the volume's own transform.
        middle = np.argwhere(made_labels(GRID) == label).mean(axis=0)
        shown = np.zeros(3)
        results.volumes[0].TransformPointToWorld(GRID.to_lps(middle) * [-1, -1, 1], shown)
        found = np.array(results.segmentation.GetSegmentCenterRAS(segment_id))
        # Half a slice (5 mm) and half a pixel: a thresholded blob is no sharper.
        assert np.abs(found - shown).max() < 3.0


@pytest.mark.parametrize(("make", "said"), [(turned, False), (sheared, True), (bent, True)])
def test_phases_that_were_interpolated_along_a_transform_are_flagged(
    scene: Scene, worker: Any, make: Callable[[Any], Any], said: bool
) -> None:
    watched = ThresholdWorker(worker)
    analyzed_by(scene, watched, make(scene))
    assert watched.opened is not None
    assert ("resampled_transform" in watched.opened.flags) is said


@pytest.mark.parametrize("make", [turned, sheared, bent])
def test_an_edited_lesion_is_measured_where_it_was_painted(
    scene: Scene, worker: Any, make: Callable[[Any], Any]
) -> None:
    session = analyzed(scene, worker, make(scene))
    results = session.results
    assert results is not None
    segment_id = segment_labels(results.segmentation)[1]
    mask = lesion_mask(results.segmentation, segment_id, results.geometry).copy()
    kji = np.argwhere(mask)
    mask[:, :, : int(np.median(kji[:, 2]))] = False
    whole = (slice(0, mask.shape[0]), slice(0, mask.shape[1]), slice(0, mask.shape[2]))
    write_mask(results.segmentation, segment_id, mask, whole, results.geometry)
    settle(session, lambda: bool(session.findings and session.findings.provenance.corrected_by_person))
    after = finding(session, 1)
    voxel_ml = float(np.prod(results.geometry.GetSpacing())) / 1000
    if make is not bent:  # turns and shears keep volumes
        voxel_ml = GRID.voxel_volume_mm3 / 1000
    assert after.volume_ml == pytest.approx(mask.sum() * voxel_ml, rel=1e-3)
    # The arterial phase is about 430 inside this lesion and at most 240 around it.
    assert after.measured_curve.mean[1] > 380
