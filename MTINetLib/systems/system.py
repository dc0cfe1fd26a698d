"""What a compared system is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec

from MTINetLib.errors import MissingResourceError


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


SEGMENTATION = frozenset({Task.SEGMENTATION})


def check_packages(system: System) -> None:
    """Refuse a system that this Python cannot run, before anything is done.

    Raises:
        MissingResourceError: a package is missing.
    """
    for package in system.packages:
        if find_spec(package) is None:
            raise MissingResourceError(
                f"{system.title} needs the package {package}: pip install 'MTINetLib[compare]' brings it."
            )
