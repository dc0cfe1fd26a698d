"""A session whose results are in the scene, and what a person does to their masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from MTINetLib.study.phase import FOUR_PHASES
from MTINetLib.study.study import Study

from .made_analysis import made_analysis
from .shown_results import paint as paint_segment
from .waiting import wait_until


def corrected_session(scene: Any, worker: Any, study: Study, analysis: Any = None) -> Any:
    """A session over results that are in the scene, as after a saved scene was opened."""
    from MTINetLib.scene.show_results import show_results_now
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.session import Session

    analysis = analysis or made_analysis(study)
    volumes = add_phase_volumes(scene, study)
    choices = Choices(alignment="off")
    for phase, node in zip(FOUR_PHASES, volumes, strict=True):
        choose_volume(choices, phase, node)
    reference = volumes[study.index(study.reference)]
    liver = None if analysis.liver is None else analysis.liver.mask
    results = show_results_now(scene, analysis.findings, analysis.labels, volumes, reference, liver=liver)
    choices.segmentation = results.segmentation
    session = Session(scene, choices, worker)
    session.restore()
    settle(session)
    return session


def settle(session: Any, until: Callable[[], bool] | None = None) -> None:
    """Poll until nothing waits (and ``until`` holds); errors of the session fail the test."""
    from MTINetLib.session.state import State

    def is_settled() -> bool:
        busy = session.correction.waiting or session.state is not State.IDLE
        return not busy and (until is None or until())

    if not is_settled():
        wait_until(is_settled, session.poll, lambda: f"still {session.state}: {session.message}")
    assert session.message is None or session.message.kind != "error", session.message.text


def mask_of(session: Any, label: int) -> np.ndarray[Any, Any]:
    from MTINetLib.scene.segmentation import lesion_mask, segment_labels

    node = session.results.segmentation
    return lesion_mask(node, segment_labels(node)[label], session.results.reference).copy()


def paint(session: Any, label: int, mask: np.ndarray[Any, Any]) -> None:
    """What the segment editor's effects do in the end: another mask for a segment."""
    from MTINetLib.scene.segmentation import segment_labels

    segments = segment_labels(session.results.segmentation)
    paint_segment(session.results, segments[label], mask)


def finding(session: Any, label: int) -> Any:
    return next(lesion for lesion in session.findings.lesions if lesion.label == label)


def half_of(mask: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    columns = np.flatnonzero(mask.any(axis=(0, 1)))
    kept = mask.copy()
    kept[:, :, : int(columns[len(columns) // 2])] = False
    return kept
