"""How often phases are recognised, doubted, asked for and mistaken, over made-up names and tags.

The worst outcome is a volume taken for a wrong phase with confidence: it must not occur.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import MTINetLib
from benchmarks.recognition_cases import Variant, make_variants
from benchmarks.recognition_volumes import made_volumes
from MTINetLib.errors import InputError
from MTINetLib.phases.certain import certain_phases
from MTINetLib.phases.confidence import DOUBTFUL_CONFIDENCE
from MTINetLib.phases.pixels import check_pixels
from MTINetLib.phases.recognise import recognise_phases
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.phase import FOUR_PHASES, Phase

SEED = 20_240_601
OUTCOMES = ("right", "right_flagged", "asked", "wrong_flagged", "wrong_confident")
KINDS = ("pre", "early arterial", "arterial", "portal venous", "delayed", "hepatobiliary", "other")
_PHASE_OF = {"pre": Phase.PRE, "arterial": Phase.ARTERIAL, "portal venous": Phase.PORTAL_VENOUS,
             "delayed": Phase.DELAYED}  # fmt: skip
NOT_TAKEN = "not taken"


@dataclass(frozen=True)
class Result:
    """What became of one variant; ``taken`` has (kind, phase or ``not taken``, confidence) of each volume."""

    variant: Variant
    outcome: str
    taken: tuple[tuple[str, str, float], ...]


def run_recognition(seed: int = SEED, progress: Progress | None = None) -> dict[str, Any]:
    """Recognise every variant and count.

    Returns:
        ``variants``, ``outcomes`` (in all and by group), ``confusion`` (kind of volume to phase to counts of
        ``sure`` and ``flagged``), ``wrong`` and
        ``asked`` (names of variants), ``seed``, ``date``, ``version``.
    """
    variants = make_variants(seed)
    watcher = progress or Silent()
    watcher.start(Stage.RECOGNISING, len(variants))
    results = []
    for done, variant in enumerate(variants, start=1):
        results.append(recognised(variant))
        watcher.update(done)
    watcher.finish()
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        groups[result.variant.group][result.outcome] += 1
    return {
        "seed": seed,
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "version": MTINetLib.__version__,
        "variants": len(variants),
        "outcomes": _counts(Counter(result.outcome for result in results)),
        "groups": {group: _counts(counts) for group, counts in groups.items()},
        "confusion": _confusion(results),
        "wrong": [result.variant.name for result in results if result.outcome.startswith("wrong")],
        "asked": [result.variant.name for result in results if result.outcome == "asked"],
    }


def recognised(variant: Variant) -> Result:
    """Recognise one variant. Where phases are missing, those that are certain count all the same."""
    volumes, truth = made_volumes(variant.shown, variant.tags, variant.telling)
    taken: dict[int, tuple[Phase, float]] = {}
    try:
        assignment = recognise_phases(volumes, phases=FOUR_PHASES)
        complete = True
        for phase in FOUR_PHASES:
            taken[id(assignment.volume(phase))] = (
                phase,
                assignment.verdict(phase).confidence,
            )
    except InputError:
        complete = False
        found = certain_phases(volumes, {}, look=check_pixels, phases=FOUR_PHASES)
        for phase, volume in found.volumes.items():
            taken[id(volume)] = (phase, found.verdicts[phase].confidence)
    rows = []
    wrong: list[float] = []
    for volume in volumes:
        kind = truth[id(volume)].kind
        phase_taken, confidence = taken.get(id(volume), (None, 0.0))
        rows.append((kind, phase_taken.value if phase_taken else NOT_TAKEN, confidence))
        if phase_taken is not None and _PHASE_OF.get(kind) is not phase_taken:
            wrong.append(confidence)
    sure = min((confidence for _, confidence in taken.values()), default=0.0) >= DOUBTFUL_CONFIDENCE
    if wrong:
        outcome = "wrong_confident" if max(wrong) >= DOUBTFUL_CONFIDENCE else "wrong_flagged"
    else:
        outcome = "asked" if not complete else "right" if sure else "right_flagged"
    return Result(variant, outcome, tuple(rows))


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {outcome: counts.get(outcome, 0) for outcome in OUTCOMES}


def _confusion(results: list[Result]) -> dict[str, dict[str, dict[str, int]]]:
    columns = [*(phase.value for phase in FOUR_PHASES), NOT_TAKEN]
    table = {kind: {column: {"sure": 0, "flagged": 0} for column in columns} for kind in KINDS}
    for result in results:
        for kind, column, confidence in result.taken:
            sure = column == NOT_TAKEN or confidence >= DOUBTFUL_CONFIDENCE
            table[kind][column]["sure" if sure else "flagged"] += 1
    return table
