"""All runs of a plan, by this process or by several; other machines may share the folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from MTINetLib.claim import claimed
from MTINetLib.errors import Cancelled, InputError, MissingResourceError
from MTINetLib.experiment.folder import ExperimentFolder
from MTINetLib.experiment.run_one import RunOrder, carry_out, title
from MTINetLib.experiment.scores import RunResult
from MTINetLib.process_pool import run_in_processes
from MTINetLib.progress import Progress, Stage

_LOOK_S = 5.0
_Told = Callable[[RunOrder, RunResult], None]


def work_through(orders: Sequence[RunOrder], jobs: int, progress: Progress, told: _Told) -> None:
    """Do every run that has no result yet; those that another process is at are waited for.

    Args:
        told: hears of each run that is done here, as it ends.

    Raises:
        Cancelled, KeyboardInterrupt: it was stopped; what is done stays.
        MissingResourceError: processes cannot start, or the disk is full.
    """
    while left := _left(orders):
        if jobs == 1:
            done = _one_by_one(left, progress, told)
        else:
            done = _side_by_side(left, jobs, progress, told)
        if not done:
            _wait(progress)


def _left(orders: Sequence[RunOrder]) -> list[RunOrder]:
    return [order for order in orders if ExperimentFolder(order.out).result(order.run) is None]


def _one_by_one(orders: Sequence[RunOrder], progress: Progress, told: _Told) -> int:
    done = 0
    for order in orders:
        if ExperimentFolder(order.out).result(order.run) is not None:  # of another machine, by now
            continue
        result = carry_out(order, progress)
        if result is not None:
            told(order, result)
            done += 1
    return done


def _side_by_side(orders: Sequence[RunOrder], jobs: int, progress: Progress, told: _Told) -> int:
    """One round; a process that dies ends it, and the next round goes on with what is left."""
    done = [0]
    progress.start(Stage.COMPARING, len(orders))

    def look_up() -> None:
        progress.update(done[0])

    try:
        for number, result in run_in_processes(carry_out_here, orders, jobs, title=title, look_up=look_up):
            if result is not None:
                told(orders[number], result)
                done[0] += 1
    except MissingResourceError as error:
        if not _take_back(orders, but=str(error)):
            raise
        done[0] += 1
    except (Cancelled, KeyboardInterrupt):
        _take_back(orders)
        raise
    finally:
        progress.finish()
    return done[0]


def carry_out_here(order: RunOrder) -> RunResult | None:
    """As :func:`carry_out`, in a process of its own, where Ctrl+C ends it without a traceback."""
    try:
        return carry_out(order)
    except KeyboardInterrupt:
        raise Cancelled from None


def _take_back(orders: Sequence[RunOrder], but: str = "") -> bool:
    """The runs that were ended with a round were no attempts, but for one that a sentence names.

    Returns:
        Whether that one had begun.
    """
    begun = False
    for order in orders:
        if but and order.run.title in but:
            begun = ExperimentFolder(order.out).attempts(order.run).is_file()
            continue
        try:
            with claimed(ExperimentFolder(order.out).run(order.run)):
                ExperimentFolder(order.out).take_attempt_back(order.run)
        except InputError:  # another machine is at it
            continue
    return begun


def _wait(progress: Progress) -> None:
    progress.start(Stage.COMPARING, 0)
    deadline = time.monotonic() + _LOOK_S
    while time.monotonic() < deadline:
        progress.update(0)
        time.sleep(0.2)
    progress.finish()
