"""From what was found to the phases of one study, or a sentence with the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from MTINetLib.errors import InputError
from MTINetLib.phases.naming import option_of, options_of
from MTINetLib.phases.recognise import PhaseAssignment, recognise_phases
from MTINetLib.phases.unclear import PhasesUnclear
from MTINetLib.reading.found_volumes import FoundVolumes
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.header import HOW_TO_SPLIT
from MTINetLib.study.phase import Phase, count_in_words


def choose_phases(
    found: FoundVolumes,
    told: Mapping[Phase, SourceVolume | str] | None = None,
    *,
    phases: Sequence[Phase],
    assume_order: bool = False,
) -> PhaseAssignment:
    """As recognise_phases, with what the kind of the input asks for.

    Raises:
        InputError: phases are missing or cannot be told apart; the sentence says what to do.
    """
    if len(found.volumes) == 1:
        raise InputError(" ".join((*next_steps(found, phases), *_unread(found))))
    try:
        assignment = recognise_phases(found.volumes, told, phases=phases, assume_order=assume_order)
    except PhasesUnclear as error:
        more = (*next_steps(found, phases), *_unread(found))
        raise PhasesUnclear(replace(error.unclear, next_steps=more)) from error
    except InputError as error:
        raise InputError(" ".join((str(error), *next_steps(found, phases), *_unread(found)))) from error
    refuse_rivals(found, assignment)
    if found.problems:
        return replace(assignment, flags=(*assignment.flags, "unreadable_files"))
    return assignment


def next_steps(found: FoundVolumes, phases: Sequence[Phase]) -> tuple[str, ...]:
    """What can be done where the phases are missing or not told apart, besides naming them."""
    if len(found.volumes) == 1:
        return (_one_volume(found, phases),)
    if any(volume.series_uid is None and volume.time_point is not None for volume in found.volumes):
        return (f"Or {HOW_TO_SPLIT}, with the phase in each name.",)
    return ()


def _one_volume(found: FoundVolumes, phases: Sequence[Phase]) -> str:
    (volume,) = found.volumes
    count = count_in_words(len(phases))
    slices = volume.grid.shape[0]
    held = "a single slice" if slices == 1 else f"a single volume of {slices} slices"
    what = "folder" if volume.series_uid is not None else f"folder with all {count} files"
    return (
        f"{found.source} holds {held} ('{volume.name}'), and a study has {count} phases; give the {what} of "
        f"the whole study, or name all {count} with {options_of(phases)}."
    )


def _unread(found: FoundVolumes) -> tuple[str, ...]:
    if not found.problems:
        return ()
    first = found.problems[0]
    count = "1 file" if len(found.problems) == 1 else f"{len(found.problems)} files"
    return (f"{count} could not be read: {first.path.name}: {first.reason}.",)


def refuse_rivals(found: FoundVolumes, assignment: PhaseAssignment) -> None:
    """Nothing but the folder says that files are of one patient: two of one name may be of two.

    Raises:
        InputError: several files may be the same phase.
    """
    for phase in assignment.phases:
        volume = assignment.volume(phase)
        if volume.series_uid is None and f"several_candidates:{phase.value}" in assignment.flags:
            listed = "; ".join(f"#{n} '{v.name}'" for n, v in enumerate(found.volumes, start=1))
            raise InputError(
                f"Several files in {found.source} may be the {phase.title} phase, and nothing tells whether "
                f"all are of one patient. Found: {listed}. Name it with {option_of(phase)} and its #number, "
                "or give a folder with one study."
            )
