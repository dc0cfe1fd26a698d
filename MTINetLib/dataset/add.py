"""A corrected study becomes one more case of a dataset, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import MTINetLib
from MTINetLib.dataset.append import append_case_rows
from MTINetLib.dataset.folder import (
    CASES_FILE,
    LESION_COLUMNS,
    LESIONS_FILE,
    case_columns,
    dataset_phases,
)
from MTINetLib.dataset.tables import Row, table_rows
from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.volumes.write import smallest_type, write_label_map, write_volume
from MTINetLib.study.grid import Grid
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order, lesion_class_name
from MTINetLib.study.phase import Phase, titles_of
from MTINetLib.write_whole import whole_folder

#: Beside the volumes of an added case: what it was made from, without anything that names a person.
ORIGIN_FILE = "case.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True)
class NewCase:
    """A study with its corrected lesions.

    Args:
        volumes: [P, K, J, I] in the order of ``phases``.
        labels: [K, J, I], 0 for background and 1 to 255 for the lesions.
        grid: of all of them.
        phases: of the study, in the order of time.
        lesion_classes: the class of every label.
        patient: a pseudonym; the same for all cases of one patient. Made if empty.
        case: name of the case; made if empty.
        covered: bool, like ``volumes``: where they have an image; None for everywhere.
        origin: what else is worth keeping of where it came from, plain JSON, no identity.
    """

    volumes: npt.NDArray[Any]
    labels: npt.NDArray[Any]
    grid: Grid
    phases: tuple[Phase, ...]
    lesion_classes: Mapping[int, str]
    patient: str = ""
    case: str = ""
    origin: Mapping[str, Any] | None = None
    covered: npt.NDArray[Any] | None = None


@dataclass(frozen=True)
class AddedCase:
    """The names that the case got, and where its files lie."""

    case: str
    patient: str
    folder: Path


def add_case(dataset: Path, new: NewCase, progress: Progress | None = None) -> AddedCase:
    """Write the volumes, NaN where there is no image, and the mask as NIfTI; append the case to the tables.

    A dataset that is not there yet is made. Columns that the user added to the tables stay.

    Raises:
        InputError: a name, a class or the folder cannot be used, or the study is in the dataset already
            as another patient.
        MissingResourceError: the disk is full; the dataset is as it was.
        Cancelled: told by ``progress``; the dataset is as it was.
    """
    watcher = progress or Silent()
    rows = _existing(dataset)
    if rows:
        _check_phases(new.phases, dataset_phases(dataset))
    _check_labels(new)
    digest = _digest(new)
    patient = new.patient or _made_name("patient", (row.values["patient"] for row in rows))
    case = new.case or _made_name("case", _taken(dataset, rows))
    _check_names(case, patient, _taken(dataset, rows))
    _check_known(dataset, rows, digest, patient)
    target = dataset / "cases" / case
    try:
        with whole_folder(target) as beside:
            _write_files(beside, new, digest, watcher)
        try:
            _append(dataset, new, case, patient)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    except OSError as error:
        raise MissingResourceError(
            f"The case could not be written to {dataset}: {error.strerror or error}; it is as it was."
        ) from error
    finally:
        _remove_if_empty(target.parent, dataset)
    return AddedCase(case, patient, target)


def _existing(dataset: Path) -> list[Row]:
    """The rows of a dataset, none for a new one.

    Raises:
        InputError: the folder holds something that is no dataset, or its tables have errors.
    """
    if not (dataset / CASES_FILE).is_file():
        if dataset.exists() and (not dataset.is_dir() or any(dataset.iterdir())):
            raise InputError(
                f"{dataset} holds files but no {CASES_FILE}: choose a dataset folder, or an empty one."
            )
        return []
    rows = []
    for row in table_rows(dataset / CASES_FILE, case_columns(dataset_phases(dataset))):
        if not isinstance(row, Row):
            raise row
        rows.append(row)
    if (dataset / LESIONS_FILE).is_file():
        for lesion in table_rows(dataset / LESIONS_FILE, LESION_COLUMNS):
            if not isinstance(lesion, Row):
                raise lesion
    return rows


def _check_phases(new: Sequence[Phase], known: Sequence[Phase]) -> None:
    if tuple(new) != tuple(known):
        raise InputError(
            f"The cases of this dataset have {titles_of(known)}, the study has {titles_of(new)}; add it to "
            "another dataset."
        )


def _check_labels(new: NewCase) -> None:
    if new.volumes.shape != (len(new.phases), *new.grid.shape) or new.labels.shape != new.grid.shape:
        raise ValueError("volumes, labels and grid differ in shape")
    present = {int(label) for label in np.unique(new.labels) if label}
    if present and (min(present) < 1 or max(present) > 255):
        raise InputError("A case holds at most 255 lesions, numbered from 1.")
    for label in sorted(present):
        told = new.lesion_classes.get(label)
        if told is None:
            raise InputError(f"Lesion {label} has no class that can be learnt; say what it is.")
        try:
            lesion_class_name(told)
        except InputError as error:
            raise InputError(f"Lesion {label} has no class that can be learnt: {error}") from error


def refuse_name(what: str, name: str) -> None:
    """Refuse what can be no name of a case or pseudonym of a patient.

    Args:
        what: ``case`` or ``patient``.

    Raises:
        InputError: the name has other signs than letters, digits, - and _, or too many.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"The {what} cannot be called {name!r}: use up to 40 letters, digits, - and _, "
            "and nothing that tells who the patient is."
        )


