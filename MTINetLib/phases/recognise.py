"""Recognises the phases among a study's volumes, by evidence and never by a silent guess.

The tiers, strongest first: the user's word; explicit phase tags; acquisition times after the bolus or
between phases; words in the description; the order of time points; a check of the pixels.
phases/README.md explains them with their weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from MTINetLib.errors import InputError
from MTINetLib.phases.certain import certain_phases
from MTINetLib.phases.clues import Clues, clues_of
from MTINetLib.phases.confidence import DOUBTFUL_CONFIDENCE, LOWEST_CONFIDENCE
from MTINetLib.phases.evidence import Verdict, judge
from MTINetLib.phases.order import in_order
from MTINetLib.phases.pixels import PixelCheck, check_pixels
from MTINetLib.phases.scores import best_assignment
from MTINetLib.phases.told_volume import told_volume
from MTINetLib.phases.unclear import NoOrder, PhasesUnclear, Unclear
from MTINetLib.reading.candidates import LeftOut, candidates_among
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase, in_order_of_time, titles_of
from MTINetLib.study.study import PhaseSource


@dataclass(frozen=True, eq=False)
class PhaseAssignment:
    """Which volume is which phase, and why.

    Args:
        volumes: in the order of ``phases``.
        verdicts: evidence sentences and confidence, in the order of ``phases``.
        times_s: as in Study.
        left_out: volumes that no phase was taken from, with the reason.
        flags: see phases/README.md.
        phases: which ones, in the order of time.
    """

    volumes: tuple[SourceVolume, ...]
    verdicts: tuple[Verdict, ...]
    times_s: tuple[float | None, ...]
    left_out: tuple[LeftOut, ...] = ()
    flags: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = field(kw_only=True)

    def volume(self, phase: Phase) -> SourceVolume:
        return self.volumes[self.phases.index(phase)]

    def verdict(self, phase: Phase) -> Verdict:
        return self.verdicts[self.phases.index(phase)]

    def source(self, phase: Phase) -> PhaseSource:
        """Where a phase came from, as the study keeps it."""
        volume, verdict = self.volume(phase), self.verdict(phase)
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
    phases: Sequence[Phase],
    assume_order: bool = False,
) -> PhaseAssignment:
    """Find the phases of a study.

    Args:
        volumes: of one study, as read_dicom_folder gives them.
        told: the user's word: a volume of ``volumes``, or its number in their order (``#3``), its
            description, or its series UID.
        phases: that are looked for, in the order of time.
        assume_order: the user confirms that as many volumes, which nothing else names, were taken in the
            order of their numbers (see in_order). Evidence that is enough without it stands.

    Raises:
        InputError: phases are missing or cannot be told apart; the sentence lists what was found.
    """
    fixed = {phase: told_volume(volumes, phase, word) for phase, word in (told or {}).items()}
    _refuse_other_phases(fixed, phases)
    _refuse_twice(fixed)
    candidates, left_out = candidates_among([v for v in volumes if not _among(v, fixed.values())])
    ordered = [v for v in volumes if _among(v, candidates) or _among(v, fixed.values())]
    if not ordered:
        raise PhasesUnclear(Unclear(volumes, left_out, phases))
    clues, start = clues_of(ordered, phases)
    found = _by_evidence(clues, start, fixed, phases)
    if found.doubtful:
        assumed = _by_order(clues, start, fixed, phases)
        if isinstance(assumed, NoOrder) or not assume_order:
            what = {phase: (found.chosen[phase].volume, found.verdicts[phase]) for phase in found.chosen}
            against = assumed if isinstance(assumed, NoOrder) else None
            missing = _missing(volumes, fixed, ordered, phases)
            raise PhasesUnclear(
                Unclear(volumes, left_out, phases, what, found.doubtful, missing, against, assume_order)
            )
        found = assumed
    used = [found.chosen[phase].volume for phase in phases]
    left_out += [
        LeftOut(volume, why_not(volume, clues, phases, phases))
        for volume in candidates
        if not _among(volume, used)
    ]
    times, time_flags = _times(found.chosen, start, phases)
    order_flag = ("order_assumed",) if any(found.chosen[phase].assumed for phase in phases) else ()
    return PhaseAssignment(
        volumes=tuple(used),
        verdicts=tuple(found.verdicts[phase] for phase in phases),
        times_s=times,
        left_out=tuple(left_out),
        flags=(*_flags(found.verdicts, found.rivals, phases), *order_flag, *time_flags),
        phases=tuple(phases),
    )


def _missing(
    volumes: Sequence[SourceVolume],
    fixed: Mapping[Phase, SourceVolume],
    usable: Sequence[SourceVolume],
    phases: Sequence[Phase],
) -> tuple[Phase, ...]:
    """The phases that no volume is left for, where every volume that can be a phase certainly is another."""
    certain = certain_phases(volumes, fixed, phases=phases)
    if certain.uncertain or len(certain.volumes) < len(usable):
        return ()
    return tuple(phase for phase in phases if phase not in certain.volumes)


@dataclass(frozen=True)
class _Found:
    """An assignment with its verdicts; ``doubtful`` phases are open or not sure enough."""

    chosen: Mapping[Phase, Clues]
    rivals: Mapping[Phase, Clues]
    verdicts: Mapping[Phase, Verdict]
    doubtful: Sequence[Phase]


def _by_evidence(
    clues: Sequence[Clues],
    start: float | None,
    fixed: Mapping[Phase, SourceVolume],
    phases: Sequence[Phase],
) -> _Found:
    chosen, rivals = best_assignment(clues, fixed, phases)
    doubtful = [phase for phase in phases if phase not in chosen]
    if doubtful:
        # Filled all the same, only to say in the error what speaks for and against.
        chosen, rivals = best_assignment(clues, fixed, phases, open_score=-50.0)
    pixels = None if doubtful else _pixels(chosen, phases)
    verdicts = {
        phase: judge(phase, chosen, phase in fixed, start, rivals.get(phase), pixels, phases)
        for phase in chosen
    }
    doubtful += [phase for phase in chosen if verdicts[phase].confidence < LOWEST_CONFIDENCE]
    return _Found(chosen, rivals, verdicts, doubtful)


def _by_order(
    clues: Sequence[Clues],
    start: float | None,
    fixed: Mapping[Phase, SourceVolume],
    phases: Sequence[Phase],
) -> _Found | NoOrder:
    """The phases in the order of the volumes' numbers, or why that is against the evidence."""
    chosen, trouble = in_order(clues, fixed, phases)
    if trouble is not None:
        return NoOrder(trouble)
    try:
        pixels = _pixels(chosen, phases)
    except InputError as error:
        return NoOrder(str(error).rstrip("."))
    verdicts = {phase: judge(phase, chosen, phase in fixed, start, None, pixels, phases) for phase in phases}
    weak = [phase for phase in phases if verdicts[phase].confidence < LOWEST_CONFIDENCE]
    if weak:
        said = [item for item in verdicts[weak[0]].evidence if not item.startswith("assumed:")]
        return NoOrder(phase=weak[0], evidence=tuple(said))
    assumed = {
        phase: replace(chosen[phase], assumed=None) if phase in fixed else chosen[phase] for phase in phases
    }
    return _Found(assumed, {}, verdicts, ())


