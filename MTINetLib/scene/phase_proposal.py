"""Which volume nodes are taken for which phases: what the user sees and confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from MTINetLib.phases.confidence import DOUBTFUL_CONFIDENCE
from MTINetLib.phases.signal_check import OFFSET
from MTINetLib.presentation.warnings import note_sentences, warning_sentences
from MTINetLib.study.phase import Phase, in_order_of_time, usual_reference


@dataclass(frozen=True)
class PhaseChoice:
    """One volume node taken for one phase.

    Args:
        node_id, name: of the volume node.
        evidence: see study/evidence.py, strongest first.
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
        problems: whole sentences about what is missing or cannot be used.
        left_out: (name, reason) of volumes that no phase was taken from; the reason ends ``it is ...``.
        remarks: whole sentences that are good to know and need nothing done.
        known_flags: what is doubtful of the phases, as in Study, but for their confidence.
    """

    phases: Mapping[Phase, PhaseChoice]
    missing: tuple[Phase, ...]
    problems: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()
    known_flags: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """What is doubtful of the phases, as the study will say it."""
        unsure = [
            f"phase_doubt:{phase.value}"
            for phase, choice in self.phases.items()
            if choice.confidence < DOUBTFUL_CONFIDENCE
        ]
        return tuple(dict.fromkeys((*unsure, *self.known_flags)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Whole sentences about what contradicts the phases, is missing or cannot be used."""
        names = {phase: choice.name for phase, choice in self.phases.items()}
        reference = usual_reference(in_order_of_time(names)) if names else None
        return (*self.problems, *warning_sentences(self.flags, names, reference))

    @property
    def notes(self) -> tuple[str, ...]:
        """Whole sentences that are good to know and need nothing done."""
        return (*self.remarks, *note_sentences(flag for flag in self.flags if flag.startswith(OFFSET)))
