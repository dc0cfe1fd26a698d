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
    def regresses(self) -> bool:
        """Does it predict enhancement curves?"""

    @property
    def classifies(self) -> bool:
        """Does it tell classes apart?"""

    @property
    def lesion_focus(self) -> str:
        """``mask``: it is asked about one lesion under its mask; ``slice``: about the whole slice."""

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
