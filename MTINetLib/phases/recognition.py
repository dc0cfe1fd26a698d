"""The phases among volumes as far as they are certain: all of them, or some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from MTINetLib.errors import InputError
from MTINetLib.phases.certain import CertainPhases, certain_phases
from MTINetLib.phases.pixels import NOT_SEEN, PixelCheck, check_pixels
from MTINetLib.phases.recognise import PhaseAssignment, recognise_phases
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase


@dataclass(frozen=True, eq=False)
class Recognition(CertainPhases):
    """What was found out; ``assignment`` is of all phases, None where not all are certain."""

    assignment: PhaseAssignment | None = None


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
        return Recognition(**vars(certain))
    found = {
        "volumes": {phase: whole.volume(phase) for phase in whole.phases},
        "verdicts": {phase: whole.verdict(phase) for phase in whole.phases},
        "uncertain": {},
        "left_out": whole.left_out,
    }
    return Recognition(**{**vars(certain), **found}, assignment=whole)


def _look(volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> PixelCheck:
    """The pixel check; volumes that cannot be read say nothing."""
    try:
        return check_pixels(volumes, phases)
    except InputError:
        return NOT_SEEN
