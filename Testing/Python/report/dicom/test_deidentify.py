"""A source that is full of the patient, in every attribute of the dictionary; none of it in any output."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import zipfile
import zlib
from base64 import a85decode, b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom._dicom_dict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from support import dicom_layouts
from support.read_back import exported, study_of
from support.small_models import known_model, random_model

from MTINetLib.cli import run
from MTINetLib.errors import InputError
from MTINetLib.findings import from_json
from MTINetLib.models import store as model_store
from MTINetLib.report.deidentify import Disguise, deidentified
from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels
from MTINetLib.report.dicom.deidentify import deidentified_objects
from MTINetLib.report.dicom.names import DICOM_FILES
from MTINetLib.report.dicom.source_headers import source_headers
from MTINetLib.study.phase import Phase

#: One of these stands in every attribute that can hold text.
NAME = "Geheimmüller^Kunigunde"
TEXT = "Kunigunde Geheimmüller PID-4711-X ACC-0815-Y Dr. Quacksalber Klinikum Nirgendwo"
DAY, TIME, MOMENT = "19531117", "213344.919273", "19531117213344.919273"
#: All UIDs of the source begin with this.
ROOT = "1.3.6.1.4.1.55555.7.7.7"
SECRETS = (
    "Geheimmüller",
    "Kunigunde",
    "PID-4711",
    "ACC-0815",
    "Quacksalber",
    "Nirgendwo",
    DAY,
    "1953-11-17",
    "213344",
    ROOT,
)
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be", "gb18030", "cp1252")
#: What the images are, where they are, and how the phases are told apart; all others are filled.
_KEPT = (
    "SpecificCharacterSet SOPClassUID Modality ImageType ScanningSequence PhotometricInterpretation "
    "PixelData AcquisitionTime AcquisitionDate AcquisitionDateTime FrameAcquisitionDateTime "
    "SeriesTime SeriesDate ContentTime ContentDate BurnedInAnnotation"
).split()
_TEXTS = {"LO": 64, "SH": 16, "LT": 200, "ST": 200, "UT": 200, "UC": 200, "UR": 200, "AE": 16}
_OTHERS = {"PN": NAME, "DA": DAY, "TM": TIME, "DT": MOMENT, "AS": "071Y"}


def secret_of(vr: str, tag: int) -> str | None:
    if vr in _TEXTS:
        # Each short one begins at another secret.
        start = TEXT.index(("Kunigunde", "PID", "ACC", "Quack", "Nirg")[tag % 5])
        return TEXT[start:][: _TEXTS[vr]]
    return f"{ROOT}.{tag}" if vr == "UI" else _OTHERS.get(vr)


@cache
def filling() -> Dataset:
    """The patient in every text, name, date, time and UID of the DICOM dictionary."""
    inner, made = Dataset(), Dataset()
    inner.PatientName, inner.PatientID, inner.StudyInstanceUID = NAME, TEXT[:64], f"{ROOT}.1"
    inner.PatientBirthDate, inner.InstitutionName = DAY, TEXT[:64]
    for number, (vr, multiplicity, _, _, keyword) in DicomDictionary.items():
        group = number >> 16
        if keyword in _KEPT or not keyword or group < 8 or group in (0x5200, 0x0060):
            continue
        value = secret_of(vr, number)
        if vr == "SQ" and group not in (0x0028, 0x0048, 0x0062, 0x0068, 0x0070, 0x0072, 0x0074, 0x3002):
            made.add_new(Tag(number), "SQ", [inner])
        elif value is not None and multiplicity in ("1", "1-n"):
            made.add_new(Tag(number), vr, value)
    return made


def fill(image: Dataset) -> None:
    """Put all of that into an image, and into private attributes; it stays an image of its layout."""
    image.SpecificCharacterSet = "ISO_IR 100"
    for element in filling():
        if element.tag not in image:
            image.add(element)
    block = image.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", TEXT.encode("latin-1") + b" ")
    block.add_new(0x20, "LO", TEXT[:64])
    image.PatientName, image.PatientID = NAME, "PID-4711-X"
    image.StudyDescription = TEXT[:64]
    image.SeriesDescription = f"{image.SeriesDescription} Kunigunde Geheimm"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        image[keyword].value = f"{ROOT}.{str(image[keyword].value)[-25:].lstrip('.0')}"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    truth = dicom_layouts.make_truth(dicom_layouts.oblique_grid((6, 48, 48), 0.0))
    for phase, rise in zip((1, 2, 3), (1500, 600, 300), strict=True):
        truth.volumes[phase, 2:5, 20:29, 8:17] += rise
    images = dicom_layouts.series_per_phase(truth)
    for image in images:
        fill(image)
    folder = tmp_path_factory.mktemp("source") / "Geheimmüller Kunigunde"
    return dicom_layouts.write_shuffled(folder, images)


@pytest.fixture(scope="module")
def out(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that one command writes; its network finds what is bright, whatever the model's files hold."""
    folder = tmp_path_factory.mktemp("analyzed") / "out"
    random_model(model := tmp_path_factory.mktemp("model"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_store, "load_ready_model", lambda *_: known_model())
        words = ["analyze", str(source), "-o", str(folder), "--model", str(model), "--dicom", "--deidentify"]
        assert run(words) == 0
    return folder


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes, and those of everything that is packed in them; names are searched too."""
    yield name, name.encode()
    yield name, data
    if zipfile.is_zipfile(BytesIO(data)):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from unpacked(f"{name}/{member}", archive.read(member))
    elif data[:2] == b"\x1f\x8b":
        yield from unpacked(f"{name}/gz", gzip.decompress(data))
    elif data[:4] == b"NRRD" and b"encoding: gzip" in data[:2000]:
        yield from unpacked(f"{name}/gz", gzip.decompress(data.split(b"\n\n", 1)[1]))
    else:
        yield from unpacked_streams(name, data)
        for number, found in enumerate(re.finditer(rb"base64,([A-Za-z0-9+/=]+)", data)):
            yield f"{name}/picture {number}", b64decode(found.group(1))


def unpacked_streams(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Streams of a PDF, also of one inside a DICOM object."""
    for number, found in enumerate(re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)):
        packed = found.group(1).strip()
        with suppress(ValueError, zlib.error):
            if packed.endswith(b"~>"):
                packed = a85decode(b"<~" + packed, adobe=True)
            yield f"{name}/stream {number}", zlib.decompress(packed)


