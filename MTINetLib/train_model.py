"""From a dataset to models that can be used: trained, and fitted on their own validation patients."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.claim import claimed
from MTINetLib.errors import MissingResourceError
from MTINetLib.progress import Progress
from MTINetLib.training.faults import explained
from MTINetLib.training.settings import TrainingSettings, training_preset

if TYPE_CHECKING:
    from MTINetLib.evaluation.operating_point import OperatingPoint
    from MTINetLib.training.run_split import DataChanges
    from MTINetLib.training.train import TrainingResult
    from MTINetLib.training.watch import Watch

#: Of a run whose settings nobody chose: those of the shipped model.
DEFAULT_PRESET = "demo"


@dataclass(frozen=True)
class FittedModel:
    """A model that a training run left.

    Args:
        result: the run, and what it came to.
        operating_point: its thresholds and temperature, with how they were found; None in a run on several
            devices for all processes but the first.
    """

    result: TrainingResult
    operating_point: OperatingPoint | None

    @property
    def folder(self) -> Path:
        """The model's folder, which ``load_model`` takes."""
        return self.result.model


def train(
    dataset: str | Path,
    run: str | Path,
    settings: TrainingSettings | None = None,
    *,
    resume: bool = False,
    name: str = "",
    start_from: str | Path | None = None,
    progress: Progress | None = None,
) -> FittedModel:
    """Train a model on a dataset, and fit its thresholds and temperature on the run's validation patients.

    Args:
        dataset: a folder with ``cases.csv``; ``mtinet check`` says what is wrong with one.
        run: folder of the run, new or to be resumed; it keeps settings, split, logs and checkpoints.
        settings: see ``training_preset``; None takes the recipe of the shipped model.
        resume: go on from the run's last epoch, with the same split of patients.
        name: of the model; none names it after the preset.
        start_from: a model, by its name or folder, whose weights, network, phases and classes the run
            begins with; None begins with random weights.
        progress: hears of preparing, training and fitting; may raise Cancelled.

    Raises:
        InputError: the dataset, the settings or the run folder cannot be used.
        MissingResourceError: the extra ``train`` is not installed, or the machine is out of memory or disk.
        Cancelled: told by ``progress``; the run can be resumed.

    Example:
        >>> quick = mtinet.training_preset("quick", ["max_steps=2", "network.image_size=64"])
        >>> trained = mtinet.train("dataset", "run", quick, name="first-try")
        >>> mtinet.load_model(trained.folder).info.name
        'first-try'
    """
    if find_spec("lightning") is None:
        raise MissingResourceError(
            "Training needs the package lightning: pip install 'MTINetLib[train]' brings it."
        )
    chosen = settings or training_preset(DEFAULT_PRESET)
    (model,) = train_models(
        Path(dataset),
        Path(run),
        chosen,
        resume=resume,
        name=name,
        start_from=start_from,
        progress=progress,
    )
    return model


def train_models(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    cross_validation: bool = False,
    resume: bool = False,
    name: str = "",
    cache: Path | None = None,
    data_changes: DataChanges = "refuse",
    start_from: str | Path | None = None,
    progress: Progress | None = None,
    fitting: Progress | None = None,
    bar: bool = False,
    watch: Watch | None = None,
) -> list[FittedModel]:
    """One model, or one a fold of a cross-validation, each fitted on the patients that it held out.

    Args:
        name, cache, data_changes, progress, bar, watch: as in :func:`MTINetLib.training.train.train`.
        start_from: name or folder of a model, as in :func:`train`.
        fitting: hears of the fitting; ``progress`` if None.

    Returns:
        The models of all folds, or of those that a stopped run has finished.

    Raises:
        MTINetError: as in :func:`train`.
    """
    from MTINetLib.models.find import find_model
    from MTINetLib.training.cross_validation import cross_validate
    from MTINetLib.training.processes import is_first_process
    from MTINetLib.training.train import train as train_one

    first = is_first_process()
    # Of several processes, one a device, the first holds the run for all.
    with claimed(run) if first else nullcontext(), explained(run, settings):
        trained = (cross_validate if cross_validation else train_one)(
            dataset,
            run,
            settings,
            resume=resume,
            progress=progress,
            bar=bar,
            cache=cache,
            name=name,
            watch=watch,
            data_changes=data_changes,
            start_from=None if start_from is None else find_model(start_from),
        )
        results = trained if isinstance(trained, list) else [trained]
        points = [_fit(result, dataset, fitting or progress) if first else None for result in results]
    return [FittedModel(result, point) for result, point in zip(results, points, strict=True)]


def _fit(result: TrainingResult, dataset: Path, progress: Progress | None) -> OperatingPoint:
    from MTINetLib.evaluation.fit_model import fit_model

    return fit_model(result.model, dataset, result.validation, progress)
