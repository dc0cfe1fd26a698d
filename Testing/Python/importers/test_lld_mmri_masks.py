"""LLD-MMRI with masks: wrong headers, a grid and a mask for each phase, the class in file names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.other_layouts import (
    GRID,
    LldPatient,
    dice,
    import_kind,
    sound,
    told,
    write,
    write_lld_masks,
)

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.dataset.headers import header_grid
from MTINetLib.errors import InputError
from MTINetLib.importers.imported import Imported
from MTINetLib.study.phase import FOUR_PHASES, Phase

#: The stacks of two phases begin 14 mm nearer to the head; in the arterial one the patient breathed in.
APART = LldPatient("MR-1001", 6, 0, {Phase.ARTERIAL: 14.0, Phase.DELAYED: 14.0}, {Phase.ARTERIAL: 9.0})
ALIKE = LldPatient("MR1002", 0, 1)
NO_MASK_ON_REFERENCE = LldPatient("MR1003", 4, 2, {Phase.DELAYED: 14.0}, {Phase.DELAYED: -8.0})
PATIENTS = (APART, ALIKE, NO_MASK_ON_REFERENCE)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_lld_masks(tmp_path_factory.mktemp("lld"), PATIENTS, unit_spacing=["MR-1001"])
    for word in ("C-pre", "C+A", "C+V"):
        (root / "labels" / f"MR1003_4_{word}.nii.gz").unlink()
    (root / "images" / "MR1004_6_C+A_0000.nii.gz").write_bytes(b"x")
    (root / "images" / "MR1005_-1_C+A_0000.nii.gz").write_bytes(b"x")
    (root / "images" / "MR1002_0_T2WI_0000.nii.gz").write_bytes(b"no phase of ours")
    return root


@pytest.fixture(scope="module")
def result(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_kind("lld-mmri-masks", source, tmp_path_factory.mktemp("out") / "set", link=True)


def test_the_dataset_is_sound_and_no_name_tells_a_class(result: Imported) -> None:
    found = sound(result.folder)
    assert found.classes == {"hcc": 1, "hemangioma": 1, "cyst": 1}
    assert [case.case for case in found.cases] == ["MR-1001", "MR1002", "MR1003"]
    names = [path.name for path in (result.folder / "cases").rglob("*")]
    assert not [name for name in names if "_6" in name or "_0_" in name or "_4" in name]


def test_stacks_that_run_against_their_header_are_turned_over(result: Imported) -> None:
    cases = {case.case: case for case in read_dataset(result.folder)}
    for phase in FOUR_PHASES:
        assert header_grid(cases["MR-1001"].phase_paths[phase]).matches(APART.grid(phase))
    remark = told(result)["MR-1001"]
    assert "run against the header: turned over" in remark
    assert "at most 9 mm apart, as the header says 28 mm" in remark


def test_where_the_order_of_slices_cannot_be_told_that_is_said_and_the_header_believed(
    result: Imported,
) -> None:
    (case,) = [case for case in read_dataset(result.folder) if case.case == "MR1002"]
    assert header_grid(case.phase_paths[Phase.ARTERIAL]).direction[8] == 1.0
    assert "cannot be told" in told(result)["MR1002"]


def test_voxels_of_one_millimetre_become_the_true_ones(result: Imported) -> None:
    named = "the pre-contrast phase, the arterial phase, the portal venous phase and the delayed phase"
    said = f"The headers of {named} give voxels of 1 x 1 x 1 mm, the annotation 6 x 6 x 7 mm"
    assert told(result)["MR-1001"].count(said) == 1


def test_the_mask_of_the_reference_phase_is_that_phase_s_own(result: Imported) -> None:
    truth = APART.labels(Phase.PORTAL_VENOUS)
    assert dice(result.folder, "MR-1001", truth, APART.grid(Phase.PORTAL_VENOUS)) == 1.0


def test_a_mask_of_another_phase_is_brought_over_by_registration_and_not_by_index(result: Imported) -> None:
    patient, reference = NO_MASK_ON_REFERENCE, Phase.PORTAL_VENOUS
    truth = patient.labels(reference)
    by_index = patient.labels(Phase.DELAYED)[: len(truth)]
    wrong = 2 * (by_index & truth).sum() / (by_index.sum() + truth.sum())
    assert wrong < 0.6
    # A header that is believed may mirror the whole study: what counts is the same voxels.
    (case,) = [case for case in read_dataset(result.folder) if case.case == "MR1003"]
    assert case.mask_path is not None
    grid = header_grid(case.mask_path)
    assert dice(result.folder, "MR1003", truth, grid) > 0.85
    assert "were drawn on the delayed phase and brought onto the portal venous" in told(result)["MR1003"]


def test_what_cannot_be_used_is_listed_with_its_reason(result: Imported) -> None:
    remarks = told(result)
    assert "left out: the header" not in remarks["MR1002"]
    assert remarks["MR1004"].startswith("left out: ")
    assert remarks["MR1005"] == "left out: the category -1 in its file names tells no class.\n"


def test_images_with_a_wrong_header_are_written_anew_and_the_others_linked(
    source: Path, result: Imported
) -> None:
    images = source / "images"
    own = (images / "MR1002_0_C+V_0000.nii.gz").stat().st_ino
    assert (result.folder / "cases/MR1002/portal_venous.nii.gz").stat().st_ino == own
    other = (images / "MR-1001_6_C+V_0000.nii.gz").stat().st_ino
    assert (result.folder / "cases/MR-1001/portal_venous.nii.gz").stat().st_ino != other


def test_lesions_that_registration_cannot_bring_together_leave_the_case_out(tmp_path: Path) -> None:
    far = LldPatient("MR2001", 6, 3, radius=10.0)
    source = write_lld_masks(tmp_path / "lld", [far])
    elsewhere = np.roll(far.labels(Phase.ARTERIAL), 14, axis=2)
    name = source / "labels" / "MR2001_6_C+A.nii.gz"
    write(name, elsewhere, GRID, header={"direction": (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)})
    with pytest.raises(InputError, match="MR2001: its phases cannot be brought onto each other"):
        import_kind("lld-mmri-masks", source, tmp_path / "set")
    assert "lies 84 mm from that on the portal venous phase" in (tmp_path / "set/import.csv").read_text()
    assert not (tmp_path / "set" / "cases.csv").exists()


def test_classes_that_are_not_kept_become_other(source: Path, tmp_path: Path) -> None:
    for path in [*source.rglob("MR1002*C*"), *source.rglob("MR1003*C*")]:
        target = tmp_path / "lld" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    made = import_kind("lld-mmri-masks", tmp_path / "lld", tmp_path / "set", keep_classes=("hemangioma",))
    assert {case.case: case.case_class for case in made.cases} == {"MR1002": "hemangioma", "MR1003": "other"}


def test_without_an_annotation_a_spacing_of_one_is_not_believed(tmp_path: Path) -> None:
    source = write_lld_masks(tmp_path / "lld", [ALIKE], unit_spacing=["MR1002"], annotate=False)
    with pytest.raises(
        InputError, match="gives voxels of 1 x 1 x 1 mm, and no annotation gives the true ones"
    ):
        import_kind("lld-mmri-masks", source, tmp_path / "set")


def test_another_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    with pytest.raises(InputError, match="holds no LLD-MMRI with masks"):
        import_kind("lld-mmri-masks", tmp_path / "else", tmp_path / "set")
    assert not (tmp_path / "set").exists()
