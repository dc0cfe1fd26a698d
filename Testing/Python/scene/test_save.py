from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_grid, made_study

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.inference.analysis import Analysis
from MTINetLib.scene.save import load_scene, save_scene
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.segmentation import read_lesions
from MTINetLib.scene.show import show_findings
from MTINetLib.study.study import Study

pytestmark = pytest.mark.viewer


def lesion_points(study: Study, analysis: Analysis, label: int) -> np.ndarray:
    """RAS of a lesion's voxels, sorted."""
    points = study.grid.to_lps(np.argwhere(analysis.labels == label)) * [-1, -1, 1]
    return points[np.lexsort(points.round(2).T)]


@pytest.mark.parametrize("left_handed", [False, True])
def test_a_saved_scene_comes_back_whole(scene: Scene, tmp_path: Path, left_handed: bool) -> None:
    study = made_study(made_grid(left_handed=left_handed))
    analysis = made_analysis(study)
    show_findings(scene, study, analysis)  # type: ignore[arg-type]
    save_scene(scene, tmp_path / "scene.mrb")
    assert [path.name for path in tmp_path.iterdir()] == ["scene.mrb"]
    scene.mrml.Clear(False)
    load_scene(scene, tmp_path / "scene.mrb")
    mrml = scene.mrml
    assert mrml.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 4
    assert mrml.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode") == 5
    assert mrml.GetFirstNodeByClass("vtkMRMLTableNode").GetNumberOfRows() == 4
    volume = mrml.GetFirstNodeByName("Portal venous phase")
    lesions = read_lesions(mrml.GetFirstNodeByClass("vtkMRMLSegmentationNode"), volume)
    assert [(lesion.label, lesion.name) for lesion in lesions] == [(1, "1 HCC"), (2, "2 Hemangioma")]
    to_ras = _to_ras(volume)
    for lesion in lesions:
        ijk = np.argwhere(lesion.mask)[:, ::-1]
        points = ijk @ to_ras[:3, :3].T + to_ras[:3, 3]
        points = points[np.lexsort(points.round(2).T)]
        expected = lesion_points(study, analysis, lesion.label or 0)
        # A left-handed stack comes back with its slices the other way round: compare places, not indices.
        assert points.shape == expected.shape
        assert np.abs(points - expected).max() < 1e-2


def _to_ras(volume: Any) -> np.ndarray:
    from MTINetLib.scene.pictures.slice_stage import volume_to_ras

    return volume_to_ras(volume)


def test_a_scene_that_cannot_be_written_leaves_the_old_one(scene: Scene, tmp_path: Path) -> None:
    path = tmp_path / "scene.mrb"
    path.write_bytes(b"old")
    full = replace(scene, mrml=SimpleNamespace(WriteToMRB=lambda *_: False))
    with pytest.raises(MissingResourceError, match=r"scene\.mrb could not be written"):
        save_scene(full, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_what_is_no_scene_is_refused(scene: Scene, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.mrb"
    if content is not None:
        path.write_bytes(content)
    before = Path.cwd()
    with pytest.raises(InputError, match=r"other\.mrb"):
        load_scene(scene, path)
    assert Path.cwd() == before
