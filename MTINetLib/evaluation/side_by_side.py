"""Two models on the same studies: each case opened once, analyzed by both, and counted in pairs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.evaluation.compare import Comparison
from MTINetLib.evaluation.difference_pictures import Difference, Differences
from MTINetLib.evaluation.evaluate import all_at_once, check_out, own_command
from MTINetLib.evaluation.figures import Rows, all_figures, plain
from MTINetLib.evaluation.judged_case import (
    Analyzer,
    InsideCase,
    JudgedCase,
    OpenedCase,
    analyzer_of,
    failed,
    judge,
    open_case,
)
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.evaluation.paired import LesionPair, lesion_pairs, paired_figures
from MTINetLib.evaluation.side_by_side_page import FILES, table_of, write_page
from MTINetLib.evaluation.statistics import CONFIDENCE, RESAMPLES, PatientBootstrap
from MTINetLib.evaluation.verdict import Verdict, verdict_of
from MTINetLib.models.store import LoadedModel
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.phase import Phase

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contestant:
    """One of the two.

    Args:
        name, sha256: of the model.
        phases: that it takes.
        classes: that it tells apart.
        analyzer: for a case; another network may answer for each, see fine_tuning.
    """

    name: str
    sha256: str
    phases: tuple[Phase, ...]
    classes: tuple[str, ...]
    analyzer: Callable[[DatasetCase], Analyzer]

    @classmethod
    def of(
        cls, model: LoadedModel, device: str = "auto", precision: str = "auto", backend: str = "torch"
    ) -> Contestant:
        """A model that answers for every case."""
        info = model.info
        analyzer = analyzer_of(model, device=device, precision=precision, backend=backend)
        return cls(info.name, info.sha256, info.phases, info.classes, lambda _: analyzer)


@dataclass(frozen=True)
class SideBySide:
    """What came of it.

    Args:
        figures: ``old`` and ``new`` (all figures of an evaluation, each), ``paired`` (see paired.py).
        verdict: whether the new one is better, and why.
        about: dataset, models, cases, seed, machine, date, command.
        pairs: every true lesion, as both found it.
    """

    figures: Mapping[str, Any]
    verdict: Verdict
    about: Mapping[str, Any]
    pairs: tuple[LesionPair, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **plain(dict(self.about)),
            "verdict": self.verdict.to_dict(),
            "table": table_of(self.figures["paired"]),
            **plain(dict(self.figures)),
        }


def side_by_side(
    dataset: str | Path,
    out: str | Path,
    *,
    old: LoadedModel,
    new: LoadedModel,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    progress: Progress | None = None,
    overwrite: bool = False,
    limit: int | None = None,
    seed: int = 0,
) -> SideBySide:
    """Two models on every case of a dataset; writes ``comparison.md``, ``.json``, ``lesions.csv``, pictures.

    Raises:
        InputError: no dataset, an ``out`` that holds something else, or not one case that works.
        Cancelled: told by ``progress``; nothing is written.
    """
    check_out(Path(out), overwrite, FILES)
    return compare_contestants(
        read_dataset(Path(dataset))[:limit],
        Contestant.of(old, device, precision, backend),
        Contestant.of(new, device, precision, backend),
        Path(out),
        about={"dataset": describe_dataset(Path(dataset))},
        progress=progress,
        seed=seed,
    )


def compare_contestants(
    cases: Sequence[DatasetCase],
    old: Contestant,
    new: Contestant,
    out: Path,
    *,
    about: Mapping[str, Any],
    progress: Progress | None = None,
    seed: int = 0,
) -> SideBySide:
    """As :func:`side_by_side`, for anything that analyzes; ``about`` goes into the page and the JSON."""
    rows, differences = _run(cases, old, new, progress or Silent())
    done = [pair for pair in rows if not pair[0].case.error]
    if not done:
        raise InputError(
            f"None of the {len(rows)} cases could be judged; {rows[0][0].case.case}: {rows[0][0].case.error}"
        )
    sides = [_rows([pair[side] for pair in done], one, seed) for side, one in enumerate((old, new))]
    pairs = lesion_pairs(sides[0].lesions, sides[1].lesions)
    bootstrap = PatientBootstrap([case.patient for case in sides[0].cases], seed)
    paired = paired_figures(sides[0].cases, sides[1].cases, pairs, bootstrap)
    machine = describe_machine()
    told = {
        "models": {
            name: {"name": one.name, "sha256": one.sha256} for name, one in (("old", old), ("new", new))
        },
        "cases": {
            "total": len(rows),
            "judged": len(done),
            "patients": len({pair[0].case.patient for pair in done}),
            "failed": [{"case": one.case.case, "error": one.case.error} for one, _ in rows if one.case.error],
        },
        "bootstrap": {"seed": seed, "resamples": RESAMPLES, "confidence": CONFIDENCE},
        "command": own_command(),
        "date": machine["date"],
        "machine": machine,
        **about,
    }
    figures = {"old": all_figures(sides[0]), "new": all_figures(sides[1]), "paired": paired}
    result = SideBySide(figures, verdict_of(paired), told, tuple(pairs))
    with all_at_once(out, FILES) as beside:
        write_page(beside, result.to_dict(), figures["paired"], result.verdict, told, pairs, differences)
    return result


def _rows(comparisons: Sequence[Comparison], one: Contestant, seed: int) -> Rows:
    lesions = [row for comparison in comparisons for row in comparison.lesions]
    return Rows.of([comparison.case for comparison in comparisons], lesions, seed, one.phases, one.classes)


def _run(
    cases: Sequence[DatasetCase], old: Contestant, new: Contestant, progress: Progress
) -> tuple[list[tuple[Comparison, Comparison]], Differences]:
    rows: list[tuple[Comparison, Comparison]] = []
    differences = Differences()
    progress.start(Stage.EVALUATING, len(cases))
    for done, case in enumerate(cases):
        progress.update(done)
        try:
            rows.append(_judged(case, old, new, InsideCase(progress, done), differences))
        except Cancelled:
            raise
        except Exception as error:  # it counts for neither, and is named
            logger.warning("Case %s failed: %s", case.case, type(error).__name__)
            rows.append((failed(case, error),) * 2)
    progress.update(len(cases))
    progress.finish()
    return rows, differences


def _judged(
    case: DatasetCase, old: Contestant, new: Contestant, progress: Progress, differences: Differences
) -> tuple[Comparison, Comparison]:
    """Both on one case, opened anew for the second only where it takes other phases."""
    first = open_case(case, old.phases, progress)
    second = first if new.phases == old.phases else open_case(case, new.phases, progress)
    before = judge(first, old.analyzer(case), progress)
    after = judge(second, new.analyzer(case), progress)
    if first.study.grid.matches(second.study.grid):
        differences.look_at(_difference(first, before, after))
    return before.comparison, after.comparison


def _difference(opened: OpenedCase, before: JudgedCase, after: JudgedCase) -> Difference | None:
    pairs = lesion_pairs(before.comparison.lesions, after.comparison.lesions)
    extra = abs(before.comparison.case.false_positives - after.comparison.case.false_positives)
    weight = sum(pair.weight for pair in pairs) + extra
    return Difference.of(opened, before.labels, after.labels, weight)
