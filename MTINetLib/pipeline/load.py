"""The two whole ways to a study: from a folder or archive, or from one path per phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from MTINetLib.errors import InputError
from MTINetLib.phases.choose import choose_phases
from MTINetLib.phases.recognise import PhaseAssignment, recognise_phases
from MTINetLib.phases.signal_check import check_signal
from MTINetLib.progress import Progress, Silent
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.registration.align import Mode, align
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.study.study import Study

Stage = Callable[[str], AbstractContextManager[None]]


def _nobody_times(_: str) -> AbstractContextManager[None]:
    return nullcontext()


#: A phase has at least this many slices and pixels a side.
_FEWEST_SLICES = 3
_SMALLEST_SIDE = 16


def load_study_from_dicom(
    path: Path,
    *,
    reference: Phase = Phase.PORTAL_VENOUS,
    progress: Progress | None = None,
    told: Mapping[Phase, SourceVolume | str] | None = None,
    alignment: Mode = "auto",
    assume_order: bool = False,
    stage: Stage = _nobody_times,
) -> Study:
    """Open a folder or archive (see open_input), recognise the phases and align them.

    Of an archive the study keeps no images, as its files are gone; who needs them calls study_of within
    open_input.

    Args:
        told, assume_order: the user's word, as in recognise_phases.
        alignment: as ``mode`` of align.
        stage: entered with ``read``, ``recognise`` and ``align`` around each, for who takes the time.

    Raises:
        InputError: see open_input, choose_phases and align.
    """
    with ExitStack() as kept:
        with stage("read"):
            found = kept.enter_context(open_input(path, progress))
        study = study_of(
            found,
            reference=reference,
            progress=progress,
            told=told,
            alignment=alignment,
            assume_order=assume_order,
            stage=stage,
        )
    if not found.temporary:
        return study
    sources = tuple(replace(source, images=()) for source in study.sources)
    return replace(study, sources=sources)


def study_of(
    found: FoundVolumes,
    *,
    reference: Phase = Phase.PORTAL_VENOUS,
    progress: Progress | None = None,
    told: Mapping[Phase, SourceVolume | str] | None = None,
    alignment: Mode = "auto",
    assume_order: bool = False,
    stage: Stage = _nobody_times,
) -> Study:
    """The study of an opened input; arguments and errors as of load_study_from_dicom."""
    with stage("recognise"):
        assignment = validated(choose_phases(found, told, assume_order=assume_order))
    with stage("align"):
        return align(assignment, reference, progress or Silent(), alignment)


def load_study_from_paths(
    paths: Mapping[Phase, Path],
    *,
    reference: Phase = Phase.PORTAL_VENOUS,
    progress: Progress | None = None,
    alignment: Mode = "auto",
) -> Study:
    """Read one path per phase, files or folders of one DICOM series, and align them.

    Times are known only where all four are DICOM series with times.

    Raises:
        InputError: a phase has no path, or see read_volume and align.
    """
    watcher = progress or Silent()
    missing = [phase for phase in PHASES if phase not in paths]
    if missing:
        names = " and ".join(f"the {phase.title} phase" for phase in missing)
        raise InputError(f"No path was given for {names}; name all four phases.")
    volumes = {}
    watcher.start("Reading phases", len(PHASES))
    for phase in PHASES:
        try:
            volumes[phase] = read_volume(Path(paths[phase]))
        except InputError as error:
            raise InputError(f"The {phase.title} phase cannot be used: {error}") from error
        watcher.update(phase.index + 1)
    watcher.finish()
    assignment = recognise_phases([volumes[phase] for phase in PHASES], volumes)
    assignment = validated(assignment)
    return align(assignment, reference, watcher, alignment)


def validated(assignment: PhaseAssignment) -> PhaseAssignment:
    """The phases of a study with the zero of their values where the signal has it, and flags of doubts.

    Raises:
        InputError: too small, constant, not finite, the same as another phase, or of values that give no
            enhancement (see signal_check); the phase is named.
    """
    refuse_unusable(assignment.volumes)
    found = check_signal(assignment.volumes)
    volumes = tuple(_lowered(volume, found.offset) for volume in assignment.volumes)
    return replace(
        assignment,
        volumes=volumes,  # type: ignore[arg-type]
        flags=(*assignment.flags, *found.flags),
    )


def _lowered(volume: SourceVolume, offset: float) -> SourceVolume:
    if not offset:
        return volume
    array = volume.array - np.float32(offset)
    return replace(volume, read=lambda: array)


def refuse_unusable(volumes: Sequence[SourceVolume]) -> None:
    """Refuse phases, in the order of PHASES, that hold no image, or one image twice.

    Raises:
        InputError: the sentence names the phase.
    """
    for phase, volume in zip(PHASES, volumes, strict=True):
        what = f"The {phase.title} phase '{volume.name}'"
        slices, rows, columns = volume.grid.shape
        if slices < _FEWEST_SLICES:
            raise InputError(f"{what} has {slices} slices; give a volume with all slices of the liver.")
        if min(rows, columns) < _SMALLEST_SIDE:
            raise InputError(f"{what} has slices of only {rows} x {columns} pixels; that is no liver MRI.")
        low, high = float(volume.array.min()), float(volume.array.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InputError(f"{what} holds values that are not finite numbers (NaN or infinity).")
        if low == high:
            raise InputError(f"{what} has the same value {low:g} everywhere; give a volume with an image.")
    for phase in PHASES:
        for other in PHASES[: phase.index]:
            if _is_same(volumes[other.index], volumes[phase.index]):
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
