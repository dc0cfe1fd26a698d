"""What every model answers about a study, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from MTINetLib.models.info import ModelInfo
from MTINetLib.models.reading import LesionReading
from MTINetLib.progress import Progress
from MTINetLib.study.study import Study


@dataclass(frozen=True)
class Computation:
    """How the answers about a study were computed, for the provenance.

    Args:
        device: where, for people.
        precision: of the arithmetic, such as ``bf16`` or ``fp32 (TF32)``.
        backend: the program that ran it.
        notes: what had to be done about memory and devices, see findings/notes.py.
        settings: of the preprocessing, as plain values.
        flags: doubts about the study that came up.
    """

    device: str
    precision: str
    backend: str
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


class LesionModel(Protocol):
    """Finds lesions in a study, and reads lesions that are outlined."""

    @property
    def info(self) -> ModelInfo:
        """What it is."""

    def probability(self, study: Study, progress: Progress | None = None) -> npt.NDArray[np.float32]:
        """Tumour probability, float32 [K, J, I] on the study's grid, between 0 and 1."""

    def anatomy(self, study: Study, progress: Progress | None = None) -> npt.NDArray[np.uint8] | None:
        """The organ of each voxel, uint8 [K, J, I] on the study's grid, see study/anatomy.py.

        It comes of the same work as :meth:`probability`. None for a model that does not tell
        (``info.anatomy``).
        """

    def read(
        self, study: Study, labels: npt.NDArray[Any], progress: Progress | None = None
    ) -> dict[int, LesionReading]:
        """What it says of each lesion under its mask; one too small to be seen has no reading.

        Args:
            labels: [K, J, I] on the study's grid, whole numbers.
        """

    def computation(self, study: Study) -> Computation:
        """How its answers about the study were computed; ask afterwards."""
