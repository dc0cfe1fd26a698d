from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.findings import from_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.write import WriteOptions
from MTINetLib.pipeline.write import write as write_results
from MTINetLib.progress import Stage
from MTINetLib.report import formats as writing
from MTINetLib.report.file_names import LIVER_FILE, LIVER_TABLE_FILE, NOTES_FILE, REPORT_FILES
from MTINetLib.report.formats import ALL as ALL_FORMATS
from MTINetLib.report.formats import DICOM
from MTINetLib.study.study import Study

ALL = WriteOptions(
    formats=tuple(name for name in ALL_FORMATS if name != DICOM),  # the made study does not come from DICOM
    comment="Seen on call.\nLikely benign <b>",
    reader="Dr Ada Reader",
)


@pytest.fixture(scope="module")
def corrected(analysis: Analysis) -> Analysis:
    provenance = replace(analysis.findings.provenance, corrected_by_person=True)
    return replace(analysis, findings=replace(analysis.findings, provenance=provenance))


def write(
    out: Path, study: Study, analysis: Analysis, options: WriteOptions, *, overwrite: bool = False
) -> tuple[Path, ...]:
    return write_results(study, analysis, out, options, overwrite=overwrite).files


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, study: Study, corrected: Analysis) -> Path:
    out = tmp_path_factory.mktemp("patient Ünal 静") / "report"
    files = write(out, study, corrected, ALL)
    assert set(files) == {path for path in out.rglob("*") if path.is_file()}
    return out


@pytest.fixture(scope="module")
def anonymous(tmp_path_factory: pytest.TempPathFactory, study: Study, corrected: Analysis) -> Path:
    out = tmp_path_factory.mktemp("teaching") / "report"
    write(out, study, corrected, replace(ALL, deidentify=True))
    return out


def pdf_text(path: Path) -> str:
    """The shown strings of a PDF of reportlab; pictures and fonts are left aside."""
    shown: list[bytes] = []
    for thing in path.read_bytes().split(b"endobj"):
        about, _, stream = thing.partition(b"stream")
        if stream and b"ASCII85" in about and b"/Subtype" not in about:
            packed = base64.a85decode(b"<~" + stream.partition(b"endstream")[0].strip(), adobe=True)
            shown += re.findall(rb"\((.*?)(?<!\\)\) Tj", zlib.decompress(packed), re.DOTALL)
    return b"\n".join(shown).decode("latin-1")


def test_the_files_have_fixed_names(written: Path) -> None:
    assert {path.name for path in written.iterdir() if path.is_file()} == {
        name
        for name in REPORT_FILES
        if "/" not in name and name not in (NOTES_FILE, LIVER_FILE, LIVER_TABLE_FILE)
    }


def test_the_reader_finds_the_own_words_in_both_documents(written: Path) -> None:
    html = (written / "report.html").read_text(encoding="utf-8")
    assert "Seen on call.\nLikely benign &lt;b&gt;" in html
    assert "<p>Dr Ada Reader</p><span>Name</span>" in html
    text = pdf_text(written / "report.pdf")
    assert "Seen on call." in text
    assert "Dr Ada Reader" in text


def test_a_correction_by_a_person_is_said_on_top(written: Path) -> None:
    html = (written / "report.html").read_text(encoding="utf-8")
    assert html.index("Corrected by a person:") < html.index("<table")
    assert "Corrected by a person:" in pdf_text(written / "report.pdf")
    assert (
        json.loads((written / "findings.json").read_text("utf-8"))["provenance"]["corrected_by_person"]
        is True
    )


def test_the_masks_are_the_corrected_ones(written: Path, corrected: Analysis) -> None:
    read = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(written / "lesions.nii.gz")))
    assert np.array_equal(np.sort(read, axis=None), np.sort(corrected.labels, axis=None))


