"""A system in the style of EI-DDPM (Zhao, Li: MICCAI 2023): diffusion a phase, evidence, discounted fusion.

There is no public code, and the publication leaves most sizes open, so this is a system of its kind and its
figures are not EI-DDPM's. What it takes over: one conditional diffusion model a modality, which makes a
mask out of noise under that modality's image; evidence of each about each pixel; contextual discounting,
with a reliability learnt for each modality and class; fusion by Dempster's rule.

Left open, chosen here:
- The networks: MONAI's DiffusionModelUNet, 32, 64, 64, 64 channels, one residual block a level, attention
  at the coarsest level, weights of its own a phase; the noisy mask and the phase's image are its channels.
- They work on half the slice's side (``shrink``), fused logits are enlarged bilinearly: at the whole side
  an answer costs four times as much, 0.5 TFLOP a slice.
- 1000 steps of noise with a linear schedule; each network predicts the clean mask, by way of its evidence;
  four deterministic steps back (DDIM) from one fixed noise, so that an answer repeats.
- The loss: squared error of each clean mask, and cross-entropy and Dice of the fused one, weights 1.
- Adam 1e-4, the batch of the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import Architecture
from MTINetLib.network.slice_network import LearntSlices, Segmentation, SliceNetwork
from MTINetLib.systems.evidence import Reliability, evidence_of, fused_logits, plausibility
from MTINetLib.systems.settings import SystemSettings, counts_of
from MTINetLib.systems.system import SEGMENTATION, System
from MTINetLib.systems.whole_network import weight_of
from MTINetLib.training.losses import dice_loss, segmentation_loss

NOISE_STEPS = 1000


@dataclass(frozen=True)
class EiDdpmSettings(SystemSettings):
    """Sizes of the diffusion models.

    Args:
        widths: channels of the four levels, multiples of ``groups``.
        groups: of the group norms.
        shrink: the slice's side over that of the diffused mask, 1, 2 or 4.
        sampling_steps: back from noise to a mask.
    """

    widths: tuple[int, ...] = (32, 64, 64, 64)
    groups: int = 32
    shrink: int = 2
    sampling_steps: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "widths", counts_of("widths", self.widths, 4, most=1024))
        counts_of("groups", (self.groups,), 1, most=1024)
        counts_of("sampling_steps", (self.sampling_steps,), 1, most=NOISE_STEPS)
        if any(width % self.groups for width in self.widths):
            raise InputError(
                f"Network setting widths is {self.widths}; each must be a multiple of groups={self.groups}."
            )
        if self.shrink not in (1, 2, 4):
            raise InputError(f"Network setting shrink is {self.shrink}; choose 1, 2 or 4.")


class EiDdpm(SliceNetwork):
    """The diffusion models of all phases and the reliability of each."""

    settings: EiDdpmSettings

    def __init__(self, settings: EiDdpmSettings) -> None:
        from monai.networks.nets.diffusion_model_unet import DiffusionModelUNet
        from monai.networks.schedulers.ddim import DDIMScheduler

        super().__init__()
        self.settings = settings
        self.phases = nn.ModuleList(
            DiffusionModelUNet(
                spatial_dims=2,
                in_channels=2,
                out_channels=2,
                channels=settings.widths,
                attention_levels=(False, False, False, True),
                num_res_blocks=1,
                num_head_channels=settings.groups,
                norm_num_groups=settings.groups,
            )
            for _ in range(settings.phase_count)
        )
        self.reliability = Reliability(settings.phase_count)
        self.scheduler = DDIMScheduler(NOISE_STEPS, prediction_type="sample")
        self.scheduler.set_timesteps(settings.sampling_steps)

    def encode(self, phases: Tensor) -> list[Tensor]:
        """The images at the side that is worked on: [B, P, S, S] -> one [B, P, s, s]."""
        small = functional.avg_pool2d(phases, self.settings.shrink)
        return [small.to(weight_of(self).dtype)]

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """Masks made out of noise, a phase each, fused."""
        images = features[0]
        noise = torch.randn((1, 1, *images.shape[2:]), generator=torch.Generator().manual_seed(0))
        masks = noise.to(images).expand(len(images), self.settings.phase_count, -1, -1)
        plausible = torch.empty(0)
        for step in self.scheduler.timesteps.tolist():
            plausible = self._plausible(images, masks, torch.full((len(images),), step, device=images.device))
            masks, _ = self.scheduler.step(_clean(plausible).to(masks), step, masks)
        return Segmentation(self._enlarged(plausible))

    def read(self, features: list[Tensor], phases: Tensor, focus: Tensor) -> tuple[None, None]:
        """Neither curve nor class."""
        return None, None

    def own_loss(self, batch: LearntSlices) -> dict[str, Tensor]:
        """``diffusion``: of each phase's clean mask; ``segmentation`` and ``dice``: of the fused one."""
        (images,) = self.encode(batch.phases)
        truth = 2 * functional.avg_pool2d(batch.tumour, self.settings.shrink).to(images) - 1
        step = torch.randint(NOISE_STEPS, (len(images),), device=images.device)
        noise = torch.randn_like(truth)
        noisy = self.scheduler.add_noise(truth, noise, step).expand_as(images)
        plausible = self._plausible(images, noisy, step)
        logits = self._enlarged(plausible)
        return {
            "diffusion": functional.mse_loss(_clean(plausible), truth.float().expand_as(images)),
            "segmentation": segmentation_loss(logits, batch.tumour),
            "dice": dice_loss(logits, batch.tumour),
        }

    def _plausible(self, images: Tensor, masks: Tensor, step: Tensor) -> Tensor:
        """[B, P, s, s] twice -> plausibility of background and tumour, [B, P, 2, s, s]."""
        outputs = [
            network(torch.stack([masks[:, number], images[:, number]], dim=1), step)
            for number, network in enumerate(self.phases)
        ]
        return plausibility(evidence_of(torch.stack(outputs, dim=1)))

    def _enlarged(self, plausible: Tensor) -> Tensor:
        logits = fused_logits(plausible, self.reliability())
        shrink = float(self.settings.shrink)
        return functional.interpolate(logits, scale_factor=shrink, mode="bilinear", align_corners=False)


def _clean(plausible: Tensor) -> Tensor:
    """The mask that each phase sees, -1 to 1: [B, P, 2, s, s] -> [B, P, s, s]."""
    return 2 * plausible[:, :, 1] / plausible.sum(2) - 1


def _build(settings: EiDdpmSettings) -> EiDdpm:
    return EiDdpm(settings)


ARCHITECTURE = Architecture("ei-ddpm-style", EiDdpmSettings.from_dict, _build)

EI_DDPM_STYLE = System(
    name="ei-ddpm-style",
    title="EI-DDPM-style",
    tasks=SEGMENTATION,
    source="After Zhao, Li: Learning reliability of multi-modality medical images for tumor segmentation via "
    "evidence-identified denoising diffusion probabilistic models. MICCAI 2023, 682-691.",
    left_open="No public code: sizes, schedule, loss and optimiser are ours.",
    architecture=ARCHITECTURE.name,
    recipe=("optimiser=adam", "learning_rate=0.0001", "weight_decay=0"),
)
