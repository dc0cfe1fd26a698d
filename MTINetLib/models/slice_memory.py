"""How much memory a network needs for one slice, measured on the network itself, whatever it is made of."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from MTINetLib.models.backends.runner import SliceRunner
from MTINetLib.network.slice_settings import input_channels


class LivePeak(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Inside, counts the bytes of all tensors that operators make and that are alive at a time.

    What an operator takes for itself while it runs is not seen.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live = self.peak = 0
        self._known: dict[int, int] = {}

    def __torch_dispatch__(  # type: ignore[no-untyped-def]
        self, operator: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ):
        made = operator(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._add(tensor.untyped_storage())
        return made

    def _add(self, storage: torch.UntypedStorage) -> None:
        # Python objects of one storage come and go; its address stays as long as its memory.
        key, size = storage.data_ptr(), storage.nbytes()
        if key not in self._known:
            self.live += size
            self.peak = max(self.peak, self.live)
        self._known[key] = self._known.get(key, 0) + 1
        weakref.finalize(storage, self._drop, key, size).atexit = False

    def _drop(self, key: int, size: int) -> None:
        self._known[key] -= 1
        if not self._known[key]:
            del self._known[key]
            self.live -= size


@torch.inference_mode()
def bytes_per_slice(network: SliceRunner, device: torch.device) -> int:
    """The most that is alive at a time while one slice is segmented and one lesion in it is read.

    Raises:
        RuntimeError: its device has no room for one slice.
    """
    side = network.settings.image_size
    phases = torch.zeros(1, input_channels(network.settings), side, side, device=device)
    with LivePeak() as counted:
        features = network.encode(phases)
        logits = network.segment(features, phases).mask_logits
        network.read(features, phases, torch.sigmoid(logits.float()))
    return int(counted.peak + phases.nbytes)
