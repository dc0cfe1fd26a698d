"""Evaluate a model on a dataset folder: every case analyzed, compared with its truth, and summed up.

Four files come out: ``per_lesion.csv``, ``per_case.csv``, ``summary.json`` and ``summary.md``, and
pictures of the free-response curve and of the calibration where there is something to show. A case that
fails is counted and named and the rest goes on.
"""

from __future__ import annotations

import json
import logging
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.dataset.origin import describe_dataset
from MTINetLib.errors import Cancelled, InputError
from MTINetLib.evaluation.compare import CaseRow, Comparison, LesionRow
from MTINetLib.evaluation.figures import Rows, all_figures, plain
from MTINetLib.evaluation.free_response import StudyComponents, best_curve, free_response
from MTINetLib.evaluation.judged_case import (
    Analyzer,
    InsideCase,
    JudgedCase,
    analyzer_of,
    failed,
    judge,
    open_case,
)
from MTINetLib.evaluation.machine import describe_machine
from MTINetLib.evaluation.pictures import PICTURES, write_pictures
from MTINetLib.evaluation.statistics import CONFIDENCE, RESAMPLES
from MTINetLib.evaluation.tables import markdown, write_rows
from MTINetLib.findings import StudyFindings
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.output_place import refuse_unusable_folder
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.phase import Phase

if TYPE_CHECKING:
    from MTINetLib.models.store import LoadedModel

logger = logging.getLogger(__name__)

SUMMARY_FILE = "summary.json"
PAGE_FILE = "summary.md"
LESIONS_FILE = "per_lesion.csv"
CASES_FILE = "per_case.csv"


