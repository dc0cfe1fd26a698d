"""Brings phases onto the reference phase's grid, and moves them where the patient has moved."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any, Literal

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.phases.coverage import REFERENCE_SHORT, UNCOVERED, gap, reference_gaps
from MTINetLib.phases.recognise import PhaseAssignment
from MTINetLib.process_pool import threads_here
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.registration.motion import CoarsePhase, Fit, Reference
from MTINetLib.registration.rigid import RigidTarget, register_rigidly
from MTINetLib.registration.smooth import SmoothTarget, register_smoothly
from MTINetLib.study.grid import FloatArray, Grid
from MTINetLib.study.phase import Phase, usual_reference
from MTINetLib.study.resample import resample_covered, translation
from MTINetLib.study.study import Mask, Study, Volume

_LOG = logging.getLogger(__name__)

Mode = Literal["auto", "off", "force"]

#: A smaller shift is left alone: the check itself is no more exact than that (mm).
SMALLEST_MOTION_MM = 1.5
#: Where parts of a phase lie further off than this after the rigid step, a smooth one is tried (mm).
SMALLEST_BEND_MM = 1.0
#: An uncorrected bend from which on it is told (mm).
_TOLD_BEND_MM = 2.0
#: A registration is kept if the agreement of edges rises by this, and by this share of what it lacks.
_LEAST_GAIN, _LEAST_SHARE_GAINED = 0.01, 0.05
_LEAST_COVERED = 0.3
_FULLY_COVERED = 0.99


def align(
    assignment: PhaseAssignment,
    reference: Phase | None = None,
    progress: Progress | None = None,
    mode: Mode = "auto",
) -> Study:
    """The phases on the reference phase's own grid, with an agreement figure per phase.

    Phases on the same grid are taken over voxel by voxel, others are interpolated linearly. ``auto``
    registers rigidly where the motion check finds a shift of 1.5 mm or more, and then smoothly where parts
    still lie 1 mm or more off; ``force`` does both for every phase, ``off`` none. Each step is kept only if
    the edges agree better after it.

    Args:
        reference: None for the usual one of these phases.

    Raises:
        InputError: a volume cannot be read, or it hardly overlaps the reference.
    """
    watcher = progress or Silent()
    reference = reference or usual_reference(assignment.phases)
    fixed = assignment.volume(reference)
    place = Place.of(fixed)
    phases = assignment.phases
    volumes = np.zeros((len(phases), *fixed.grid.shape), dtype=np.float32)
    grids = {phase: assignment.volume(phase).grid for phase in phases}
    flags = list(assignment.flags)
    flags += [short.flag(REFERENCE_SHORT, phase) for phase, short in reference_gaps(grids, reference).items()]
    figures: list[float | None] = []
    covered: list[Mask | None] = []
    watcher.start(Stage.ALIGNING_PHASES, len(phases))
    # Each phase by itself, on one thread: all at a time, and the result does not depend on it.
    with ThreadPoolExecutor(max_workers=threads_here(3)) as pool:
        jobs = [pool.submit(_aligned, place, assignment.volume(phase), phase, mode) for phase in phases]
        try:
            for number, (phase, job) in enumerate(zip(phases, jobs, strict=True)):
                found = job.result()
                volumes[number] = found.array
                covered.append(found.covered)
                figures.append(None if found.agreement is None else round(found.agreement, 4))
                flags += [_flag(word, phase, fixed.grid, grids[phase]) for word in found.said]
                flags += [flag for flag in assignment.volume(phase).flags if flag not in flags]
                watcher.update(number + 1)
        finally:
            for job in jobs:
                job.cancel()
    watcher.finish()
    return Study(
        volumes=volumes,
        grid=fixed.grid,
        reference=reference,
        times_s=assignment.times_s,
        sources=tuple(assignment.source(phase) for phase in phases),
        flags=tuple(flags),
        alignment=tuple(figures),
        phases=phases,
        covered=_together(covered, fixed.grid),
    )


def _flag(word: str, phase: Phase, fixed: Grid, moving: Grid) -> str:
    missing = gap(fixed, moving)
    return missing.flag(word, phase) if word == UNCOVERED and missing.is_told else f"{word}:{phase.value}"


@dataclass(frozen=True)
class Place:
    """Where the phases are brought to: the reference phase, made ready once for all.

    The targets are made when the first phase needs them, and phases are registered on several threads.
    """

    fixed: SourceVolume
    reference: Reference
    _making: Lock = field(default_factory=Lock, repr=False, compare=False)

    @staticmethod
    def of(fixed: SourceVolume) -> Place:
        return Place(fixed, Reference.of(fixed.array, fixed.grid))

    @property
    def rigid_target(self) -> RigidTarget:
        with self._making:
            return self._rigid_target

    @property
    def smooth_target(self) -> SmoothTarget:
        with self._making:
            return self._smooth_target

    @cached_property
    def _rigid_target(self) -> RigidTarget:
        return RigidTarget.of(self.fixed.array, self.fixed.grid, self.reference)

    @cached_property
    def _smooth_target(self) -> SmoothTarget:
        return SmoothTarget.of(self.reference)


def _together(covered: list[Mask | None], grid: Grid) -> Mask | None:
    if all(one is None for one in covered):
        return None
    return np.stack([np.ones(grid.shape, dtype=bool) if one is None else one for one in covered])


@dataclass(frozen=True, eq=False)
class _Aligned:
    """One phase on the reference's grid, where it has an image, its agreement, and words for flags."""

    array: Volume
    covered: Mask | None
    agreement: float | None
    said: list[str]


