"""Which study is complete, and what is done with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.work import Outcome
from MTINetLib.listener.folder import StudyFolder

_LOG = logging.getLogger(__name__)

#: As ``cohort/work.py`` does it; raises MTINetError for what every study would meet.
Analyze = Callable[[CohortStudy], Outcome]


@dataclass(frozen=True)
class Completeness:
    """When a study counts as complete.

    Args:
        quiet_s: so long after its latest image.
        expected: or with so many images; 0 waits for the quiet alone.
    """

    quiet_s: float = 60.0
    expected: int = 0


def is_due(study: StudyFolder, complete: Completeness) -> bool:
    """Whether a study is complete and has images that nobody has tried to analyze yet."""
    if study.is_settled():
        return False
    quiet = time.time() - study.quiet_since() >= complete.quiet_s
    return quiet or 0 < complete.expected <= study.count()


def analyze_study(study: StudyFolder, analyze: Analyze) -> None:
    """Analyze a study that is due.

    What it cannot be used for is kept in its state. Images that come meanwhile make it due again.

    Raises:
        MTINetError: something that every study would meet; this one stays due.
    """
    source = study.as_cohort_study()
    _LOG.info("Study %s is complete: %d images.", study.name, source.count)
    started = time.monotonic()
    outcome = analyze(source)
    study.change(settled=source.count, problem=outcome.problem, delivered=False, tries=0)
    if outcome.problem:
        _LOG.warning("Study %s cannot be analyzed; its state.json says why.", study.name)
    else:
        seconds = time.monotonic() - started
        _LOG.info("Study %s: %d images analyzed in %.0f s.", study.name, source.count, seconds)
