"""Whole files of every kind that is read, small, for the fuzz benchmark to damage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from MTINetLib.phantom.dicom_writer import DicomStyle, write_study_as_dicom
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import PhaseSource, Study

_SHAPE = (3, 16, 20)
_GDCM = {JPEGLosslessSV1: "JPEG", JPEG2000Lossless: "JPEG2000"}


@dataclass(frozen=True)
class Seed:
    """One whole file.

    Args:
        kind: says what it is, such as ``classic RLE``.
        name: of the file; its suffix decides how it is read.
        data: its bytes.
        beside: other files of the same series.
    """

    kind: str
    name: str
    data: bytes
    beside: tuple[bytes, ...] = ()


def make_seeds(scratch: Path) -> tuple[list[Seed], list[bytes]]:
    """The files to damage, and the files of a series that stays whole beside them.

    Args:
        scratch: an empty folder.
    """
    study = _study()
    start = DicomStyle(start=datetime(2024, 3, 14, 10, 20, 0))
    folders = write_study_as_dicom(scratch / "dicom", study, patient_id="FUZZ", study_seed=1, style=start)
    slices = {
        phase: [path.read_bytes() for path in sorted(folder.iterdir())] for phase, folder in folders.items()
    }
    whole = slices[Phase.DELAYED]
    first, *others = slices[Phase.PRE]
    beside = tuple(others)
    seeds = [Seed("classic", "mutant.dcm", first, beside)]
    for kind, syntax in (("implicit", ImplicitVRLittleEndian), ("deflated", DeflatedExplicitVRLittleEndian)):
        seeds.append(Seed(f"classic {kind}", "mutant.dcm", _rewritten(first, syntax), beside))
    seeds.append(Seed("classic big endian", "mutant.dcm", _big_endian(first), beside))
    seeds += [
        Seed(f"classic {name}", "mutant.dcm", data, beside) for name, data in _compressed(first, scratch)
    ]
    enhanced = _enhanced([data for phase in FOUR_PHASES for data in slices[phase]])
    seeds.append(Seed("enhanced", "mutant.dcm", enhanced))
    seeds += [Seed(f"enhanced {name}", "mutant.dcm", data) for name, data in _compressed(enhanced, scratch)]
    seeds += [Seed(f"classic {name}", "mutant.dcm", data, beside) for name, data in _oddly_encoded(first)]
    seeds += [Seed(f"enhanced {name}", "mutant.dcm", data) for name, data in _at_odds(enhanced)]
    seeds += list(_volume_files(study.volumes[0], scratch))
    return seeds, whole


def _study() -> Study:
    grid = Grid(_SHAPE, (2.0, 2.0, 4.0), (-20.0, -16.0, 5.0), (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
    volumes = np.random.default_rng(0).integers(0, 1000, (4, *_SHAPE)).astype(np.float32)
    sources = tuple(PhaseSource("fuzz") for _ in FOUR_PHASES)
    return Study(
        volumes=volumes,
        grid=grid,
        reference=Phase.PORTAL_VENOUS,
        times_s=(0.0, 30.0, 70.0, 180.0),
        sources=sources,
        phases=FOUR_PHASES,
    )


def _bytes_of(data: Dataset) -> bytes:
    stream = BytesIO()
    data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _rewritten(whole: bytes, syntax: UID) -> bytes:
    data = dcmread(BytesIO(whole))
    data.file_meta.TransferSyntaxUID = syntax
    return _bytes_of(data)


def _big_endian(whole: bytes) -> bytes:
    data = dcmread(BytesIO(whole))
    data.PixelData = np.frombuffer(data.PixelData, "<u2").astype(">u2").tobytes()
    data.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    stream = BytesIO()
    dcmwrite(stream, data, implicit_vr=False, little_endian=False, force_encoding=True)
    return stream.getvalue()


def _compressed(whole: bytes, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """In every compression that this machine can write."""
    for name, syntax in (
        ("RLE", RLELossless),
        ("JPEG Lossless", JPEGLosslessSV1),
        ("JPEG 2000", JPEG2000Lossless),
        ("JPEG-LS", JPEGLSLossless),
    ):
        data = dcmread(BytesIO(whole))
        try:
            if syntax in _GDCM:
                _compress_by_gdcm(data, syntax, scratch)
            else:
                data.compress(syntax, generate_instance_uid=False)
        except RuntimeError:
            continue  # no encoder here
        yield name, _bytes_of(data)


def _compress_by_gdcm(data: Dataset, syntax: UID, scratch: Path) -> None:
    path = scratch / "compressed.dcm"
    frames = np.frombuffer(data.PixelData, "<u2").reshape(-1, 1, data.Rows, data.Columns)
    streams = []
    for frame in frames:
        writer = SimpleITK.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetUseCompression(True)
        writer.SetCompressor(_GDCM[syntax])
        writer.SetCompressionLevel(0)
        writer.SetFileName(str(path))
        writer.Execute(SimpleITK.GetImageFromArray(frame))
        streams.append(next(generate_frames(dcmread(path).PixelData, number_of_frames=1)))
    data.PixelData = encapsulate(streams)
    data["PixelData"].VR = "OB"
    data.file_meta.TransferSyntaxUID = syntax


def _enhanced(slices: list[bytes]) -> bytes:
    """All slices of all phases as one multi-frame file with a temporal index per frame."""
    sources = [dcmread(BytesIO(data)) for data in slices]
    data = dcmread(BytesIO(slices[0]))
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["fuzz"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=["fuzz series"])
    orientation = Dataset()
    orientation.ImageOrientationPatient = data.ImageOrientationPatient
    shared = Dataset()
    shared.PlaneOrientationSequence = [orientation]
    data.SharedFunctionalGroupsSequence = [shared]
    data.PerFrameFunctionalGroupsSequence = [_frame(source) for source in sources]
    data.NumberOfFrames = len(sources)
    data.PixelData = b"".join(source.PixelData for source in sources)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(data, keyword)
    return _bytes_of(data)


def _oddly_encoded(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Without what says how a file is encoded, or with something that says it wrongly."""
    implicit, big = _rewritten(whole, ImplicitVRLittleEndian), _big_endian(whole)
    yield "without preamble", whole[132:]
    for name, data in (("explicit", whole), ("implicit", implicit), ("big endian", big)):
        yield f"{name} without meta information", data[144 + int.from_bytes(data[140:144], "little") :]
    yield "explicit, says implicit", _renamed(whole, ExplicitVRLittleEndian, ImplicitVRLittleEndian)
    yield "big endian, says little", _renamed(big, ExplicitVRBigEndian, ExplicitVRLittleEndian)
    image = dcmread(BytesIO(whole))
    image.compress(RLELossless, generate_instance_uid=False)
    yield "RLE, says uncompressed", _renamed(_bytes_of(image), RLELossless, ExplicitVRLittleEndian)
    image = dcmread(BytesIO(whole))
    image.SpecificCharacterSet, image.PatientName = "ISO_IR 192", "Müller^Jörg"
    yield "UTF-8, says Latin-1", _bytes_of(image).replace(b"ISO_IR 192", b"ISO_IR 100")


