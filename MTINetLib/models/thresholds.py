"""The thresholds of an analysis: a model brings its own, a user may set others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
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


@dataclass(frozen=True)
class AnalysisSettings:
    """What the user sets; None takes the model's own value. The names are those of :class:`Thresholds`."""

    mask: float | None = None
    peak: float | None = None
    mean: float | None = None
    smallest_mm3: float | None = None
    min_slices: int | None = None
    class_probability: float | None = None
    slice_disagreement: float | None = None
    least_pixels: int | None = None

    def over(self, own: Thresholds) -> Thresholds:
        """The model's own thresholds with the user's changes; peak rises with mask unless it is set."""
        changes = {name: value for name, value in asdict(self).items() if value is not None}
        if "mask" in changes and "peak" not in changes:
            changes["peak"] = max(own.peak, changes["mask"])
        return replace(own, **changes)
