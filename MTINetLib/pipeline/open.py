"""The way to a study, from whatever its phases come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import get_args

from MTINetLib.errors import InputError
from MTINetLib.phases.choose import choose_phases
from MTINetLib.phases.doubts import doubted
from MTINetLib.phases.recognise import PhaseAssignment, recognise_phases
from MTINetLib.phases.usable import validated
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
from MTINetLib.registration.align import Mode, align
from MTINetLib.report.source_data import is_inside
from MTINetLib.stage_clock import StageClock
from MTINetLib.study.phase import FOUR_PHASES, Phase, count_in_words, the_phases
from MTINetLib.study.study import Study

#: A folder or archive in which the phases are recognised; each phase's own file or folder; or volumes whose
#: phases are known already, as in a scene.
Source = Path | Mapping[Phase, Path] | PhaseAssignment
#: The user's word on a phase: its description, series UID or #number in the source, or a path inside of it.
Told = Mapping[Phase, "SourceVolume | str"]


def open_study(
    source: Source,
    *,
    phases: Sequence[Phase] = FOUR_PHASES,
    told: Told | None = None,
    reference: Phase = Phase.PORTAL_VENOUS,
    alignment: str = "auto",
    assume_order: bool = False,
    files: ExitStack | None = None,
    clock: StageClock | None = None,
    progress: Progress | None = None,
) -> Study:
    """Read the phases of a study, say what is doubtful of them, and bring them onto one grid.

    Args:
        source: a folder, DICOMDIR or archive (see open_input); by phase the path of a file or of a folder
            of one DICOM series; or volumes with what was found out about them (see phases/given.py).
        phases: that the study shall have, in the order of time; volumes that are given have their own.
        told, assume_order: the user's word on the phases of a folder or archive, as in recognise_phases.
        reference: the phase whose grid the study has.
        alignment: ``auto``, ``off`` or ``force``, as ``mode`` of align.
        files: keeps what was unpacked of an archive until it is closed; DICOM results, which refer to the
            images, need it. Without it the study of an archive knows no images.
        clock: told of the stages ``read``, ``recognise`` and ``align``.

    Raises:
        InputError: phases are missing, cannot be told apart, or cannot be used; one sentence says which.
    """
    mode = _mode(alignment)
    watcher, clock = progress or Silent(), clock or StageClock()
    with ExitStack() as closed_here:
        if isinstance(source, Path):
            with clock.stage("read"):
                named = {phase: _name_in(source, phase, word) for phase, word in (told or {}).items()}
                found = (files or closed_here).enter_context(open_input(source, watcher))
            with clock.stage("recognise"):
                assignment = validated(
                    doubted(choose_phases(found, named, phases=phases, assume_order=assume_order))
                )
            kept = files is not None or not found.temporary
        elif isinstance(source, PhaseAssignment):
            with clock.stage("recognise"):
                assignment = validated(source)
            kept = True
        else:
            with clock.stage("read"):
                volumes = _read_each(source, phases, watcher)
            with clock.stage("recognise"):
                told_all = recognise_phases([volumes[phase] for phase in phases], volumes, phases=phases)
                assignment = validated(doubted(told_all))
            kept = True
        with clock.stage("align"):
            study = align(assignment, reference, watcher, mode)
    return study if kept else _without_images(study)


def _mode(alignment: str) -> Mode:
    for mode in get_args(Mode):
        if alignment == mode:
            return mode  # type: ignore[no-any-return]
    raise InputError(f"The alignment '{alignment}' is unknown; use auto, off or force.")


def _without_images(study: Study) -> Study:
    sources = tuple(replace(source, images=()) for source in study.sources)
    return replace(study, sources=sources)


def _name_in(source: Path, phase: Phase, word: SourceVolume | str) -> SourceVolume | str:
    """How a named volume is known in the source: its UID or file name where a path was given."""
    if isinstance(word, SourceVolume) or not Path(word).exists():
        return word
    path = Path(word)
    if is_volume_file(path) and is_inside(path, source):
        return stem_of(path)
    uid = read_volume(path).series_uid
    if uid is None:
        raise InputError(
            f"{path} was named as the {phase.title} phase but does not lie in INPUT; leave INPUT out and "
            "name all four phases by their files."
        )
    return uid


def _read_each(
    paths: Mapping[Phase, Path], phases: Sequence[Phase], progress: Progress
) -> dict[Phase, SourceVolume]:
    missing = [phase for phase in phases if phase not in paths]
    if missing:
        count = count_in_words(len(phases))
        raise InputError(f"No path was given for {the_phases(missing)}; name all {count} phases.")
    volumes = {}
    progress.start(Stage.READING_PHASES, len(phases))
    for done, phase in enumerate(phases, start=1):
        try:
            volumes[phase] = read_volume(paths[phase])
        except InputError as error:
            raise InputError(f"The {phase.title} phase cannot be used: {error}") from error
        progress.update(done)
    progress.finish()
    return volumes
