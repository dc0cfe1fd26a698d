"""A table that names the files of each study, its columns in any order and under their usual names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from MTINetLib.dataset.table_text import column_name
from MTINetLib.dataset.tables import Row, column_names, table_rows
from MTINetLib.errors import InputError
from MTINetLib.importers.found import Found, FoundCase, FoundVolume, ImportOptions, MaskFile, Reading
from MTINetLib.importers.names import plain_name, told_class, told_phases
from MTINetLib.study.phase import Phase

#: What people call a column, the usual name first.
_CASE = ("case", "study", "case_id", "study_id", "name", "id", "exam")
_PATIENT = ("patient", "subject", "patient_id", "subject_id", "pid", "pseudonym", "participant_id")
_CLASS = ("class", "diagnosis", "lesion_class", "label", "pathology", "type")
_MASK = ("mask", "segmentation", "seg", "label_map", "labels", "lesions", "lesion_mask", "tumor_mask")
_TABLES = (".csv", ".tsv", ".txt")


def find(source: Path, options: ImportOptions) -> Found:
    """
    Raises:
        InputError: there is no such table, or it lacks columns.
    """
    table = _table(source)
    known = (*_CASE, *_PATIENT, *_CLASS, *_MASK, *(phase.value for phase in Phase))
    names = column_names(table, known)
    case = _first(names, _CASE)
    phases = told_phases([name for name in names if name and not _is_other(name)], _plain(options))
    masks = [name for name in names if name in _MASK or name.startswith(("mask_", "segmentation_"))]
    if not case or not phases:
        what = "names the case" if not case else "names a phase"
        raise InputError(
            f"{table}: no column {what}; there are {', '.join(filter(None, names))}. Call one case, and the "
            "others pre, arterial, portal_venous, delayed, or say which is which with --phase "
            "arterial=COLUMN."
        )
    patient, of_class = _first(names, _PATIENT), _first(names, _CLASS)
    remarks = []
    if not patient:
        remarks.append("No column names the patient: each case counts as a patient of its own.")
    unused = [n for n in names if n and n not in (case, patient, of_class, *phases, *masks)]
    if unused:
        remarks.append(f"Columns that are not used: {', '.join(unused)}.")
    columns = _Columns(case, patient, of_class, phases, masks)
    cases = [
        FoundCase(f"line_{row.line}", "", "", {}, left_out=row.problem)
        if not isinstance(row, Row)
        else columns.case_of(row, table.parent, options)
        for row in table_rows(table, (case,))
    ]
    if not cases:
        raise InputError(f"{table} lists no cases.")
    return Found(tuple(cases), tuple(remarks), synthetic=_is_synthetic(table.parent))


def _is_synthetic(folder: Path) -> bool:
    try:
        return json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["synthetic"] is True
    except (OSError, ValueError, KeyError, TypeError):
        return False


class _Columns:
    """Which column says what; empty where none does."""

    def __init__(
        self, case: str, patient: str, of_class: str, phases: Mapping[str, Phase], masks: Sequence[str]
    ) -> None:
        self._case, self._patient, self._class = case, patient, of_class
        self._phases, self._masks = phases, masks

    def case_of(self, row: Row, folder: Path, options: ImportOptions) -> FoundCase:
        """The case of a line; what is wrong in it leaves that case out."""
        named = row.values[self._case]
        case = FoundCase(f"line_{row.line}", "", "", {})
        try:
            name = plain_name(named or f"line_{row.line}")
            patient = plain_name(row.values[self._patient] if self._patient else name)
            case = replace(case, case=name, patient=patient)
            paths = {
                phase: _path(row, column, folder)
                for column, phase in self._phases.items()
                if row.values[column]
            }
            readings = tuple(
                Reading((MaskFile(_path(row, column, folder)),), reader=_reader(column, self._masks))
                for column in self._masks
                if row.values[column]
            )
            case_class = told_class(row.values[self._class] if self._class else "", options)
        except InputError as error:
            return replace(case, left_out=str(error).rstrip("."))
        volumes = {phase: FoundVolume(path) for phase, path in paths.items()}
        return replace(case, case_class=case_class, volumes=volumes, readings=readings)


def _table(source: Path) -> Path:
    if source.is_file():
        return source
    tables = sorted(path for path in source.iterdir() if path.suffix.lower() in _TABLES)
    if len(tables) != 1:
        found = ", ".join(path.name for path in tables) or "none"
        raise InputError(f"Name the table that lists the files: {source} holds {found}.")
    return tables[0]


def _first(names: Sequence[str], wanted: Sequence[str]) -> str:
    return next((name for name in wanted if name in names), "")


def _is_other(name: str) -> bool:
    """Whether a column is about something else than a phase, though it may hold a word of one."""
    return name in (*_CASE, *_PATIENT, *_CLASS, *_MASK) or name.startswith(("mask_", "segmentation_"))


def _plain(options: ImportOptions) -> ImportOptions:
    """The user's words as columns are called here."""
    return replace(options, phases={phase: column_name(word) for phase, word in options.phases.items()})


def _path(row: Row, column: str, folder: Path) -> Path:
    path = folder / Path(row.values[column].replace("\\", "/"))
    if not path.exists():
        raise row.error(column, f"{row.values[column]} does not exist")
    return path


def _reader(column: str, masks: Sequence[str]) -> str:
    return column.partition("_")[2] or "first" if len(masks) > 1 else ""
