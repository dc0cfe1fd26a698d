"""Whose optimiser trains the compared systems: each system's own, or one for all."""

from __future__ import annotations

from MTINetLib.errors import InputError

#: As each publication says: what its authors found good, with the steps that they took.
PUBLISHED = "published"
#: That of the common settings: what few steps need, where a published one would hardly have begun.
COMMON = "common"
IN_WORDS = {
    PUBLISHED: "of each system, as published",
    COMMON: "the same for all systems, each with its own loss",
}


def takes_published(name: str) -> bool:
    """Whether every system takes its own.

    Raises:
        InputError: the name is neither.
    """
    if name not in IN_WORDS:
        raise InputError(f"--optimisers {name} is unknown; choose {PUBLISHED} or {COMMON}.")
    return name == PUBLISHED
