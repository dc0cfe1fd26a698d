"""A study's files in the private folder: what a restarted worker reads, and what a client was given."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.presentation.statements import error_of
from MTINetLib.study.study import PhaseSource, Study
from MTINetLib.worker.arrays import save_array
from MTINetLib.worker.requests import OpenedStudy

#: Studies whose files are kept, 100 to 300 MB each. A client works on the last one.
MOST_KEPT = 3
#: Results of one name that are kept for a study: that of the last analysis, and the one before.
_RESULTS_KEPT = 2
_RECORD = "opened.json"


def study_folder(folder: Path, key: str) -> Path:
    """Where a study's files lie; a key may hold any characters."""
    return folder / f"study-{hashlib.sha256(key.encode('utf-8')).hexdigest()[:16]}"


def new_study_folder(folder: Path, key: str) -> Path:
    """An empty folder for a study that is opened; those of the oldest studies are removed."""
    place = study_folder(folder, key)
    shutil.rmtree(place, ignore_errors=True)
    records = sorted(folder.glob(f"study-*/{_RECORD}"), key=lambda record: record.stat().st_mtime_ns)
    for record in records[: max(0, len(records) - (MOST_KEPT - 1))]:
        # Windows keeps what is still mapped; it goes the next time.
        shutil.rmtree(record.parent, ignore_errors=True)
    place.mkdir(exist_ok=True)
    return place


def write_record(place: Path, opened: OpenedStudy, sources: tuple[PhaseSource, ...]) -> None:
    """Note a study, so that another run of the worker finds it."""
    values = {"opened": opened.to_dict(), "instances": [list(source.instance_uids) for source in sources]}
    (place / _RECORD).write_text(json.dumps(values), encoding="utf-8")


def save_result(folder: Path, key: str, name: str, array: npt.NDArray[Any]) -> str:
    """Write an array that belongs to a study; its absolute path. Older ones of the name are removed."""
    place = study_folder(folder, key)
    path = save_array(place, name, array)
    older = sorted(place.glob(f"{name}-*.npy"), key=lambda file: file.stat().st_mtime_ns)
    for file in older[:-_RESULTS_KEPT]:
        try:
            file.unlink()
        except OSError:  # Windows: still mapped by the client
            continue
    return path


def read_study(folder: Path, key: str) -> Study:
    """A study that this or an earlier run of the worker has opened.

    Raises:
        InputError: there is none under this key.
    """
    try:
        values = json.loads((study_folder(folder, key) / _RECORD).read_text("utf-8"))
        opened = OpenedStudy.from_dict(values["opened"])
        volumes = np.load(opened.volumes, allow_pickle=False)
        covered = None if opened.covered is None else np.load(opened.covered, allow_pickle=False)
    except (OSError, ValueError, KeyError) as error:
        raise error_of(InputError, "study_not_open") from error
    sources = tuple(
        PhaseSource(
            text.description,
            text.evidence,
            text.confidence,
            text.series_uid,
            text.time_point,
            tuple(instances),
        )
        for text, instances in zip(opened.sources, values["instances"], strict=True)
    )
    return Study(
        volumes=volumes,
        grid=opened.grid,
        reference=opened.reference,
        times_s=opened.times_s,
        sources=sources,
        flags=opened.flags,
        alignment=opened.alignment,
        phases=opened.phases,
        covered=covered,
    )
