"""Image classifiers as readers of a slice: the last layer gives a curve or classes, the first takes P phases.

As the paper compares them: the whole slice goes in, no mask is needed. A curve is learnt by its absolute
error, as MTI-Net's is (the paper says "an appropriate regression loss"), classes by cross-entropy. Weights
begin at random.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from MTINetLib.errors import InputError
from MTINetLib.systems.settings import SystemSettings
from MTINetLib.systems.system import System, Task


@dataclass(frozen=True)
class ReaderSettings(SystemSettings):
    """``task`` is regression or classification."""

    task: str = field(default="regression")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.task == "segmentation":
            raise InputError(
                "Network setting task is segmentation; this network reads, and outlines nothing."
            )


def reading_systems(
    name: str,
    title: str,
    source: str,
    left_open: str,
    architecture: str,
    recipe: tuple[str, ...],
    published_batch: int,
    packages: tuple[str, ...] = ("timm",),
) -> tuple[System, System]:
    """The system for regression and the one for classification, see ``System``."""
    regression, classification = (
        System(
            f"{name}-{short}",
            title,
            frozenset({task}),
            source,
            left_open,
            architecture,
            (f"network.task={task.value}", "loss.regression=1", "loss.classification=1"),
            recipe,
            published_batch,
            packages,
        )
        for short, task in (("reg", Task.REGRESSION), ("cls", Task.CLASSIFICATION))
    )
    return regression, classification
