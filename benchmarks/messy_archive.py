"""An archive of small synthetic studies in several layouts, every twentieth broken in a way of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import CTImageStorage, generate_uid

from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.dicom_writer import SIEMENS_DESCRIPTIONS, DicomStyle, write_study_as_dicom
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA
from MTINetLib.study.study import Study

LAYOUTS = ("nested", "flat", "spread", "one series", "other names")
_PATIENTS, _SIDE, _EVERY = 6, 192, 20


@dataclass(frozen=True)
class Filed:
    """A study of the archive.

    Args:
        alone: a folder with the same files by themselves, as ``analyze`` takes them.
        fault: how it was broken; empty for a whole one.
        files: where they lie in the archive.
    """

    number: int
    layout: str
    fault: str
    alone: Path
    files: tuple[Path, ...]


def make_archive(tree: Path, alone: Path, count: int, slices: int) -> list[Filed]:
    """Write ``count`` studies of 4 x ``slices`` x 192 x 192.

    Six phantoms, each study with noise and UIDs of its own. ``tree`` has links to the files in ``alone``.
    What is there already is taken as it is.
    """
    patients = [_patient(seed, slices) for seed in range(_PATIENTS)]
    return [_filed(tree, alone, number, patients[number % _PATIENTS]) for number in range(count)]


def _patient(seed: int, slices: int) -> Study:
    settings = PhantomSettings(
        slices=(slices, slices),
        matrix=(_SIDE, _SIDE),
        oblique_share=0.0,
        lesion_plan=((HCC, 32.0), (HEMANGIOMA, 24.0)),
    )
    return make_case(seed, settings=settings).study


def _filed(tree: Path, alone: Path, number: int, patient: Study) -> Filed:
    layout = LAYOUTS[number % len(LAYOUTS)]
    turn, rest = divmod(number, _EVERY)
    fault = [*FAULTS][turn % len(FAULTS)] if rest == turn % _EVERY else ""
    folder, whole = alone / f"{number:04d}", alone / f"{number:04d}.whole"
    if not whole.exists():
        _write(folder, number, patient, layout)
        if fault:
            FAULTS[fault](sorted(file for file in folder.rglob("*") if file.is_file()))
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    places = [tree / layout / _place(layout, number, n, file, folder) for n, file in enumerate(files)]
    if not whole.exists():
        for file, place in zip(files, places, strict=True):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            os.link(file, place)
        whole.touch()
    return Filed(number, layout, fault, folder, tuple(places))


def _write(folder: Path, number: int, patient: Study, layout: str) -> None:
    noise = np.random.default_rng(number).normal(0, 2, patient.volumes.shape).astype(np.float32)
    own = replace(patient, volumes=np.abs(patient.volumes + noise))
    style = DicomStyle(folder_per_series=layout in ("nested", "spread"), suffix="")
    if layout == "other names":
        style = replace(style, descriptions=SIEMENS_DESCRIPTIONS, suffix=".IMA")
    write_study_as_dicom(folder, own, patient_id=f"ARCHIVE{number}", study_seed=number, style=style)
    if layout == "one series":
        _make_one_series(folder, number)


def _make_one_series(folder: Path, number: int) -> None:
    uid = generate_uid(entropy_srcs=["MTINet archive", str(number)])
    for place, file in enumerate(sorted(folder.iterdir()), start=1):
        data = pydicom.dcmread(file)
        data.SeriesInstanceUID, data.SeriesNumber, data.InstanceNumber = uid, "7", str(place)
        data.SeriesDescription = data.ProtocolName = "t1_vibe_dyn"
        data.save_as(file, enforce_file_format=True)


def _place(layout: str, number: int, nth: int, file: Path, folder: Path) -> Path:
    own = file.relative_to(folder)
    if layout == "flat":
        return Path(f"{number:04d}-{own.name}")
    if layout == "spread":
        return Path(f"disc{nth % 3}", f"{number:04d}", *own.parts)
    if layout == "other names":
        return Path(f"{number:04d}", f"{(nth * 37) % 1009:04d}.{number}.IMA")
    return Path(f"p{number // 10}", f"{number:04d}", "MR", *own.parts)


def _lose_a_phase(files: Sequence[Path]) -> None:
    for file in files[len(files) // 4 : len(files) // 2]:
        file.unlink()


def _lose_slices(files: Sequence[Path]) -> None:
    for file in files[5:9]:
        file.unlink()


def _cut_off(files: Sequence[Path]) -> None:
    files[5].write_bytes(files[5].read_bytes()[: files[5].stat().st_size // 2])


def _empty(files: Sequence[Path]) -> None:
    files[5].write_bytes(b"")


def _scramble(files: Sequence[Path]) -> None:
    for file in files[::2]:
        file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def _turn_to_ct(files: Sequence[Path]) -> None:
    for file in files:
        data = pydicom.dcmread(file)
        data.Modality, data.SOPClassUID = "CT", CTImageStorage
        data.file_meta.MediaStorageSOPClassUID = CTImageStorage
        data.save_as(file)


def _shrink_a_slice(files: Sequence[Path]) -> None:
    data = pydicom.dcmread(files[5])
    data.PixelData = data.pixel_array[::2].tobytes()
    data.Rows //= 2
    data.save_as(files[5])


def _take_pixels_away(files: Sequence[Path]) -> None:
    data = pydicom.dcmread(files[5])
    del data.PixelData
    data.save_as(files[5])


FAULTS: dict[str, Callable[[Sequence[Path]], None]] = {
    "a phase is missing": _lose_a_phase,
    "a file is cut off": _cut_off,
    "no MR": _turn_to_ct,
    "a slice of another size": _shrink_a_slice,
    "slices are missing": _lose_slices,
    "an image without pixels": _take_pixels_away,
    "an empty file": _empty,
    "half of the files are noise": _scramble,
}
