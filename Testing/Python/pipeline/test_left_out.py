"""No picture, page or object costs the findings: each fails in turn, on both ways of writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from support import dicom_layouts
from support.read_back import exported

from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.findings import LesionFinding, from_json, to_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.write import Addition, WriteOptions, write_into
from MTINetLib.pipeline.write import write as write_results
from MTINetLib.report import content
from MTINetLib.report.file_names import NOTES_FILE, OWN_FILES, PICTURE_FOLDER, SCENE_FILE
from MTINetLib.report.formats import ALL
from MTINetLib.report.left_out import LeftOut
from MTINetLib.report.output_folder import new_results
from MTINetLib.report.page.names import PAGE_FILES, image_script
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Study

FINDINGS = {"findings.json", "lesions.nii.gz", "lesions.csv", "curves.csv"}
DICOM = {"dicom/segmentation.dcm", "dicom/measurements.dcm", "dicom/report.dcm"}
#: Formats that draw nothing; the second has a file that may be missing.
PLAIN = ("json", "labels")
#: Of four phases; the others have no images.
PAGE = set(PAGE_FILES) - {f"page/{image_script(phase)}" for phase in set(Phase) - set(FOUR_PHASES)}
EVERYTHING = FINDINGS | DICOM | PAGE | {"report.html", "report.pdf", "probability.nii.gz"}


@dataclass(frozen=True)
class Fault:
    """What breaks, what is missing then, and the words that say so."""

    place: str
    gone: frozenset[str]
    words: str


FAULTS = (
    Fault("report.formats.html_report", frozenset({"report.html"}), "There is no report.html: "),
    Fault(
        "report.results.pdf_report",
        frozenset({"report.pdf", "dicom/report.dcm"}),
        "There is no report.pdf or DICOM PDF: ",
    ),
    Fault(
        "report.results.report_content",
        frozenset({"report.html", "report.pdf", "dicom/report.dcm"}),
        "There is no report.html, report.pdf or DICOM PDF: ",
    ),
    Fault(
        "report.formats.write_volume", frozenset({"probability.nii.gz"}), "There is no probability.nii.gz: "
    ),
    Fault("report.page.write.thumbnails", frozenset(PAGE), "There is no page.html: "),
    Fault(
        "report.content.lesion_strip",
        frozenset(),
        "There is no picture of lesion 1 in the report or picture of lesion 2 in the report: ",
    ),
    Fault(
        "report.content.curve_figure",
        frozenset(),
        "There is no curve of lesion 1 in the report or curve of lesion 2 in the report: ",
    ),
    Fault("report.dicom_results.source_headers", frozenset(DICOM), "There is no DICOM SEG, SR or PDF: "),
    Fault(
        "report.dicom.segmentation.dicom_segmentation",
        frozenset({"dicom/segmentation.dcm", "dicom/measurements.dcm"}),
        "There is no DICOM SR: it refers to the SEG, which is missing.",
    ),
    Fault(
        "report.dicom.measurement_report.measurement_report",
        frozenset({"dicom/measurements.dcm"}),
        "There is no DICOM SR: ",
    ),
    Fault(
        "report.dicom.encapsulated_pdf.encapsulated_pdf",
        frozenset({"dicom/report.dcm"}),
        "There is no DICOM PDF: ",
    ),
)
#: What went wrong, and how that is told.
ERRORS: tuple[tuple[Exception, str], ...] = (
    (StopIteration(), "a defect of MTINet (StopIteration in pipeline/test_left_out.py:"),
    (KeyError("Mustermann^Erika"), "a defect of MTINet (KeyError in pipeline/test_left_out.py:"),
    (ModuleNotFoundError("no", name="reportlab.pdfgen"), "the Python package reportlab is missing"),
    (MemoryError(), "the memory was not enough"),
    (OSError(5, "Input/output error"), "a file could not be read or written (Input/output error)"),
    (InputError("The frames overlap."), "The frames overlap."),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Analysis]:
    result = exported(tmp_path_factory.mktemp("source"), dicom_layouts.series_per_phase)
    rest = np.linspace(0, 1, result.labels.size, dtype=np.float32).reshape(result.labels.shape)
    return result.study, Analysis(result.findings, result.labels, rest)


def whole_folder(
    out: Path, study: Study, analysis: Analysis, formats: tuple[str, ...] = tuple(ALL)
) -> tuple[str, ...]:
    written = write_results(study, analysis, out, WriteOptions(formats=formats))
    files = {path.relative_to(out).as_posix() for path in written.files}
    assert files == there(out) - {NOTES_FILE}
    return written.left_out


def into_a_folder(
    out: Path, study: Study, analysis: Analysis, formats: tuple[str, ...] = tuple(ALL)
) -> tuple[str, ...]:
    with new_results(out, overwrite=False) as folder:
        return write_into(folder, study, analysis, WriteOptions(formats=formats)).left_out


def there(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def failing(error: Exception) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


BOTH = pytest.mark.parametrize("write", [whole_folder, into_a_folder])


@pytest.fixture(scope="module", autouse=True)
def _pictures_are_drawn_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("lesion_strip", "curve_figure"):
            patch.setattr(content, name, drawn_once(getattr(content, name)))
        yield


def drawn_once(draw: Callable[..., bytes]) -> Callable[..., bytes]:
    """Each lesion looks the same in every case."""
    pictures: dict[int, bytes] = {}

    def drawn(*given: object) -> bytes:
        (lesion,) = (one for one in given if isinstance(one, LesionFinding))
        if lesion.label not in pictures:
            pictures[lesion.label] = draw(*given)
        return pictures[lesion.label]

    return drawn


@BOTH
def test_where_nothing_fails_all_is_there_and_no_notes(
    write: Callable[..., tuple[str, ...]], made: tuple[Study, Analysis], tmp_path: Path
) -> None:
    assert write(tmp_path / "out", *made) == ()
    assert there(tmp_path / "out") == EVERYTHING


@BOTH
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.place.rpartition(".")[2])
def test_a_part_that_fails_costs_nothing_else_and_is_named(
    write: Callable[..., tuple[str, ...]],
    fault: Fault,
    made: tuple[Study, Analysis],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"MTINetLib.{fault.place}", failing(StopIteration()))
    out = tmp_path / "out"
    sentences = write(out, *made)
    assert there(out) == (EVERYTHING - fault.gone) | {NOTES_FILE}
    assert any(sentence.startswith(fault.words) for sentence in sentences), sentences
    assert (out / NOTES_FILE).read_text("utf-8").splitlines() == list(sentences)
    assert to_json(from_json((out / "findings.json").read_text("utf-8"))) == to_json(made[1].findings)
    assert list(tmp_path.iterdir()) == [out]
    assert [path for path in out.iterdir() if path.is_dir() and not any(path.iterdir())] == []


@pytest.mark.parametrize(("error", "words"), ERRORS, ids=lambda value: type(value).__name__)
def test_the_reason_is_said_without_names_of_files_and_patients(
    error: Exception,
    words: str,
    made: tuple[Study, Analysis],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("MTINetLib.report.formats.write_volume", failing(error))
    (sentence,) = whole_folder(tmp_path / "out", *made, formats=PLAIN)
    assert sentence.startswith(f"There is no probability.nii.gz: {words}")
    assert sentence.endswith(".")
    assert "Mustermann" not in sentence


@BOTH
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(28, "No space left on device"), MissingResourceError),
        (Cancelled("Cancelled."), Cancelled),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_full_disk_and_a_cancel_end_everything_and_leave_nothing(
    write: Callable[..., tuple[str, ...]],
    error: Exception,
    kind: type[BaseException],
    made: tuple[Study, Analysis],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("MTINetLib.report.formats.write_volume", failing(error))
    with pytest.raises(kind):
        write(tmp_path / "out", *made, formats=PLAIN)
    assert list(tmp_path.iterdir()) == []


@BOTH
@pytest.mark.parametrize("what", ["to_json", "lesions_csv", "curves_csv", "write_label_map"])
def test_findings_that_cannot_be_written_whole_are_not_written(
    write: Callable[..., tuple[str, ...]],
    what: str,
    made: tuple[Study, Analysis],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"MTINetLib.report.formats.{what}", failing(MemoryError()))
    with pytest.raises(MemoryError):
        write(tmp_path / "out", *made)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_more_files_ends_everything(
    made: tuple[Study, Analysis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("MTINetLib.output_place._takes_files", lambda folder: False)
    monkeypatch.setattr("MTINetLib.report.formats.write_volume", failing(PermissionError(13, "denied")))
    with pytest.raises(InputError, match="may not be written to"):
        whole_folder(tmp_path / "out", *made, formats=PLAIN)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_only_begun_is_taken_away(tmp_path: Path) -> None:
    left_out = LeftOut(tmp_path)
    with left_out.unless_it_fails("report.pdf", "report.pdf"):
        (tmp_path / "report.pdf").write_bytes(b"%PDF-1.")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    assert len(left_out.sentences) == 1


def test_what_others_add_may_fail_as_well(made: tuple[Study, Analysis], tmp_path: Path) -> None:
    def whole(folder: Path, *_: object) -> tuple[str, ...]:
        (folder / SCENE_FILE).touch()
        return ("There are no pictures here.",)

    additions = [Addition("first", failing(IndexError())), Addition("second", whole)]  # type: ignore[arg-type]
    options = WriteOptions(additions=additions)
    first, second = write_results(*made, tmp_path / "out", options).left_out
    assert first.startswith("There is no first: a defect of MTINet (IndexError")
    assert second == "There are no pictures here."
    assert SCENE_FILE in there(tmp_path / "out")


def test_notes_go_with_the_results_that_they_speak_of() -> None:
    assert NOTES_FILE in OWN_FILES
    assert {SCENE_FILE, f"{PICTURE_FOLDER}/curves.png"} <= set(OWN_FILES)
