"""Whether the volumes of the phases can be the phases of a study at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.phases.recognise import PhaseAssignment
from MTINetLib.phases.signal_check import check_signal
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase

#: A phase has at least this many slices and pixels a side.
FEWEST_SLICES = 3
SMALLEST_SIDE = 16


def validated(assignment: PhaseAssignment) -> PhaseAssignment:
    """The phases of a study with the zero of their values where the signal has it, and flags of doubts.

    Raises:
        InputError: too small, constant, infinite, the same as another phase, or of values that give no
            enhancement (see signal_check); the phase is named.
    """
    refuse_unusable(assignment.volumes, assignment.phases)
    found = check_signal(assignment.volumes, assignment.phases)
    volumes = tuple(_lowered(volume, found.offset) for volume in assignment.volumes)
    return replace(
        assignment,
        volumes=volumes,
        flags=(*assignment.flags, *found.flags),
    )


def _lowered(volume: SourceVolume, offset: float) -> SourceVolume:
    if not offset:
        return volume
    array = volume.array - np.float32(offset)
    if volume.covered is not None:
        array[~volume.covered] = np.nan
    return replace(volume, read=lambda: array)


def refuse_unusable(volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> None:
    """Refuse volumes of phases that hold no image, or one image twice.

    Raises:
        InputError: the sentence names the phase.
    """
    for phase, volume in zip(phases, volumes, strict=True):
        what = f"The {phase.title} phase '{volume.name}'"
        slices, rows, columns = volume.grid.shape
        if slices < FEWEST_SLICES:
            raise InputError(f"{what} has {slices} slices; give a volume with all slices of the liver.")
        if min(rows, columns) < SMALLEST_SIDE:
            raise InputError(f"{what} has slices of only {rows} x {columns} pixels; that is no liver MRI.")
        low, high = float(volume.array.min()), float(volume.array.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InputError(f"{what} holds infinite values; export it again.")
        if low == high:
            raise InputError(f"{what} has the same value {low:g} everywhere; give a volume with an image.")
    pairs = combinations(zip(phases, volumes, strict=True), 2)
    for (other, earlier), (phase, volume) in sorted(pairs, key=lambda pair: phases.index(pair[1][0])):
        if _is_same(earlier, volume):
            raise InputError(
                f"The {other.title} and the {phase.title} phase hold the same image; "
                "give a different volume for each phase."
            )


def _is_same(one: SourceVolume, other: SourceVolume) -> bool:
    if one.grid.shape != other.grid.shape:
        return False
    middle = one.grid.shape[0] // 2
    return bool(
        np.array_equal(one.array[middle], other.array[middle]) and np.array_equal(one.array, other.array)
    )
