"""What was named as the source of a cohort becomes its studies: a tree, a dataset, or a table of paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom, file_name_of, name_of, weight_of
from MTINetLib.cohort.manifest import MANIFEST_FILE
from MTINetLib.cohort.web_archive import WebSource
from MTINetLib.cohort.web_studies import studies_of_archive
from MTINetLib.dataset.folder import CASES_FILE, read_dataset
from MTINetLib.dataset.tables import Row, column_names, table_rows
from MTINetLib.errors import InputError
from MTINetLib.progress import Progress
from MTINetLib.reading.studies_below import FoundStudy, StudyKind, studies_below
from MTINetLib.report.file_names import FINDINGS_FILE
from MTINetLib.study.phase import Phase

#: A folder with such a file holds results, no studies.
_NO_STUDIES = (FINDINGS_FILE, MANIFEST_FILE)
#: The column of a table that names each study's folder or file.
INPUT_COLUMN = "input"
_NAME_COLUMNS = ("study", "case")


@dataclass(frozen=True)
class FoundCohort:
    """What a source holds.

    Args:
        studies: in the order of the source.
        unreadable: how many files look like MR images and cannot be used.
        unlisted: folders that cannot be listed, each with the reason.
    """

    studies: tuple[CohortStudy, ...]
    unreadable: int = 0
    unlisted: tuple[tuple[Path, str], ...] = ()


def find_studies(
    source: Path | WebSource, phases: Sequence[Phase], progress: Progress | None = None
) -> FoundCohort:
    """The studies of a folder tree, a dataset (a folder with cases.csv), a CSV file of paths, or an archive.

    Args:
        phases: that the model takes.

    Raises:
        InputError: nothing is there, or a table is wrong; the sentence says which.
        MissingResourceError: the archive cannot be reached.
    """
    if isinstance(source, WebSource):
        return FoundCohort(studies_of_archive(source, progress))
    if source.is_file() and source.suffix.lower() == ".csv":
        return FoundCohort(_distinct(_of_table(source)))
    if (source / CASES_FILE).is_file():
        cases = read_dataset(source)
        return FoundCohort(_distinct([_of_paths(case.case, case.paths_of(phases)) for case in cases]))
    found = studies_below(source, progress, _NO_STUDIES)
    if not found.studies:
        unreadable = f" ({found.unreadable} damaged ones)" if found.unreadable else ""
        closed = f"; {len(found.unlisted)} folders cannot be listed" if found.unlisted else ""
        raise InputError(
            f"There are no MR images, volume files or .zip archives below {source}{unreadable}{closed}: give "
            "a folder of studies."
        )
    return FoundCohort(tuple(map(_of_tree, found.studies)), found.unreadable, found.unlisted)


def _of_tree(found: FoundStudy) -> CohortStudy:
    count, size = weight_of(found.files)
    whole = found.kind is StudyKind.ARCHIVE
    return CohortStudy(
        name_of(found.identity),
        str(found.folder.absolute()),
        OpenedFrom.PLACE if whole else OpenedFrom.FILES,
        () if whole else tuple(str(path.absolute()) for path in found.files),
        size=size,
        count=count,
    )


def _of_paths(told: str, paths: dict[Phase, Path]) -> CohortStudy:
    count, size = weight_of(paths.values())
    return CohortStudy(
        file_name_of(told),
        str(next(iter(paths.values())).parent if paths else ""),
        OpenedFrom.PHASES,
        phases=tuple((phase.value, str(path)) for phase, path in paths.items()),
        size=size,
        count=count,
    )


def _of_table(table: Path) -> list[CohortStudy]:
    """Paths are absolute or relative to the table; those that are not there fail study by study."""
    names = column_names(table, (INPUT_COLUMN,))
    phases = [phase for phase in Phase if phase.value in names]
    columns = (INPUT_COLUMN,) if INPUT_COLUMN in names or not phases else [each.value for each in phases]
    studies = []
    for row in table_rows(table, columns):
        if not isinstance(row, Row):
            raise row
        told = next((row.values[name] for name in _NAME_COLUMNS if row.values.get(name)), "")
        paths = [table.absolute().parent / row.text(column) for column in columns]
        if INPUT_COLUMN in columns:
            count, size = weight_of(paths)
            name = file_name_of(told) if told else name_of(str(paths[0]))
            studies.append(CohortStudy(name, str(paths[0]), OpenedFrom.PLACE, size=size, count=count))
        else:
            studies.append(_of_paths(told or name_of(str(paths[0])), dict(zip(phases, paths, strict=True))))
    if not studies:
        raise InputError(f"{table} lists no studies; add one line per study.")
    return studies


def _distinct(studies: Sequence[CohortStudy]) -> tuple[CohortStudy, ...]:
    """Two names that a system might take for one are told apart by where the studies lie."""
    times = Counter(study.name.lower() for study in studies)
    told = tuple(
        study if times[study.name.lower()] == 1 else replace(study, name=_with_place(study))
        for study in studies
    )
    twice = [name for name, count in Counter(study.name for study in told).items() if count > 1]
    if twice:
        raise InputError(f"The study {twice[0]} stands there twice; give every study one line.")
    return told


def _with_place(study: CohortStudy) -> str:
    return f"{study.name}-{name_of(f'{study.name} {study.place} {study.phases}')[:6]}"
