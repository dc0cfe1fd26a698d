"""The reader's way along the model's free-response curve, over the candidates that an analysis has kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.models.operating_points import OperatingPoint, OperatingPoints
from MTINetLib.presentation.statements import error_of
from MTINetLib.session.analysis import Shown, show_again
from MTINetLib.session.core import SessionCore
from MTINetLib.session.liver import hand_over, liver_of_results, liver_paths
from MTINetLib.session.state import State
from MTINetLib.session.task import Steps, Task, ask
from MTINetLib.session.wanted_study import study_of_results
from MTINetLib.worker.requests import ChooseSensitivity


class Sensitivity:
    """Which candidates count. The masks must be the AI's own: a person's corrections are not thrown away."""

    def __init__(self, core: SessionCore, take_over: Callable[[Shown], Steps[None]]) -> None:
        """``take_over`` makes newer results the session's."""
        self._core, self._take_over = core, take_over
        self._wanted: int | None = None
        self._task: Task[Any] | None = None

    @property
    def offered(self) -> OperatingPoints | None:
        """What the reader can choose among; None where the model offers nothing, or nothing was kept."""
        analyzed = self._core.analyzed
        if analyzed is None or analyzed.candidates is None or self._core.findings is None:
            return None
        return OperatingPoints.from_dict(analyzed.candidates.offered)

    @property
    def chosen(self) -> int | None:
        """The place of the point that the findings are of, or will be in a moment."""
        if self._wanted is not None:
            return self._wanted
        offered, findings = self.offered, self._core.findings
        if offered is None or findings is None:
            return None
        point = findings.provenance.settings.get("sensitivity")
        told = OperatingPoint(**point) if isinstance(point, dict) else None
        return offered.points.index(told) if told in offered.points else None

    @property
    def open(self) -> bool:
        """Whether the reader may choose now."""
        findings = self._core.findings
        corrected = findings is not None and findings.provenance.corrected_by_person
        return self.offered is not None and not corrected and not self._core.busy

    def choose(self, place: int) -> None:
        """Let the candidates of this point count; :meth:`poll` begins it."""
        if self.open and place != self.chosen:
            self._wanted = place

    def poll(self) -> None:
        """Begin what was chosen last, when nothing else runs."""
        wanted, runs = self._wanted, self._task is not None and self._task.running
        if wanted is None or runs or self._core.state is not State.IDLE or self._core.waiting:
            return
        self._task = self._core.begin(State.MEASURING, self._steps(wanted))

    def _steps(self, place: int) -> Steps[None]:
        core = self._core
        try:
            results, findings, analyzed = core.results, core.findings, core.analyzed
            if results is None or findings is None or analyzed is None or analyzed.candidates is None:
                raise error_of(InputError, "candidates_gone")
            wanted = study_of_results(results, findings, core.choices.alignment)
            opened = yield from core.study.open(wanted)
            with liver_paths(core.worker.folder) as (path, *_):
                mask = liver_of_results(results)
                liver = yield from hand_over(results, mask, findings, analyzed, path)
                request = ChooseSensitivity(
                    opened.study, analyzed.candidates, place, analyzed.probability, liver
                )
                found = yield from ask(core.worker, request)
                shown = yield from show_again(core.scene, core.study, wanted, found)
            yield from self._take_over(shown)
        finally:
            if self._wanted == place:
                self._wanted = None
