"""LiverHccSeg: two readers, outlines on the arterial phase, patients without an outlined tumour."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.other_layouts import GRID, Ball, dice, image, import_kind, labels, liver, sound, told, write

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.importers.imported import Imported
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase

NAMES = dict(zip(FOUR_PHASES, ("pre", "art", "pv", "del"), strict=True))
TWO = (Ball(), Ball((-10.0, 40.0, 14.0), 15.0))
#: The portal venous stack begins elsewhere, and the patient has breathed.
PORTAL = Grid((14, 44, 48), GRID.spacing, (-141.0, -129.0, 45.0), GRID.direction)
BREATH = (0.0, 4.0, -10.0)


def write_case(
    folder: Path,
    seed: int,
    readers: dict[str, tuple[Ball, ...]],
    *,
    registered: bool,
    drawn: tuple[Ball, ...] = TWO,
) -> None:
    for phase, name in NAMES.items():
        moved, grid = (BREATH, PORTAL) if phase is Phase.PORTAL_VENOUS else ((0.0, 0.0, 0.0), GRID)
        write(folder / f"{name}.nii.gz", image(grid, phase, drawn, seed=seed, moved_mm=moved), grid)
        if registered and phase is not Phase.ARTERIAL:
            write(folder / f"art_{name}.nii.gz", image(GRID, phase, drawn, seed=seed), GRID)
    for reader, balls in readers.items():
        write(folder / f"{reader}_liver.nii.gz", liver(GRID).astype("uint8"), GRID)
        for number, ball in enumerate(balls, 1):
            write(folder / f"{reader}_tumor{number}.nii.gz", labels(GRID, (ball,)), GRID)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    root = tmp_path_factory.mktemp("hcc") / "nifti_and_segms"
    smaller = tuple(Ball(ball.centre, ball.radius - 3) for ball in TWO)
    write_case(root / "TCGA-A" / "1999-01-01", 0, {"rater1": TWO, "rater2": smaller[:1]}, registered=True)
    write_case(root / "TCGA-B" / "1999-02-01", 1, {"rater1": (), "rater2": TWO[:1]}, registered=False)
    write_case(root / "TCGA-C" / "1999-03-01", 2, {"rater1": (), "rater2": ()}, registered=True, drawn=())
    return import_kind("liverhccseg", root, tmp_path_factory.mktemp("out") / "set")


def test_both_readers_are_kept_and_the_first_one_counts(result: Imported) -> None:
    found = sound(result.folder)
    assert [(case.case, case.lesions) for case in found.cases] == [("TCGA-A", 2), ("TCGA-B", 1)]
    kept = read_label_map(result.folder / "cases/TCGA-A/mask_rater2.nii.gz")
    assert set(kept.array.ravel()) == {0.0, 1.0}
    remark = told(result)["TCGA-A"]
    assert "The outlines of rater1 count (2); those of rater2 (1) are kept beside them" in remark


def test_where_the_first_reader_drew_nothing_the_other_counts_and_that_is_told(result: Imported) -> None:
    remark = told(result)["TCGA-B"]
    assert "rater1 drew no lesion; the outlines of rater2 count" in remark
    assert "drawn on the arterial phase and brought onto the portal venous phase" in remark


def test_outlines_of_the_arterial_phase_are_registered_onto_the_portal_venous_one(result: Imported) -> None:
    truth = labels(PORTAL, TWO[:1], BREATH)
    assert dice(result.folder, "TCGA-B", truth, PORTAL) > 0.85
    by_position = labels(PORTAL, TWO[:1])
    assert 2 * (truth & by_position).sum() / (truth.sum() + by_position.sum()) < 0.8


def test_a_patient_without_an_outlined_tumour_does_not_stand_for_a_healthy_one(result: Imported) -> None:
    assert [one.case for one in result.left_out] == ["TCGA-C"]
    assert "does not stand for a liver without lesions" in told(result)["TCGA-C"]


def test_the_liver_becomes_anatomy(result: Imported) -> None:
    case = read_dataset(result.folder)[0]
    assert case.anatomy_path is not None
    anatomy = read_label_map(case.anatomy_path)
    assert set(anatomy.array[liver(GRID)]) == {float(Organ.LIVER)}


def test_a_reader_who_is_not_there_is_refused(tmp_path: Path) -> None:
    write_case(tmp_path / "src" / "A" / "d", 0, {"rater1": TWO}, registered=True)
    with pytest.raises(InputError, match="There is no reader 'rater3'; there are rater1"):
        import_kind("liverhccseg", tmp_path / "src", tmp_path / "set", reader="rater3")
