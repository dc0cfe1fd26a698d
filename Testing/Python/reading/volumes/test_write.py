from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from MTINetLib.errors import InputError
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.grid import Grid

DIRECTION = tuple(
    float(x) for x in Rotation.from_euler("xyz", [10, 20, 30], degrees=True).as_matrix().ravel()
)
GRID = Grid((3, 4, 5), (1.1, 1.2, 3.3), (-10.0, 20.0, -30.0), DIRECTION)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha"])
def test_a_label_map_keeps_values_and_geometry(tmp_path: Path, suffix: str) -> None:
    labels = np.arange(60).reshape(GRID.shape) % 5
    path = tmp_path / f"my lesions{suffix}"
    write_label_map(path, labels, GRID)
    image = SimpleITK.ReadImage(str(path))
    assert image.GetPixelID() == SimpleITK.sitkUInt8
    assert np.array_equal(SimpleITK.GetArrayFromImage(image), labels)
    assert np.allclose(image.GetSpacing(), GRID.spacing, atol=1e-5)
    assert np.allclose(image.GetOrigin(), GRID.origin, atol=1e-4)
    assert np.allclose(image.GetDirection(), GRID.direction, atol=1e-5)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_many_labels_need_sixteen_bits(tmp_path: Path) -> None:
    labels = np.zeros(GRID.shape, dtype=np.int32)
    labels[0, 0, 0] = 300
    write_label_map(tmp_path / "l.nrrd", labels, GRID)
    assert SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "l.nrrd"))).max() == 300


def test_a_volume_is_kept_as_float32(tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=GRID.shape)
    write_volume(tmp_path / "p.nii.gz", array, GRID)
    back = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "p.nii.gz")))
    assert back.dtype == np.float32
    assert np.array_equal(back, array.astype(np.float32))


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lesions\.docx"):
        write_label_map(tmp_path / "lesions.docx", np.zeros(GRID.shape, dtype=np.uint8), GRID)


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken.nrrd").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_volume(tmp_path / "taken.nrrd", np.zeros(GRID.shape, dtype=np.float32), GRID)
    assert [p.name for p in tmp_path.iterdir()] == ["taken.nrrd"]
