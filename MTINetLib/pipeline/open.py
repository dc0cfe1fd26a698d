"""The way to a study, from whatever its phases come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import get_args

from MTINetLib.errors import InputError
from MTINetLib.models.find import phases_to_look_for
from MTINetLib.phases.choose import choose_phases
from MTINetLib.phases.doubts import doubted
from MTINetLib.phases.recognise import PhaseAssignment, recognise_phases
from MTINetLib.phases.usable import validated
from MTINetLib.pipeline.other_models import other_sets, who_takes
from MTINetLib.presentation.phase_words import unclear_in_words
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
from MTINetLib.registration.align import Mode, align
from MTINetLib.report.source_data import is_inside
from MTINetLib.stage_clock import StageClock
from MTINetLib.study.phase import (
    Phase,
    count_in_words,
    in_order_of_time,
    phase_named,
    phase_set,
    the_phases,
    titles_of,
    usual_reference,
)
from MTINetLib.study.study import Study

#: A folder or archive in which the phases are recognised; each phase's own file or folder; or volumes whose
#: phases are known already, as in a scene; or all that was found of one study, as in an archive.
Source = str | Path | Mapping[Phase, str | Path] | Mapping[str, str | Path] | PhaseAssignment | FoundVolumes
#: The user's word on a phase: its description, series UID or #number in the source, or a path inside of it.
Told = Mapping[Phase, "SourceVolume | str"] | Mapping[str, str]


def open_study(
    source: Source,
    *,
    phases: Sequence[Phase] | None = None,
    told: Told | None = None,
    reference: Phase | str | None = None,
    alignment: str = "auto",
    assume_order: bool = False,
    files: ExitStack | None = None,
    clock: StageClock | None = None,
    progress: Progress | None = None,
) -> Study:
    """Read the phases of a study, say what is doubtful of them, and bring them onto one grid.

    Args:
        source: a folder, DICOMDIR or archive (see open_input); by phase the path of a file or of a folder
            of one DICOM series; or volumes with what was found out about them (see phases/given.py), or in
            which the phases are recognised. A phase may be named by its word, such as ``"arterial"``.
        phases: of the study, in the order of time: those that the model takes (``ModelInfo.phases``). By
            default those that are named, and for a folder or archive those of the default model.
        told: the user's word on phases of a folder or archive: a series description or UID, ``#number``, or
            a path in it.
        assume_order: the user's word that volumes which nothing names were taken in the order of their
            numbers.
        reference: the phase whose grid the study has; None for portal venous, where there is one.
        alignment: move the phases onto each other where it helps (``auto``), never (``off``) or always
            (``force``).
        files: keeps what was unpacked of an archive until it is closed; DICOM results, which refer to the
            images, need it. Without it the study of an archive knows no images.
        clock: told of the stages ``read``, ``recognise`` and ``align``.

    Raises:
        InputError: phases are missing, cannot be told apart, or cannot be used; one sentence says which.

    Example:
        >>> study = mtinet.open_study("study")
        >>> study.volumes.shape
        (4, 20, 192, 192)
        >>> phases = ["pre", "arterial", "portal_venous", "delayed"]
        >>> files = {name: f"files/{name}.nii.gz" for name in phases}
        >>> mtinet.open_study(files, reference="arterial").reference.title
        'arterial'
    """
    mode = _mode(alignment)
    if isinstance(source, Mapping):
        source = {_phase(key): Path(path) for key, path in source.items()}
    phases = _phases_of(source) if phases is None else tuple(phases)
    grid_of = _reference(None if reference is None else _phase(reference), phases)
    watcher, clock = progress or Silent(), clock or StageClock()
    with ExitStack() as closed_here:
        if isinstance(source, (str, Path, FoundVolumes)):
            with clock.stage("read"):
                words = {_phase(key): word for key, word in (told or {}).items()}
                place = source.source if isinstance(source, FoundVolumes) else Path(source)
                named = {phase: _name_in(place, phase, word) for phase, word in words.items()}
                found = (
                    source
                    if isinstance(source, FoundVolumes)
                    else (files or closed_here).enter_context(open_input(place, watcher))
                )
            with clock.stage("recognise"):
                chosen = doubted(_chosen(found, named, phases, assume_order))
        elif isinstance(source, PhaseAssignment):
            chosen = source
        else:
            with clock.stage("read"):
                volumes = _read_each(source, phases, watcher)
            with clock.stage("recognise"):
                with unclear_in_words():
                    recognised = recognise_phases(list(volumes.values()), volumes, phases=phases)
                chosen = doubted(recognised)
        with clock.stage("recognise"):
            assignment = validated(chosen)
        with clock.stage("align"):
            study = align(assignment, grid_of, watcher, mode)
    return _without_lost_images(study)


def _phases_of(
    source: str | Path | Mapping[Phase, Path] | PhaseAssignment | FoundVolumes,
) -> tuple[Phase, ...]:
    if isinstance(source, PhaseAssignment):
        return source.phases
    if isinstance(source, Mapping):
        return phase_set([phase.value for phase in in_order_of_time(source)])
    return phases_to_look_for()


def _phase(key: Phase | str) -> Phase:
    return key if isinstance(key, Phase) else phase_named(key)


def _mode(alignment: str) -> Mode:
    for mode in get_args(Mode):
        if alignment == mode:
            return mode  # type: ignore[no-any-return]
    raise InputError(f"The alignment '{alignment}' is unknown; use auto, off or force.")


def _reference(reference: Phase | None, phases: Sequence[Phase]) -> Phase:
    if reference is None:
        return usual_reference(phases)
    if reference not in phases:
        raise InputError(
            f"The {reference.title} phase cannot be the reference: the study has {titles_of(phases)}."
        )
    return reference


def _chosen(
    found: FoundVolumes, told: Mapping[Phase, SourceVolume | str], phases: Sequence[Phase], assume_order: bool
) -> PhaseAssignment:
    """The phases of a folder; where they are not all there, the sentence names a model that takes what is."""
    try:
        with unclear_in_words():
            return choose_phases(found, told, phases=phases, assume_order=assume_order)
    except InputError as error:
        for others in other_sets(phases):
            try:
                choose_phases(found, told, phases=others, assume_order=assume_order)
            except InputError:
                continue
            raise InputError(f"{error} {who_takes(others)}") from error
        raise


def _without_lost_images(study: Study) -> Study:
    """The files of an archive are gone when it is closed: a study that referred to them would mislead."""
    if all(source.images[0].path.exists() for source in study.sources if source.images):
        return study
    return replace(study, sources=tuple(replace(source, images=()) for source in study.sources))


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
            "name all phases by their files."
        )
    return uid


def _read_each(
    paths: Mapping[Phase, Path], phases: Sequence[Phase], progress: Progress
) -> dict[Phase, SourceVolume]:
    _refuse_other_set(in_order_of_time(paths), phases)
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


def _refuse_other_set(given: Sequence[Phase], phases: Sequence[Phase]) -> None:
    missing = [phase for phase in phases if phase not in given]
    more = [phase for phase in given if phase not in phases]
    trouble = ""
    if missing:
        trouble = (
            f"No path was given for {the_phases(missing)}; name all {count_in_words(len(phases))} phases."
        )
    elif more:
        trouble = f"{the_phases(more)} cannot be used: the model takes {titles_of(phases)}."
    if trouble:
        who = who_takes(given) if tuple(given) in other_sets(phases) else ""
        raise InputError(f"{trouble[0].upper()}{trouble[1:]} {who}".strip())
