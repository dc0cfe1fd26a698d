"""One training step of MTI-Net: the network against its task-driven discriminator, by manual optimisation."""

from __future__ import annotations

from typing import Any, NamedTuple

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.nn import functional

from MTINetLib.models.architectures import architecture_of
from MTINetLib.network.slice_network import SliceNetwork
from MTINetLib.network.tim import task_interaction_curve
from MTINetLib.training import losses
from MTINetLib.training.averaged import averaged_copy, update_average
from MTINetLib.training.budget import Budget
from MTINetLib.training.dataset import TrainingBatch
from MTINetLib.training.optimisers import adam, optimiser_of
from MTINetLib.training.processes import joined
from MTINetLib.training.scores import RunningScores, validation_score
from MTINetLib.training.settings import TrainingSettings


class SliceAnswer(NamedTuple):
    """What a network says of a batch: ``MTINetOutput`` of any network, whose mask may be missing too."""

    mask_logits: Tensor | None
    curve: Tensor | None
    class_logits: Tensor | None
    tim_curve: Tensor | None
    anatomy_logits: Tensor | None = None


class MTINetTraining(pl.LightningModule):
    """Network, discriminator and averaged weights of a run.

    Args:
        settings: of the run.
        budget: drives the learning rate; lives in the checkpoint.
    """

    def __init__(self, settings: TrainingSettings, budget: Budget) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.settings, self.budget = settings, budget
        architecture = architecture_of(settings.architecture)
        self.network = architecture.build(settings.network)
        self.discriminator = architecture.discriminator(settings.network) if self._adversarial else None
        if settings.channels_last:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = averaged_copy(self.network) if settings.ema_decay else None
        self.scores: dict[str, float] = {}
        self._validation = RunningScores()

    @property
    def _adversarial(self) -> bool:
        network = self.settings.network
        return self.settings.loss.adversarial > 0 and network.regresses and network.classifies

    @property
    def best_network(self) -> SliceNetwork:
        """The weights to validate and to keep: the averaged ones where there are."""
        return self.network if self.average is None else self.average

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        settings = self.settings
        optimizers = [optimiser_of(self.network, settings)]
        if self.discriminator is not None:
            optimizers.append(adam(self.discriminator, settings.discriminator_learning_rate, 0.0))
        return optimizers

    def on_train_batch_start(self, batch: TrainingBatch, batch_idx: int) -> None:
        if batch_idx == 0:
            # Dropout's stream follows from seed, epoch and rank, so that a resumed run repeats it exactly.
            torch.manual_seed(hash((self.settings.seed, self.current_epoch, self.global_rank)) % 2**63)

    def training_step(self, batch: TrainingBatch, batch_idx: int) -> None:
        opened = self.optimizers()
        optimizers = opened if isinstance(opened, list) else [opened]
        self._set_rates(optimizers)
        answer: SliceAnswer | None = None
        terms = self.network.own_loss(batch)
        if terms is None:
            answer = self._answer(self.network, batch)
            terms = {}
            if self.discriminator is not None:
                terms["discriminator"] = self._train_discriminator(optimizers[1], batch, answer)
            terms |= self._generator_terms(batch, answer)
            total = self._weighted(terms)
        else:
            total = torch.stack(list(terms.values())).sum()
        optimizers[0].zero_grad()
        self.manual_backward(total)
        if self.settings.gradient_clip:
            torch.nn.utils.clip_grad_norm_(
                self.network.parameters(), self.settings.gradient_clip, foreach=True
            )
        optimizers[0].step()
        self.budget.steps += 1
        if self.average is not None:
            update_average(self.average, self.network, self.settings.ema_decay, self.budget.steps)
        self._watch(batch, answer, terms | {"loss": total}, batch_idx)

    def validation_step(self, batch: TrainingBatch, batch_idx: int) -> None:
        answer = self._answer(self.best_network, batch, predicted_focus=True)
        if answer.mask_logits is not None:
            loss = losses.segmentation_loss(answer.mask_logits, batch.tumour)
            self._validation.add_loss("segmentation", loss)
        self._add_scores(self._validation, batch, answer)

    def on_validation_epoch_end(self) -> None:
        means = joined(self._validation, self.trainer.world_size).means()
        self._validation = RunningScores()
        means["score"] = validation_score(means)
        if "mae" in means:
            means["mae_percent"] = 100 * means["mae"]
        named = {f"val/{name}": value for name, value in means.items()}
        self.log_dict(named, logger=False, sync_dist=True)
        self.log("score", means["score"], prog_bar=True, logger=False, sync_dist=True)
        self.scores = means
        self._write(named)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["scores"] = dict(self.scores)
        checkpoint["budget"] = self.budget.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.budget.load_state_dict(checkpoint["budget"])

    def _weighted(self, terms: dict[str, Tensor]) -> Tensor:
        weights = self.settings.loss
        return torch.stack(
            [getattr(weights, name) * terms[name] for name in terms if hasattr(weights, name)]
        ).sum()

    def _answer(
        self, network: SliceNetwork, batch: TrainingBatch, predicted_focus: bool = False
    ) -> SliceAnswer:
        phases = batch.phases
        if self.settings.channels_last:
            phases = phases.contiguous(memory_format=torch.channels_last)
        features = network.encode(phases)
        if not network.settings.segments:
            return SliceAnswer(None, *network.read(features, phases, batch.focus), None)
        logits, anatomy_logits = network.segment(features, phases)
        probability = torch.sigmoid(logits.float())
        focus = _as_predicted(probability, batch.lesion) if predicted_focus else batch.focus
        curve, class_logits = network.read(features, phases, focus)
        own = phases[:, : network.settings.phase_count]
        implied = task_interaction_curve(probability, own) if network.settings.tim else None
        return SliceAnswer(logits, curve, class_logits, implied, anatomy_logits)

    def _generator_terms(self, batch: TrainingBatch, answer: SliceAnswer) -> dict[str, Tensor]:
        bears = batch.bears_tumour
        terms: dict[str, Tensor] = {}
        if answer.mask_logits is not None:
            terms["segmentation"] = losses.segmentation_loss(answer.mask_logits, batch.tumour)
        if answer.mask_logits is not None and self.settings.loss.dice:
            terms["dice"] = losses.dice_loss(answer.mask_logits, batch.tumour)
        if answer.anatomy_logits is not None and self.settings.loss.anatomy:
            terms["anatomy"] = losses.anatomy_loss(answer.anatomy_logits, batch.anatomy)
        if answer.curve is not None:
            terms["regression"] = losses.regression_loss(answer.curve, batch.curve, bears)
        if answer.class_logits is not None:
            terms["classification"] = losses.classification_loss(
                answer.class_logits, batch.class_index, bears
            )
        if answer.tim_curve is not None:
            # The mask holds every lesion of the slice, so its curve is compared with that of all tumour.
            terms["tim"] = losses.regression_loss(answer.tim_curve, batch.tumour_curve, bears)
        if self.discriminator is not None:
            self.discriminator.requires_grad_(False)
            terms["adversarial"] = losses.adversarial_loss(self.discriminator(*_pair(answer)), bears)
            self.discriminator.requires_grad_(True)
        return terms

    def _train_discriminator(self, optimizer: Any, batch: TrainingBatch, answer: SliceAnswer) -> Tensor:
        assert self.discriminator is not None
        curve, probabilities = _pair(answer)
        real = self.discriminator(batch.curve, losses.class_vector(batch.class_index, probabilities.shape[1]))
        fake = self.discriminator(curve.detach(), probabilities.detach())
        loss = losses.discriminator_loss(real, fake, batch.bears_tumour)
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()
        return loss

    def _set_rates(self, optimizers: list[Any]) -> None:
        rates = (self.settings.learning_rate, self.settings.discriminator_learning_rate)
        factor = self.budget.rate_factor()
        for optimizer, rate in zip(optimizers, rates, strict=False):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor

    def _watch(
        self, batch: TrainingBatch, answer: SliceAnswer | None, terms: dict[str, Tensor], batch_idx: int
    ) -> None:
        """Every ``log_every`` steps, and at the end of a shorter epoch: figures of this batch.

        At each step it would cost more than it tells.
        """
        if (batch_idx + 1) % min(self.settings.log_every, int(self.trainer.num_training_batches)):
            return
        scores = RunningScores()
        if answer is not None:
            self._add_scores(scores, batch, answer)
        for name, value in terms.items():
            scores.add_loss(name if name == "loss" else f"loss_{name}", value)
        means = scores.means()
        for name in ("loss", "dice", "mae", "accuracy"):
            if name in means:
                self.log(name, means[name], prog_bar=True, logger=False)
        means["rate"] = self.settings.learning_rate * self.budget.rate_factor()
        means["minutes"] = self.budget.seconds / 60
        self._write({f"train/{name}": value for name, value in means.items()})

    def _add_scores(self, scores: RunningScores, batch: TrainingBatch, answer: SliceAnswer) -> None:
        scores.add(
            answer.mask_logits,
            batch.tumour,
            answer.curve,
            batch.curve,
            answer.class_logits,
            batch.class_index,
            batch.bears_tumour,
        )
        if answer.anatomy_logits is not None:
            scores.add_anatomy(answer.anatomy_logits, batch.anatomy)

    def _write(self, metrics: dict[str, float]) -> None:
        # Straight to the logs: Lightning's own log() repeats a figure at every step until the next one.
        for log in self.loggers:
            log.log_metrics(metrics, step=self.budget.steps)


def _pair(answer: SliceAnswer) -> tuple[Tensor, Tensor]:
    assert answer.curve is not None
    assert answer.class_logits is not None
    return answer.curve, torch.softmax(answer.class_logits, dim=1)


def _as_predicted(probability: Tensor, lesion: Tensor) -> Tensor:
    """The focus that inference would use: the prediction near the lesion; the truth where it was missed."""
    near = functional.max_pool2d(lesion, 9, stride=1, padding=4)
    found = (probability > 0.5).float() * near
    missed = found.flatten(1).sum(1) < 1
    return torch.where(missed[:, None, None, None], lesion, found)
