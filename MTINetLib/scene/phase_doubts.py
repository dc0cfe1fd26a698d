"""What contradicts an assignment of phases, in plain sentences: order, words, place and enhancement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise

import numpy as np

from MTINetLib.phases.clues import Clues
from MTINetLib.phases.coverage import coverage_sentences, phase_gaps
from MTINetLib.phases.times import AFTER_BOLUS, BETWEEN, fit
from MTINetLib.reading.candidates import candidates_among
from MTINetLib.scene.node_geometry import shape_of
from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.scene.phase_images import has_bad_numbers, node_array
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import PHASES, Phase

Chosen = Mapping[Phase, NodeSource]

#: A phase that covers less of the reference than this cannot be aligned (see study.align).
_LEAST_COVERED = 0.3
_FULLY_COVERED = 0.99
#: A phase has at least this many slices (see study.load).
_FEWEST_SLICES = 3
_SAME_ORIENTATION = 0.95
_POINTS = 12


def doubts(chosen: Chosen, clues: Mapping[Phase, Clues]) -> tuple[str, ...]:
    """Sentences about what speaks against the assignment, most important first; not its enhancement.

    Args:
        clues: of the same volumes.
    """
    found = [
        *_same(chosen),
        *_studies(chosen),
        *_shared_uids(chosen),
        *_contents(chosen),
        *_order(clues),
        *_words(chosen, clues),
    ]
    found += [*_steps(clues), *_kinds(chosen), *_places(chosen)]
    return tuple(dict.fromkeys(found))


def remarks(chosen: Chosen) -> tuple[str, ...]:
    """Sentences about what is different and will be dealt with: other grids and orientations."""
    reference = _reference(chosen)
    found = []
    for phase, source in _others(chosen, reference):
        own, wanted = source.volume.grid, chosen[reference].volume.grid
        if own.matches(wanted):
            continue
        turned = abs(float(own.direction_matrix[:, 2] @ wanted.direction_matrix[:, 2])) < _SAME_ORIENTATION
        what = "slices of another orientation" if turned else "another grid"
        found.append(
            f"The {phase.title} phase has {what} than the {reference.title} phase; it will be resampled."
        )
    return tuple(found)


def _reference(chosen: Chosen) -> Phase:
    return Phase.PORTAL_VENOUS if Phase.PORTAL_VENOUS in chosen else next(iter(chosen))


def _others(chosen: Chosen, reference: Phase) -> list[tuple[Phase, NodeSource]]:
    return [(phase, chosen[phase]) for phase in PHASES if phase in chosen and phase is not reference]


def _pairs(phases: Mapping[Phase, object]) -> Iterator[tuple[Phase, Phase]]:
    return combinations([phase for phase in PHASES if phase in phases], 2)


def _same(chosen: Chosen) -> Iterator[str]:
    for first, second in _pairs(chosen):
        one, other = chosen[first], chosen[second]
        if one.node is other.node:
            yield (
                f"The {first.title} and the {second.title} phase are the same volume '{one.name}': choose a "
                "different one for each."
            )
        elif _equal(one, other):
            yield (
                f"'{one.name}' ({first.title} phase) and '{other.name}' ({second.title} phase) hold the same "
                "image: choose a different volume for each."
            )


def _equal(one: NodeSource, other: NodeSource) -> bool:
    """Whether two nodes hold the same voxels; a glance is enough for those that do not."""
    middle = one.volume.grid.shape[0] // 2
    return (
        shape_of(one.node) == shape_of(other.node)
        and np.array_equal(one.volume.array[middle], other.volume.array[middle])
        and np.array_equal(node_array(one.node), node_array(other.node))
    )


def _studies(chosen: Chosen) -> Iterator[str]:
    if len({source.study_uid for source in chosen.values() if source.study_uid}) > 1:
        yield "The phases come from different DICOM studies: check that they are of one patient and one exam."


def _shared_uids(chosen: Chosen) -> Iterator[str]:
    """Images of one slice each that are called alike in two phases; frames of one file may be."""
    for first, second in _pairs(chosen):
        one, other = (set(chosen[phase].instance_uids) for phase in (first, second))
        if len(one) > 1 and len(other) > 1 and one & other and chosen[first].node is not chosen[second].node:
            yield (
                f"Images of the {first.title} and of the {second.title} phase have the same SOP Instance "
                "UID: check that both show their own phase; DICOM results cannot refer to them."
            )


def _contents(chosen: Chosen) -> Iterator[str]:
    for phase, source in chosen.items():
        slices = source.volume.grid.shape[0]
        if slices < _FEWEST_SLICES:
            count = "1 slice" if slices == 1 else f"{slices} slices"
            yield f"'{source.name}' ({phase.title} phase) has only {count}: choose one of the whole liver."
        array = source.volume.array
        if array.size and float(array.min()) == float(array.max()):
            yield f"'{source.name}' has the same value everywhere: choose another {phase.title} volume."
        if has_bad_numbers(node_array(source.node)):
            yield (
                f"'{source.name}' ({phase.title} phase) holds values that are not finite: load or export "
                "it again."
            )


def _order(clues: Mapping[Phase, Clues]) -> Iterator[str]:
    present = [phase for phase in PHASES if phase in clues]
    for first, second in pairwise(present):
        one, other = clues[first], clues[second]
        if one.volume is other.volume:
            continue
        if one.clock is not None and other.clock is not None:
            step = one.clock.seconds - other.clock.seconds
            if step > 0:
                yield (
                    f"The {first.title} phase was acquired {step:.0f} s after the {second.title} phase: "
                    "check their order."
                )
        elif (
            one.order is not None
            and other.order is not None
            and one.order > other.order
            and one.volume.series_uid == other.volume.series_uid
        ):
            yield (
                f"The {first.title} phase is time point {one.order:.0f} and the {second.title} phase is time "
                f"point {other.order:.0f} of their series: check their order."
            )


def _words(chosen: Chosen, clues: Mapping[Phase, Clues]) -> Iterator[str]:
    for phase, clue in clues.items():
        name = chosen[phase].name
        told = clue.words
        if clue.tag is not None and clue.tag is not phase:
            yield f"'{name}' is taken for the {phase.title} phase; its DICOM header says {clue.tag.title}."
        if told.hepatobiliary:
            yield f"'{name}' is taken for the {phase.title} phase; its name says hepatobiliary phase."
        elif told.phase is not None and told.phase is not phase:
            yield (
                f"'{name}' is taken for the {phase.title} phase; its name says '{told.word}', which means "
                f"{told.phase.title}."
            )
        elif told.post and phase is Phase.PRE:
            yield f"'{name}' is taken for the {phase.title} phase; its name says that contrast was given."


def _steps(clues: Mapping[Phase, Clues]) -> Iterator[str]:
    """Times in the right order that are still unusual."""
    for (first, second), windows in BETWEEN.items():
        if first not in clues or second not in clues:
            continue
        one, other = clues[first].clock, clues[second].clock
        if one is None or other is None or not (one.reliable and other.reliable):
            continue
        step = other.seconds - one.seconds
        if step > 0 and fit(step, windows) < 0:
            yield (
                f"{_duration(step)} lie between the {first.title} and the {second.title} phase, which is "
                "unusual: check the volumes."
            )
    for phase, clue in clues.items():
        after = clue.after_bolus_s
        if after is not None and fit(after, AFTER_BOLUS[phase]) < 0:
            when = f"{_duration(abs(after))} {'before' if after < 0 else 'after'}"
            yield f"The {phase.title} phase was acquired {when} the start of the bolus, which is unusual."


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def _kinds(chosen: Chosen) -> Iterator[str]:
    for phase, source in chosen.items():
        _, left_out = candidates_among([source.volume])
        for item in left_out:
            if item.reason != "too few slices":
                yield f"'{source.name}' is taken for the {phase.title} phase; it seems to be {item.reason}."


def _places(chosen: Chosen) -> Iterator[str]:
    reference = _reference(chosen)
    grids = {phase: source.volume.grid for phase, source in chosen.items()}
    yield from coverage_sentences(grids, reference)
    lacking = phase_gaps(grids, reference)
    for phase, source in _others(chosen, reference):
        share = covered(chosen[reference].volume.grid, source.volume.grid)
        if share < _LEAST_COVERED:
            yield (
                f"The {phase.title} phase '{source.name}' covers only {share:.0%} of the {reference.title} "
                "phase: choose volumes of the same region, or check its transform."
            )
        elif share < _FULLY_COVERED and phase not in lacking and source.node is not chosen[reference].node:
            yield f"The {phase.title} phase covers {share:.0%} of the {reference.title} phase."


def covered(grid: Grid, other: Grid) -> float:
    """The share of ``grid`` that lies inside ``other``, 0 to 1."""
    axes = [np.linspace(0.0, count - 1.0, min(count, _POINTS)) for count in grid.shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    index = other.to_index(grid.to_lps(points))
    last = np.array(other.shape) - 0.5
    return float(np.mean(np.all((index >= -0.501) & (index <= last + 1e-3), axis=1)))
