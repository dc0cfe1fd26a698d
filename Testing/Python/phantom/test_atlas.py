"""Real livers as label maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.liver_map import STEP_MM, liver_labels, write_liver_map

from MTINetLib.errors import InputError
from MTINetLib.phantom.atlas import FINE_MM, liver_maps, read_liver_map
from MTINetLib.reading.volumes.write import write_label_map
from MTINetLib.study.grid import Grid


def test_a_label_map_becomes_distances_and_places(maps: Path) -> None:
    known = read_liver_map(maps / "liver.nii.gz")
    litres = float((liver_labels() > 0).sum()) * STEP_MM**3 / 1e6
    assert known.litres == pytest.approx(litres, rel=0.03)
    inside = float((known.distance < 0).sum()) * (2 * FINE_MM) ** 3 / 1e6
    assert inside == pytest.approx(litres, rel=0.06)
    low, high = known.cava
    assert low[2] < high[2]
    # The notch that the map leaves for the cava lies behind the caudate lobe.
    assert (low[1] + high[1]) / 2 > known.caudate[1]
    assert known.gallbladder[2] < known.hilum[2] < known.outflow[2]


def test_portal_and_hepatic_veins_are_told_apart_by_where_they_start(maps: Path) -> None:
    known = read_liver_map(maps / "liver.nii.gz")
    portal, hepatic = np.argwhere(known.portal < 0) * FINE_MM, np.argwhere(known.hepatic < 0) * FINE_MM
    assert len(portal) > 200
    assert len(hepatic) > 100
    assert portal[:, 0].mean() + 20 < hepatic[:, 0].mean()


def test_the_orientation_of_the_file_does_not_matter(maps: Path, tmp_path: Path) -> None:
    plain = read_liver_map(maps / "liver.nii.gz")
    turned = read_liver_map(write_liver_map(tmp_path, "turned.nii.gz", turned=True))
    # Places midway between two voxels may take either: 1.5 mm on a file of 2 mm.
    assert float(np.abs(turned.distance - plain.distance).mean()) < 0.6
    np.testing.assert_allclose(turned.hilum, plain.hilum, atol=2 * FINE_MM)
    assert turned.gallbladder[0] + 10 < turned.outflow[0]


def test_a_folder_without_maps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no label maps"):
        liver_maps(tmp_path)
    with pytest.raises(InputError, match="There is no folder"):
        liver_maps(tmp_path / "gone")


def test_what_is_no_liver_is_refused_by_name(tmp_path: Path) -> None:
    grid = Grid((80, 90, 110), (STEP_MM,) * 3, (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    write_label_map(tmp_path / "mask.nii.gz", np.minimum(liver_labels(), 1), grid)
    with pytest.raises(InputError, match=r"mask\.nii\.gz lacks segment"):
        read_liver_map(tmp_path / "mask.nii.gz")
    write_label_map(tmp_path / "other.nii.gz", liver_labels() * np.uint8(9), grid)
    with pytest.raises(InputError, match="is no label map of a liver"):
        read_liver_map(tmp_path / "other.nii.gz")
