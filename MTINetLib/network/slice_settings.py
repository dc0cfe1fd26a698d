"""What the settings of every network say, whatever its architecture."""

from __future__ import annotations

from typing import Any, Protocol


class SliceSettings(Protocol):
    """Settings of a slice-wise network; a frozen dataclass, so that training can change them as text."""

    @property
    def image_size(self) -> int:
        """Side in pixels of the square slices that it takes."""

    @property
    def phase_count(self) -> int:
        """Images that a slice has, one a contrast phase."""

    def for_phases(self, count: int) -> SliceSettings:
        """The same for slices of so many images."""

    @property
    def segments(self) -> bool:
        """Does it outline tumours? One that does not is asked about whole slices only."""

    @property
    def regresses(self) -> bool:
        """Does it predict enhancement curves?"""

    @property
    def classifies(self) -> bool:
        """Does it tell classes apart?"""

    @property
    def lesion_focus(self) -> str:
        """``mask``: it is asked about one lesion under its mask; ``slice``: about the whole slice."""

    @property
    def neighbours(self) -> int:
        """Slices before and as many behind that it looks at beside the slice itself."""

    @property
    def anatomy_classes(self) -> int:
        """Values of the anatomy map that it answers with, 0 if it answers with none."""

    def without_anatomy(self) -> SliceSettings:
        """The same network without an answer about anatomy."""

    @property
    def tim(self) -> bool:
        """Does training compare its mask with its curve (task interaction)?"""

    @property
    def class_outputs(self) -> int:
        """Lesion classes that it tells apart, 0 if none."""

    def for_classes(self, count: int) -> SliceSettings:
        """The same network for so many lesion classes; without an answer about classes for 0."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""


def offsets(neighbours: int) -> tuple[int, ...]:
    """Where the slices lie that a network looks at: itself, then before and behind, nearest first."""
    return (0, *(side * step for step in range(1, neighbours + 1) for side in (-1, 1)))


def input_channels(settings: SliceSettings) -> int:
    """Channels of a network's input: the phases of the slice itself, then of its neighbours."""
    return settings.phase_count * len(offsets(settings.neighbours))