def test_only_the_chosen_formats_are_written(tmp_path: Path, study: Study, analysis: Analysis) -> None:
    files = write(tmp_path / "out", study, analysis, WriteOptions(formats=("csv", "json")))
    assert [path.name for path in files] == ["lesions.csv", "curves.csv", "findings.json"]


def test_without_a_probability_map_only_the_labels_are_written(
    tmp_path: Path, study: Study, analysis: Analysis
) -> None:
    options = WriteOptions(formats=("labels",))
    made = write_results(study, replace(analysis, probability=None), tmp_path / "out", options)
    assert [path.name for path in made.files] == ["lesions.nii.gz"]


def test_a_deidentified_report_says_so_and_holds_no_identity(anonymous: Path, study: Study) -> None:
    secrets = ["1.2.3.", "LAVA", "2026-01-02", "Dr Ada Reader", "03:04"]
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in anonymous.iterdir()
        if path.suffix in (".html", ".json", ".csv")
    }
    texts["report.pdf"] = pdf_text(anonymous / "report.pdf")
    for name, text in texts.items():
        without_pictures = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
        for secret in secrets:
            assert secret not in without_pictures, (name, secret)
    for name in ("report.html", "report.pdf"):
        assert "De-identified: study reference MTI-" in texts[name]
    (note,) = from_json(texts["findings.json"]).provenance.notes
    assert re.fullmatch(r"deidentified:MTI-[0-9A-F]{12}", note)


def test_a_deidentified_pdf_does_not_tell_the_day(anonymous: Path, written: Path) -> None:
    year = re.compile(rb"D:(\d{4})")
    assert set(year.findall((anonymous / "report.pdf").read_bytes())) == {b"2000"}
    assert set(year.findall((written / "report.pdf").read_bytes())) != {b"2000"}


def test_both_documents_and_the_json_have_the_same_reference(anonymous: Path) -> None:
    html = (anonymous / "report.html").read_text(encoding="utf-8")
    token = set(re.findall(r"MTI-[0-9A-F]{12}", html))
    assert len(token) == 1
    assert token.pop() in (anonymous / "findings.json").read_text(encoding="utf-8")


def test_findings_come_back_from_a_deidentified_report(anonymous: Path, corrected: Analysis) -> None:
    back = from_json((anonymous / "findings.json").read_text(encoding="utf-8"))
    assert [lesion.volume_ml for lesion in back.lesions] == [
        lesion.volume_ml for lesion in corrected.findings.lesions
    ]


def test_a_long_comment_goes_over_several_pages(tmp_path: Path, study: Study, analysis: Analysis) -> None:
    options = WriteOptions(formats=("pdf",), comment="A long remark about this lesion. " * 400)
    (file,) = write(tmp_path / "out", study, analysis, options)
    assert len(re.findall(rb"/Type /Page\b", file.read_bytes())) >= 2
    assert pdf_text(file).count("remark") == 400


def test_an_earlier_report_is_kept_unless_told_otherwise(
    tmp_path: Path, study: Study, analysis: Analysis
) -> None:
    out = tmp_path / "out"
    write(out, study, analysis, WriteOptions(formats=("csv", "json")))
    with pytest.raises(InputError, match="is not empty"):
        write(out, study, analysis, WriteOptions(formats=("csv",)))
    (out / "my notes.txt").write_text("mine")
    write(out, study, analysis, WriteOptions(formats=("csv",)), overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == ["curves.csv", "lesions.csv", "my notes.txt"]


def test_unknown_formats_are_refused_before_anything_is_written(
    tmp_path: Path, study: Study, analysis: Analysis
) -> None:
    with pytest.raises(InputError, match="'docx' is no format"):
        write(tmp_path / "out", study, analysis, WriteOptions(formats=("docx",)))
    with pytest.raises(InputError, match="No format"):
        write(tmp_path / "out", study, analysis, WriteOptions(formats=()))
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_is_one_clear_sentence(tmp_path: Path, study: Study, analysis: Analysis) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="is a file"):
        write(tmp_path / "out", study, analysis, WriteOptions(formats=("csv",)))


