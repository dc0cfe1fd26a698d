"""Recognises the four phases among a study's volumes, by evidence and never by a silent guess.

The tiers, strongest first: the user's word; explicit phase tags; acquisition times after the bolus or
between phases; words in the description; the order of time points; a check of the pixels.
phases/README.md explains them with their weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from MTINetLib.errors import InputError
from MTINetLib.phases.clues import Clues, best_assignment, clues_of
from MTINetLib.phases.evidence import Verdict, judge
from MTINetLib.phases.order import OPTION, in_order
from MTINetLib.phases.pixels import PixelCheck, check_pixels
from MTINetLib.phases.report import cannot_tell, told_volume
from MTINetLib.reading.candidates import LeftOut, candidates_among
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.study.study import PhaseSource

#: A phase below this confidence is not used; the user is asked instead.
LOWEST_CONFIDENCE = 0.6
#: A phase below this confidence is used, and flagged.
DOUBTFUL_CONFIDENCE = 0.8


@dataclass(frozen=True, eq=False)
class PhaseAssignment:
    """Which volume is which phase, and why.

    Args:
        volumes: in the order of PHASES.
        verdicts: evidence sentences and confidence, in the order of PHASES.
        times_s: as in Study.
        left_out: volumes that no phase was taken from, with the reason.
        flags: see phases/README.md.
    """

    volumes: tuple[SourceVolume, SourceVolume, SourceVolume, SourceVolume]
    verdicts: tuple[Verdict, Verdict, Verdict, Verdict]
    times_s: tuple[float | None, ...]
    left_out: tuple[LeftOut, ...] = ()
    flags: tuple[str, ...] = ()

    def volume(self, phase: Phase) -> SourceVolume:
        return self.volumes[phase.index]

    def source(self, phase: Phase) -> PhaseSource:
        """Where a phase came from, as the study keeps it."""
        volume, verdict = self.volumes[phase.index], self.verdicts[phase.index]
        return PhaseSource(
            description=volume.name,
            evidence=verdict.evidence,
            confidence=verdict.confidence,
            series_uid=volume.series_uid,
            time_point=volume.time_point,
            instance_uids=volume.instance_uids,
            images=volume.images,
        )


def recognise_phases(
    volumes: Sequence[SourceVolume],
    told: Mapping[Phase, SourceVolume | str] | None = None,
    *,
    assume_order: bool = False,
) -> PhaseAssignment:
    """Find the four phases.

    Args:
        volumes: of one study, as read_dicom_folder gives them.
        told: the user's word: a volume of ``volumes``, or its number in their order (``#3``), its
            description, or its series UID.
        assume_order: the user confirms that four volumes which nothing else names were taken in the
            order of their numbers (see recognise_order). Evidence that is enough without it stands.

    Raises:
        InputError: phases are missing or cannot be told apart; the sentence lists what was found.
    """
    fixed = {phase: told_volume(volumes, phase, word) for phase, word in (told or {}).items()}
    _refuse_twice(fixed)
    candidates, left_out = candidates_among([v for v in volumes if not _among(v, fixed.values())])
    ordered = [v for v in volumes if _among(v, candidates) or _among(v, fixed.values())]
    if not ordered:
        raise InputError(cannot_tell(volumes, left_out, {}, "no volume looks like a dynamic T1 series"))
    clues, start = clues_of(ordered)
    found = _by_evidence(clues, start, fixed)
    if found.doubtful:
        assumed, trouble = _by_order(clues, start, fixed)
        if assumed is None or not assume_order:
            what = {phase: (found.chosen[phase].volume, found.verdicts[phase]) for phase in found.chosen}
            hint = _hint(trouble, assume_order)
            raise InputError(cannot_tell(volumes, left_out, what, found.doubtful, hint))
        found = assumed
    used = [found.chosen[phase].volume for phase in PHASES]
    left_out += [
        LeftOut(volume, why_not(volume, clues, PHASES)) for volume in candidates if not _among(volume, used)
    ]
    times, time_flags = _times(found.chosen, start)
    order_flag = ("order_assumed",) if any(found.chosen[phase].assumed for phase in PHASES) else ()
    return PhaseAssignment(
        volumes=(used[0], used[1], used[2], used[3]),
        verdicts=tuple(found.verdicts[phase] for phase in PHASES),  # type: ignore[arg-type]
        times_s=times,
        left_out=tuple(left_out),
        flags=(*_flags(found.verdicts, found.rivals), *order_flag, *time_flags),
    )


@dataclass(frozen=True)
class _Found:
    """An assignment with its verdicts; ``doubtful`` phases are open or not sure enough."""

    chosen: Mapping[Phase, Clues]
    rivals: Mapping[Phase, Clues]
    verdicts: Mapping[Phase, Verdict]
    doubtful: Sequence[Phase]


def _by_evidence(clues: Sequence[Clues], start: float | None, fixed: Mapping[Phase, SourceVolume]) -> _Found:
    chosen, rivals = best_assignment(clues, fixed)
    doubtful = [phase for phase in PHASES if phase not in chosen]
    if doubtful:
        # Filled all the same, only to say in the error what speaks for and against.
        chosen, rivals = best_assignment(clues, fixed, open_score=-50.0)
    pixels = None if doubtful else _pixels(chosen)
    verdicts = {
        phase: judge(phase, chosen, phase in fixed, start, rivals.get(phase), pixels) for phase in chosen
    }
    doubtful += [phase for phase in chosen if verdicts[phase].confidence < LOWEST_CONFIDENCE]
    return _Found(chosen, rivals, verdicts, doubtful)


def _by_order(
    clues: Sequence[Clues], start: float | None, fixed: Mapping[Phase, SourceVolume]
) -> tuple[_Found | None, str]:
    """The phases in the order of the volumes' numbers; None, and why, where that is against the evidence."""
    chosen, trouble = in_order(clues, fixed)
    if trouble is not None:
        return None, trouble
    try:
        pixels = _pixels(chosen)
    except InputError as error:
        return None, str(error).rstrip(".")
    verdicts = {phase: judge(phase, chosen, phase in fixed, start, None, pixels) for phase in PHASES}
    weak = [phase for phase in PHASES if verdicts[phase].confidence < LOWEST_CONFIDENCE]
    if weak:
        said = [text for text in verdicts[weak[0]].evidence if text != chosen[weak[0]].assumed]
        return None, f"of what would be the {weak[0].title} phase it is known that {' and '.join(said)}"
    assumed = {
        phase: replace(chosen[phase], assumed="") if phase in fixed else chosen[phase] for phase in PHASES
    }
    return _Found(assumed, {}, verdicts, ()), ""


