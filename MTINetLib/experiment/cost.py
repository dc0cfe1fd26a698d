"""What a network costs, counted on its own answer to a slice."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.models.store import load_model
from MTINetLib.systems.nnunet import RESULT_FILE, read_trained
from MTINetLib.systems.slice_answers import answer_slices
from MTINetLib.training.slice_store import SliceStore


def network_cost(model: Path, store: SliceStore) -> tuple[int, float | None]:
    """Learnt weights, and GFLOP of an answer to one slice (a multiply-add counts two; FFT and pointwise work
    do not count); None where nothing is counted.

    Args:
        model: that a training left.
        store: with at least one slice.
    """
    from torch.utils.flop_counter import FlopCounterMode

    if (model / RESULT_FILE).is_file():
        return read_trained(model).weights, None
    entry = max(store.entries, key=lambda one: sum(lesion.area_px for lesion in one.lesions))
    try:
        weights = sum(weight.numel() for weight in load_model(model).network.parameters())
        with FlopCounterMode(display=False) as counter:
            answer_slices(model, store, [entry], device="cpu")
    except Exception:
        # A figure beside the others: what cannot be counted has none.
        return 0, None
    return weights, counter.get_total_flops() / 1e9 or None
