"""Each network against its publication: weights, shapes, and that a step lowers its loss."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import architecture_of
from MTINetLib.systems.known import all_systems, register_networks, system_of
from MTINetLib.systems.train_system import settings_of
from MTINetLib.training.budget import Budget
from MTINetLib.training.dataset import TrainingBatch
from MTINetLib.training.lightning_module import MTINetTraining
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings

#: Changes that make each network small; the design stays.
SMALL = {
    "unet": "network.widths=2,3,4,5,6",
    "resunet-pp": "network.widths=4,4,8,8,8",
    "transunet": "network.blocks=1,1,1 network.width=24 network.depth=1 network.heads=2 "
    "network.decoder_widths=8,8,8,4,4",
    "ei-ddpm-style": "network.widths=4,4,8,8 network.groups=4 network.sampling_steps=2",
    "dm-ff-style": "network.widths=2,3,4,5,6",
    "vgg-16-reg": "network.widths=2,2,2,2,2",
    "vgg-16-cls": "network.widths=2,2,2,2,2",
}
#: Of published size also here; one of the pair will do.
LARGE = ("resnet-50", "densenet-121", "inception")
NAMES = [
    system.name
    for system in all_systems()
    if system.architecture not in ("", "mtinet") and system.name not in {f"{name}-cls" for name in LARGE}
]


def whole(architecture: str, **settings: Any) -> torch.nn.Module:
    """A network of the published size, without memory."""
    known = architecture_of(architecture)
    with torch.device("meta"):
        return known.build(known.read_settings(settings)).eval()


def weights(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def convolution(inner: int, outer: int, side: int = 3, bias: bool = True) -> int:
    return inner * outer * side**2 + bias * outer


@pytest.fixture(autouse=True)
def _seed() -> None:
    register_networks()
    torch.manual_seed(0)


def small(name: str, common: TrainingSettings, *changes: str) -> TrainingSettings:
    settings = settings_of(system_of(name), common)
    return change_settings(settings, [*SMALL.get(name, "").split(), *changes])


def test_unet_has_the_weights_of_its_figure_1() -> None:
    widths = (64, 128, 256, 512, 1024)
    down = sum(
        convolution(inner, outer) + convolution(outer, outer)
        for inner, outer in zip((4, *widths), widths, strict=False)
    )
    up = sum(
        convolution(2 * fine, fine, 2) + convolution(2 * fine, fine) + convolution(fine, fine)
        for fine in widths[:-1]
    )
    # MONAI: the last deconvolution keeps its 128 channels, so its convolution sees 64 more.
    kept = convolution(128, 128, 2) - convolution(128, 64, 2) + convolution(64, 64, bias=False)
    norms = 2 * 2 * (sum(widths) + sum(widths[:-1]))
    assert weights(whole("unet")) == down + up + convolution(64, 1, 1) + kept + norms


def test_resunet_pp_has_the_weights_of_its_publication() -> None:
    # Keras' summary of the authors' program (github.com/DebeshJha/ResUNetPlusPlus, m_resunet.py), 3 channels.
    network = whole("resunet-pp", phase_count=3)
    moving = sum(
        part.running_mean.numel() + part.running_var.numel()
        for part in network.modules()
        if isinstance(part, torch.nn.BatchNorm2d)
    )
    assert weights(network) + moving == 4_070_385
    assert weights(whole("resunet-pp")) - weights(network) == 16 * (9 + 1)


def test_transunet_has_105_million_weights() -> None:
    # 105.28 M is what is quoted of R50-ViT-B/16 for images of 224 pixels, three channels and nine classes.
    classes = convolution(16, 9) - convolution(16, 1)
    assert round((weights(whole("transunet", image_size=224, phase_count=3)) + classes) / 1e6, 2) == 105.28
    # A further channel for the 7x7 convolution, 60 more places.
    more = 49 * 64 + (16**2 - 14**2) * 768
    grown = weights(whole("transunet")) - weights(whole("transunet", image_size=224, phase_count=3))
    assert grown == more


@pytest.mark.parametrize(
    ("architecture", "published", "features", "first"),
    [
        ("vgg-16", 138_357_544, 4096, 64 * 9),  # 138 M in table 2 of the publication
        ("resnet-50", 25_557_032, 2048, 64 * 49),  # 25.6 M, torchvision's count
        ("densenet-121", 7_978_856, 1024, 64 * 49),  # 8.0 M, torchvision's count
        ("inception", 6_624_904, 1024, 64 * 49),  # torchvision's count of GoogLeNet
    ],
)
def test_readers_have_the_weights_of_their_publications(
    architecture: str, published: int, features: int, first: int
) -> None:
    def with_outputs(count: int) -> int:
        return published + first + (count - 1000) * (features + 1)

    assert weights(whole(architecture, task="classification", class_count=3)) == with_outputs(3)
    regression = whole(architecture, task="regression")
    assert weights(regression) == with_outputs(4)
    phases = torch.empty(2, 4, 256, 256, device="meta")
    (answer,) = regression.encode(phases)  # type: ignore[operator]
    assert answer.shape == (2, 4)


@pytest.mark.parametrize("architecture", ["unet", "resunet-pp", "transunet", "dm-ff-style"])
def test_masks_have_the_size_of_the_slice(architecture: str) -> None:
    network = whole(architecture)
    phases = torch.empty(2, 4, 256, 256, device="meta")
    assert network.segment(network.encode(phases), phases).mask_logits.shape == (2, 1, 256, 256)  # type: ignore


@pytest.mark.parametrize("name", NAMES)
def test_steps_lower_a_systems_own_loss(name: str, common: TrainingSettings, batch: TrainingBatch) -> None:
    large = name.startswith(LARGE)
    settings = small(name, common, "optimiser=adam", f"learning_rate={1e-4 if large else 0.003}")
    if large:
        batch = TrainingBatch(*(part[batch.bears_tumour] for part in batch))
    training = MTINetTraining(settings, Budget(settings, 10)).train()
    (optimiser,) = training.configure_optimizers()

    def loss() -> Tensor:
        torch.manual_seed(1)  # the same dropout and noise
        terms = training.network.own_loss(batch)
        if terms is not None:
            return torch.stack(list(terms.values())).sum()
        return training._weighted(training._generator_terms(batch, training._answer(training.network, batch)))

    before = loss()
    for _ in range(3):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    assert before.item() > 0
    assert loss().item() < before.item()


def test_a_diffused_mask_repeats_and_depends_on_the_image(
    common: TrainingSettings, batch: TrainingBatch
) -> None:
    settings = small("ei-ddpm-style", common)
    network = architecture_of(settings.architecture).build(settings.network).eval()
    with torch.inference_mode():
        for parameter in network.parameters():  # MONAI's last convolutions begin at zero
            parameter.add_(0.1 * torch.randn_like(parameter))
        one = network.segment(network.encode(batch.phases), batch.phases).mask_logits
        alone = network.segment(network.encode(batch.phases[2:3]), batch.phases[2:3]).mask_logits
    assert one.shape == (6, 1, 64, 64)
    torch.testing.assert_close(one[2:3], alone, rtol=1e-3, atol=1e-4)
    assert not torch.allclose(one[0], one[2], atol=1e-3)


def test_sizes_that_make_no_network_are_refused_by_name() -> None:
    for architecture, values, named in (
        ("unet", {"widths": [64, 128]}, "widths"),
        ("unet", {"image_size": 100}, "image_size"),
        ("unet", {"depth": 3}, "depth"),
        ("transunet", {"heads": 7}, "heads"),
        ("ei-ddpm-style", {"shrink": 3}, "shrink"),
        ("vgg-16", {"task": "segmentation"}, "task"),
    ):
        with pytest.raises(InputError, match=named):
            architecture_of(architecture).read_settings(values)


def test_a_classifier_without_two_classes_is_refused(common: TrainingSettings) -> None:
    with pytest.raises(InputError, match="needs lesions of two classes"):
        settings_of(system_of("resnet-50-cls"), common).for_classes(())
