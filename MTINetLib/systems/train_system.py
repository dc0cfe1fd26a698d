"""A system trained by the one training code, on a split that all systems share."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from MTINetLib.models.architectures import architecture_of
from MTINetLib.progress import Progress, Silent
from MTINetLib.systems.known import register_networks
from MTINetLib.systems.nnunet import NNUNET, train_nnunet
from MTINetLib.systems.plain_reading import fit, write_reading
from MTINetLib.systems.system import System, check_packages
from MTINetLib.training.folds import Split
from MTINetLib.training.run_folder import RunFolder
from MTINetLib.training.run_phases import for_dataset
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.train import TrainingResult, prepared, train
from MTINetLib.training.watch import Watch

_MTI_NET = "mtinet"


def settings_of(system: System, common: TrainingSettings, *, own_recipe: bool = True) -> TrainingSettings:
    """The common settings with what is the system's own: its network, its loss and its optimiser.

    Args:
        common: of all systems of a comparison, with MTI-Net's network; its phases, seed, budget, batch,
            sampling and augmentation stay. Networks beside MTI-Net see neither neighbouring slices nor
            organs: a fair comparison has ``network.neighbours=0`` and ``network.anatomy_classes=0``.
        own_recipe: False leaves the common optimiser to every system.

    Raises:
        InputError: a change does not fit the common settings.
    """
    register_networks()
    if system.architecture != _MTI_NET:
        shape = {"image_size": common.network.image_size, "phase_count": common.network.phase_count}
        network = architecture_of(system.architecture).read_settings(shape)
        common = replace(common, architecture=system.architecture, network=network)
    changed = change_settings(common, (*system.changes, *(system.recipe if own_recipe else ())))
    if own_recipe and system.published_batch:
        factor = changed.batch_size * changed.devices * changed.nodes / system.published_batch
        changed = replace(changed, learning_rate=changed.learning_rate * factor)
    return changed


def train_system(
    system: System,
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    split: Split,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    resume: bool = False,
    watch: Watch | None = None,
    own_recipe: bool = True,
) -> TrainingResult:
    """Train a system on the training patients of a split; its checkpoint is chosen on those who validate.

    Args:
        dataset: a folder as dataset/folder.py describes.
        run: made here, with what every training run leaves; ``resume`` goes on with it.
        settings: the common ones, see :func:`settings_of`.
        split: whoever is to be tested stands in neither part.
        cache: prepared slices, shared among systems; ``run/cache`` if None.

    Returns:
        What the run left; ``model`` is the folder that ``answer_slices`` takes.

    Raises:
        MTINetError: as :func:`MTINetLib.training.train.train`; MissingResourceError for a missing package.
    """
    check_packages(system)
    if system.name == NNUNET.name:
        return _by_nnunet(dataset, run, settings, split, cache, progress or Silent())
    if not system.architecture:
        return _fitted(dataset, run, settings, split, cache, progress)
    return train(
        dataset,
        run,
        settings_of(system, settings, own_recipe=own_recipe),
        resume=resume,
        progress=progress,
        cache=cache,
        split=split,
        name=system.name,
        watch=watch,
    )


def _by_nnunet(
    dataset: Path, run: Path, settings: TrainingSettings, split: Split, cache: Path | None, progress: Progress
) -> TrainingResult:
    """nnU-Net trains itself; what was cut short begins anew."""
    settings = for_dataset(dataset, settings)
    store = prepared(dataset, cache or RunFolder(run).cache, settings, progress)
    run.mkdir(parents=True, exist_ok=True)
    model, sha256, took = train_nnunet(dataset, run, store, settings, split, progress)
    return TrainingResult(run, model, sha256, {}, took.steps, took.minutes, validation=split.validation)


def _fitted(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    split: Split,
    cache: Path | None,
    progress: Progress | None,
) -> TrainingResult:
    """The plain reading, fitted at once on the training patients."""
    folder = RunFolder(run)
    settings = for_dataset(dataset, settings)
    store = prepared(dataset, cache or folder.cache, settings, progress or Silent())
    start = time.monotonic()
    told_apart = store.telling_apart(settings.classes or store.classes)
    sha256 = write_reading(folder.model, fit(told_apart.of_patients(set(split.training))))
    minutes = (time.monotonic() - start) / 60
    return TrainingResult(run, folder.model, sha256, {}, 0, minutes, validation=split.validation)
