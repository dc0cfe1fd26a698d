"""Where two models differ most: a slice with the true outline and those of both."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.evaluation.compare import Labels
from MTINetLib.evaluation.judged_case import OpenedCase
from MTINetLib.report.body import body, tissue_window
from MTINetLib.report.key_slice import ShownPlane, body_crop

#: At most so many are shown.
MOST = 6
TRUE_COLOUR, OLD_COLOUR, NEW_COLOUR = "#FFFFFF", "#56B4E9", "#E69F00"
_STYLES = (("truth", TRUE_COLOUR, ":"), ("old", OLD_COLOUR, "-"), ("new", NEW_COLOUR, "-"))
_SIZE, _DPI = (3.6, 3.6), 150
_Plane = npt.NDArray[Any]


@dataclass(frozen=True, order=True)
class Difference:
    """One slice, as it lies on paper.

    Args:
        weight: how much the models differ in this study.
        case: its name, and ``slice`` the number of the slice, from 1.
        image: [rows, columns] of the reference phase, cut to the body; ``window`` is black and white.
        outlines: masks of the truth, the old and the new model.
        pixel_mm: height and width of a pixel.
    """

    weight: float
    case: str
    slice: int = field(compare=False)
    image: _Plane = field(compare=False)
    window: tuple[float, float] = field(compare=False)
    outlines: tuple[_Plane, _Plane, _Plane] = field(compare=False)
    pixel_mm: tuple[float, float] = field(compare=False)

    @classmethod
    def of(cls, opened: OpenedCase, old: Labels, new: Labels, weight: float) -> Difference | None:
        """The slice of a case where most voxels differ, of true lesions if there are such; None where none
        differs, or nothing of weight."""
        differ = (old > 0) != (new > 0)
        if weight <= 0 or not differ.any():
            return None
        of_lesions = differ & (opened.truth.labels > 0)
        k = int((of_lesions if of_lesions.any() else differ).sum(axis=(1, 2)).argmax())
        study = opened.study
        image = study.phase(study.reference)[k]
        inside, plane = body(image), ShownPlane.of(study.grid)
        crop = body_crop(plane.show(inside))
        masks = [crop.cut(plane.show(labels[k] > 0)).copy() for labels in (opened.truth.labels, old, new)]
        return cls(
            weight,
            opened.case.case,
            k + 1,
            crop.cut(plane.show(image)).copy(),
            tissue_window(image[None], inside),
            (masks[0], masks[1], masks[2]),
            plane.pixel_mm,
        )


class Differences:
    """The heaviest ones of all that it is shown."""

    def __init__(self) -> None:
        self._kept: list[Difference] = []

    def look_at(self, difference: Difference | None) -> None:
        if difference is not None:
            heapq.heappush(self._kept, difference)
        if len(self._kept) > MOST:
            heapq.heappop(self._kept)

    def __iter__(self) -> Iterator[Difference]:
        return iter(sorted(self._kept, reverse=True))


def picture_name(number: int) -> str:
    """Of the picture with this number, from 1."""
    return f"differs-{number}.png"


def draw(path: Path, shown: Difference) -> None:
    """White dots: the truth; blue: the old model; orange: the new one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="black", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    height, width = (np.array(shown.image.shape) * shown.pixel_mm).tolist()
    low, high = shown.window
    axes.imshow(shown.image, cmap="gray", vmin=low, vmax=high, extent=(0.0, width, height, 0.0))
    x = (np.arange(shown.image.shape[1]) + 0.5) * shown.pixel_mm[1]
    y = (np.arange(shown.image.shape[0]) + 0.5) * shown.pixel_mm[0]
    for mask, (name, colour, line) in zip(shown.outlines, _STYLES, strict=True):
        if mask.any():
            axes.contour(x, y, mask, [0.5], colors=[colour], linewidths=1.1, linestyles=[line])
        axes.plot([], [], color=colour, linestyle=line, label=name)
    axes.set_axis_off()
    axes.set_title(f"{shown.case}, slice {shown.slice}", color="white", fontsize=8)
    axes.legend(loc="lower right", fontsize=7, framealpha=0.6, facecolor="black", labelcolor="white")
    figure.savefig(path, dpi=_DPI, facecolor="black", metadata={"Software": None})
