"""Whose each marked study is, as far as its images tell: studies of one patient are no independent draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from MTINetLib.cohort.work import study_before
from MTINetLib.marks.marked_results import MarkedResults
from MTINetLib.progress import Progress, Stage
from MTINetLib.reading.dicom.read import study_and_patient
from MTINetLib.reading.dicom.scan import first_frame


def patients_of(results: MarkedResults, studies: Sequence[str], progress: Progress) -> Mapping[str, str]:
    """A word for the patient of each study; empty where its DICOM images are gone, or it has none."""
    found = {}
    progress.start(Stage.READING_HEADERS, len(studies))
    for number, name in enumerate(studies, start=1):
        found[name] = _patient(results.study(name).folder)
        progress.update(number)
    progress.finish()
    return found


def _patient(results: Path) -> str:
    source = study_before(results)
    if source is None:
        return ""
    for place in (*source.files[:1], *(path for _, path in source.phases[:1]), source.place):
        with suppress(OSError, StopIteration):
            path = Path(place)
            file = next(one for one in sorted(path.iterdir()) if one.is_file()) if path.is_dir() else path
            frame = first_frame(file) if file.is_file() else None
            if frame is not None:
                return study_and_patient(frame)[1]
    return ""
