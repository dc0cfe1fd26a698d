"""Every choice of a training run, with presets: the shipped model's, the paper's, and one for a quick try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from MTINetLib.errors import InputError
from MTINetLib.models.architectures import architecture_of
from MTINetLib.network.settings import NetworkSettings, mtinet, paper
from MTINetLib.network.slice_settings import SliceSettings
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.lesion_class import lesion_class_name
from MTINetLib.study.phase import Phase, phase_set
from MTINetLib.training.losses import LossWeights
from MTINetLib.training.setting_text import change_settings


@dataclass(frozen=True)
class AugmentationSettings:
    """How a training slice is varied; ``strength`` scales every magnitude, 0 turns all of it off.

    Args:
        strength: 0 to 1.5; 1 is the recipe that the shipped model was trained with.
        left_right_flip: probability. A mirrored liver is wrong anatomy, so it stays rare.
        phase_shift_px: largest shift between phases in pixels, as breathing leaves it.
        phase_gain: largest relative gain change of one phase against the others.
        noise: largest standard deviation of the noise, in normalised units.
        wide_gain: share of the slices that are made darker or brighter than the liver's scale leaves any, so
            that the liver is found before it sets the scale.
        focus_jitter: probability that the focus mask is dilated, eroded, cut or made soft, so that
            masks which the network predicts by itself are nothing new to its heads.
    """

    strength: float = 1.0
    left_right_flip: float = 0.05
    phase_shift_px: int = 2
    phase_gain: float = 0.08
    noise: float = 0.06
    focus_jitter: float = 0.75
    wide_gain: float = 0.0


@dataclass(frozen=True)
class TrainingSettings:
    """One training run.

    Whether the heads are asked about one lesion or about the whole slice is ``network.lesion_focus``;
    the label of a whole slice is the class of its largest lesion and the curve of all its tumour.

    Args:
        preset: name of the recipe that the settings started from.
        phases: to be taken in, in the order of time, by their names; none stands for all of the dataset.
        classes: to be told apart, in the order of the network's output; none stands for those of the
            dataset. A lesion of another class is ``other`` where that is one of them, else it has no class.
        seed: of every draw: split, sampling, augmentation, weights, dropout.
        max_minutes, max_steps, epochs: the budget; the first one that is spent ends the run, and the
            learning rate is annealed along the first of them that is set, in this order.
        batch_size: slices a step and device.
        steps_per_epoch: steps between two validations; 0 means one pass over all slices.
        learning_rate, discriminator_learning_rate, weight_decay: of the optimiser.
        optimiser: of the network; ``adam`` is AdamW where decay is not 0. The discriminator always has Adam.
        momentum: of ``sgd``, ``nesterov`` and ``rmsprop``.
        schedule: ``cosine`` with a linear warm-up over ``warm_up`` of the budget; ``poly``, the unspent share
            to the power 0.9; or ``constant``.
        gradient_clip: largest norm of the generator's gradient, 0 for none.
        ema_decay: of the averaged weights that are validated and exported; 0 takes the weights as they are.
        precision: ``bf16`` mixes bfloat16 in by autocast, ``fp32`` does not.
        sampling: ``balanced`` draws slices as sampling.py says, ``uniform`` visits every slice once an epoch.
        tumour_share: share of tumour-bearing slices among balanced draws.
        mix_share: share of the balanced draws that come from the studies mixed in, where there are any.
        validation_share: of the patients, held out for validation.
        validation_slices: at most so many slices are validated, drawn once and evenly.
        folds: number of folds of a cross-validation.
        patience: validations without gain after which the run stops; 0 never stops early.
        workers: processes that load and augment; 0 does it in the training process.
        augment_on: ``loader``, or ``device``: then the workers only load, and a GPU varies whole batches.
        preparation_processes: that read the dataset; 0 takes one per processor.
        architecture: name of the kind of network, and ``network`` its settings.
        started_from: SHA-256 of the weights that the run began with; empty for random ones. Set by the run.
        accelerator, devices, nodes, strategy: handed to Lightning; several devices run as its strategies say.
    """

    preset: str = "demo"
    phases: tuple[str, ...] = ()
    seed: int = 0
    classes: tuple[str, ...] = ()
    max_minutes: float | None = None
    max_steps: int | None = None
    epochs: int | None = None
    batch_size: int = 8
    steps_per_epoch: int = 250
    learning_rate: float = 1e-3
    discriminator_learning_rate: float = 2e-4
    weight_decay: float = 1e-4
    optimiser: Literal["adam", "nadam", "nesterov", "rmsprop", "sgd"] = "adam"
    momentum: float = 0.9
    schedule: Literal["cosine", "poly", "constant"] = "cosine"
    warm_up: float = 0.02
    gradient_clip: float = 1.0
    ema_decay: float = 0.998
    precision: Literal["fp32", "bf16"] = "bf16"
    channels_last: bool = True
    sampling: Literal["balanced", "uniform"] = "balanced"
    tumour_share: float = 0.62
    mix_share: float = 0.0
    validation_share: float = 0.1
    validation_slices: int = 320
    folds: int = 5
    patience: int = 0
    workers: int = 1
    augment_on: Literal["loader", "device"] = "loader"
    preparation_processes: int = 0
    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1
    strategy: str = "auto"
    log_every: int = 50
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    architecture: str = "mtinet"
    network: SliceSettings = field(default_factory=NetworkSettings)
    loss: LossWeights = field(default_factory=LossWeights)
    started_from: str = ""

    def __post_init__(self) -> None:
        if self.max_minutes is None and self.max_steps is None and self.epochs is None:
            raise InputError("A training run needs an end: set max_minutes, max_steps or epochs.")
        for name in ("batch_size", "devices", "nodes", "log_every", "validation_slices"):
            if getattr(self, name) < 1:
                raise InputError(f"Training setting {name} is {getattr(self, name)}; it must be at least 1.")
        if not (0 < self.validation_share < 1 and 0 <= self.tumour_share <= 1 and 0 <= self.warm_up < 1):
            raise InputError(
                "Training settings validation_share, tumour_share and warm_up lie between 0 and 1."
            )
        if not 0 <= self.momentum < 1:
            raise InputError(f"Training setting momentum is {self.momentum}; it lies between 0 and under 1.")
        if not 0 <= self.mix_share < 1:
            raise InputError(
                f"Training setting mix_share is {self.mix_share}; it lies between 0 and under 1."
            )
        if not 0 <= self.ema_decay < 1:
            raise InputError(
                f"Training setting ema_decay is {self.ema_decay}; it must be at least 0 and under 1."
            )
        object.__setattr__(self, "phases", tuple(self.phases))
        if self.phases:
            phase_set(self.phases)
        object.__setattr__(self, "classes", tuple(lesion_class_name(name) for name in self.classes))
        if len(self.classes) == 1 or len(set(self.classes)) < len(self.classes):
            raise InputError(
                f"Training setting classes is {', '.join(self.classes)}; name two or more, each once."
            )
        if self.network.anatomy_classes not in (0, len(Organ)):
            raise InputError(
                f"Network setting anatomy_classes is {self.network.anatomy_classes}; training knows "
                f"{len(Organ)} kinds of organs, or 0 for none."
            )
        if self.folds < 2:
            raise InputError(f"Training setting folds is {self.folds}; a cross-validation needs at least 2.")

    def for_classes(self, classes: Sequence[str]) -> TrainingSettings:
        """The settings of a network that tells these classes apart; of one that does not classify if none."""
        return replace(self, classes=tuple(classes), network=self.network.for_classes(len(classes)))

    def for_phases(self, phases: Sequence[Phase]) -> TrainingSettings:
        """The settings of a network that takes these phases."""
        names = tuple(phase.value for phase in phases)
        return replace(self, phases=names, network=self.network.for_phases(len(names)))

    def without_anatomy(self) -> TrainingSettings:
        """The settings of a network that says nothing of organs."""
        return replace(self, network=self.network.without_anatomy())

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values; nested settings are nested dictionaries."""
        return asdict(self)


