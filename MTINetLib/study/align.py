"""Brings the four phases onto the reference phase's grid, and moves them where the patient has moved."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress, Silent
from MTINetLib.study.align_motion import Reference
from MTINetLib.study.align_resample import resample
from MTINetLib.study.align_rigid import RigidTarget, register_rigidly
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.study.recognise import PhaseAssignment
from MTINetLib.study.source_volume import SourceVolume
from MTINetLib.study.study import Study, Volume

_LOG = logging.getLogger(__name__)

Mode = Literal["auto", "off", "force"]

#: A smaller shift is left alone: the check itself is no more exact than that (mm).
SMALLEST_MOTION_MM = 1.5
#: A registration is kept if the agreement of edges rises by at least this.
_LEAST_GAIN = 0.01
_LEAST_COVERED = 0.3
_FULLY_COVERED = 0.99


def align(
    assignment: PhaseAssignment,
    reference: Phase = Phase.PORTAL_VENOUS,
    progress: Progress | None = None,
    mode: Mode = "auto",
) -> Study:
    """Four phases on the reference phase's own grid, with an agreement figure per phase.

    Phases on the same grid are taken over voxel by voxel, others are interpolated linearly. ``auto``
    registers rigidly where the motion check finds a shift of 1.5 mm or more, ``force`` registers every
    phase, ``off`` none; a registration is kept only if the edges agree better after it.

    Raises:
        InputError: a volume cannot be read, or it hardly overlaps the reference.
    """
    watcher = progress or Silent()
    fixed = assignment.volume(reference)
    place = _Place(fixed, Reference.of(fixed.array, fixed.grid))
    volumes = np.zeros((len(PHASES), *fixed.grid.shape), dtype=np.float32)
    flags = list(assignment.flags)
    figures: list[float | None] = []
    watcher.start("Aligning phases", len(PHASES))
    # Each phase by itself, on one thread: two at a time, and the result does not depend on it.
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(_aligned, place, assignment.volume(phase), phase, mode) for phase in PHASES]
        try:
            for phase, job in zip(PHASES, jobs, strict=True):
                volumes[phase.index], figure, said = job.result()
                figures.append(None if figure is None else round(figure, 4))
                flags += [f"{word}:{phase.value}" for word in said]
                flags += [flag for flag in assignment.volume(phase).flags if flag not in flags]
                watcher.update(phase.index + 1)
        finally:
            for job in jobs:
                job.cancel()
    watcher.finish()
    return Study(
        volumes=volumes,
        grid=fixed.grid,
        reference=reference,
        times_s=assignment.times_s,
        sources=tuple(assignment.source(phase) for phase in PHASES),  # type: ignore[arg-type]
        flags=tuple(flags),
        alignment=(figures[0], figures[1], figures[2], figures[3]),
    )


@dataclass(frozen=True)
class _Place:
    """Where the phases are brought to."""

    fixed: SourceVolume
    reference: Reference

    @cached_property
    def target(self) -> RigidTarget:
        return RigidTarget.of(self.fixed.array, self.fixed.grid, self.reference)


def _aligned(
    place: _Place, moving: SourceVolume, phase: Phase, mode: Mode
) -> tuple[Volume, float | None, list[str]]:
    """One phase on the reference's grid, its agreement, and words for flags."""
    said: list[str] = []
    if moving is place.fixed:
        return moving.array, 1.0, said
    covered = place.reference.covered(moving.grid)
    if covered < _LEAST_COVERED:
        raise InputError(
            f"The {phase.title} phase '{moving.name}' covers only {covered:.0%} of the reference phase "
            f"'{place.fixed.name}'; give volumes of the same region."
        )
    if covered < _FULLY_COVERED:
        said.append("uncovered")
    before = place.reference.agreement(moving.array, moving.grid)
    shift = place.reference.shift_of(moving.array, moving.grid)
    moved = float(np.linalg.norm(shift)) >= SMALLEST_MOTION_MM
    transform: Any = None
    after = before
    if mode == "force" or (mode == "auto" and moved):
        transform, after = _registered(place, moving, shift, before)
    if transform is not None:
        said.append("registered")
    elif moved:
        said.append("motion")
    _LOG.info("%s: shift %.1f mm, agreement %s -> %s", phase.value, np.linalg.norm(shift), before, after)
    if transform is None and moving.grid.matches(place.fixed.grid):
        return moving.array, after, said
    said.append("resampled")
    return resample(moving.array, moving.grid, place.fixed.grid, transform), after, said


def _registered(
    place: _Place, moving: SourceVolume, shift: Any, before: float | None
) -> tuple[Any, float | None]:
    """A transform that makes the edges agree better and the figure after it; (None, before) if none does."""
    transform = register_rigidly(place.target, moving.array, moving.grid, shift)
    after = place.reference.agreement(moving.array, moving.grid, transform)
    if before is None or after is None or after < before + _LEAST_GAIN:
        return None, before
    return transform, after
