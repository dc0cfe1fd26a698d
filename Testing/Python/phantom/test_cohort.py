"""Cohorts on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.cohort import write_cohort
from MTINetLib.progress import Silent
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.phase import FOUR_PHASES

SMALL = PhantomSettings(slices=(14, 16), matrix=(96, 96), lesion_plan=((HCC, 40.0), (HEMANGIOMA, 25.0)))


def test_a_written_cohort_reads_back_as_it_was_made(tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    rows = write_cohort(folder, 2, seed=5, settings=SMALL, first_index=3)
    assert read_dataset(folder) == rows
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]
    made = make_case(5, 4, SMALL)
    row = rows[1]
    for phase in FOUR_PHASES:
        image = SimpleITK.ReadImage(str(row.phase_paths[phase]))
        np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), made.study.phase(phase))
        np.testing.assert_allclose(image.GetOrigin(), made.study.grid.origin, atol=1e-3)
        np.testing.assert_allclose(image.GetDirection(), made.study.grid.direction, atol=1e-5)
    assert row.mask_path is not None
    mask = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(row.mask_path)))
    np.testing.assert_array_equal(mask, made.labels)
    assert row.anatomy_path is not None
    anatomy = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(row.anatomy_path)))
    np.testing.assert_array_equal(anatomy, made.anatomy)
    assert row.lesion_classes == {lesion.label: lesion.lesion_class for lesion in made.lesions}
    truth = json.loads((folder / "cases" / row.case / "truth.json").read_text(encoding="utf-8"))
    assert [lesion["curve"] for lesion in truth["lesions"]] == [list(lesion.curve) for lesion in made.lesions]


def test_a_cohort_says_that_it_is_synthetic(tmp_path: Path) -> None:
    write_cohort(tmp_path / "cohort", 1, seed=5, settings=SMALL)
    origin = json.loads((tmp_path / "cohort" / "dataset.json").read_text(encoding="utf-8"))
    assert origin["synthetic"] is True
    assert origin["seed"] == 5


def test_a_dicom_cohort_has_one_file_a_slice_and_phase(tmp_path: Path) -> None:
    rows = write_cohort(tmp_path / "cohort", 1, seed=6, image_format="dicom", settings=SMALL)
    slices = make_case(6, 0, SMALL).study.grid.shape[0]
    for phase in FOUR_PHASES:
        assert len(list(rows[0].phase_paths[phase].iterdir())) == slices


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="already holds something"):
        write_cohort(tmp_path, 1, seed=1, settings=SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_unknown_formats_and_empty_cohorts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nifti or dicom"):
        write_cohort(tmp_path / "a", 1, seed=1, image_format="png")
    with pytest.raises(InputError, match="at least one"):
        write_cohort(tmp_path / "a", 0, seed=1)


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    class Impatient(Silent):
        def update(self, done: int) -> None:
            raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        write_cohort(tmp_path / "cohort", 3, seed=1, settings=SMALL, progress=Impatient())
    assert list(tmp_path.iterdir()) == []
