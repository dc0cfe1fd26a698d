"""What a source holds, before any of its voxels are read: cases, outlines, and what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.phase import Phase

#: What a value of a label map stands for: an organ, or a lesion of a class; "" is the class of the case.
Meaning = Organ | str


class LeftOut(InputError):  # noqa: N818
    """A case cannot be used; the text says why, without its name."""


@dataclass(frozen=True)
class FoundVolume:
    """The image of one phase.

    Args:
        path: a file, or a folder of one DICOM series.
        grid: where its voxels truly lie, if the header is wrong; None: where the header says.
    """

    path: Path
    grid: Grid | None = None


@dataclass(frozen=True)
class MaskFile:
    """A file with outlines.

    Args:
        values: what its values stand for; None: nothing, or that nobody knows. Without any, each value but 0
            is a lesion of the case's class.
        in_pieces: one value may hold several lesions, which are told apart where they do not touch.
        grid: as of :class:`FoundVolume`.
    """

    path: Path
    values: Mapping[int, Meaning | None] | None = None
    in_pieces: bool = False
    grid: Grid | None = None


@dataclass(frozen=True)
class Reading:
    """The outlines that one reader drew on one phase.

    Args:
        phase: on whose images they were drawn; None: told by the grid.
        reader: empty where there is only one.
    """

    masks: tuple[MaskFile, ...]
    phase: Phase | None = None
    reader: str = ""


@dataclass(frozen=True)
class Box:
    """A box around a lesion, in voxels of the phase that it was drawn on.

    Args:
        lowest, highest: its first and last voxel (k, j, i), both inside.
    """

    lowest: tuple[float, float, float]
    highest: tuple[float, float, float]
    lesion_class: str = ""

    @property
    def centre(self) -> FloatArray:
        return np.asarray((np.array(self.lowest) + np.array(self.highest)) / 2, dtype=np.float64)


@dataclass(frozen=True)
class FoundCase:
    """One study of the source.

    Args:
        case, patient: names without anything that tells a class.
        case_class: of the lesions of which nothing else tells it; ``none`` where there are none; empty if
            unknown.
        readings: in the order in which they are preferred.
        boxes: where lesions have boxes and no outlines, by phase.
        same_space: the source has brought the phases onto each other, so that an outline holds for all.
        slices_may_be_reversed: the header is no evidence of which end of the stack is the head's.
        if_empty: why a case without outlines cannot be used, unless its class is ``none``; empty: it has no
            lesion then.
        remarks: what a person should know of the case, one sentence each.
        left_out: why it cannot be used; empty if it can.
    """

    case: str
    patient: str
    case_class: str
    volumes: Mapping[Phase, FoundVolume]
    readings: tuple[Reading, ...] = ()
    boxes: Mapping[Phase, tuple[Box, ...]] = field(default_factory=dict)
    same_space: bool = False
    slices_may_be_reversed: bool = False
    if_empty: str = "nobody drew a lesion, which does not say that there is none"
    remarks: tuple[str, ...] = ()
    left_out: str = ""


@dataclass(frozen=True)
class ImportOptions:
    """The user's word on a source.

    Args:
        link: files are linked where the file system can, not copied.
        reader: whose outlines count where several drew them; empty: see the kind.
        keep_classes: all other classes become ``other``; empty: all are kept.
        lesion_class: of lesions whose class the source does not tell.
        phases: what the source calls a phase.
    """

    link: bool = False
    reader: str = ""
    keep_classes: tuple[str, ...] = ()
    lesion_class: str = ""
    phases: Mapping[Phase, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """All that a source holds.

    Args:
        remarks: on the whole, one sentence each.
        synthetic: no patient was imaged.
    """

    cases: tuple[FoundCase, ...]
    remarks: tuple[str, ...] = ()
    synthetic: bool = False