def _check_names(case: str, patient: str, taken: Iterable[str]) -> None:
    refuse_name("case", case)
    refuse_name("patient", patient)
    if case.lower() in {name.lower() for name in taken}:
        raise InputError(f"The dataset has a case {case} already; choose another name.")


def _check_known(dataset: Path, rows: Sequence[Row], digest: str, patient: str) -> None:
    """A study may come again with another reading, but never as another patient: that would put the same
    images on both sides of a split."""
    for row in rows:
        origin = dataset / "cases" / row.values["case"] / ORIGIN_FILE
        try:
            known = json.loads(origin.read_text("utf-8"))["volumes_sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if known == digest and row.values["patient"] != patient:
            raise InputError(
                f"This study is in the dataset already, as {row.values['case']} of patient "
                f"{row.values['patient']}; add it under that patient."
            )


def _taken(dataset: Path, rows: Sequence[Row]) -> list[str]:
    folder = dataset / "cases"
    lying = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    return [*(row.values["case"] for row in rows), *lying]


def _made_name(word: str, taken: Iterable[str]) -> str:
    names = {name.lower() for name in taken}
    number = 1
    while f"{word}_{number:04d}" in names:
        number += 1
    return f"{word}_{number:04d}"


def _digest(new: NewCase) -> str:
    return hashlib.sha256(np.ascontiguousarray(new.volumes, dtype=np.float32).tobytes()).hexdigest()


def _write_files(folder: Path, new: NewCase, digest: str, progress: Progress) -> None:
    folder.mkdir(parents=True)
    progress.start(Stage.WRITING_CASE, len(new.phases) + 1)
    for done, (phase, volume) in enumerate(zip(new.phases, new.volumes, strict=True), start=1):
        if new.covered is not None and not new.covered[done - 1].all():
            volume = np.where(new.covered[done - 1], volume, np.float32(np.nan))
        write_volume(folder / f"{phase.value}.nii", smallest_type(volume), new.grid)
        progress.update(done)
    write_label_map(folder / "mask.nii.gz", new.labels, new.grid)
    origin = {
        "made_by": f"MTINetLib {MTINetLib.__version__}",
        "volumes_sha256": digest,
        **(new.origin or {}),
    }
    (folder / ORIGIN_FILE).write_text(json.dumps(origin, indent=2) + "\n", encoding="utf-8")
    progress.update(len(new.phases) + 1)
    progress.finish()


def _remove_if_empty(*folders: Path) -> None:
    """So that a new dataset which could not be begun leaves nothing."""
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _append(dataset: Path, new: NewCase, case: str, patient: str) -> None:
    labels = sorted(int(label) for label in np.unique(new.labels) if label)
    classes = {label: lesion_class_name(new.lesion_classes[label]) for label in labels}
    path = f"cases/{case}"
    values = {
        "case": case,
        "patient": patient,
        "class": _case_class(list(classes.values())),
        **{phase.value: f"{path}/{phase.value}.nii" for phase in new.phases},
        "mask": f"{path}/mask.nii.gz",
    }
    append_case_rows(
        dataset, values, [{"case": case, "label": str(n), "class": name} for n, name in classes.items()]
    )


def _case_class(told: Sequence[str]) -> str:
    """The class that most lesions have, none without lesions; lesions.csv tells the others."""
    return max(in_usual_order(told), key=told.count, default=NO_LESIONS)
