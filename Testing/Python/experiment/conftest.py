"""Stores of a few small slices whose figures can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from MTINetLib.training.slice_store import SliceStore, StoredCase, read_case_index, write_case

SIDE = 32
#: Enhancement of a lesion in the four phases, normalised, on a background of 0.
CURVE = (0.5, 1.5, 1.0, 0.5)
#: Scanner units of normalised 0 and 1.
SCALE = (100.0, 300.0)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> SliceStore:
    """Two patients with a square lesion of 4 x 4 in two of three slices, and one without any."""
    root = tmp_path_factory.mktemp("store")
    cases = []
    for number, name in enumerate(("hcc", "hemangioma", "none")):
        labels = np.zeros((3, SIDE, SIDE), np.uint8)
        if name != "none":
            labels[:2, 4:8, 4:8] = 1
        phases = np.zeros((3, 4, SIDE, SIDE), np.float32)
        for place, value in enumerate(CURVE):
            phases[:, place][labels > 0] = value
        folder = root / name
        write_case(folder, phases, labels, 2.0, SCALE)
        classes = {1: name} if name != "none" else {}
        index = read_case_index(folder)
        cases.append(
            StoredCase(f"case_{number}", f"patient_{number}", name, folder, classes=classes, **index)
        )
    return SliceStore(cases)
