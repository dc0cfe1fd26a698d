"""The way to a study, from whatever its phases come in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from MTINetLib.errors import InputError
from MTINetLib.phases.choose import choose_phases
from MTINetLib.phases.evidence import Verdict
from MTINetLib.phases.recognise import DOUBTFUL_CONFIDENCE, PhaseAssignment, recognise_phases
from MTINetLib.phases.usable import validated
from MTINetLib.progress import Progress, Silent
from MTINetLib.reading.open_input import open_input
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.reading.volumes.volume_files import is_volume_file, stem_of
from MTINetLib.registration.align import Mode, align
from MTINetLib.report.source_data import is_inside
from MTINetLib.stage_clock import StageClock
from MTINetLib.study.phase import PHASES, Phase
from MTINetLib.study.study import Study


@dataclass(frozen=True, eq=False)
class GivenPhase:
    """The volume of one phase where the phases are known already, as in a scene.

    Args:
        evidence, confidence: why it is that phase, as in PhaseSource.
        time_s: as in Study.
    """

    volume: SourceVolume
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    time_s: float | None = None


#: A folder or archive in which the phases are recognised; or each phase's own file, folder or volume.
Source = Path | Mapping[Phase, Path] | Mapping[Phase, GivenPhase]
#: The user's word on a phase: its description, series UID or #number in the source, or a path inside of it.
Told = Mapping[Phase, "SourceVolume | str"]


def open_study(
    source: Source,
    *,
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
        source: a folder, DICOMDIR or archive (see open_input); or, by phase, a path, which is a file or a
            folder of one DICOM series, or a :class:`GivenPhase`.
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
                assignment = validated(choose_phases(found, named, assume_order=assume_order))
            kept = files is not None or not found.temporary
        else:
            with clock.stage("read"):
                given = _given(source, watcher)
            with clock.stage("recognise"):
                assignment = validated(given)
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


def _given(source: Mapping[Phase, Path] | Mapping[Phase, GivenPhase], progress: Progress) -> PhaseAssignment:
    missing = [phase for phase in PHASES if phase not in source]
    if missing:
        names = " and ".join(f"the {phase.title} phase" for phase in missing)
        raise InputError(f"No path was given for {names}; name all four phases.")
    phases: dict[Phase, GivenPhase] = {}
    volumes: dict[Phase, SourceVolume] = {}
    progress.start("Reading phases", len(PHASES))
    for phase in PHASES:
        given = source[phase]
        if isinstance(given, GivenPhase):
            phases[phase] = given
        else:
            volumes[phase] = _read(phase, given)
        progress.update(phase.index + 1)
    progress.finish()
    if not phases:
        return recognise_phases([volumes[phase] for phase in PHASES], volumes)
    return _assigned([phases[phase] for phase in PHASES])


def _read(phase: Phase, path: Path) -> SourceVolume:
    try:
        return read_volume(path)
    except InputError as error:
        raise InputError(f"The {phase.title} phase cannot be used: {error}") from error


def _assigned(phases: list[GivenPhase]) -> PhaseAssignment:
    flags = [
        f"phase_doubt:{phase.value}"
        for phase, given in zip(PHASES, phases, strict=True)
        if given.confidence < DOUBTFUL_CONFIDENCE
    ]
    times: Any = tuple(given.time_s for given in phases)
    if all(time is None for time in times):
        flags.append("times_unknown")
    volumes: Any = tuple(given.volume for given in phases)
    verdicts: Any = tuple(Verdict(given.evidence, given.confidence) for given in phases)
    return PhaseAssignment(volumes, verdicts, times, flags=tuple(flags))
