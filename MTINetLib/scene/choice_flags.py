"""What is doubtful of chosen volumes, as the flags that their study will have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from MTINetLib.phases.clues import Clues
from MTINetLib.phases.coverage import UNCOVERED, coverage_flags, phase_gaps
from MTINetLib.phases.doubts import phase_doubts
from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.scene.phase_images import has_bad_numbers
from MTINetLib.scene.phase_problems import covered, reference_of
from MTINetLib.study.phase import Phase

_FULLY_COVERED = 0.99


def choice_flags(
    chosen: Mapping[Phase, NodeSource], clues: Mapping[Phase, Clues], wanted: Sequence[Phase]
) -> tuple[str, ...]:
    """Flags about times, names, places and values; the values are those that are looked at (see glance).

    Args:
        clues: of the same volumes.
        wanted: the phases that there should be: the values are compared where all are there.

    Raises:
        InputError: the values cannot give an enhancement.
    """
    if not chosen:
        return ()
    volumes = {phase: source.volume for phase, source in chosen.items()}
    return (*phase_doubts(volumes, clues), *_places(chosen), *_values(chosen, wanted))


def _places(chosen: Mapping[Phase, NodeSource]) -> Iterator[str]:
    reference = reference_of(chosen)
    grids = {phase: source.volume.grid for phase, source in chosen.items()}
    yield from coverage_flags(grids, reference)
    lacking = phase_gaps(grids, reference)
    for phase, source in chosen.items():
        if phase is reference or phase in lacking or source.node is chosen[reference].node:
            continue
        if covered(grids[reference], grids[phase]) < _FULLY_COVERED:
            yield f"{UNCOVERED}:{phase.value}"


def _values(chosen: Mapping[Phase, NodeSource], wanted: Sequence[Phase]) -> tuple[str, ...]:
    """What the check of an analysis says, which compares all phases; empty ones are said by themselves."""
    from MTINetLib.phases.signal_check import check_signal

    if len({id(source.node) for source in chosen.values()}) < len(wanted):
        return ()
    volumes = [chosen[phase].volume for phase in wanted]
    if any(has_bad_numbers(one.array) or one.array.min() == one.array.max() for one in volumes):
        return ()
    return check_signal(volumes, wanted).flags