def found_in(data: bytes) -> set[str]:
    return {
        secret
        for secret in SECRETS
        for encoding in ENCODINGS
        if secret.encode(encoding) in data or secret.upper().encode(encoding) in data
    }


def all_bytes(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from unpacked(path.relative_to(folder).as_posix(), path.read_bytes())


def test_the_source_is_full_of_the_patient(source: Path) -> None:
    data = next(path for path in source.rglob("*") if path.is_file()).read_bytes()
    assert found_in(data) == set(SECRETS) - {"1953-11-17"}
    header = pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
    assert len(header) > 1500
    assert header.PatientName == NAME


def test_the_search_finds_what_is_packed(tmp_path: Path) -> None:
    packed = zlib.compress(b"BT (Kunigunde) Tj ET")
    (tmp_path / "a.pdf").write_bytes(b"%PDF stream\n" + packed + b"\nendstream")
    with zipfile.ZipFile(tmp_path / "b.mrb", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("scene/x.nrrd.gz", gzip.compress("Geheimmüller".encode("utf-16-le")))
    hits: dict[str, set[str]] = {}
    for name, data in all_bytes(tmp_path):
        hits.setdefault(name.split("/")[0], set()).update(found_in(data))
    assert hits == {"a.pdf": {"Kunigunde"}, "b.mrb": {"Geheimmüller"}}


def test_no_byte_of_any_output_tells_of_the_patient(out: Path) -> None:
    seen = list(all_bytes(out))
    names = {name.partition("/")[0] for name, _ in seen}
    assert {"findings.json", "report.pdf", "report.html", "lesions.csv", "lesions.nii.gz", "dicom"} <= names
    if find_spec("slicer") is not None:
        assert any(name.startswith("scene.mrb/") and name.endswith("/gz") for name, _ in seen)
    token = (
        from_json((out / "findings.json").read_text("utf-8")).provenance.notes[-1].partition(":")[2].encode()
    )
    shown = {name.partition("/stream")[0] for name, data in seen if token in data}
    assert {"report.pdf", "report.html", "dicom/report.dcm", "dicom/segmentation.dcm"} <= shown
    told = {name: found for name, data in seen if (found := found_in(data))}
    assert told == {}


def test_the_objects_say_that_and_how_they_were_de_identified(out: Path) -> None:
    findings = from_json((out / "findings.json").read_text("utf-8"))
    for name in DICOM_FILES:
        made = pydicom.dcmread(out / "dicom" / name)
        assert made.PatientIdentityRemoved == "YES"
        assert "Basic Application Confidentiality Profile" in made.DeidentificationMethod
        code = made.DeidentificationMethodCodeSequence[0]
        assert (code.CodeValue, code.CodingSchemeDesignator) == ("113100", "DCM")
        assert made.PatientName == made.PatientID
        assert str(made.PatientID) in findings.provenance.notes[-1]
        assert (made.PatientBirthDate, made.PatientSex, made.AccessionNumber, made.StudyDate) == ("",) * 4
        assert "SeriesDate" not in made
        assert made.ContentDate == "19000101"


def test_dciodvfy_finds_no_error(out: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed: Debian, Ubuntu: apt-get install dicom3tools")
    for name in DICOM_FILES:
        words = ["dciodvfy", str(out / "dicom" / name)]
        told = subprocess.run(words, capture_output=True, text=True, check=False)
        errors = [line for line in (told.stdout + told.stderr).splitlines() if line.startswith("Error")]
        assert not errors, (name, errors)


def test_all_files_of_the_export_speak_of_the_same_images(out: Path) -> None:
    findings = from_json((out / "findings.json").read_text("utf-8"))
    seg, sr, pdf = [pydicom.dcmread(out / "dicom" / name) for name in DICOM_FILES]
    assert seg.StudyInstanceUID == sr.StudyInstanceUID == pdf.StudyInstanceUID
    reference = next(said for said in findings.study.phases if said.phase is Phase.PORTAL_VENOUS)
    assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == reference.series_uid
    referred = {
        group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for group in seg.PerFrameFunctionalGroupsSequence
    }
    assert referred <= set(reference.instance_uids)
    evidence = {
        item.SeriesInstanceUID: {one.ReferencedSOPInstanceUID for one in item.ReferencedSOPSequence}
        for item in sr.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    }
    for said in findings.study.phases:
        assert evidence[said.series_uid] & set(said.instance_uids)
    assert seg.SOPInstanceUID in evidence[seg.SeriesInstanceUID]


@pytest.mark.parametrize("layout", [dicom_layouts.philips_enhanced, dicom_layouts.siemens_enhanced])
def test_enhanced_images_are_referred_to_frame_by_frame(tmp_path: Path, layout: Any) -> None:
    plain = exported(tmp_path / "in", layout)
    disguise = Disguise()
    findings = deidentified(plain.findings, disguise.token, disguise.uids)
    made = deidentified_objects(plain.labels, findings, source_headers(plain.study), b"%PDF", disguise)
    assert plain.objects.segmentation is not None
    assert made.segmentation is not None
    np.testing.assert_array_equal(made.segmentation.pixel_array, plain.objects.segmentation.pixel_array)
    for ours, theirs in zip(
        made.segmentation.PerFrameFunctionalGroupsSequence,
        plain.objects.segmentation.PerFrameFunctionalGroupsSequence,
        strict=True,
    ):
        one = ours.DerivationImageSequence[0].SourceImageSequence[0]
        other = theirs.DerivationImageSequence[0].SourceImageSequence[0]
        assert one.ReferencedFrameNumber == other.ReferencedFrameNumber
        assert one.ReferencedSOPInstanceUID == disguise.uids(other.ReferencedSOPInstanceUID)


def test_two_exports_of_one_study_share_no_uid(tmp_path: Path) -> None:
    plain = exported(tmp_path / "in", dicom_layouts.series_per_phase)
    sets = []
    for _ in range(2):
        disguise = Disguise()
        findings = deidentified(plain.findings, disguise.token, disguise.uids)
        made = deidentified_objects(plain.labels, findings, source_headers(plain.study), None, disguise)
        sets.append({str(element.value) for element in made.measurements.iterall() if element.VR == "UI"})
    shared = sets[0] & sets[1]
    assert all(uid.startswith("1.2.840.10008.") for uid in shared), shared


def test_images_with_names_in_their_pixels_are_refused(tmp_path: Path) -> None:
    def burn(image: Dataset) -> None:
        image.BurnedInAnnotation = "YES"

    images = dicom_layouts.series_per_phase(dicom_layouts.make_truth())
    for image in images:
        burn(image)
    study = study_of(dicom_layouts.write_shuffled(tmp_path / "in", images))
    with pytest.raises(InputError, match="written into their pixels"):
        refuse_names_in_pixels(study)
    without = tuple(replace(source, images=()) for source in study.sources)
    refuse_names_in_pixels(replace(study, sources=without))  # type: ignore[arg-type]
