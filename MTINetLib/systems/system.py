"""What a compared system is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec

from MTINetLib.errors import MissingResourceError

#: The extra that brings what most of them need.
COMPARE_EXTRA = "MTINetLib[compare]"


class Task(str, Enum):
    """What a system answers about a slice."""

    SEGMENTATION = "segmentation"
    REGRESSION = "regression"
    CLASSIFICATION = "classification"


@dataclass(frozen=True)
class System:
    """A system that can be trained on slices and asked about slices.

    Args:
        name: on the command line and in file names.
        title: in tables.
        tasks: that it does.
        source: its publication.
        left_open: what the publication does not say, or says of another setting, and what was chosen.
        architecture: name of its network among the architectures; empty for one without a network.
        changes: of the common training settings, ``key=value``: the loss and the network.
        recipe: its own published optimiser, ``key=value`` again; () for the common one.
        published_batch: slices a step that the recipe's learning rate belongs to; the rate grows and falls
            with the batch in proportion (Goyal et al. 2017). 0 takes it as it is.
        packages: modules that it needs beyond the extra ``train``.
        brought_by: what pip is asked for to get them.
    """

    name: str
    title: str
    tasks: frozenset[Task]
    source: str
    left_open: str
    architecture: str
    changes: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    published_batch: int = 0
    packages: tuple[str, ...] = ()
    brought_by: str = COMPARE_EXTRA

    @property
    def stands_apart(self) -> bool:
        """It needs something that the extra ``compare`` does not bring."""
        return self.brought_by != COMPARE_EXTRA


SEGMENTATION = frozenset({Task.SEGMENTATION})


def check_packages(system: System) -> None:
    """Refuse a system that this Python cannot run, before anything is done.

    Raises:
        MissingResourceError: a package is missing.
    """
    missing = missing_package(system)
    if missing:
        raise MissingResourceError(
            f"{system.title} needs the package {missing}: pip install '{system.brought_by}' brings it."
        )


def missing_package(system: System) -> str:
    """The first of its packages that this Python lacks; empty if none."""
    return next((package for package in system.packages if find_spec(package) is None), "")
