"""Results from masks that somebody drew: measured, never classified, and without a network."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import MTINetLib
from MTINetLib.errors import InputError, MTINetError
from MTINetLib.findings import PhaseSummary, Provenance, StudyFindings, StudySummary, from_dict, to_dict
from MTINetLib.scene.results import remove_results
from MTINetLib.scene.show_results import show_results_now
from MTINetLib.session.calls import Answers
from MTINetLib.study.phase import PHASES
from MTINetLib.worker.messages import Measure, Measured, OpenedStudy

if TYPE_CHECKING:
    from MTINetLib.session.session import Session
    from MTINetLib.session.study_in_worker import WantedStudy

#: What the provenance names where no network was asked.
NO_MODEL = "none"
_PAUSE_S = 0.01


def measure_masks(
    session: Session, labels: npt.NDArray[Any], breathe: Callable[[], None] | None = None
) -> StudyFindings:
    """Measure lesions that a person or another program drew, and show them as an analysis would.

    For scripts: comes back when the results are in the scene. Corrections, reports and the saved scene work
    as with any results; every class is undecided until the network is asked.

    Args:
        labels: [K, J, I] on the grid of the reference phase, lesion n has the value n.
        breathe: called while waiting.

    Raises:
        InputError: a phase was not chosen, a volume cannot be used, or the labels have another size.
        MTINetError: what ended the measuring.
    """
    wanted = session.wanted_study()
    opened = _open(session, wanted, breathe)
    if labels.shape != opened.grid.shape:
        theirs, needed = (" x ".join(map(str, shape[::-1])) for shape in (labels.shape, opened.grid.shape))
        raise InputError(f"The masks have {theirs} voxels, the reference phase has {needed}.")
    path = session.worker.folder / f"drawn-{uuid.uuid4().hex[:12]}.npy"
    np.save(path, np.ascontiguousarray(labels), allow_pickle=False)
    request = Measure(opened.study, str(path), to_dict(_nothing_found(opened)))
    measured: list[StudyFindings] = []
    failures: list[MTINetError] = []
    answers = Answers(
        lambda result: measured.append(from_dict(Measured.from_dict(result).findings)), failures.append
    )
    session.worker.submit("measure", request.to_dict(), answers)
    _wait(session, lambda: bool(measured or failures), breathe)
    path.unlink(missing_ok=True)
    if failures:
        raise failures[0]
    _show(session, wanted, measured[0], labels, opened)
    _wait(session, lambda: not session.correction.waiting, breathe)  # an edit before its first look is lost
    return measured[0]


def _open(session: Session, wanted: WantedStudy, breathe: Callable[[], None] | None) -> OpenedStudy:
    opened: list[OpenedStudy] = []
    failures: list[MTINetError] = []
    for _ in session.study.open(wanted, opened.append, failures.append, session.saw_progress):
        if breathe is not None:
            breathe()
    _wait(session, lambda: bool(opened or failures), breathe)
    if failures:
        raise failures[0]
    return opened[0]


def _wait(session: Session, over: Callable[[], bool], breathe: Callable[[], None] | None) -> None:
    while not over():
        session.poll()
        if breathe is not None:
            breathe()
        time.sleep(_PAUSE_S)


def _nothing_found(opened: OpenedStudy) -> StudyFindings:
    """What the measuring starts from; the worker fills in what it knows of the study."""
    size = opened.grid.shape[::-1]
    spacing = opened.grid.spacing
    summary = StudySummary(
        phases=tuple(PhaseSummary(phase) for phase in PHASES),
        times_s=opened.times_s,
        spacing_mm=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        size=(int(size[0]), int(size[1]), int(size[2])),
    )
    provenance = Provenance(
        software=f"MTINetLib {MTINetLib.__version__}",
        model_name=NO_MODEL,
        model_sha256="",
        preset=NO_MODEL,
        device="cpu",
        precision="fp32",
        input_series_uids=tuple(source.series_uid or "" for source in opened.sources),
        settings={},
        notes=("The masks were drawn; no network was asked.",),
    )
    return StudyFindings((), summary, provenance)


def _show(
    session: Session,
    wanted: WantedStudy,
    findings: StudyFindings,
    labels: npt.NDArray[Any],
    opened: OpenedStudy,
) -> None:
    before = session.results
    volumes = [wanted.volumes[phase] for phase in PHASES]
    reference = wanted.volumes[wanted.reference]
    results = show_results_now(
        findings, labels, (volumes[0], volumes[1], volumes[2], volumes[3]), reference, opened.grid
    )
    if before is not None:
        remove_results(before)
    session.choices.segmentation = results.segmentation
    session.restore()
    session.show_layout()
    session.select(findings.lesions[0].label if findings.lesions else None)
