"""The studies of a cohort go to the workers, and their results and problems come back."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import MTINetLib
from MTINetLib.cohort.cluster import Workers
from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.room import refuse_a_full_disk
from MTINetLib.cohort.supply import Supply
from MTINetLib.cohort.work import Outcome, Work, settle, trouble_here, work_on
from MTINetLib.errors import InputError, MissingResourceError, MTINetError

_LOOK_S = 1.0
#: How long workers may be gone, as when all of them start anew.
_WITHOUT_WORKERS_S = 120.0
_KILLED = (
    "The process that worked on it was ended {times} times, as the system does when the memory is full: "
    "analyze it by itself, or with fewer --workers."
)


@dataclass(frozen=True)
class Finished:
    """A study and what came of it."""

    study: CohortStudy
    outcome: Outcome


def settle_on_a_worker(workers: Workers, work: Work) -> dict[str, str]:
    """Device, precision and backend, as one worker settles them for all.

    Raises:
        MTINetError: the model or the device cannot be used there, or the scheduler went away.
    """
    with _scheduler_there(workers):
        future = workers.client.submit(settle, work, key=f"settle-{uuid.uuid4().hex}", pure=False)
        return dict(future.result())


def refuse_other_workers(workers: Workers, work: Work) -> None:
    """Workers on other computers: each must have this version and see the same folders.

    Raises:
        InputError: one does not; the sentence names it.
    """
    try:
        with _scheduler_there(workers):
            told = workers.client.run(trouble_here, work, MTINetLib.__version__)
    except ImportError as error:
        raise InputError(
            f"The workers lack the package {error.name or 'MTINetLib'}: install MTINet for each of them."
        ) from error
    for worker, trouble in sorted(told.items()):
        if trouble:
            raise InputError(f"The worker {worker} {trouble}.")


def run_studies(
    workers: Workers,
    studies: Supply | Sequence[CohortStudy],
    work: Work,
    in_words: Callable[[BaseException], str],
    work_on: Callable[[CohortStudy, Work], Outcome] = work_on,
) -> Generator[Finished, None, None]:
    """Work on all studies; each comes as soon as its results are in place, or it failed.

    No more studies are handed out than are worked on, so that a run of any length takes the same memory.

    Args:
        in_words: the sentence of a defect.
        work_on: a function of a module, which does one study.

    Raises:
        MTINetError: what every study would meet: a full disk, a missing model, a scheduler that went away.
    """
    supply = studies if isinstance(studies, Supply) else Supply(studies)
    at_work: dict[Any, CohortStudy] = {}
    run = uuid.uuid4().hex
    lost_since: float | None = None
    try:
        while supply.left or at_work:
            slots = _slots(workers)
            while len(at_work) < slots and (ready := supply.next(slots)) is not None:
                study = ready.study
                if ready.problem:
                    yield Finished(study, Outcome(problem=ready.problem))
                    continue
                key = f"{study.name}-{run}"
                at_work[workers.client.submit(work_on, ready.sent, work, key=key, pure=False)] = study
            lost_since = None if slots else (lost_since or time.monotonic())
            if lost_since is not None and time.monotonic() - lost_since > _WITHOUT_WORKERS_S:
                raise MissingResourceError(
                    "All workers are gone: start them again, then give the same command; what is done stays."
                )
            for future in _done(workers, at_work):
                outcome = _outcome(future, in_words)
                if outcome is None:
                    continue
                study = at_work.pop(future)
                future.release()  # or a process that ends would have the study done once more
                supply.done(study)
                yield Finished(study, outcome)
                refuse_a_full_disk(Path(work.out))
    finally:
        with suppress(Exception):  # a scheduler that is gone takes no more words
            workers.client.cancel(list(at_work), force=True)


def _done(workers: Workers, at_work: dict[Any, CohortStudy]) -> list[Any]:
    from distributed import wait

    with _scheduler_there(workers):
        with suppress(TimeoutError, asyncio.TimeoutError):  # two until Python 3.11
            if at_work:
                with workers.client.as_current():
                    wait(list(at_work), timeout=_LOOK_S, return_when="FIRST_COMPLETED")
            else:
                time.sleep(_LOOK_S)
        return [future for future in at_work if future.status in ("finished", "error")]


def _outcome(future: Any, in_words: Callable[[BaseException], str]) -> Outcome | None:
    """None where the answer was lost with its process: the study is asked for again by itself."""
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        outcome: Outcome | None = None
        with suppress(TimeoutError, asyncio.TimeoutError):
            outcome = future.result(timeout=_LOOK_S)
        return outcome
    error = future.exception()
    if isinstance(error, KilledWorker):
        return Outcome(problem=_KILLED.format(times=error.allowed_failures + 1))
    if isinstance(error, MTINetError):
        raise error
    return Outcome(problem=in_words(error))


def _slots(workers: Workers) -> int:
    """How many studies are worked on at a time now; workers may come and go."""
    with _scheduler_there(workers):
        return sum(workers.client.nthreads().values())


@contextmanager
def _scheduler_there(workers: Workers) -> Iterator[None]:
    """Turns what Dask says of a scheduler that went away into one sentence."""
    from asyncio import CancelledError
    from concurrent.futures import CancelledError as FutureCancelled

    from distributed.comm import CommClosedError

    if workers.client.status != "running":
        raise _gone(workers)
    try:
        yield
    except (MTINetError, KeyboardInterrupt):
        raise
    except (CancelledError, FutureCancelled, CommClosedError) as error:
        raise _gone(workers) from error
    except Exception as error:
        if workers.client.status != "running":
            raise _gone(workers) from error
        raise


def _gone(workers: Workers) -> MissingResourceError:
    return MissingResourceError(
        f"The Dask scheduler of {workers.told} went away: start it again, then give the same command; what "
        "is done stays."
    )