def training_preset(name: str, changes: Iterable[str] = ()) -> TrainingSettings:
    """The settings of a preset with ``key=value`` changes made.

    Args:
        name: ``demo`` trained the shipped model, ``gpu`` is the same at the scale of a GPU, ``paper`` is the
            paper's recipe, ``quick`` takes seconds, ``finetune`` goes on from a model with few cases.
        changes: such as ``batch_size=8`` or ``network.image_size=128``.

    Raises:
        InputError: there is no such preset, or a change does not fit.

    Example:
        >>> mtinet.training_preset("paper", ["epochs=20"]).epochs
        20
    """
    if name not in PRESETS:
        raise InputError(f"There is no training preset '{name}'; choose one of {', '.join(PRESETS)}.")
    return change_settings(PRESETS[name], changes)


def settings_from_dict(data: Mapping[str, Any]) -> TrainingSettings:
    """What :meth:`TrainingSettings.to_dict` gave, back from JSON.

    Raises:
        InputError: a name or value in it is unknown to this version.
    """
    values = dict(data)
    try:
        architecture = architecture_of(values.get("architecture", "mtinet"))
        network = architecture.read_settings(values.pop("network"))
        loss = LossWeights(**values.pop("loss"))
        augmentation = AugmentationSettings(**values.pop("augmentation"))
        return TrainingSettings(network=network, loss=loss, augmentation=augmentation, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"These training settings cannot be read by this version: {error}") from error


