"""Settings of a compared system's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from MTINetLib.errors import InputError
from MTINetLib.network.plain_settings import settings_of_plain_values

if TYPE_CHECKING:
    from typing_extensions import Self

_LARGEST_SIDE = 1024
_MOST_PHASES = 32
_MOST_CLASSES = 64


@dataclass(frozen=True)
class SystemSettings:
    """What all compared systems have in common: they look at one slice, alone and whole.

    Args:
        image_size: side of the square slices, pixels; a multiple of 32.
        phase_count: P, channels of the input.
        class_count: lesion classes that a classifier tells apart.
        task: the one that the network does, a value of ``Task``.
    """

    image_size: int = 256
    phase_count: int = 4
    class_count: int = 2
    task: str = "segmentation"

    def __post_init__(self) -> None:
        if not 32 <= self.image_size <= _LARGEST_SIDE or self.image_size % 32:
            raise InputError(
                f"Network setting image_size is {self.image_size}; it must be a multiple of 32, at most "
                f"{_LARGEST_SIDE}."
            )
        for name, least, most in (("phase_count", 1, _MOST_PHASES), ("class_count", 2, _MOST_CLASSES)):
            if not least <= getattr(self, name) <= most:
                raise InputError(
                    f"Network setting {name} is {getattr(self, name)}; it lies between {least} and {most}."
                )
        if self.task not in ("segmentation", "regression", "classification"):
            raise InputError(
                f"Network setting task is {self.task!r}; choose segmentation, regression or classification."
            )

    @property
    def segments(self) -> bool:
        """Does it outline tumours?"""
        return self.task == "segmentation"

    @property
    def regresses(self) -> bool:
        """Does it predict enhancement curves?"""
        return self.task == "regression"

    @property
    def classifies(self) -> bool:
        """Does it tell classes apart?"""
        return self.task == "classification"

    @property
    def answers(self) -> int:
        """Outputs of a network that answers about the slice as a whole; 1 logit a pixel of a mask."""
        return {"segmentation": 1, "regression": self.phase_count}.get(self.task, self.class_count)

    @property
    def class_outputs(self) -> int:
        """Lesion classes that it tells apart, 0 if none."""
        return self.class_count if self.classifies else 0

    @property
    def lesion_focus(self) -> str:
        """It is asked about the whole slice."""
        return "slice"

    @property
    def neighbours(self) -> int:
        """It sees the slice alone."""
        return 0

    @property
    def anatomy_classes(self) -> int:
        """It says nothing of organs."""
        return 0

    @property
    def tim(self) -> bool:
        """Its mask and its curve are not compared: it never has both."""
        return False

    def for_phases(self, count: int) -> Self:
        """The same for slices of so many images."""
        return replace(self, phase_count=count)

    def for_classes(self, count: int) -> Self:
        """The same network for so many lesion classes.

        Raises:
            InputError: it is a classifier, and there are none.
        """
        if count:
            return replace(self, class_count=count)
        if self.classifies:
            raise InputError("A classifier needs lesions of two classes; the dataset has fewer.")
        return self

    def without_anatomy(self) -> Self:
        """The same network."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``from_dict`` reads them back."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from JSON; what is not named keeps its default.

        Raises:
            InputError: a name that no setting has, or a value of the wrong kind.
        """
        return settings_of_plain_values(cls, values)


def counts_of(name: str, value: Any, how_many: int, most: int = 4096) -> tuple[int, ...]:
    """A setting of so many positive whole numbers, checked.

    Raises:
        InputError: it is something else.
    """
    counts = tuple(value) if isinstance(value, (list, tuple)) else ()
    if len(counts) != how_many or not all(type(one) is int and 0 < one <= most for one in counts):
        raise InputError(
            f"Network setting {name} is {value!r}; it must be {how_many} whole numbers from 1 to {most}."
        )
    return counts
