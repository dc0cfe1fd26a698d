"""What workers of a cohort do in tests, in place of an analysis."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from support.waiting import wait_until

from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom
from MTINetLib.cohort.work import Outcome, Work


def studies(*names: str) -> list[CohortStudy]:
    return [CohortStudy(name, name, OpenedFrom.PLACE) for name in names]


def _at_work(out: Path) -> list[str]:
    """The processes that began a study which waits for another one."""
    return [pid for file in out.glob("meets*.tries") for pid in file.read_text().splitlines()]


def fate(study: CohortStudy, work: Work) -> Outcome:
    """Says when it begins, and ends as the study's name says."""
    with (Path(work.out) / f"{study.name}.tries").open("a") as file:
        file.write(f"{os.getpid()}\n")
    if study.name == "always-killed":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if study.name == "defect":
        raise ZeroDivisionError("told by a test")
    if study.name == "slow":
        time.sleep(600)
    if study.name.startswith("meets"):
        wait_until(lambda: len(set(_at_work(Path(work.out)))) == 2)
    return Outcome(lesions=1)
