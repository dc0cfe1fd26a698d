"""How the Slicer module feels, measured over a real scene and a real worker, without Qt.

``python -m benchmarks.interactive``: the session is polled as the module's timer polls it, and
every poll is timed, since nobody can click or turn a slice meanwhile. Drawing the views is Slicer's own
work and not in it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.told import Teller
from MTINetLib.malloc_tuning import keep_freed_memory

#: Between two polls, as the module's timer has it.
_POLL_S = 0.03
#: What comes after the end of something: views that are filled and fitted.
_POLLS_TO_SETTLE = 20
_EDITS = 5
_CANCELS = 3


@dataclass
class Polling:
    """Polls a session and remembers how long each poll took, in seconds."""

    session: Any
    polls: list[float] = field(default_factory=list)

    def until(self, over: Callable[[], bool]) -> float:
        """Poll until it is over; how long that took."""
        start = time.perf_counter()
        while not over():
            began = time.perf_counter()
            self.session.poll()
            took = time.perf_counter() - began
            self.polls.append(took)
            time.sleep(max(0.0, _POLL_S - took))
        return time.perf_counter() - start

    def for_polls(self, count: int) -> None:
        """Poll so often, whether anything runs or not."""
        end = len(self.polls) + count
        self.until(lambda: len(self.polls) >= end)

    def until_idle(self) -> float:
        """Poll until nothing runs.

        Raises:
            MTINetError: what ended the run.
        """
        seconds = self.until(lambda: not self.session.busy and not self.session.correction.waiting)
        self.session.wait()
        return seconds


def measure_interactive(
    teller: Teller, slices: int, model: str, device: str, precision: str, backend: str
) -> None:
    """Click to overlay cold and warm, longest block of the main thread, re-measuring, cancelling."""
    teller.doing("loading Slicer's core")
    import vtk  # noqa: F401  # Slicer has it at its start

    from benchmarks.bench_study import bench_study
    from MTINetLib.scene.slicer_core import new_scene
    from MTINetLib.scene.volumes import add_phase_volumes
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.session import Session
    from MTINetLib.study.phase import FOUR_PHASES

    scene = new_scene()
    choices = Choices(model=model, device=device, precision=precision, backend=backend)
    for phase, node in zip(FOUR_PHASES, add_phase_volumes(scene, bench_study(slices)), strict=True):
        choose_volume(choices, phase, node)
    session = Session(scene, choices)
    try:
        teller.doing("loading the sample study")
        teller.figures(_measure_sample(Session(scene, Choices())))
        polling = Polling(session)
        session.views.enter()
        teller.doing("analyzing from the module")
        teller.figures(_measure_analysis(session, polling))
        teller.doing("editing a mask")
        teller.figures(_measure_edits(session, polling))
        teller.doing("cancelling an analysis")
        teller.figures({"cancel_s": max(_cancel(session, polling) for _ in range(_CANCELS))})
    finally:
        session.close()


def _measure_sample(session: Any) -> dict[str, Any]:
    """The module is opened and the sample study loaded, until its phases are in their views."""
    try:
        polling = Polling(session)
        session.views.enter()
        session.prepare()
        polling.for_polls(_POLLS_TO_SETTLE)
        opening_polls, polling.polls = polling.polls, []
        session.sample.load()
        polling.until_idle()
        polling.for_polls(_POLLS_TO_SETTLE)
        return {
            "longest_block_after_opening_ms": 1000 * max(opening_polls),
            "longest_block_loading_the_sample_ms": 1000 * max(polling.polls),
        }
    finally:
        session.views.leave()
        session.close()


def _measure_analysis(session: Any, polling: Polling) -> dict[str, Any]:
    session.start_analysis()
    cold = polling.until_idle()
    warm = []
    for _ in range(2):
        session.start_analysis()
        warm.append(polling.until_idle())
    polling.for_polls(_POLLS_TO_SETTLE)
    return {
        "click_to_overlay_cold_s": cold,
        "click_to_overlay_warm_s": min(warm),
        "longest_block_during_analysis_ms": 1000 * max(polling.polls),
        "lesions": len(session.findings.lesions),
    }


def _measure_edits(session: Any, polling: Polling) -> dict[str, Any]:
    polling.polls = []
    edits = [_edit(session, polling, number) for number in range(_EDITS)]
    return {
        "longest_block_after_edits_ms": 1000 * max(polling.polls),
        "edit_to_findings_s": statistics.median(edits),
        "edit_to_findings_worst_s": max(edits),
    }


def _edit(session: Any, polling: Polling, number: int) -> float:
    """Paint a few voxels beside the first lesion, as a brush does; seconds until all is measured again."""
    from MTINetLib.scene.label_image import write_mask
    from MTINetLib.scene.segmentation import label_in_labels, lesion_mask, segment_labels

    node, reference = session.results.segmentation, session.results.reference
    segment_id = next(iter(segment_labels(node).values()))
    mask = lesion_mask(node, segment_id, reference)
    k, j, i = (int(places.mean()) for places in mask.nonzero())
    mask[k, j : j + 4, i + 10 + number : i + 16 + number] = True
    start = time.perf_counter()
    painted = label_in_labels(mask.astype("uint8"), 1)
    assert painted is not None
    write_mask(node, segment_id, *painted, reference)
    polling.until_idle()
    return time.perf_counter() - start


def _cancel(session: Any, polling: Polling) -> float:
    """Cancel in the midst of a run; seconds until all is idle again."""
    from MTINetLib.errors import Cancelled

    session.start_analysis()
    polling.until(lambda: session.progress is not None and session.progress.done > 0)
    session.cancel()
    seconds = polling.until(lambda: not session.busy)
    try:
        session.wait()
    except Cancelled:
        return seconds
    raise AssertionError("the run ended before it could be cancelled")


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("told", type=Path)
    parser.add_argument("--slices", type=int, default=80)
    parser.add_argument("--model")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--backend", default="torch")
    given = parser.parse_args(arguments)
    keep_freed_memory()
    teller = Teller(given.told)
    with teller.faults_told():
        how = (given.model or "", given.device, given.precision, given.backend)
        measure_interactive(teller, given.slices, *how)


if __name__ == "__main__":
    main()
