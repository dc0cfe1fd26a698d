"""nnU-Net's raw folder: ``dataset.json``, ``imagesTr/<case>_<channel>.nii.gz``, ``labelsTr/<case>.nii.gz``.

As https://github.com/MIC-DKFZ/nnUNet documents it (documentation/dataset_format.md), versions 1 and 2. All
channels of a case lie on one grid and hold for one space. The folder does not say which cases are of one
patient.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from MTINetLib.dataset.tables import Row, table_rows
from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, FoundVolume, ImportOptions, MaskFile, Meaning, Reading
from MTINetLib.importers.names import plain_name, told_class, told_phases
from MTINetLib.importers.semantic import meanings_of, refuse_without_lesions
from MTINetLib.reading.volumes.read import SUFFIXES
from MTINetLib.study.phase import Phase

DATASET_FILE = "dataset.json"
_PARTS = ("Tr", "Ts")
#: The table that ``mtinet export`` leaves beside the folder.
_KEY = "{name}-key.csv"
_KEY_COLUMNS = ("name", "case", "patient", "class")
#: How names begin that tell the patient, as in BIDS.
_SUBJECT = re.compile(r"(sub-[A-Za-z0-9]+)_ses-[A-Za-z0-9]+")
_EVERYBODY = (
    "nnU-Net's folder does not say which cases are of one patient: each counts as a patient of its own. "
    "Where that is not so, write the same pseudonym into the column patient of cases.csv before training."
)


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there is no such folder, or its channels name no phases.
    """
    told = _read(source / DATASET_FILE)
    channels = _channels(told, source / DATASET_FILE)
    phases = _phases(channels, options)
    names = _values(told, source / DATASET_FILE)
    meanings = meanings_of(names, options)
    refuse_without_lesions(names, meanings)
    key = _read_key(source)
    endings = [told["file_ending"]] if isinstance(told.get("file_ending"), str) else list(SUFFIXES)
    cases = [
        _told_by_key(_case(name, files, part, phases, meanings, endings), key.get(name), options)
        for part, name, files in _named(source, endings)
    ]
    if not cases:
        raise InputError(f"{source / 'imagesTr'} holds no images CASE_0000{endings[0]}.")
    whose = key or all(_SUBJECT.fullmatch(case.case) for case in cases)
    return Found(tuple(cases), () if whose else (_EVERYBODY,), synthetic=told.get("synthetic") is True)


def _read_key(source: Path) -> dict[str, Row]:
    """What the exported dataset was made of, by the name of each case; empty where no key lies beside it."""
    table = source.resolve().parent / _KEY.format(name=source.resolve().name)
    rows = table_rows(table, _KEY_COLUMNS) if table.is_file() else ()
    return {row.values["name"]: row for row in rows if isinstance(row, Row)}


def _told_by_key(case: FoundCase, row: Row | None, options: ImportOptions) -> FoundCase:
    if row is None:
        return case
    return replace(
        case,
        case=plain_name(row.values["case"]),
        patient=plain_name(row.values["patient"]),
        case_class=told_class(row.values["class"], options),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path.parent} is no raw folder of nnU-Net: it has no {DATASET_FILE}.") from error
    except ValueError as error:
        raise InputError(f"{path} is no JSON ({error}).") from error
    if not isinstance(told, dict) or not isinstance(told.get("labels"), dict):
        raise InputError(f"{path} is not nnU-Net's: it has no labels.")
    return told


def _channels(told: Mapping[str, Any], path: Path) -> dict[int, str]:
    names = told.get("channel_names", told.get("modality"))
    if not isinstance(names, dict):
        raise InputError(f"{path} is not nnU-Net's: it has no channel_names.")
    return {int(number): str(name) for number, name in names.items()}


def _phases(channels: Mapping[int, str], options: ImportOptions) -> dict[int, Phase]:
    """The phase of each channel by its name, or by its number as the user says."""
    words = [*channels.values(), *(str(number) for number in channels)]
    named = told_phases(words, options)
    found = {
        number: phase
        for number, name in channels.items()
        if (phase := named.get(name, named.get(str(number)))) is not None
    }
    if not found:
        raise InputError(
            f"None of the channels {', '.join(channels.values())} names a phase; say which is which, such as "
            "--phase arterial=0 --phase portal_venous=1."
        )
    return found


def _values(told: Mapping[str, Any], path: Path) -> dict[int, str]:
    """The name of each value: of regions that overlap, the smallest one's. Version 1 has values first."""
    try:
        if all(str(key).isdigit() for key in told["labels"]):
            return {int(value): str(name) for value, name in told["labels"].items()}
        regions = {
            str(name): [int(value) for value in (values if isinstance(values, list) else [values])]
            for name, values in told["labels"].items()
        }
    except (TypeError, ValueError) as error:
        raise InputError(f"{path} has labels that are no whole numbers.") from error
    every = sorted({value for values in regions.values() for value in values})
    return {
        value: min((name for name in regions if value in regions[name]), key=lambda name: len(regions[name]))
        for value in every
    }


def _named(source: Path, endings: list[str]) -> list[tuple[str, str, dict[int, Path]]]:
    """Training and test part, with the images of each case by channel."""
    pattern = re.compile(rf"(?P<case>.+)_(?P<channel>\d{{4}})({'|'.join(map(re.escape, endings))})")
    found = []
    for part in _PARTS:
        folder = source / f"images{part}"
        files: dict[str, dict[int, Path]] = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            match = pattern.fullmatch(path.name)
            if match:
                files.setdefault(match["case"], {})[int(match["channel"])] = path
        found += [(part, name, files[name]) for name in sorted(files)]
    return found


def _case(
    name: str,
    files: Mapping[int, Path],
    part: str,
    phases: Mapping[int, Phase],
    meanings: Mapping[int, Meaning | None],
    endings: list[str],
) -> FoundCase:
    first = next(iter(files.values()))
    labels = first.parent.parent / f"labels{part}"
    mask = next((path for end in endings if (path := labels / f"{name}{end}").is_file()), None)
    case = FoundCase(
        plain_name(name),
        plain_name(subject[1] if (subject := _SUBJECT.fullmatch(name)) else name),
        "",
        {phases[number]: FoundVolume(path) for number, path in files.items() if number in phases},
        same_space=True,
        if_empty="",
    )
    if mask is None:
        return replace(case, left_out=f"labels{part} has no label map of it")
    return replace(case, readings=(Reading((MaskFile(mask, meanings, in_pieces=True),)),))
