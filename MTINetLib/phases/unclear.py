"""What is known where the phases of a study are missing or cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from MTINetLib.errors import InputError
from MTINetLib.phases.evidence import Verdict
from MTINetLib.reading.candidates import LeftOut
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase


@dataclass(frozen=True)
class NoOrder:
    """Why the phases cannot be taken in the order of the volumes' numbers.

    Args:
        reason: in words; empty where evidence speaks against what would be ``phase``.
    """

    reason: str = ""
    phase: Phase | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Unclear:
    """What was found, and what is missing of it.

    Args:
        phases: that are looked for.
        found: what would be taken for a phase.
        doubtful: the phases that are open or not sure enough.
        missing: phases that no volume is left for, where all others are certain.
        no_order: why the volumes' order does not help; None where it would.
        order_wanted: the user has asked for the order.
        next_steps: sentences on what else can be done.
    """

    volumes: Sequence[SourceVolume]
    left_out: Sequence[LeftOut]
    phases: Sequence[Phase]
    found: Mapping[Phase, tuple[SourceVolume, Verdict]] = field(default_factory=dict)
    doubtful: Sequence[Phase] = ()
    missing: Sequence[Phase] = ()
    no_order: NoOrder | None = None
    order_wanted: bool = False
    next_steps: tuple[str, ...] = ()


class PhasesUnclear(InputError):  # noqa: N818
    """``presentation.phase_words`` says what is unclear."""

    def __init__(self, unclear: Unclear) -> None:
        super().__init__("The phases are missing or cannot be told apart: name them.")
        self.unclear = unclear