@dataclass(frozen=True)
class EvaluationSummary:
    """An evaluation's outcome.

    Args:
        figures: nested dicts of estimates and counts, see figures.py.
        about: dataset, model, cases, seed, machine, date, command, settings.
        cases, lesions: the rows that the figures come from.
        phases: of the curves, in the order of time.
        classes: that the model tells apart.
    """

    figures: Mapping[str, Any]
    about: Mapping[str, Any]
    cases: tuple[CaseRow, ...]
    lesions: tuple[LesionRow, ...]
    phases: tuple[Phase, ...]
    classes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: without the rows, numbers that are not finite as None."""
        return {**plain(dict(self.about)), **plain(dict(self.figures))}

    def to_markdown(self) -> str:
        """The page ``summary.md``."""
        return markdown(self.figures, self.about)


def evaluate(
    dataset: str | Path,
    out: str | Path,
    *,
    model: LoadedModel,
    device: str = "auto",
    precision: str = "auto",
    backend: str = "torch",
    thresholds: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
    limit: int | None = None,
    seed: int = 0,
    command: str | None = None,
) -> EvaluationSummary:
    """Analyze every case of a dataset with a model and write the four files into ``out``.

    Args:
        thresholds: those that differ from the model's own, by the names of Thresholds.
        limit: only the first cases; None takes all.
        seed: of the bootstrap.
        command: what the summary quotes as the command; None takes this process's own.

    Raises:
        InputError: no dataset, an ``out`` that holds something else, or not one case that works.
        Cancelled: told by ``progress``; nothing is written.

    Example:
        >>> summary = mtinet.evaluate("dataset", "figures", model=model, limit=1)
        >>> summary.about["cases"]["evaluated"]
        1
    """
    how = {"device": device, "precision": precision, "backend": backend}
    return evaluate_with(
        analyzer_of(model, thresholds, **how),
        {"name": model.info.name, "sha256": model.info.sha256, **how},
        Path(dataset),
        Path(out),
        phases=model.info.phases,
        progress=progress,
        overwrite=overwrite,
        limit=limit,
        seed=seed,
        command=command,
    )


def evaluate_with(
    analyzer: Analyzer,
    identity: Mapping[str, Any],
    dataset: Path,
    out: Path,
    *,
    phases: Sequence[Phase] = (),
    progress: Progress | None = None,
    overwrite: bool = False,
    limit: int | None = None,
    seed: int = 0,
    command: str | None = None,
) -> EvaluationSummary:
    """As :func:`evaluate`, for anything that turns a study into findings.

    Args:
        phases: that the analyzer takes of every study; none for all that the dataset has.
        identity: of what is evaluated; at least ``name`` and ``sha256``.
    """
    cases = read_dataset(dataset)[:limit]
    taken = tuple(phases) or cases[0].phases

    def judged(case: DatasetCase, inner: Progress) -> JudgedCase:
        return judge(open_case(case, taken, inner), analyzer, inner)

    return evaluate_cases(
        cases,
        judged,
        dataset,
        out,
        about={"model": dict(identity)},
        phases=taken,
        progress=progress,
        overwrite=overwrite,
        seed=seed,
        command=command,
    )


def evaluate_cases(
    cases: Sequence[DatasetCase],
    judged: Callable[[DatasetCase, Progress], JudgedCase],
    dataset: Path,
    out: Path,
    *,
    about: Mapping[str, Any],
    phases: tuple[Phase, ...],
    classes: Sequence[str] = (),
    progress: Progress | None = None,
    overwrite: bool = False,
    seed: int = 0,
    command: str | None = None,
) -> EvaluationSummary:
    """As :func:`evaluate`, of cases that are judged in any way.

    Args:
        judged: opens a case and compares what was found with its truth.
        about: whom the figures are of, as the summary tells it.
        classes: that are told apart; those that findings name are taken as well.
    """
    check_out(out, overwrite)
    started = time.perf_counter()
    comparisons, first, seen = _run(cases, judged, progress or Silent())
    told = tuple(classes) if first is None else first.provenance.classes
    rows = [comparison.case for comparison in comparisons]
    if all(row.error for row in rows):
        none = "The only case could not" if len(rows) == 1 else f"None of the {len(rows)} cases could"
        raise InputError(f"{none} be evaluated; {rows[0].case}: {rows[0].error}")
    lesions = [row for comparison in comparisons for row in comparison.lesions]
    failed = [{"case": row.case, "error": row.error} for row in rows if row.error]
    machine = describe_machine()
    whole = {
        **about,
        "dataset": describe_dataset(dataset),
        "cases": {
            "total": len(rows),
            "evaluated": len(rows) - len(failed),
            "patients": len({row.patient for row in rows if not row.error}),
            "failed": failed,
            "masks_resampled": sum(row.mask_resampled for row in rows),
            "found_resampled": sum(row.found_resampled for row in rows),
        },
        "bootstrap": {"seed": seed, "resamples": RESAMPLES, "confidence": CONFIDENCE},
        "provenance_of_first_case": None if first is None else _provenance(first),
        "seconds": time.perf_counter() - started,
        "command": command or own_command(),
        "date": machine["date"],
        "machine": machine,
    }
    counted = replace(Rows.of(rows, lesions, seed, phases, told), free_response=_free_response(seen))
    figures = all_figures(counted)
    summary = EvaluationSummary(figures, whole, tuple(rows), tuple(lesions), phases, counted.classes)
    _write(out, summary)
    return summary


def _run(
    cases: Sequence[DatasetCase], judged: Callable[[DatasetCase, Progress], JudgedCase], progress: Progress
) -> tuple[list[Comparison], StudyFindings | None, list[StudyComponents]]:
    """Every case compared, the first findings that there were, and what the probability maps hold."""
    comparisons: list[Comparison] = []
    first: StudyFindings | None = None
    seen: list[StudyComponents] = []
    progress.start(Stage.EVALUATING, len(cases))
    for done, case in enumerate(cases):
        progress.update(done)
        try:
            one = judged(case, InsideCase(progress, done))
        except Cancelled:
            raise
        except Exception as error:  # one bad case must not cost the others; it is counted and named
            logger.warning("Case %s failed: %s", case.case, type(error).__name__)
            comparisons.append(failed(case, error))
        else:
            first = first or one.findings
            seen += one.components
            comparisons.append(one.comparison)
    progress.update(len(cases))
    progress.finish()
    return comparisons, first, seen


def _free_response(seen: list[StudyComponents]) -> tuple[Mapping[str, float], ...]:
    if not any(study.lesions for study in seen):
        return ()
    return tuple(best_curve(list(free_response(seen, Thresholds()))))


def check_out(out: Path, overwrite: bool, known: Collection[str] = ()) -> None:
    """Refuse a folder for an evaluation, before the work begins.

    Args:
        known: names of the files that are written; none for those of an evaluation.

    Raises:
        InputError: it cannot be written, or holds something that may not be replaced.
    """
    refuse_unusable_folder(out)
    if out.is_dir() and any(out.iterdir()):
        ours = known or {SUMMARY_FILE, PAGE_FILE, LESIONS_FILE, CASES_FILE, *PICTURES}
        others = sorted(item.name for item in out.iterdir() if item.name not in ours)
        if others:
            raise InputError(f"{out} holds something else, such as {others[0]}; name another folder.")
        if not overwrite:
            raise InputError(f"{out} already holds an evaluation; name another folder or allow overwriting.")


def _write(out: Path, summary: EvaluationSummary) -> None:
    with all_at_once(out, PICTURES) as beside:
        write_rows(beside / LESIONS_FILE, LesionRow, summary.lesions, summary.phases, summary.classes)
        write_rows(beside / CASES_FILE, CaseRow, summary.cases, summary.phases)
        text = json.dumps(summary.to_dict(), indent=2, allow_nan=False, ensure_ascii=False)
        (beside / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")
        (beside / PAGE_FILE).write_text(summary.to_markdown(), encoding="utf-8")
        write_pictures(beside, summary.figures)


@contextmanager
def all_at_once(out: Path, replaced: Iterable[str] = ()) -> Iterator[Path]:
    """A folder to write into, whose files then move to ``out``: a broken run leaves nothing half-written.

    Args:
        replaced: files of ``out`` that go where no new ones take their place.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".part-{os.getpid()}-{out.name}")
    try:
        beside.mkdir()
        yield beside
        out.mkdir(exist_ok=True)
        for name in replaced:
            (out / name).unlink(missing_ok=True)
        for item in beside.iterdir():
            item.replace(out / item.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _provenance(findings: StudyFindings) -> dict[str, Any]:
    """How the first case was analyzed, without its series; a fallback to the CPU would show here."""
    told = findings.provenance
    return {
        "software": told.software,
        "preset": told.preset,
        "device": told.device,
        "precision": told.precision,
        "backend": told.backend,
        "settings": dict(told.settings),
        "notes": list(told.notes),
    }


def own_command() -> str:
    """The command of this process, as a summary quotes it."""
    program = Path(sys.argv[0]).stem
    # Run as ``python -m MTINetLib.cli`` the program is called after its file.
    return shlex.join(["mtinet" if program == "cli" else program, *sys.argv[1:]])
