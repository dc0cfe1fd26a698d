"""How the phases are named on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from MTINetLib.study.phase import FOUR_PHASES, Phase, listed

#: Phases that have an option of their own; the others are named as ``--phase NAME=PATH``.
OWN_OPTIONS = {phase: f"--{phase.value.replace('_', '-')}" for phase in FOUR_PHASES}


def option_of(phase: Phase) -> str:
    """``--portal-venous``, or ``--phase hepatobiliary=...``."""
    return OWN_OPTIONS.get(phase, f"--phase {phase.value}=...")


def options_of(phases: Sequence[Phase], joined: str = "and") -> str:
    """``--pre, --arterial and --delayed``."""
    return listed([option_of(phase) for phase in phases], joined)
