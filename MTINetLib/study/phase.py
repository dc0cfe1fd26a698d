"""The four phases of a dynamic contrast-enhanced liver MRI."""

from __future__ import annotations

from enum import Enum


class Phase(Enum):
    """One contrast phase; the value is the name used in files and on the command line."""

    PRE = "pre"
    ARTERIAL = "arterial"
    PORTAL_VENOUS = "portal_venous"
    DELAYED = "delayed"

    @property
    def title(self) -> str:
        """The name for people, as in ``portal venous``."""
        return _TITLES[self]

    @property
    def index(self) -> int:
        """Position in the fixed order PRE, ARTERIAL, PORTAL_VENOUS, DELAYED."""
        return PHASES.index(self)


PHASES: tuple[Phase, Phase, Phase, Phase] = (
    Phase.PRE,
    Phase.ARTERIAL,
    Phase.PORTAL_VENOUS,
    Phase.DELAYED,
)

_TITLES = {
    Phase.PRE: "pre-contrast",
    Phase.ARTERIAL: "arterial",
    Phase.PORTAL_VENOUS: "portal venous",
    Phase.DELAYED: "delayed",
}
