"""The network on a device, and what it has seen of slices, kept for the next question about them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Hashable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from MTINetLib.errors import MissingResourceError
from MTINetLib.findings.notes import CONTINUED_ON_CPU, GPU_LEFT, note
from MTINetLib.models.device import choose_compute, give_back_gpu_memory, on_cpu_instead
from MTINetLib.models.device_errors import DeviceProblem, device_problem, one_line
from MTINetLib.outline.network import PromptedNetwork
from MTINetLib.outline.prompts import Prompt

logger = logging.getLogger(__name__)

#: Slices whose features are kept, 4 MB each.
MOST_KEPT = 64


class SeenSlices:
    """Answers prompts about images; each image is looked at once as long as it is among the last.

    Attributes:
        notes: what had to be done about the device, see findings/notes.py.
    """

    def __init__(self, network: PromptedNetwork, device: str = "auto") -> None:
        """
        Raises:
            InputError, MissingResourceError: see ``choose_compute``.
        """
        compute = choose_compute(device, "fp32")
        try:
            self._network = network.to(compute.device)
        except (RuntimeError, MemoryError) as error:
            compute = on_cpu_instead(compute, error, "fp32")
            self._network = network.to(compute.device)
        self.title = compute.title
        self.notes = compute.notes
        self._device = compute.device
        self._features: OrderedDict[Hashable, Tensor] = OrderedDict()

    @property
    def side(self) -> int:
        """Pixels of an image, height and width."""
        return self._network.settings.side

    def knows(self, key: Hashable) -> bool:
        """Whether an image was looked at and is still kept."""
        return key in self._features

    def logits(
        self, key: Hashable, image: npt.NDArray[np.float32], prompt: Prompt
    ) -> npt.NDArray[np.float32]:
        """What a prompt outlines, [side, side]; above 0 is inside.

        Args:
            key: of the image: the same for the same image.
            image: [side, side] in 0 to 1.

        Raises:
            MissingResourceError: the memory is not enough.
        """
        try:
            return self._asked(key, image, prompt)
        except (RuntimeError, MemoryError) as error:
            self._to_cpu(error)
        return self._asked(key, image, prompt)

    def _asked(
        self, key: Hashable, image: npt.NDArray[np.float32], prompt: Prompt
    ) -> npt.NDArray[np.float32]:
        features = self._features.get(key)
        if features is None:
            features = self._network.encode(torch.from_numpy(image).to(self._device))
            self._features[key] = features
            while len(self._features) > MOST_KEPT:
                self._features.popitem(last=False)
        self._features.move_to_end(key)
        return np.asarray(self._network.decode(features, prompt).float().cpu().numpy())

    def _to_cpu(self, error: BaseException) -> None:
        """Go on without a GPU that has no room or fails."""
        problem = device_problem(error)
        if problem is None:
            raise error
        if self._device.type == "cpu":
            raise MissingResourceError(
                "There is not enough memory to outline one slice; close other programs and try again."
            ) from error
        full = problem is DeviceProblem.NO_ROOM
        told = CONTINUED_ON_CPU if full else note(GPU_LEFT, one_line(error))
        logger.warning("%s", told, extra={"note": told})
        self.notes = (*self.notes, told)
        self._features.clear()
        self._device = torch.device("cpu")
        self._network = self._network.to(self._device)
        give_back_gpu_memory()
