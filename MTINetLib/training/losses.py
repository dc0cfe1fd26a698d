"""The losses of the paper, equations (2) to (4), TIM's L1, TDD's adversarial terms, and ours: Dice, anatomy.

Regression, TIM, class and TDD terms count on tumour-bearing samples only: a healthy slice has no curve
and no class. Where no sample bears a tumour they are zero, with gradients of zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from MTINetLib.errors import InputError
from MTINetLib.study.anatomy import UNKNOWN_ORGAN, Organ

#: How much a pixel of each organ counts; background is plentiful, vessels and the gallbladder are rare.
ORGAN_WEIGHTS = {
    Organ.BACKGROUND: 0.5,
    Organ.LIVER: 1.0,
    Organ.LIVER_VESSEL: 1.5,
    Organ.GREAT_VESSEL: 2.0,
    Organ.HEART: 1.0,
    Organ.KIDNEY: 1.0,
    Organ.SPLEEN: 1.0,
    Organ.GUT: 1.0,
    Organ.GALLBLADDER: 2.0,
}


@dataclass(frozen=True)
class LossWeights:
    """How much each term counts in the generator's loss. The paper gives no weights: 1 each is its preset.

    Args:
        segmentation: binary cross-entropy, equation (2).
        dice: soft Dice (ours; the paper has none).
        regression: L1 of the regression head, equation (3).
        classification: negative log-likelihood, equation (4).
        tim: L1 of the curve that the mask implies.
        adversarial: TDD's term for the generator.
        anatomy: of the organs (ours); asks nothing of a network without an answer about them.
    """

    segmentation: float = 1.0
    dice: float = 1.0
    regression: float = 1.0
    classification: float = 0.5
    tim: float = 0.1
    adversarial: float = 0.01
    anatomy: float = 0.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value < float("inf"):
                raise InputError(f"Loss weight {name} is {value}; it must be zero or a positive number.")

    @classmethod
    def paper(cls) -> LossWeights:
        """The paper's own terms, all with weight 1."""
        return cls(1.0, 0.0, 1.0, 1.0, 1.0, 1.0, anatomy=0.0)


def mean_over_bearing(per_sample: Tensor, bears_tumor: Tensor) -> Tensor:
    """Mean of a per-sample term [B] over the samples marked in the bool mask [B]; zero when none is.

    Values of unmarked samples (also NaN) reach neither the result nor the gradient.
    """
    kept = torch.where(bears_tumor, per_sample, torch.zeros_like(per_sample))
    return kept.sum() / bears_tumor.sum().clamp_min(1)


def segmentation_loss(mask_logits: Tensor, mask: Tensor) -> Tensor:
    """Equation (2): binary cross-entropy, mean over samples and pixels; [B, 1, H, W] each, mask 0 to 1."""
    return functional.binary_cross_entropy_with_logits(mask_logits.float(), mask.float())


def dice_loss(mask_logits: Tensor, mask: Tensor, smooth: float = 1.0) -> Tensor:
    """1 - soft Dice over the whole batch (ours), so that healthy slices count through their false pixels.

    Args:
        mask_logits, mask: [B, 1, H, W].
        smooth: pixels added above and below, so that an empty batch predicted empty is a perfect answer.
    """
    probability = torch.sigmoid(mask_logits.float())
    overlap = (probability * mask).sum()
    return 1 - (2 * overlap + smooth) / (probability.sum() + mask.sum() + smooth)


def anatomy_loss(anatomy_logits: Tensor, anatomy: Tensor, smooth: float = 20.0) -> Tensor:
    """Weighted cross-entropy of the organs, and 1 - soft Dice of the liver over the whole batch (ours).

    Args:
        anatomy_logits: [B, len(Organ), h, w].
        anatomy: uint8 [B, h, w], see study/anatomy.py; unknown pixels count in neither term, and where all
            are unknown the loss is zero.
        smooth: pixels added above and below.
    """
    known = anatomy != UNKNOWN_ORGAN
    target = torch.where(known, anatomy, torch.zeros_like(anatomy)).long()
    log_probability = torch.log_softmax(anatomy_logits.float(), dim=1)
    weights = torch.tensor([ORGAN_WEIGHTS[organ] for organ in Organ], device=anatomy.device)
    weight = weights[target] * known
    likelihood = log_probability.gather(1, target[:, None])[:, 0]
    entropy = -(weight * likelihood).sum() / weight.sum().clamp_min(1)
    liver = [Organ.LIVER.value, Organ.LIVER_VESSEL.value]
    found = log_probability[:, liver].exp().sum(1) * known
    truth = ((target == liver[0]) | (target == liver[1])) & known
    overlap = (found * truth).sum()
    dice = 1 - (2 * overlap + smooth) / (found.sum() + truth.sum() + smooth)
    return entropy + dice


def regression_loss(curve: Tensor, truth: Tensor, bears_tumor: Tensor) -> Tensor:
    """Equation (3): L1 of curves [B, 4], normalised units; mean over phases and tumour-bearing samples.

    TIM's term is the same function with TIM's curve.
    """
    return mean_over_bearing((curve.float() - _known(truth, bears_tumor)).abs().mean(1), bears_tumor)


def classification_loss(class_logits: Tensor, truth: Tensor, bears_tumor: Tensor) -> Tensor:
    """Equation (4): -log p_u; logits [B, classes], class index [B], int64.

    A negative index is a lesion of unknown class and does not count; healthy samples may hold anything.
    """
    counts = bears_tumor & (truth >= 0)
    index = torch.where(counts, truth, torch.zeros_like(truth))
    per_sample = functional.cross_entropy(class_logits.float(), index, reduction="none")
    return mean_over_bearing(per_sample, counts)


def class_vector(truth: Tensor, count: int, smoothing: float = 0.1) -> Tensor:
    """Real class vectors for the discriminator: index [B] -> float32 [B, count], one-hot, softened.

    A network's softmax is never exactly one-hot: without softening the discriminator would tell real
    from fake by that alone and say nothing about curve and class. Unknown classes (negative) give
    the same share to each.
    """
    known = functional.one_hot(truth.clamp_min(0), count).float() * (1 - smoothing) + smoothing / count
    return torch.where((truth >= 0).unsqueeze(1), known, torch.full_like(known, 1 / count))


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, bears_tumor: Tensor) -> Tensor:
    """TDD's own loss: labels towards 1, predictions (cut off from the generator) towards 0; logits [B]."""
    real = functional.softplus(-real_logits.float())
    fake = functional.softplus(fake_logits.float())
    return mean_over_bearing(0.5 * (real + fake), bears_tumor)


def adversarial_loss(fake_logits: Tensor, bears_tumor: Tensor) -> Tensor:
    """What TDD asks of the generator: its predictions taken for real (non-saturating form); logits [B]."""
    return mean_over_bearing(functional.softplus(-fake_logits.float()), bears_tumor)


def _known(truth: Tensor, bears_tumor: Tensor) -> Tensor:
    # A NaN label of a healthy slice would poison the gradient even where the loss is masked out.
    return torch.where(bears_tumor.unsqueeze(1), truth.float(), torch.zeros_like(truth, dtype=torch.float32))