def _aligned(place: Place, moving: SourceVolume, phase: Phase, mode: Mode) -> _Aligned:
    said: list[str] = []
    if moving is place.fixed:
        return _Aligned(moving.array, moving.covered, 1.0, said)
    covered = place.reference.covered(moving.grid)
    if covered < _LEAST_COVERED:
        raise InputError(
            f"The {phase.title} phase '{moving.name}' covers only {covered:.0%} of the reference phase "
            f"'{place.fixed.name}'; give volumes of the same region."
        )
    if covered < _FULLY_COVERED or gap(place.fixed.grid, moving.grid).is_told:
        said.append(UNCOVERED)
    found = placement(place, moving, mode)
    said += found.said
    _LOG.info("%s: agreement %s -> %s, %s", phase.value, found.before, found.after, found.said)
    if found.transform is None and moving.grid.matches(place.fixed.grid):
        return _Aligned(moving.array, moving.covered, found.after, said)
    said.append("resampled")
    array, shown = resample_covered(
        moving.array, moving.covered, moving.grid, place.fixed.grid, found.transform
    )
    return _Aligned(array, shown, found.after, said)


@dataclass(frozen=True)
class Placement:
    """How a phase is moved: the transform from points of the reference to its own (LPS mm), None for none.

    ``before`` and ``after`` are the agreement of edges; ``said`` holds words for flags.
    """

    transform: Any
    before: float | None
    after: float | None
    said: tuple[str, ...]


def placement(place: Place, moving: SourceVolume, mode: Mode) -> Placement:
    """Find how a phase has to be moved onto the reference.

    Raises:
        InputError: the volumes hardly overlap.
    """
    coarse = CoarsePhase.of(moving.array, moving.grid)
    still = now = place.reference.fit(coarse)
    moved = float(np.linalg.norm(still.shift_mm)) >= SMALLEST_MOTION_MM
    if mode == "off" or still.agreement is None:
        return Placement(None, still.agreement, still.agreement, ("motion",) if moved else ())
    transform: Any = None
    said: list[str] = []
    if moved or mode == "force" or still.bend_mm >= SMALLEST_BEND_MM:
        steps: tuple[Callable[[Place, SourceVolume, FloatArray], Any], ...] = (_rigid, _shift_only)
        for step in steps:
            tried = step(place, moving, still.shift_mm)
            fit = place.reference.fit(coarse, tried)
            if is_better(fit, now):
                transform, now, moved = tried, fit, False
                said.append("registered")
                break
            # Where a turn misleads the registration, the shift that was measured may still be right.
    if mode == "force" or now.bend_mm >= SMALLEST_BEND_MM:
        smooth = register_smoothly(place.smooth_target, coarse, transform)
        fit = now if smooth is None else place.reference.fit(coarse, smooth)
        if is_better(fit, now) and fit.bend_mm < now.bend_mm:
            return Placement(smooth, still.agreement, fit.agreement, ("registered", "deformed"))
    if moved or now.bend_mm >= _TOLD_BEND_MM:
        said.append("motion")
    return Placement(transform, still.agreement, now.agreement, tuple(said))


def is_better(fit: Fit, than: Fit) -> bool:
    """Whether edges agree so much better than before that a step is kept."""
    if fit.agreement is None or than.agreement is None:
        return False
    least = max(_LEAST_GAIN, _LEAST_SHARE_GAINED * (1.0 - than.agreement))
    return fit.agreement >= than.agreement + least


def _rigid(place: Place, moving: SourceVolume, shift: FloatArray) -> Any:
    return register_rigidly(place.rigid_target, moving.array, moving.grid, shift)


def _shift_only(place: Place, moving: SourceVolume, shift: FloatArray) -> Any:
    return translation(shift)
