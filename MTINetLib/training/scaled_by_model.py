"""Cases without an outlined liver get the scale that a model's own liver sets, as in an analysis.

Else a network that goes on from a model would learn lesions in other images than it is asked about.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from MTINetLib.models.liver_scale import own_liver_signal
from MTINetLib.models.predict import SlicePredictor
from MTINetLib.models.store import LoadedModel, load_model
from MTINetLib.study.normalise import LIVER_VALUE
from MTINetLib.training.slice_store import PHASES_FILE, SliceStore, StoredCase
from MTINetLib.write_whole import whole_file


def scaled_by_model(store: SliceStore, folder: Path) -> SliceStore:
    """The store with a gain for each case whose liver nobody outlined; it is kept beside the prepared case.

    Args:
        folder: of the model. One that finds no liver changes nothing.
    """
    if all(case.has_anatomy for case in store.cases):
        return store
    model = load_model(folder)
    if not model.preprocessing.liver_sets_scale:
        return store
    cases = [case if case.has_anatomy else replace(case, gain=_gain(case, model)) for case in store.cases]
    return SliceStore(cases, store.classes)


def _gain(case: StoredCase, model: LoadedModel) -> float:
    kept = case.folder / f"liver-{model.info.sha256[:16]}.json"
    if kept.is_file():
        return float(json.loads(kept.read_text(encoding="utf-8")))
    slices = np.load(case.folder / PHASES_FILE).astype(np.float32)
    predictor = SlicePredictor(model.ready_for, model.settled())
    signal = own_liver_signal(slices, partial(predictor.look, slices))
    gain = 1.0 if signal is None else LIVER_VALUE / signal
    with whole_file(kept) as beside:
        beside.write_text(json.dumps(gain), encoding="utf-8")
    return gain
