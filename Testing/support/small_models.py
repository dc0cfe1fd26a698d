"""Small networks for tests: one with random weights, and one whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from MTINetLib.models.folder import save_model_folder
from MTINetLib.models.info import ArchitectureInfo, ModelInfo
from MTINetLib.models.preprocessing import preprocessing_for
from MTINetLib.models.store import LoadedModel, load_model
from MTINetLib.models.thresholds import Thresholds
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.slice_network import Segmentation
from MTINetLib.network.tim import task_interaction_curve
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.phase import FOUR_PHASES, Phase

SMALL = NetworkSettings(
    image_size=64,
    widths=(4, 6, 8, 8),
    decoder_widths=(8, 8, 6, 4),
    context_blocks=1,
    transformer_depth=1,
    ffn_width=32,
    tdd_width=16,
    tdd_depth=1,
)


def random_network(seed: int = 0, settings: NetworkSettings = SMALL) -> MTINet:
    """A small MTINet with random weights and batch norms that did see something."""
    torch.manual_seed(seed)
    network = MTINet(settings)
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(2, settings.phase_count, settings.image_size, settings.image_size))
    return network.eval()


def random_model(
    folder: Path, seed: int = 0, phases: Sequence[Phase] = FOUR_PHASES, **config: Any
) -> LoadedModel:
    """A model folder with a random small network, written and loaded again."""
    network = random_network(seed, SMALL.for_phases(len(phases)))
    told = {"name": "random-small", "preset": "none", "phases": [phase.value for phase in phases]}
    save_model_folder(folder, network, {**told, **config})
    return load_model(folder)


class KnownNetwork(MTINet):
    """Finds what is brighter than 1.8 in the arterial or the delayed phase, reads the true curve, and says
    HCC for what is darker in the delayed phase than in the arterial one, hemangioma otherwise."""

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        brightest = torch.maximum(phases[:, 1], phases[:, 3])[:, None]
        return Segmentation(20 * (brightest - 1.8))

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        curve = task_interaction_curve(focus, self.own(phases))
        washout = 8 * (curve[:, 1] - curve[:, 3])
        return curve, torch.stack([washout, -washout], dim=1)


class LiverNetwork(KnownNetwork):
    """As above, and takes for liver what brightens to 1.7 times or more in the portal venous phase: but only
    where it is neither 2.5 times too dark nor too bright for a liver before contrast."""

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        before, portal = (functional.avg_pool2d(phases[:, n], 2) for n in (0, 2))
        liver = (before > 0.4) & (before < 2.5) & (portal > 1.7 * before)
        organs = torch.zeros(len(phases), self.settings.anatomy_classes, *before.shape[1:])
        organs[:, 0], organs[:, Organ.LIVER] = 1.0, 2.0 * liver
        return Segmentation(super().segment(features, phases).mask_logits, organs)


def liver_model(size: int = 64, **changes: Any) -> LoadedModel:
    """A loaded model around :class:`LiverNetwork`, with neighbouring slices that it does not look at."""
    return known_model(size, LiverNetwork, neighbours=1, anatomy_classes=len(Organ), **changes)


def known_model(
    size: int = 64,
    kind: type[KnownNetwork] = KnownNetwork,
    *,
    neighbours: int = 0,
    anatomy_classes: int = 0,
    **changes: Any,
) -> LoadedModel:
    """A loaded model around :class:`KnownNetwork`, or one of its kinds."""
    new = {"image_size": size, "heads": 4, "neighbours": neighbours, "anatomy_classes": anatomy_classes}
    settings = NetworkSettings.from_dict({**SMALL.to_dict(), **new})
    network = kind(settings).eval()
    info = ModelInfo(
        "known",
        Path("known"),
        "0" * 64,
        ArchitectureInfo("mtinet", settings.to_dict()),
        FOUR_PHASES,
        ("hcc", "hemangioma"),
        preprocessing_for(settings).info,
        Thresholds(**changes),
        anatomy=anatomy_classes > 0,
        preset="none",
    )
    return LoadedModel(network, info)