def test_a_folder_that_is_read_only_is_one_clear_sentence(
    tmp_path: Path, study: Study, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, *rest: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")  # root may write everywhere, so chmod would not do

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)
        with pytest.raises(InputError, match="may not be written to: choose another folder"):
            write(tmp_path / "out", study, analysis, WriteOptions(formats=("csv",)))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, study: Study, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(content: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "html_report", full)
    with pytest.raises(MissingResourceError, match="disk is full"):
        write(tmp_path / "out", study, analysis, WriteOptions(formats=("csv", "html")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("package", "format"), [("jinja2", "html"), ("reportlab", "pdf"), ("matplotlib", "pdf")]
)
def test_a_missing_package_is_named(
    package: str,
    format: str,
    tmp_path: Path,
    study: Study,
    analysis: Analysis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    out = tmp_path / "out"
    options = WriteOptions(formats=("csv", format))
    written = write_results(study, replace(analysis, probability=None), out, options)
    assert any(f"package {package} is missing" in sentence for sentence in written.left_out)
    assert {"lesions.csv", "curves.csv"} <= {path.name for path in written.files}


class CancelAtOnce:
    def start(self, stage: Stage, total: int) -> None:
        assert total == 2

    def update(self, done: int) -> None:
        raise Cancelled("Cancelled.")

    def finish(self) -> None:
        raise AssertionError("a cancelled report does not finish")


def test_a_cancelled_report_leaves_nothing_behind(tmp_path: Path, study: Study, analysis: Analysis) -> None:
    options = WriteOptions(formats=("csv", "json"))
    with pytest.raises(Cancelled):
        write_results(
            study, replace(analysis, probability=None), tmp_path / "out", options, progress=CancelAtOnce()
        )
    assert list(tmp_path.iterdir()) == []


def test_dicom_of_a_study_without_images_is_one_sentence_and_the_rest_is_written(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    options = WriteOptions(formats=("csv", DICOM))
    written = write_results(study, replace(analysis, probability=None), tmp_path / "out", options)
    (sentence,) = written.left_out
    assert sentence.startswith("There is no DICOM SEG, SR or PDF: ")
    assert "not read from DICOM" in sentence
    assert (tmp_path / "out" / NOTES_FILE).read_text("utf-8") == f"{sentence}\n"
    assert [path.name for path in written.files] == ["lesions.csv", "curves.csv"]


def test_where_nothing_asked_for_can_be_made_it_is_an_error_and_nothing_is_left(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    with pytest.raises(MissingResourceError, match="not read from DICOM"):
        write(tmp_path / "out", study, analysis, WriteOptions(formats=(DICOM,)))
    assert list(tmp_path.iterdir()) == []


def test_warnings_name_the_volumes_unless_the_report_is_deidentified(
    study: Study, analysis: Analysis, tmp_path: Path
) -> None:
    flags = ("named_otherwise:arterial:delayed", "unusual_step:pre:arterial:25_min")
    summary = replace(analysis.findings.study, flags=flags)
    doubtful = replace(analysis, findings=replace(analysis.findings, study=summary))
    name = summary.phases[1].description
    said = {}
    for hidden in (False, True):
        out = tmp_path / str(hidden)
        write(out, study, doubtful, WriteOptions(formats=("html", "json"), deidentify=hidden))
        said[hidden] = unescape((out / "report.html").read_text(encoding="utf-8"))
        assert from_json((out / "findings.json").read_text(encoding="utf-8")).study.flags == flags
    assert f"'{name}' is taken for the arterial phase; its name says delayed." in said[False]
    assert name not in said[True]
    assert "A volume is taken for the arterial phase; its name says delayed." in said[True]
    assert all("25 min lie between the pre-contrast and the arterial phase" in text for text in said.values())
