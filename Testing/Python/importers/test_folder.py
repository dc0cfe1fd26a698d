"""A table that names files, as people keep them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.other_layouts import import_kind, sound, told
from support.small_dataset import write_small_dataset

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.study.phase import FOUR_PHASES, Phase

CLASSES = ("hcc", "hemangioma", "none")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_dataset(tmp_path_factory.mktemp("images"), CLASSES)


def write_table(images: Path, header: str, lines: list[str], name: str = "own.csv") -> Path:
    table = images / name
    table.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return table


def line(number: int, kind: str) -> str:
    files = [f"case_{number}/{phase.value}.nii.gz" for phase in reversed(FOUR_PHASES)]
    return ";".join([f"case_{number}/mask.nii.gz", kind, *files, f"Exam {number}", f"P {number}", "x"])


HEADER = "Segmentation;Diagnosis;Late phase;Portal venous;art;Native;Study;Subject;Scanner"


def test_columns_may_stand_in_any_order_under_their_usual_names(images: Path, tmp_path: Path) -> None:
    kinds = ("Hepatocellular carcinoma", "Haemangioma", "none")
    table = write_table(images, HEADER, [line(number, kind) for number, kind in enumerate(kinds)])
    result = import_kind("folder", table, tmp_path / "set")
    assert sound(result.folder).classes == {"hcc": 1, "hemangioma": 1}
    cases = read_dataset(result.folder)
    assert [(case.case, case.patient, case.case_class) for case in cases] == [
        ("Exam_0", "P_0", "hcc"),
        ("Exam_1", "P_1", "hemangioma"),
        ("Exam_2", "P_2", "none"),
    ]
    own = (images / "case_1/arterial.nii.gz").read_bytes()
    assert cases[1].phase_paths[Phase.ARTERIAL].read_bytes() == own
    assert "scanner" in told(result)[""]


def test_what_is_wrong_in_a_line_leaves_that_case_out(images: Path, tmp_path: Path) -> None:
    lines = [line(0, "hcc"), line(1, ""), line(2, "hcc"), line(0, "hcc").replace("arterial", "gone")]
    result = import_kind("folder", write_table(images, HEADER, lines, "bad.csv"), tmp_path / "set")
    assert [case.case for case in result.cases] == ["Exam_0"]
    remarks = told(result)
    assert "nothing tells the class of its lesions; name it with --class" in remarks["Exam_1"]
    assert "nobody drew a lesion" in remarks["Exam_2"]
    assert "case_0/gone.nii.gz does not exist" in remarks["Exam_0_2"]


def test_a_phase_whose_column_says_nothing_is_named_by_the_user(images: Path, tmp_path: Path) -> None:
    header = HEADER.replace("art;", "Serie 2;")
    table = write_table(images, header, [line(0, "hcc")], "named.csv")
    result = import_kind("folder", table, tmp_path / "set", phases={Phase.ARTERIAL: "Serie 2"})
    assert result.phases == FOUR_PHASES
    with pytest.raises(InputError, match="there is no 'serie_9'"):
        import_kind("folder", table, tmp_path / "other", phases={Phase.ARTERIAL: "Serie 9"})


def test_a_table_without_phases_is_refused_with_what_it_holds(images: Path, tmp_path: Path) -> None:
    table = write_table(images, "study,file", ["a,b"], "poor.csv")
    with pytest.raises(InputError, match="no column names a phase; there are study, file"):
        import_kind("folder", table, tmp_path / "set")
