"""The studies of small_dataset.py as prepared slices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from support.small_dataset import CLASSES, made_slices

from MTINetLib.training.slice_store import SliceStore, StoredCase, read_case_index, write_case


def small_store(root: Path, classes: Sequence[str] = CLASSES) -> SliceStore:
    """One case a class, of one patient each; ``none`` has no lesion."""
    cases = []
    for number, case_class in enumerate(classes):
        folder = root / f"case_{number}"
        write_case(folder, *made_slices(case_class, number), pixel_mm=1.5, scale=(0.0, 100.0))
        labels = {1: case_class} if case_class != "none" else {}
        index = read_case_index(folder)
        cases.append(
            StoredCase(f"case_{number}", f"patient_{number}", case_class, folder, classes=labels, **index)
        )
    return SliceStore(cases)
