"""What is certain where not all phases can be told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from MTINetLib.phases.clues import Clues, clues_of
from MTINetLib.phases.confidence import LOWEST_CONFIDENCE
from MTINetLib.phases.evidence import Verdict, judge
from MTINetLib.phases.pixels import PixelCheck
from MTINetLib.phases.scores import best_assignment
from MTINetLib.reading.candidates import LeftOut, candidates_among
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.evidence import evidence
from MTINetLib.study.phase import Phase


@dataclass(frozen=True, eq=False)
class CertainPhases:
    """The phases that evidence carries by themselves, and those that it does not.

    Args:
        volumes, verdicts: of the certain phases.
        uncertain: what would be taken for the others, where anything speaks for it.
        left_out: volumes that cannot be phases.
        phases: that were looked for.
        clues, bolus_start_s: of the volumes that can be, as :func:`clues_of` gives them.
    """

    volumes: Mapping[Phase, SourceVolume]
    verdicts: Mapping[Phase, Verdict]
    uncertain: Mapping[Phase, tuple[SourceVolume, Verdict]]
    left_out: tuple[LeftOut, ...]
    phases: tuple[Phase, ...]
    clues: tuple[Clues, ...] = ()
    bolus_start_s: float | None = None


def certain_phases(
    volumes: Sequence[SourceVolume],
    told: Mapping[Phase, SourceVolume],
    look: Callable[[Sequence[SourceVolume], Sequence[Phase]], PixelCheck] | None = None,
    *,
    phases: Sequence[Phase],
) -> CertainPhases:
    """Keep only phases whose evidence is enough without those that are dropped.

    Args:
        volumes: that ``recognise_phases`` could not tell apart.
        told: volumes of ``volumes`` that are known to be a phase.
        look: reads the pixels of the phases, as :func:`check_pixels`; without it they are not looked at.
        phases: that are looked for.
    """
    named = {id(volume) for volume in told.values()}
    candidates, left_out = candidates_among([volume for volume in volumes if id(volume) not in named])
    allowed = named | {id(volume) for volume in candidates}
    ordered = [volume for volume in volumes if id(volume) in allowed]
    if not ordered:
        return CertainPhases({}, {}, {}, tuple(left_out), phases=tuple(phases))
    clues, start = clues_of(ordered, phases)
    chosen, rivals = best_assignment(clues, told, phases)
    kept = dict(chosen)
    pixels = None
    if look and len(kept) == len(phases):
        pixels = look([kept[phase].volume for phase in phases], phases)
    verdicts: dict[Phase, Verdict] = {}
    uncertain: dict[Phase, tuple[SourceVolume, Verdict]] = {}
    while True:
        verdicts = {
            phase: judge(phase, kept, phase in told, start, rivals.get(phase), pixels, phases)
            for phase in kept
        }
        for phase in verdicts:
            if phase not in told:
                verdicts[phase] = _against_names(phase, kept, clues, verdicts[phase])
        weak = [p for p in verdicts if p not in told and verdicts[p].confidence < LOWEST_CONFIDENCE]
        if not weak:
            break
        # All at once: what contradicts a phase does not become true when the other one is dropped.
        for phase in weak:
            uncertain[phase] = (kept[phase].volume, verdicts[phase])
            # Evidence that leaned on this phase falls with it.
            del kept[phase]
    return CertainPhases(
        volumes={phase: kept[phase].volume for phase in phases if phase in kept},
        verdicts=verdicts,
        uncertain={phase: uncertain[phase] for phase in phases if phase in uncertain},
        left_out=tuple(left_out),
        clues=tuple(clues),
        bolus_start_s=start,
        phases=tuple(phases),
    )


def _against_names(
    phase: Phase, kept: Mapping[Phase, Clues], clues: Sequence[Clues], verdict: Verdict
) -> Verdict:
    """The verdict, doubted where a volume outside the phases is called one and comes at the wrong time.

    Such a volume was left out because of that contradiction, which may as well be the fault of this one.
    """
    own = kept[phase].clock
    for clue in clues:
        name = clue.tag or clue.words.phase
        if own is None or clue.clock is None or name is None or name is phase or clue in kept.values():
            continue
        if (clue.clock.seconds < own.seconds) != name.is_before(phase):
            relation = "before" if own.seconds < clue.clock.seconds else "after"
            said = evidence(f"other_called_{relation}", name, clue.volume.name)
            return Verdict((*verdict.evidence, said), round(0.5 * verdict.confidence, 3), True)
    return verdict
