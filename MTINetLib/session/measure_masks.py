"""Results from masks that somebody drew: measured, never classified, and without a network."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from MTINetLib.errors import InputError
from MTINetLib.findings import StudyFindings, from_dict
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.results import remove_results
from MTINetLib.scene.show_results import show_results
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.nothing_found import nothing_found
from MTINetLib.session.session import Session
from MTINetLib.session.state import State
from MTINetLib.session.task import NO_RETURN, Steps, ask
from MTINetLib.session.wanted_study import WantedStudy, chosen_study
from MTINetLib.worker.requests import Measure

_PAUSE_S = 0.01


def measure_masks(
    session: Session, labels: npt.NDArray[Any], process_events: Callable[[], None] | None = None
) -> StudyFindings:
    """Measure lesions that a person or another program drew, and show them as an analysis would.

    For scripts: comes back when the results are in the scene. Corrections, reports and the saved scene work
    as with any results; every class is undecided until the network is asked.

    Args:
        labels: [K, J, I] on the grid of the reference phase, lesion n has the value n.
        process_events: called while waiting.

    Raises:
        InputError: a phase was not chosen, a volume cannot be used, or the labels have another size.
        MTINetError: what ended the measuring.
    """
    wanted = chosen_study(session.choices, session.proposal)
    task = session.tasks.start(State.IDLE, _steps(session, wanted, labels), lambda _error: None)
    # An edit before the first look at the new masks would be lost.
    while task.running or session.waiting:
        session.poll()
        if process_events is not None:
            process_events()
        time.sleep(_PAUSE_S)
    if task.error is not None:
        raise task.error
    findings: StudyFindings | None = task.result
    assert findings is not None
    return findings


def _steps(session: Session, wanted: WantedStudy, labels: npt.NDArray[Any]) -> Steps[StudyFindings]:
    opened = yield from session.study.open(wanted)
    if labels.shape != opened.grid.shape:
        theirs, needed = (" x ".join(map(str, shape[::-1])) for shape in (labels.shape, opened.grid.shape))
        raise error_of(InputError, "masks_of_other_size", masks=theirs, reference=needed)
    with temporary_file(session.worker.folder, "drawn") as path:
        yield from write_array(path, labels)
        request = Measure(opened.study, str(path), nothing_found(opened))
        measured = yield from ask(session.worker, request)
    findings = from_dict(measured.findings)
    before = session.results
    volumes: Any = tuple(wanted.volumes[phase] for phase in wanted.phases)
    reference = wanted.volumes[wanted.reference]
    results = yield from show_results(session.scene, findings, labels, volumes, reference, opened.grid)
    yield NO_RETURN
    if before is not None:
        remove_results(before)
    session.choices.segmentation = results.segmentation
    session.restore()
    session.show_layout()
    session.select(findings.lesions[0].label if findings.lesions else None)
    return findings
