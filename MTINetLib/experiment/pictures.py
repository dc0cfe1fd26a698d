"""The pictures of an experiment: the same slices under every system, and the confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from MTINetLib.experiment.summary import SystemFigures
from MTINetLib.presentation.classes import class_title
from MTINetLib.presentation.colours import FAINT_INK, INK
from MTINetLib.report.body import body, tissue_window
from MTINetLib.study.phase import Phase, phase_set, usual_reference
from MTINetLib.systems.known import system_of
from MTINetLib.training.slice_store import SliceStore, StoredCase

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SLICES_FILE, CONFUSION_FILE = "figure-3.png", "figure-4.png"
#: Patients in the picture, of each class in turn.
SHOWN = 4
_TRUTH, _FOUND = "#56B4E9", "#E69F00"
_DPI = 130
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShownSlice:
    """One slice of the picture.

    Args:
        image: [S, S] of the reference phase, and ``truth`` its tumour.
        masks: by system, as far as it answered.
    """

    case: str
    z: int
    image: npt.NDArray[np.float32]
    truth: _Mask
    masks: Mapping[str, _Mask]


def slices_to_show(store: SliceStore, judged_first: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Case and place of the slice with the largest tumour of some patients, classes in turn.

    Args:
        judged_first: patients of the first fold, from whom the slices come, so that all systems have
            answered about them as early as can be.
    """
    groups: dict[str, list[StoredCase]] = {}
    for case in store.cases:
        if case.patient in judged_first and any(case.areas):
            groups.setdefault(case.case_class, []).append(case)
    in_turn = [
        groups[name][n]
        for n in range(max(map(len, groups.values()), default=0))
        for name in sorted(groups)
        if n < len(groups[name])
    ]
    return tuple((case.case, _largest(case)) for case in in_turn[:SHOWN])


def _largest(case: StoredCase) -> int:
    return int(np.argmax([sum(areas.values()) for areas in case.areas]))


def shown_slices(
    store: SliceStore,
    shown: Sequence[tuple[str, int]],
    masks: Mapping[str, Mapping[str, _Mask]],
    phases: Sequence[str],
) -> list[ShownSlice]:
    """The slices with what each system marked in them.

    Args:
        masks: by system, then by ``case z``, as experiment/folder.py keeps them.
        phases: of the experiment, by name.
    """
    reference = phase_set(phases) if phases else tuple(Phase)
    place = reference.index(usual_reference(reference))
    entries = {(store.cases[entry.case].case, entry.z): entry for entry in store.entries}
    found = []
    for case, z in shown:
        entry = entries[case, z]
        image = np.asarray(store.phases(entry), dtype=np.float32)[place]
        key = f"{case} {z}"
        of_systems = {system: kept[key] for system, kept in masks.items() if key in kept}
        found.append(ShownSlice(case, z, image, np.asarray(store.labels(entry)) > 0, of_systems))
    return found


def draw_slices(path: Path, shown: Sequence[ShownSlice], systems: Sequence[str]) -> None:
    """A row a slice, a column a system; blue dots: the truth, orange: what the system marked."""
    figure = _figure(1.5 * (len(systems) + 1), 1.6 * len(shown) + 0.3, "black")
    axes = figure.subplots(len(shown), len(systems) + 1, squeeze=False)
    for row, one in zip(axes, shown, strict=True):
        inside = body(one.image)
        low, high = tissue_window(one.image[None], inside)
        box = _box(inside)
        for place, axis in enumerate(row):
            mask = one.masks.get(systems[place - 1]) if place else None
            axis.imshow(one.image[box], cmap="gray", vmin=low, vmax=high)
            if one.truth[box].any():
                axis.contour(one.truth[box], [0.5], colors=[_TRUTH], linewidths=0.8, linestyles=[":"])
            if mask is not None and mask[box].any():
                axis.contour(mask[box], [0.5], colors=[_FOUND], linewidths=0.9)
            axis.set_axis_off()
        row[0].set_title(f"{one.case}, slice {one.z + 1}", color="white", fontsize=6)
    for place, system in enumerate(systems, 1):
        axes[0][place].set_title(system_of(system).title, color="white", fontsize=6)
    figure.savefig(path, dpi=_DPI, facecolor="black", metadata={"Software": None})


def _box(inside: _Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return slice(None), slice(None)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def draw_confusion(
    path: Path, systems: Sequence[str], figures: Mapping[str, SystemFigures], classes: Sequence[str]
) -> None:
    """A matrix a system, in percent of the slices of each true class, with the counts."""
    titles = [class_title(name) for name in classes]
    figure = _figure(1.9 * len(systems) + 0.6, 2.3, "white")
    for axis, system in zip(figure.subplots(1, len(systems), squeeze=False)[0], systems, strict=True):
        counts = np.array(figures[system].confusion["slices"], dtype=np.float64)
        share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row in range(len(classes)):
            for column in range(len(classes)):
                colour = "white" if share[row, column] > 0.55 else INK
                text = f"{100 * share[row, column]:.0f} %\n{counts[row, column]:.0f}"
                axis.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
        axis.set_title(system_of(system).title, fontsize=7)
        axis.set_xticks(range(len(classes)), titles, fontsize=5)
        axis.set_yticks(range(len(classes)), titles, fontsize=5, rotation=90, va="center")
        axis.set_xlabel("answered", fontsize=6, color=FAINT_INK)
        axis.set_ylabel("true", fontsize=6, color=FAINT_INK)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})


def _figure(width: float, height: float, paper: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(width, height), layout="constrained", facecolor=paper)
    FigureCanvasAgg(figure)
    return figure  # type: ignore[no-any-return]