def _among(volume: SourceVolume, others: object) -> bool:
    return any(volume is other for other in others)  # type: ignore[attr-defined]


def _refuse_other_phases(fixed: Mapping[Phase, SourceVolume], phases: Sequence[Phase]) -> None:
    for phase, volume in fixed.items():
        if phase not in phases:
            raise InputError(
                f"'{volume.name}' was named as the {phase.title} phase, which the model does not take; it "
                f"takes {titles_of(phases)}."
            )


def _refuse_twice(fixed: Mapping[Phase, SourceVolume]) -> None:
    for phase, other in combinations(in_order_of_time(fixed), 2):
        if fixed[phase] is fixed[other]:
            raise InputError(
                f"'{fixed[phase].name}' was named as both the {phase.title} and the {other.title} phase; "
                "name a different volume for each."
            )


def _pixels(chosen: Mapping[Phase, Clues], phases: Sequence[Phase]) -> PixelCheck:
    return check_pixels([chosen[phase].volume for phase in phases], phases)


def why_not(
    volume: SourceVolume, clues: Sequence[Clues], found: Sequence[Phase], phases: Sequence[Phase]
) -> str:
    """Why no phase is taken from a volume that might be one; ``found`` are those of ``phases`` that were."""
    words = next((clue.words for clue in clues if clue.volume is volume), None)
    if words is not None and words.hepatobiliary:
        return "a hepatobiliary phase"
    if words is not None and words.phase is not None and words.phase in found:
        return f"another {words.phase.title} volume, the one used fits better"
    if words is not None and words.phase is not None and words.phase not in phases:
        return f"a {words.phase.title} phase, which the model does not take"
    if len(found) == len(phases):
        return "a further dynamic volume, the ones used fit better"
    return "nothing tells which phase it is"


def _times(
    chosen: Mapping[Phase, Clues], start: float | None, phases: Sequence[Phase]
) -> tuple[tuple[float | None, ...], tuple[str, ...]]:
    """Seconds after the bolus, or after the pre-contrast phase; all None without a common clock."""
    clocks = [chosen[phase].clock for phase in phases]
    first = clocks[0]
    origin = start if start is not None else None if first is None else first.seconds
    if origin is None:
        return (None,) * len(clocks), ("times_unknown",)
    times = tuple(None if clock is None else round(clock.seconds - origin, 3) for clock in clocks)
    flags = () if start is not None else ("times_from_pre",)
    return times, flags


def _flags(
    verdicts: Mapping[Phase, Verdict], rivals: Mapping[Phase, Clues], phases: Sequence[Phase]
) -> list[str]:
    flags = []
    for phase in phases:
        if verdicts[phase].confidence < DOUBTFUL_CONFIDENCE:
            flags.append(f"phase_doubt:{phase.value}")
        if verdicts[phase].contradicted:
            flags.append(f"phase_contradiction:{phase.value}")
        if phase in rivals:
            flags.append(f"several_candidates:{phase.value}")
    return flags
