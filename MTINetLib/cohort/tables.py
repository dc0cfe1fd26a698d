"""The tables of a cohort: a row a lesion, a row a study, each as CSV and as Parquet.

They are made from the studies' own findings, one study after the other, so that a cohort of any size takes
the same memory and an interrupted run loses none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.work import STUDIES_FOLDER, study_before
from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings, from_json
from MTINetLib.report.csv_tables import Cell, lesion_columns, lesion_rows
from MTINetLib.report.file_names import FINDINGS_FILE
from MTINetLib.study.phase import Phase
from MTINetLib.write_whole import whole_file

LESIONS_TABLE, STUDIES_TABLE = "cohort", "studies"
#: Files that the run replaces as a whole.
TABLE_FILES = tuple(
    f"{name}.{ending}" for name in (LESIONS_TABLE, STUDIES_TABLE) for ending in ("csv", "parquet")
)
_WORDS = frozenset("study class curve_kind place flags source results phases series_uids".split())
_WORDS_OF_MODEL = frozenset(
    "software model_name model_sha256 preset device precision backend created_utc sensitivity".split()
)
_NUMBERS = frozenset("lesion first_slice last_slice lesions".split())
#: Rows that Parquet packs together.
_PACKED = 4096


@dataclass(frozen=True)
class StudyResults:
    """A study that was analyzed, read back."""

    study: CohortStudy
    findings: StudyFindings


def results_of(out: Path, names: Iterable[str]) -> Iterator[StudyResults]:
    """The results of these studies, in this order, as far as they are there.

    Raises:
        InputError: findings that are there cannot be read.
    """
    for name in names:
        folder = out / STUDIES_FOLDER / name
        study = study_before(folder)
        if study is None:
            continue
        path = folder / FINDINGS_FILE
        try:
            yield StudyResults(study, from_json(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path} is damaged: delete its folder and give the same command again, and the study is "
                "analyzed anew."
            ) from error


class CohortTables:
    """Takes studies one by one and writes the four files, which appear at the end of the block."""

    def __init__(self, out: Path, phases: Sequence[Phase], classes: Sequence[str]) -> None:
        self._out = out
        self._phases = phases
        self._held = ExitStack()
        self._lesions = _Table(("study", *lesion_columns(classes), *_mean_columns(phases)))
        self._studies = _Table(_study_columns(phases))

    def __enter__(self) -> CohortTables:
        for table, name in ((self._lesions, LESIONS_TABLE), (self._studies, STUDIES_TABLE)):
            table.open(self._out / name, self._held)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.__exit__(kind, error, trace)

    def add(self, results: StudyResults) -> None:
        findings, name = results.findings, results.study.name
        for lesion, row in zip(findings.lesions, lesion_rows(findings), strict=True):
            means = dict(zip(findings.phases, lesion.measured_curve.mean, strict=True))
            self._lesions.add((name, *row, *(means.get(phase) for phase in self._phases)))
        self._studies.add(_study_row(results, self._phases))


class _Table:
    """One table in both forms."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._rows: list[Sequence[Cell]] = []

    def open(self, path: Path, held: ExitStack) -> None:
        import pyarrow
        import pyarrow.parquet

        text = held.enter_context(whole_file(path.with_name(f"{path.name}.csv")))
        file = held.enter_context(text.open("w", encoding="utf-8", newline=""))
        self._csv = csv.writer(file, lineterminator="\n")
        self._csv.writerow(self._columns)
        kinds = {name: _kind(name, pyarrow) for name in self._columns}
        self._schema = pyarrow.schema(list(kinds.items()))
        packed = held.enter_context(whole_file(path.with_name(f"{path.name}.parquet")))
        self._parquet: Any = held.enter_context(pyarrow.parquet.ParquetWriter(packed, self._schema))
        held.callback(self._pack)

    def add(self, row: Sequence[Cell]) -> None:
        self._csv.writerow(["" if cell is None else cell for cell in row])
        self._rows.append(row)
        if len(self._rows) >= _PACKED:
            self._pack()

    def _pack(self) -> None:
        import pyarrow

        if self._rows:
            columns = dict(zip(self._columns, map(list, zip(*self._rows, strict=True)), strict=True))
            self._parquet.write_table(pyarrow.table(columns, self._schema))
            self._rows = []


def _kind(column: str, pyarrow: Any) -> Any:
    if column in _WORDS or column in _WORDS_OF_MODEL:
        return pyarrow.string()
    return pyarrow.int64() if column in _NUMBERS else pyarrow.float64()


def _mean_columns(phases: Sequence[Phase]) -> Iterator[str]:
    return (f"mean_{phase.value}" for phase in phases)


def _study_columns(phases: Sequence[Phase]) -> tuple[str, ...]:
    times = (f"time_s_{phase.value}" for phase in phases)
    sure = (f"confidence_{phase.value}" for phase in phases)
    return (
        "study",
        "source",
        "results",
        "lesions",
        "liver_ml",
        "tumour_burden_percent",
        "flags",
        *times,
        *sure,
        "series_uids",
        "software",
        "model_name",
        "model_sha256",
        "preset",
        "device",
        "precision",
        "backend",
        "created_utc",
    )


def _study_row(results: StudyResults, phases: Sequence[Phase]) -> Sequence[Cell]:
    findings, told = results.findings, results.findings.provenance
    times = dict(zip(findings.phases, findings.study.times_s, strict=True))
    sure = {summary.phase: summary.confidence for summary in findings.study.phases}
    liver = findings.liver
    return (
        results.study.name,
        results.study.place,
        f"{STUDIES_FOLDER}/{results.study.name}",
        len(findings.lesions),
        None if liver is None else liver.volume_ml,
        None if liver is None else liver.tumour_burden_percent,
        " ".join(findings.study.flags),
        *(times.get(phase) for phase in phases),
        *(sure.get(phase) for phase in phases),
        " ".join(told.input_series_uids),
        told.software,
        told.model_name,
        told.model_sha256,
        told.preset,
        told.device,
        told.precision,
        told.backend,
        told.created_utc,
    )
