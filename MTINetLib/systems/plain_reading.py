"""A plain reading of the true curve: logistic regression on measured enhancement, by scikit-learn.

It is given what networks have to find: the tumour's own curve, measured under the true mask of the slice.
So it tells what there is to be learnt from the curve alone, and what a network adds to it or falls short
of; it is no competitor without a mask. Features: the relative enhancement (S_t - S_pre) / S_pre of each
later phase.

The model is a file of numbers: features are standardised, classes weighted by the inverse of how often they
are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import InputError, ModelError
from MTINetLib.systems.system import System, Task
from MTINetLib.training.slice_store import SliceEntry, SliceStore
from MTINetLib.write_whole import whole_file

MODEL_FILE = "plain-reading.json"
#: Signals under this share of the body's scale are air or damage: nothing is divided by less.
LEAST_SIGNAL = 0.05

PLAIN_READING = System(
    name="plain-reading",
    title="True curve, logistic regression",
    tasks=frozenset({Task.CLASSIFICATION}),
    source="Logistic regression (scikit-learn) on enhancement under the true mask; not in the paper.",
    left_open="Ridge penalty C = 1, classes weighted alike.",
    architecture="",
    packages=("sklearn",),
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlainReading:
    """A fitted reading: standardisation [P-1], weights [classes, P-1] and biases [classes]."""

    classes: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]

    def probabilities(self, curves: Floats) -> Floats:
        """Curves [N, P] -> class probabilities [N, classes]; NaN for a curve of NaN."""
        features = (enhancement(curves) - np.array(self.mean)) / np.array(self.deviation)
        scores = features @ np.array(self.weights).T + np.array(self.biases)
        grown = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def enhancement(curves: Floats) -> Floats:
    """Relative enhancement of the later phases: [N, P] -> [N, P-1]."""
    before = np.maximum(curves[:, :1], LEAST_SIGNAL)
    return np.asarray((curves[:, 1:] - before) / before)


def true_curves(store: SliceStore, entries: Sequence[SliceEntry]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Curve [N, P] and class index [N] of each slice's tumour, as networks learn them for whole slices.

    The curve is that of all seen tumour, the class that of its largest lesion; NaN and -1 without tumour.
    """
    curves, classes = [], []
    for entry in entries:
        phases = store.phases(entry).astype(np.float64)
        seen = [lesion for lesion in entry.lesions if lesion.seen]
        inside = np.isin(store.labels(entry), [lesion.label for lesion in seen])
        curves.append(phases[:, inside].mean(axis=1) if inside.any() else np.full(len(phases), np.nan))
        classes.append(seen[0].class_index if inside.any() else -1)
    return np.stack(curves), np.array(classes)


def fit(store: SliceStore) -> PlainReading:
    """The reading of a store's tumour-bearing slices of known class.

    Raises:
        InputError: they have fewer than two classes.
    """
    from sklearn.linear_model import LogisticRegression

    curves, index = true_curves(store, [entry for entry in store.entries if entry.lesions])
    curves, index = curves[index >= 0], index[index >= 0]
    there = np.unique(index)
    if len(there) < 2:
        raise InputError("A classifier needs lesions of two classes; the training part has fewer.")
    features = enhancement(curves)
    mean, deviation = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    fitted = LogisticRegression(class_weight="balanced", max_iter=1000)
    fitted.fit((features - mean) / deviation, index)
    weights, biases = fitted.coef_, fitted.intercept_
    if len(there) == 2:
        # scikit-learn tells two classes apart by one score.
        weights, biases = np.concatenate([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    names = tuple(store.classes[number] for number in there)
    rows = tuple(tuple(map(float, row)) for row in weights)
    return PlainReading(names, _floats(mean), _floats(deviation), rows, _floats(biases))


def write_reading(folder: Path, reading: PlainReading) -> str:
    """Write the model; returns its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(reading), indent=2) + "\n"
    with whole_file(folder / MODEL_FILE) as beside:
        beside.write_bytes(text.encode())
    return hashlib.sha256(text.encode()).hexdigest()


def read_reading(folder: Path) -> PlainReading:
    """What :func:`write_reading` wrote.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        values: dict[str, Any] = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
        rows = tuple(tuple(map(float, row)) for row in values["weights"])
        numbers = {name: _floats(values[name]) for name in ("mean", "deviation", "biases")}
        return PlainReading(classes=tuple(map(str, values["classes"])), weights=rows, **numbers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The model in {folder} cannot be read; train it again.") from error


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
