"""Another program, dcmqi, reads SEG and SR, and finds the same voxels and values."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from support import dicom_layouts
from support.read_back import Exported, exported

from MTINetLib.report.dicom.export import write_dicom
from MTINetLib.report.dicom.names import SEG_FILE, SR_FILE


@pytest.fixture(scope="module", params=[dicom_layouts.series_per_phase, dicom_layouts.philips_enhanced])
def read(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, Path]:
    """What was exported, and the folder with its SEG and SR."""
    folder = tmp_path_factory.mktemp("dcmqi")
    result = exported(folder / "in", request.param)
    write_dicom(folder, result.objects)
    return result, folder / "dicom"


def dcmqi(name: str, *arguments: str) -> None:
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if program is None:
        pytest.skip("dcmqi is not installed: pip install dcmqi")
    ended = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_segments_have_the_same_voxels_at_the_same_places(
    read: tuple[Exported, Path], tmp_path: Path
) -> None:
    result, folder = read
    dcmqi(
        "segimage2itkimage",
        *("--inputDICOM", str(folder / SEG_FILE), "--outputDirectory", str(tmp_path), "--outputType", "nrrd"),
    )
    told = json.loads((tmp_path / "meta.json").read_text())["segmentAttributes"]
    assert [item["labelID"] for (item,) in told] == [1, 2]
    for number in (1, 2):
        image = SimpleITK.ReadImage(str(tmp_path / f"{number}.nrrd"))
        array = SimpleITK.GetArrayFromImage(image)
        places = [
            image.TransformIndexToPhysicalPoint([int(value) for value in kji[::-1]])
            for kji in np.argwhere(array)
        ]
        found = np.zeros_like(result.labels)
        kji = result.study.grid.to_index(places)
        assert np.abs(kji - np.rint(kji)).max() < 1e-3
        found[tuple(np.rint(kji).astype(int).T)] = 1
        np.testing.assert_array_equal(found > 0, result.labels == number)


def test_the_measurements_have_the_same_values_and_units(read: tuple[Exported, Path], tmp_path: Path) -> None:
    result, folder = read
    out = tmp_path / "sr.json"
    dcmqi("tid1500reader", "--inputDICOM", str(folder / SR_FILE), "--outputMetadata", str(out))
    groups = json.loads(out.read_text())["Measurements"]
    segmentation = result.objects.segmentation
    assert segmentation is not None
    segments = segmentation.SegmentSequence
    assert [group["TrackingIdentifier"] for group in groups[:1]] == ["Lesion 1"]
    volumes = [group for group in groups if "ReferencedSegment" in group]
    assert len(volumes) == len(result.findings.lesions)
    for group, lesion, segment in zip(volumes, result.findings.lesions, segments, strict=True):
        values = {
            item["quantity"]["CodeMeaning"]: (float(item["value"]), item["units"]["CodeValue"])
            for item in group["measurementItems"]
        }
        assert values["Volume"] == (pytest.approx(lesion.volume_ml * 1000, rel=1e-5), "mm3")
        assert values["Long Axis"] == (pytest.approx(lesion.long_axis_mm, rel=1e-5), "mm")
        assert values["Short Axis"] == (pytest.approx(lesion.short_axis_mm, rel=1e-5), "mm")
        assert group["TrackingUniqueIdentifier"] == segment.TrackingUID
        assert group["ReferencedSegment"] == segment.SegmentNumber
        assert group["FindingSite"]["CodeValue"] == "10200004"
