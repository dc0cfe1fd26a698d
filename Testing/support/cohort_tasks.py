"""What workers of a cohort do in tests, in place of an analysis."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom
from MTINetLib.cohort.work import Outcome, Work


def studies(*names: str) -> list[CohortStudy]:
    return [CohortStudy(name, name, OpenedFrom.PLACE) for name in names]


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
    return Outcome(lesions=1)
