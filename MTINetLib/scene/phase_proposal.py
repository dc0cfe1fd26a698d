"""Which volume nodes are taken for which phases: what the user sees and confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from MTINetLib.study.phase import Phase


@dataclass(frozen=True)
class PhaseChoice:
    """One volume node taken for one phase.

    Args:
        node_id, name: of the volume node.
        evidence: sentences without a full stop, strongest first.
        confidence: 0 to 1; 1 is the user's own word.
        time_s: seconds after the start of the bolus, or after the pre-contrast phase; None if unknown.
        series_uid, time_point, instance_uids: as in PhaseSource.
    """

    node_id: str
    name: str
    evidence: tuple[str, ...]
    confidence: float
    time_s: float | None
    series_uid: str | None = None
    time_point: int | None = None
    instance_uids: tuple[str, ...] = ()


@dataclass(frozen=True)
class PhaseProposal:
    """The phases that are certain enough, and what the user should know.

    Args:
        phases: without the phases that nothing certain is known about.
        missing: those phases.
        warnings: whole sentences about what contradicts or is missing.
        left_out: (name, reason) of volumes that no phase was taken from; the reason ends ``it is ...``.
        notes: whole sentences that are good to know and need nothing done.
    """

    phases: Mapping[Phase, PhaseChoice]
    missing: tuple[Phase, ...]
    warnings: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