#: demo: trains the shipped model, on two processor cores (about one second a step).
#: gpu: the same for a GPU, which varies the slices itself; eight workers read them.
#: paper: the recipe of the paper's "Configuration", nothing added (Adam 1e-4, batch 1, 100 epochs,
#: five folds). quick: seconds, to see that everything runs.
#: finetune: few cases and a model to start from, see fine_tuning/README.md for why it is so.
PRESETS: dict[str, TrainingSettings] = {
    "demo": TrainingSettings(
        preset="demo",
        max_steps=9000,
        batch_size=8,
        steps_per_epoch=400,
        learning_rate=1e-3,
        validation_slices=320,
        augmentation=AugmentationSettings(wide_gain=0.33),
        network=mtinet(neighbours=1, anatomy_classes=len(Organ)),
    ),
    "gpu": TrainingSettings(
        preset="gpu",
        max_steps=12000,
        batch_size=64,
        steps_per_epoch=500,
        learning_rate=2e-3,
        validation_slices=960,
        workers=8,
        augment_on="device",
        augmentation=AugmentationSettings(wide_gain=0.33),
        network=mtinet(neighbours=1, anatomy_classes=len(Organ)),
    ),
    "paper": TrainingSettings(
        preset="paper",
        epochs=100,
        batch_size=1,
        steps_per_epoch=0,
        learning_rate=1e-4,
        discriminator_learning_rate=1e-4,
        weight_decay=0.0,
        schedule="constant",
        gradient_clip=0.0,
        ema_decay=0.0,
        precision="fp32",
        sampling="uniform",
        network=paper(),
        augmentation=AugmentationSettings(strength=0.0, focus_jitter=0.0),
        loss=LossWeights.paper(),
    ),
    "quick": TrainingSettings(
        preset="quick",
        max_steps=20,
        steps_per_epoch=10,
        batch_size=2,
        precision="fp32",
        validation_slices=16,
        workers=0,
        preparation_processes=1,
        log_every=5,
    ),
    "finetune": TrainingSettings(
        preset="finetune",
        max_steps=300,
        batch_size=8,
        steps_per_epoch=50,
        patience=3,
        learning_rate=2e-4,
        warm_up=0.1,
        ema_decay=0.98,
        validation_slices=160,
        validation_share=0.2,
        mix_share=0.5,
        augmentation=AugmentationSettings(strength=1.3, phase_gain=0.12, wide_gain=0.33),
        # The discriminator of a model is not kept with it, and an untrained one has nothing to say so soon.
        loss=LossWeights(adversarial=0.0),
    ),
}
