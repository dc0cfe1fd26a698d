"""One case of a dataset: opened once, analyzed by one model or several, and compared with its truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.errors import InputError
from MTINetLib.evaluation.compare import CaseRow, Comparison, Labels, compare
from MTINetLib.evaluation.free_response import StudyComponents, study_components
from MTINetLib.evaluation.truth import Truth, read_truth
from MTINetLib.findings import StudyFindings
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Progress, Stage
from MTINetLib.study.phase import Phase
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.models.store import LoadedModel


class Analyzed(Protocol):
    """What evaluation needs of an analysis: findings, and the label map [K, J, I] that they refer to.

    An ``Analysis`` also brings the liver and the probability map, for their figures.
    """

    @property
    def findings(self) -> StudyFindings: ...

    @property
    def labels(self) -> Labels: ...


Analyzer = Callable[[Study, Progress], Analyzed]


@dataclass(frozen=True)
class OpenedCase:
    """A case with its study and its truth; ``seconds`` is what opening took."""

    case: DatasetCase
    study: Study
    truth: Truth
    seconds: float


@dataclass(frozen=True)
class JudgedCase:
    """What one analyzer made of a case.

    Args:
        comparison: with the truth.
        findings: of the analysis, None where there was none, and ``labels`` [K, J, I] that they refer to.
        components: of its probability map; empty where there is none.
    """

    comparison: Comparison
    findings: StudyFindings | None
    labels: Labels
    components: tuple[StudyComponents, ...]


def analyzer_of(
    model: LoadedModel,
    thresholds: Mapping[str, float] | None = None,
    *,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
) -> Analyzer:
    """A model as evaluation asks it."""
    how: dict[str, Any] = {"device": device, "precision": precision, "backend": backend}
    from MTINetLib.pipeline.analyze import analyze

    def analyzer(study: Study, progress: Progress) -> Analyzed:
        analyzed: Analyzed = analyze(study, model, thresholds=thresholds, progress=progress, **how)
        return analyzed

    return analyzer


def open_case(case: DatasetCase, phases: Sequence[Phase], progress: Progress) -> OpenedCase:
    """The study of these phases, and its truth on the study's grid.

    Raises:
        InputError: one of them cannot be read.
    """
    start = time.perf_counter()
    study = open_study(case.paths_of(phases), progress=progress)
    loaded = time.perf_counter()
    return OpenedCase(
        replace(case, phase_paths=case.paths_of(phases)), study, read_truth(case, study.grid), loaded - start
    )


def judge(opened: OpenedCase, analyzer: Analyzer, progress: Progress) -> JudgedCase:
    """Analyze an opened case and compare it with its truth."""
    before = time.perf_counter()
    analyzed = analyzer(opened.study, progress)
    seconds = time.perf_counter() - before
    liver, probability = getattr(analyzed, "liver", None), getattr(analyzed, "probability", None)
    findings, labels = analyzed.findings, analyzed.labels
    comparison = compare(
        opened.case,
        opened.study,
        opened.truth,
        labels,
        findings.lesions,
        findings.study.flags,
        opened.seconds,
        seconds,
        None if liver is None else liver.mask,
    )
    grid = opened.study.grid
    seen = () if probability is None else (study_components(probability, opened.truth.labels, grid),)
    return JudgedCase(comparison, findings, labels, seen)


def failed(case: DatasetCase, error: Exception) -> Comparison:
    """The row of a case that could not be judged; it says why."""
    text = " ".join(str(error).split())
    words = text if isinstance(error, InputError) and text else f"{type(error).__name__}: {text}"
    return Comparison(CaseRow(case.case, case.patient, case.case_class, error=words), ())


class InsideCase:
    """Progress of one case: passes on that the user cancelled, and nothing else."""

    def __init__(self, outer: Progress, done: int) -> None:
        self._outer, self._done = outer, done

    def start(self, stage: Stage, total: int) -> None:
        self._outer.update(self._done)

    def update(self, done: int) -> None:
        self._outer.update(self._done)

    def finish(self) -> None:
        pass
