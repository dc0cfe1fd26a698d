"""How well a box is outlined, beside the shipped network and simpler ways from the same box."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

import MTINetLib
from MTINetLib.errors import InputError
from MTINetLib.outline.lesion_image import best_image
from MTINetLib.outline.marks import Marks, place
from MTINetLib.outline.outline import Outliner
from MTINetLib.outline.stack import Stack
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.study import Study

CASES = 60
SEED = 2024
#: Each side of a box lies off by up to this part of the box.
JITTER = 0.1
#: Diameters in mm of a ball of the same volume.
SIZES = ((0.0, 10.0), (10.0, 20.0), (20.0, 30.0), (30.0, np.inf))
#: A voxel belongs to what grows where it lies beyond this part of the way from surroundings to core.
_HALF_WAY = 0.5
_Mask = npt.NDArray[np.bool_]
_Labels = npt.NDArray[Any]
_Found = Callable[[Study], _Labels]


@dataclass(frozen=True)
class Row:
    """One lesion: its diameter in mm, Dice and seconds of the processor of each way."""

    diameter_mm: float
    dice: dict[str, float]
    seconds: dict[str, float]


def run_outline(
    cases: int = CASES,
    *,
    dataset: Path | None = None,
    model: str | None = None,
    device: str = "auto",
    seed: int = SEED,
    progress: Progress | None = None,
    outliner: Callable[[Study], Outliner] | None = None,
    network: _Found | None = None,
) -> dict[str, Any]:
    """Outline ``cases`` lesions of phantoms, or of a dataset, from boxes that are a little off.

    Args:
        cases: lesions, at most.
        dataset: its studies and masks instead of phantoms.
        model: that looks for the lesions itself.
        progress: one step a lesion.
        outliner, network: stand-ins for the installed weights and the model.

    Returns:
        ``ways``: for each way, all sizes together and each, median Dice, its quartiles and median seconds of
        the processor, so that other work on the machine does not count;
        and ``lesions``, ``seed``, ``jitter``, ``source``, ``date``, ``version``.

    Raises:
        InputError: the dataset has no lesions, or cannot be read.
        MissingResourceError: the weights that outline are not installed.
    """
    from MTINetLib.pipeline.outline import installed_outliner

    watcher, rng = progress or Silent(), np.random.default_rng(seed)
    outlines = outliner or (lambda study: installed_outliner(study, device))
    found = network or _network(model, device)
    rows: list[Row] = []
    watcher.start(Stage.OUTLINING, cases)
    for study, labels in _phantoms(seed) if dataset is None else _studies(dataset):
        if len(rows) >= cases:
            break
        began = time.process_time()
        seen = found(study)
        seconds = time.process_time() - began
        ready = outlines(study)
        for label in np.unique(labels[labels > 0]):
            if len(rows) < cases:
                rows.append(_row(study, labels == label, ready, seen, seconds, rng))
                watcher.update(len(rows))
    watcher.finish()
    if not rows:
        raise InputError(f"{dataset} holds no lesions; name a dataset with masks.")
    return {
        "ways": _summary(rows),
        "lesions": len(rows),
        "seed": seed,
        "jitter": JITTER,
        "source": "phantom" if dataset is None else dataset.name,
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "version": MTINetLib.__version__,
    }


def outline_table(figures: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [
        f"{figures['lesions']} lesions ({figures['source']}), boxes off by up to {JITTER:.0%} a side",
        "",
    ]
    sizes = list(next(iter(figures["ways"].values())))
    lines.append("Median Dice      " + "".join(f"{size:>14}" for size in sizes) + "      CPU s")
    for way, by_size in figures["ways"].items():
        cells = [f"{said['median']:.2f} ({said['lesions']})" if said else "-" for said in by_size.values()]
        lines.append(
            f"{way:<17}" + "".join(f"{cell:>14}" for cell in cells) + f"{by_size['all']['seconds']:>11.2f}"
        )
    return "\n".join(lines)


def _row(
    study: Study,
    truth: _Mask,
    outliner: Outliner,
    seen: _Labels,
    seconds: float,
    rng: np.random.Generator,
) -> Row:
    marks = _box(study, truth, rng)
    ways: dict[str, Callable[[], _Mask]] = {
        "outline": lambda: outliner.outline(marks).mask,
        "outline again": lambda: outliner.outline(marks).mask,
        "threshold": lambda: grown(study, marks),
        "ellipsoid": lambda: ellipsoid(study, marks),
        "network": lambda: seen == _best_label(seen, truth),
    }
    dice, took = {}, {}
    for way, outline in ways.items():
        began = time.process_time()
        try:
            mask = outline()
        except InputError:  # nothing stands out
            mask = np.zeros_like(truth)
        took[way] = time.process_time() - began
        dice[way] = float(2 * (mask & truth).sum() / (mask.sum() + truth.sum()))
    took["network"] = seconds
    volume = float(truth.sum() * study.grid.voxel_volume_mm3)
    return Row((6 * volume / np.pi) ** (1 / 3), dice, took)


def _box(study: Study, truth: _Mask, rng: np.random.Generator) -> Marks:
    places = np.argwhere(truth)
    low, high = places.min(axis=0) - 0.5, places.max(axis=0) + 0.5
    off = rng.uniform(-JITTER, JITTER, (2, 3)) * (high - low)
    first, last = study.grid.to_lps(np.array([low, high]) + off)
    return Marks((tuple(first), tuple(last)))


def grown(study: Study, marks: Marks) -> _Mask:
    """What hangs together with the middle of the box, beyond half way from the surroundings to its value."""
    stack = Stack.of(study.grid)
    placed, volumes = place(marks, stack), stack.turned(study.volumes)
    covered = None if study.covered is None else stack.turned(study.covered)
    image = best_image(volumes, covered, placed).of(volumes)
    distance = _distance(placed, image.shape)
    core = distance <= max(0.3, float(distance.min()))
    inside, around = np.median(image[core]), np.median(image[(distance > 1.3) & (distance < 1.8)])
    beyond = (image - around) * np.sign(inside - around) > _HALF_WAY * abs(inside - around)
    pieces, _ = ndimage.label(beyond & (distance <= 1.3))
    kept = np.unique(pieces[core])
    return np.ascontiguousarray(stack.native(np.isin(pieces, kept[kept > 0])))


def ellipsoid(study: Study, marks: Marks) -> _Mask:
    """The ellipsoid that touches the sides of the box; phantom lesions are not far from it."""
    stack = Stack.of(study.grid)
    return np.ascontiguousarray(stack.native(_distance(place(marks, stack), stack.shape) <= 1.0))


def _distance(placed: Any, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """From the middle of the box, in its half sides."""
    half = np.maximum(placed.size / 2, 0.5)
    axes = [
        ((np.arange(count) - centre) / side) ** 2
        for count, centre, side in zip(shape, placed.centre, half, strict=True)
    ]
    return np.asarray(np.sqrt(axes[0][:, None, None] + axes[1][:, None] + axes[2]))


def _best_label(seen: _Labels, truth: _Mask) -> int:
    """The lesion of the network that shares most with this one; one that is none where there is none."""
    labels, counts = np.unique(seen[truth & (seen > 0)], return_counts=True)
    return int(labels[counts.argmax()]) if labels.size else -1


def _network(model: str | None, device: str) -> _Found:
    from MTINetLib.models.store import load_model
    from MTINetLib.pipeline.analyze import analyze

    loaded = load_model(model)
    return lambda study: analyze(study, loaded, device=device).labels


def _phantoms(seed: int) -> Iterator[tuple[Study, _Labels]]:
    from MTINetLib.phantom.case import PhantomSettings, make_case

    index = 0
    while True:
        case = make_case(seed, index, PhantomSettings(none_share=0.0))
        yield case.study, case.labels
        index += 1


def _studies(dataset: Path) -> Iterator[tuple[Study, _Labels]]:
    from MTINetLib.dataset.folder import read_dataset
    from MTINetLib.evaluation.truth import read_truth
    from MTINetLib.pipeline.open import open_study

    for case in read_dataset(dataset):
        if case.mask_path is not None:
            study = open_study(case.phase_paths, phases=case.phases)
            yield study, read_truth(case, study.grid).labels


def _summary(rows: list[Row]) -> dict[str, Any]:
    groups = {"all": rows}
    for least, most in SIZES:
        name = (
            f"< {most:.0f} mm"
            if not least
            else f">= {least:.0f} mm"
            if most == np.inf
            else f"{least:.0f}-{most:.0f} mm"
        )
        groups[name] = [row for row in rows if least <= row.diameter_mm < most]
    return {way: {name: _said(group, way) for name, group in groups.items()} for way in rows[0].dice}


def _said(rows: list[Row], way: str) -> dict[str, float] | None:
    if not rows:
        return None
    lower, median, upper = np.percentile([row.dice[way] for row in rows], [25, 50, 75])
    return {
        "lesions": len(rows),
        "median": round(float(median), 4),
        "quartiles": [round(float(lower), 4), round(float(upper), 4)],  # type: ignore[dict-item]
        "seconds": round(float(np.median([row.seconds[way] for row in rows])), 3),
    }
