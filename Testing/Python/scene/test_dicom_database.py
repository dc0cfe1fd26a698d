"""Files into a database that answers as Slicer's does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import dicom_layouts
from support.dicom_scene import FakeDatabase, with_database

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.scene.dicom_database import has_database, put_into_database
from MTINetLib.scene.scene import Scene

pytestmark = pytest.mark.viewer


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def scene(scene: Scene, database: FakeDatabase) -> Scene:
    return with_database(scene, database)


@pytest.fixture
def image(tmp_path: Path) -> tuple[Path, str]:
    data: Any = dicom_layouts.series_per_phase(dicom_layouts.make_truth())[0]
    dicom_layouts.save(data, tmp_path / "image.dcm")
    return tmp_path / "image.dcm", str(data.SOPInstanceUID)


def test_a_file_is_found_by_its_uid_afterwards(
    scene: Scene, database: FakeDatabase, image: tuple[Path, str]
) -> None:
    path, uid = image
    assert has_database(scene)
    put_into_database(scene, [path])
    assert database.fileForInstance(uid) == str(path)


def test_a_file_that_is_not_taken_is_named(
    scene: Scene, database: FakeDatabase, image: tuple[Path, str]
) -> None:
    database.refuses = True
    with pytest.raises(InputError, match=r"did not take image\.dcm"):
        put_into_database(scene, [image[0]])


def test_a_file_that_is_gone_is_named_before_any_is_put_in(
    scene: Scene, database: FakeDatabase, image: tuple[Path, str], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"gone\.dcm is no longer in"):
        put_into_database(scene, [image[0], tmp_path / "gone.dcm"])
    assert database.files == {}


def test_without_an_open_database_it_says_what_to_do(
    scene: Scene, database: FakeDatabase, image: tuple[Path, str]
) -> None:
    database.isOpen = False
    assert not has_database(scene)
    with pytest.raises(MissingResourceError, match="open the DICOM module"):
        put_into_database(scene, [image[0]])
    assert not has_database(with_database(scene, None))
