"""Which study is complete, what is done with it, and what becomes of its results."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import Cancelled, MTINetError
from MTINetLib.listener.folder import StudyFolder
from MTINetLib.progress import Progress

_LOG = logging.getLogger(__name__)

#: A study that ended the program so often is left alone.
_MOST_TIMES = 3

#: From a folder of images to a folder of results; raises MTINetError for a study that cannot be used.
Analyze = Callable[[Path, Path, Progress], object]


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
    """Whether a study is complete and has images that were not analyzed yet."""
    count, state = study.count(), study.state()
    if not count or count == state.analyzed:
        return False
    if state.problem and state.begun == count:
        return False
    quiet = time.time() - study.quiet_since() >= complete.quiet_s
    return quiet or (complete.expected > 0 and count >= complete.expected)


def analyze_study(study: StudyFolder, analyze: Analyze, progress: Progress) -> bool:
    """Analyze a study that is due; whether there are results.

    What it cannot be used for is kept in its state. Images that come meanwhile make it due again.

    Raises:
        Cancelled: told by ``progress``; the study stays due.
    """
    count, state = study.count(), study.state()
    times = state.times + 1 if state.begun == count else 1
    if times > _MOST_TIMES:
        study.change(problem=f"The program ended {_MOST_TIMES} times while it analyzed this study.")
        return False
    study.change(begun=count, times=times, problem="")
    started = time.monotonic()
    try:
        analyze(study.images, study.results, progress)
    except (Cancelled, KeyboardInterrupt):
        study.change(times=times - 1)
        raise
    except MTINetError as error:
        study.change(problem=" ".join(str(error).split()))
        _LOG.warning("Study %s cannot be analyzed; its state.json says why.", study.name)
        return False
    except Exception as error:
        study.change(problem=f"An unexpected error: {type(error).__name__}.")
        _LOG.error("Study %s ended in an unexpected error: %s.", study.name, type(error).__name__)
        return False
    study.change(analyzed=count, times=0, delivered=False, tries=0)
    _LOG.info("Study %s: %d images analyzed in %.0f s.", study.name, count, time.monotonic() - started)
    return True
