"""The done studies of a list as a dataset, as training takes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from MTINetLib.dataset.add import ORIGIN_FILE, NewCase, add_case
from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.report.dicom.burned_in import refuse_names_in_pixels
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study
from MTINetLib.worklist.entry import Entry, Status
from MTINetLib.worklist.folder import Record, WorkList
from MTINetLib.worklist.open_listed import open_listed


@dataclass(frozen=True)
class Exported:
    """What came into the dataset.

    Args:
        added: names of the cases.
        known: how many done studies were there already, as they are now.
        left_out: a sentence for each done study that is not in the dataset.
    """

    added: tuple[str, ...]
    known: int
    left_out: tuple[str, ...]


def export(
    listed: WorkList,
    dataset: Path,
    phases: tuple[Phase, ...],
    *,
    deidentify: bool = False,
    progress: Progress | None = None,
    each: Callable[[str], None] = lambda case: None,
) -> Exported:
    """Add every done study to a dataset; a new one is made. Studies of one patient keep one pseudonym.

    Without ``deidentify`` a case tells from which study of the list, by whom and when it comes; images and
    tables name no patient either way.

    Args:
        phases: of the studies, those that the model takes.
        deidentify: other names than in the list, no reader, no times, no UIDs, and no images with text
            burned in.
        progress: told of every study; may raise Cancelled, which leaves those before it in the dataset.
        each: called with the name of every case that was added.

    Raises:
        InputError: no study is done, or the folder is no dataset.
        MissingResourceError: the disk is full; the cases before it are in the dataset.
    """
    watcher = progress or Silent()
    records = listed.records()
    done = [r for r in records if not r.rivals and r.entry.status is Status.DONE]
    left_out = [
        f"{r.study}: several readers have changed it; say which version counts."
        for r in records
        if r.rivals and any(head.status is Status.DONE for head in r.heads)
    ]
    if not done and not left_out:
        raise InputError(f"No study of the list {listed.folder} is done yet.")
    added: list[str] = []
    known = 0
    watcher.start(Stage.WRITING_CASE, len(done))
    for number, record in enumerate(done, start=1):
        case, patient = _names(listed, record, deidentify)
        there = _version_there(dataset, case)
        try:
            if there == _mark(listed, record.entry):
                known += 1
            elif there is not None:
                raise InputError("it was changed since it was exported; export to a new folder.")
            else:
                add_case(dataset, _new_case(listed, record, phases, case, patient, deidentify))
                added.append(case)
                each(case)
        except InputError as error:
            left_out.append(f"{record.study}: {error}")
        watcher.update(number)
    watcher.finish()
    return Exported(tuple(added), known, tuple(left_out))


def _names(listed: WorkList, record: Record, deidentify: bool) -> tuple[str, str]:
    if not deidentify:
        return f"case_{record.study}", record.patient
    return (
        f"case_{listed.name_of(record.study, 'exported case')}",
        f"patient_{listed.name_of(record.patient, 'exported patient')}",
    )


def _new_case(
    listed: WorkList, record: Record, phases: tuple[Phase, ...], case: str, patient: str, deidentify: bool
) -> NewCase:
    study = open_listed(listed, record, phases)
    if deidentify:
        refuse_names_in_pixels(study)
    entry = record.entry
    return NewCase(
        volumes=study.volumes,
        labels=_labels(listed, entry, study.grid),
        grid=study.grid,
        phases=study.phases,
        lesion_classes=entry.classes,
        patient=patient,
        case=case,
        origin=_origin(listed, record, study, deidentify),
        covered=study.covered,
    )


def _labels(listed: WorkList, entry: Entry, grid: Grid) -> Any:
    if entry.no_lesions or not entry.labels:
        return np.zeros(grid.shape, dtype=np.uint8)
    mask = read_label_map(listed.labels_of(entry))
    if not mask.grid.matches(grid):
        raise InputError("its mask lies on another grid than its images; outline its lesions again.")
    return mask.array.astype(np.uint8)


def _origin(listed: WorkList, record: Record, study: Study, deidentify: bool) -> dict[str, Any]:
    entry = record.entry
    told = {
        "times_s": list(study.times_s),
        "alignment": list(study.alignment),
        "drafted_by": entry.model,
        "version": _mark(listed, entry),
    }
    if deidentify:
        return told
    return {
        **told,
        "study_of_list": record.study,
        "reader": entry.who,
        "when": entry.when,
        "series_uids": [source.series_uid for source in study.sources],
    }


def _mark(listed: WorkList, entry: Entry) -> str:
    """Tells versions apart, and nothing else."""
    return listed.name_of(entry.version, "exported version")


def _version_there(dataset: Path, case: str) -> str | None:
    """The mark of the version that the dataset has of a case; empty for one of another origin."""
    folder = dataset / "cases" / case
    if not folder.exists():
        return None
    try:
        return str(json.loads((folder / ORIGIN_FILE).read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
