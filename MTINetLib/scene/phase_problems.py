"""Why chosen volumes cannot become a study as they are, in sentences, and what will be dealt with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from MTINetLib.phases.usable import FEWEST_SLICES
from MTINetLib.scene.node_geometry import shape_of
from MTINetLib.scene.node_sources import NodeSource
from MTINetLib.scene.phase_images import has_bad_numbers, node_array
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase, in_order_of_time, usual_reference

Chosen = Mapping[Phase, NodeSource]

#: A phase that covers less of the reference than this cannot be aligned (see registration.align).
_LEAST_COVERED = 0.3
_SAME_ORIENTATION = 0.95
_POINTS = 12


def problems(chosen: Chosen) -> tuple[str, ...]:
    """Sentences about what an analysis would refuse, most important first."""
    return tuple(dict.fromkeys([*_same(chosen), *_contents(chosen), *_apart(chosen)]))


def remarks(chosen: Chosen) -> tuple[str, ...]:
    """Sentences about what is different and will be dealt with: other grids and orientations."""
    reference = reference_of(chosen)
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


def reference_of(chosen: Chosen) -> Phase:
    """The usual reference phase, as far as it is chosen."""
    return usual_reference(in_order_of_time(chosen))


def _others(chosen: Chosen, reference: Phase) -> list[tuple[Phase, NodeSource]]:
    return [(phase, chosen[phase]) for phase in in_order_of_time(chosen) if phase is not reference]


def _pairs(phases: Mapping[Phase, object]) -> Iterator[tuple[Phase, Phase]]:
    return combinations(in_order_of_time(phases), 2)


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


def _contents(chosen: Chosen) -> Iterator[str]:
    for phase, source in chosen.items():
        slices = source.volume.grid.shape[0]
        if slices < FEWEST_SLICES:
            count = "1 slice" if slices == 1 else f"{slices} slices"
            yield f"'{source.name}' ({phase.title} phase) has only {count}: choose one of the whole liver."
        array = source.volume.array
        if array.size and float(array.min()) == float(array.max()):
            yield f"'{source.name}' has the same value everywhere: choose another {phase.title} volume."
        if has_bad_numbers(node_array(source.node)):
            yield (f"'{source.name}' ({phase.title} phase) holds infinite values: load or export it again.")


def _apart(chosen: Chosen) -> Iterator[str]:
    if not chosen:
        return
    reference = reference_of(chosen)
    for phase, source in _others(chosen, reference):
        share = covered(chosen[reference].volume.grid, source.volume.grid)
        if share < _LEAST_COVERED:
            yield (
                f"The {phase.title} phase '{source.name}' covers only {share:.0%} of the {reference.title} "
                "phase: choose volumes of the same region, or check its transform."
            )


def covered(grid: Grid, other: Grid) -> float:
    """The share of ``grid`` that lies inside ``other``, 0 to 1."""
    axes = [np.linspace(0.0, count - 1.0, min(count, _POINTS)) for count in grid.shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    index = other.to_index(grid.to_lps(points))
    last = np.array(other.shape) - 0.5
    return float(np.mean(np.all((index >= -0.501) & (index <= last + 1e-3), axis=1)))