def _renamed(data: bytes, true: UID, said: UID) -> bytes:
    """With another transfer syntax in its meta information, padded to the same length."""
    old, new = str(true).encode(), str(said).encode()
    return data.replace(old, new.ljust(len(old), b"\0"), 1)


def _at_odds(enhanced: bytes) -> Iterator[tuple[str, bytes]]:
    """With numbers of frames that disagree."""
    for name in ("NumberOfFrames", "positions", "pixels"):
        data = dcmread(BytesIO(enhanced))
        if name == "NumberOfFrames":
            data.NumberOfFrames = 0
        elif name == "positions":
            data.PerFrameFunctionalGroupsSequence = data.PerFrameFunctionalGroupsSequence[:-2]
        else:
            data.PixelData = data.PixelData[: -3 * 2 * data.Rows * data.Columns]
        yield f"with other {name}", _bytes_of(data)


def _frame(source: Dataset) -> Dataset:
    place, measures, content, frame = Dataset(), Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = source.ImagePositionPatient
    measures.PixelSpacing, measures.SliceThickness = source.PixelSpacing, source.SliceThickness
    content.TemporalPositionIndex = int(source.TemporalPositionIdentifier)
    frame.PlanePositionSequence, frame.PixelMeasuresSequence = [place], [measures]
    frame.FrameContentSequence = [content]
    return frame


def _volume_files(volume: npt.NDArray[Any], scratch: Path) -> Iterator[Seed]:
    for suffix in (".nii", ".nii.gz", ".nrrd", ".mha"):
        for name, array in (("int16", volume.astype(np.int16)), ("float32", volume)):
            path = scratch / f"volume{suffix}"
            SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), suffix == ".nrrd")
            yield Seed(f"{suffix[1:]} {name}", f"mutant{suffix}", path.read_bytes())