def _hint(trouble: str, assume_order: bool) -> str:
    if assume_order:
        return f"{OPTION} cannot help: {trouble}. "
    return "" if trouble else f"If they were taken in the order of their numbers, confirm it with {OPTION}. "


def _among(volume: SourceVolume, others: object) -> bool:
    return any(volume is other for other in others)  # type: ignore[attr-defined]


def _refuse_twice(fixed: Mapping[Phase, SourceVolume]) -> None:
    phases = [phase for phase in PHASES if phase in fixed]
    for phase, other in combinations(phases, 2):
        if fixed[phase] is fixed[other]:
            raise InputError(
                f"'{fixed[phase].name}' was named as both the {phase.title} and the {other.title} phase; "
                "name a different volume for each."
            )


def _pixels(chosen: Mapping[Phase, Clues]) -> PixelCheck:
    return check_pixels([chosen[phase].volume for phase in PHASES])


def why_not(volume: SourceVolume, clues: Sequence[Clues], found: Sequence[Phase]) -> str:
    """Why no phase is taken from a volume that might be one; ``found`` are the phases that were found."""
    words = next((clue.words for clue in clues if clue.volume is volume), None)
    if words is not None and words.hepatobiliary:
        return "a hepatobiliary phase"
    if words is not None and words.phase is not None and words.phase in found:
        return f"another {words.phase.title} volume, the one used fits better"
    if len(found) == len(PHASES):
        return "a further dynamic volume, the ones used fit better"
    return "nothing tells which phase it is"


def _times(
    chosen: Mapping[Phase, Clues], start: float | None
) -> tuple[tuple[float | None, ...], tuple[str, ...]]:
    """Seconds after the bolus, or after the pre-contrast phase; all None without a common clock."""
    clocks = [chosen[phase].clock for phase in PHASES]
    first = clocks[0]
    origin = start if start is not None else None if first is None else first.seconds
    if origin is None:
        return (None, None, None, None), ("times_unknown",)
    times = [None if clock is None else round(clock.seconds - origin, 3) for clock in clocks]
    flags = () if start is not None else ("times_from_pre",)
    return (times[0], times[1], times[2], times[3]), flags


def _flags(verdicts: Mapping[Phase, Verdict], rivals: Mapping[Phase, Clues]) -> list[str]:
    flags = []
    for phase in PHASES:
        if verdicts[phase].confidence < DOUBTFUL_CONFIDENCE:
            flags.append(f"phase_doubt:{phase.value}")
        if verdicts[phase].contradicted:
            flags.append(f"phase_contradiction:{phase.value}")
        if phase in rivals:
            flags.append(f"several_candidates:{phase.value}")
    return flags
