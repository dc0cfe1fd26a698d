"""Which classes a lesion may have, with a stated error: split conformal prediction, class by class.

Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; class by class: Vovk, Machine
Learning 92 (2013) 349-376.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from MTINetLib.errors import InputError


@dataclass(frozen=True)
class ClassSets:
    """The classes that are possible for a lesion.

    Args:
        error: at most this share of the lesions of each class have a set without their class, among lesions
            like those that the sets were fitted on.
        least: by class, the probability from which on it is possible.

    Raises:
        InputError: no error between 0 and 1, or a probability that is none.
    """

    error: float
    least: Mapping[str, float]

    def __post_init__(self) -> None:
        if not 0 < self.error < 1 or not all(0 <= value <= 1 for value in self.least.values()):
            raise InputError("Its class sets have an error or probabilities that do not lie between 0 and 1.")

    def of(self, probabilities: Mapping[str, float]) -> tuple[str, ...]:
        """The possible classes; a class that the sets do not know is always possible."""
        return tuple(name for name, share in probabilities.items() if share >= self.least.get(name, 0.0))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"least": dict(self.least)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ClassSets:
        """What :meth:`to_dict` gave."""
        least = {str(name): float(value) for name, value in values["least"].items()}
        return cls(float(values["error"]), least)
