"""The thresholds of an analysis: a model brings its own, a user may set others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from MTINetLib.errors import InputError


@dataclass(frozen=True)
class Thresholds:
    """What turns probabilities into lesions and logits into a class.

    Args:
        mask: probability above which a voxel belongs to a lesion.
        peak: a component counts only if it reaches this probability somewhere (hysteresis); not below mask.
        mean: a component counts only if its voxels reach this probability on average; 0 asks nothing. A
            lesion is sure inside and doubtful at its edge, a vessel cut along is doubtful throughout.
        smallest_mm3: components smaller than this are specks. 30 mm3 is a ball of 3.9 mm.
        min_slices: components in fewer slices of the reference grid are specks.
        class_probability: below this the class is undecided; 0.5 decides always.
        slice_disagreement: undecided when slices with more than this share of the lesion's area
            speak for the other class.
        least_pixels: undecided when the lesion covers fewer pixels than this in all network slices.

    Raises:
        InputError: a value makes no sense; the sentence names it.
    """

    mask: float = 0.5
    peak: float = 0.5
    mean: float = 0.0
    smallest_mm3: float = 30.0
    min_slices: int = 1
    class_probability: float = 0.7
    slice_disagreement: float = 0.35
    least_pixels: int = 8

    def __post_init__(self) -> None:
        for name in ("mask", "peak", "class_probability", "slice_disagreement"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(
                    f"The threshold {name} is {getattr(self, name)}; it must lie between 0 and 1."
                )
        if self.peak < self.mask:
            raise InputError(f"The threshold peak ({self.peak}) must not be below mask ({self.mask}).")
        if not 0 <= self.mean < 1:
            raise InputError(f"The threshold mean is {self.mean}; it must be at least 0 and below 1.")
        for name in ("smallest_mm3", "min_slices", "least_pixels"):
            if getattr(self, name) < 0:
                raise InputError(f"The threshold {name} is {getattr(self, name)}; it must not be negative.")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Thresholds:
        """Thresholds from JSON; what is not named keeps its default.

        Raises:
            InputError: an unknown name, or a value that is no number.
        """
        known = {field.name: type(field.default) for field in fields(cls)}
        for name, value in values.items():
            if name not in known:
                raise InputError(f"Unknown threshold {name!r}; known are {', '.join(known)}.")
            whole = known[name] is int
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise InputError(f"The threshold {name} is {value!r}; it must be a {'whole ' * whole}number.")
        return cls(**values)

    def changed(self, changes: Mapping[str, Any]) -> Thresholds:
        """These thresholds with a user's changes, by name; ``peak`` rises with ``mask`` unless it is set.

        Raises:
            InputError: an unknown name, a value that is no number or makes no sense.
        """
        values = {**self.to_dict(), **changes}
        if "peak" not in changes and isinstance(values["mask"], (int, float)):
            values["peak"] = max(self.peak, values["mask"])
        return Thresholds.from_dict(values)
