"""The cohort's own engine at work for the node: one process that keeps the model, replaced when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from MTINetLib.cohort.cluster import Workers, local_workers, plan_here
from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.run import run_studies, settle_on_a_worker
from MTINetLib.cohort.work import Outcome, Work, clear_unfinished, settled
from MTINetLib.listener.work import Analyze


@contextmanager
def engine(work: Work) -> Iterator[Analyze]:
    """Analyzes one study at a time into ``work.out``, until the end of the block.

    Raises:
        MTINetError: the process does not start, or the model or device cannot be used.
    """
    with local_workers(plan_here(1, work.device)) as workers:
        for_all = settled(work, settle_on_a_worker(workers, work))
        clear_unfinished(Path(work.out))
        yield lambda study: _analyzed(workers, study, for_all)


def _analyzed(workers: Workers, study: CohortStudy, work: Work) -> Outcome:
    with closing(run_studies(workers, [study], work, _defect)) as coming:
        return next(coming).outcome


def _defect(error: BaseException) -> str:
    """Without the words of the exception, which may name a patient."""
    return f"An unexpected error: {type(error).__name__}."
