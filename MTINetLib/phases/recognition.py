"""The phases among volumes as far as they are certain: all of them, or some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from MTINetLib.errors import InputError
from MTINetLib.phases.certain import certain_phases
from MTINetLib.phases.clues import Clues
from MTINetLib.phases.evidence import Verdict
from MTINetLib.phases.pixels import NOT_SEEN, PixelCheck, check_pixels
from MTINetLib.phases.recognise import PhaseAssignment, recognise_phases
from MTINetLib.reading.candidates import LeftOut
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase


@dataclass(frozen=True, eq=False)
class Recognition:
    """What was found out.

    Args:
        phases: that were looked for.
        volumes, verdicts: of the certain phases.
        uncertain: what would be taken for the others, where anything speaks for it.
        left_out: volumes that no phase was taken from, with the reason, as far as there is one.
        assignment: of all phases, None where not all are certain.
        clues, bolus_start_s: of the volumes that can be phases, as ``clues_of`` gives them.
    """

    phases: tuple[Phase, ...]
    volumes: Mapping[Phase, SourceVolume]
    verdicts: Mapping[Phase, Verdict]
    uncertain: Mapping[Phase, tuple[SourceVolume, Verdict]]
    left_out: tuple[LeftOut, ...]
    assignment: PhaseAssignment | None
    clues: tuple[Clues, ...]
    bolus_start_s: float | None


def recognition(
    volumes: Sequence[SourceVolume],
    told: Mapping[Phase, SourceVolume] | None = None,
    *,
    phases: Sequence[Phase],
) -> Recognition:
    """As recognise_phases, but where phases cannot be told apart those that are certain stay.

    Args:
        told: volumes of ``volumes`` that are known to be a phase.
    """
    certain = certain_phases(volumes, told or {}, look=_look, phases=phases)
    try:
        whole = recognise_phases(volumes, told, phases=phases)
    except InputError:
        return Recognition(
            tuple(phases),
            certain.volumes,
            certain.verdicts,
            certain.uncertain,
            certain.left_out,
            None,
            certain.clues,
            certain.bolus_start_s,
        )
    return Recognition(
        phases=tuple(phases),
        volumes={phase: whole.volume(phase) for phase in whole.phases},
        verdicts={phase: whole.verdict(phase) for phase in whole.phases},
        uncertain={},
        left_out=whole.left_out,
        assignment=whole,
        clues=certain.clues,
        bolus_start_s=certain.bolus_start_s,
    )


def _look(volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> PixelCheck:
    """The pixel check; volumes that cannot be read say nothing."""
    try:
        return check_pixels(volumes, phases)
    except InputError:
        return NOT_SEEN
