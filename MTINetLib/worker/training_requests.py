"""What jobs about datasets and training runs are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from MTINetLib.dataset.checked import CaseCheck
from MTINetLib.study.grid import Grid
from MTINetLib.study.phase import Phase
from MTINetLib.worker.plain import Request, Serializable

#: Words that a running ``train`` job listens to, see WorkerClient.control.
PAUSE, RESUME, STOP = "pause", "resume", "stop"


@dataclass(frozen=True)
class CaseRow(CaseCheck, Serializable):
    """One case of a dataset, with its problems."""


@dataclass(frozen=True)
class CheckedDataset(Serializable):
    """Every case; ``problems`` and ``warnings`` are those of the dataset as a whole.

    ``usable`` says that a run can start.
    """

    dataset: str
    cases: tuple[CaseRow, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    patients: int
    usable: bool


@dataclass(frozen=True)
class CheckDataset(Request[CheckedDataset]):
    """Look at every case; news ``case`` is a :class:`CaseRow`, one after the other."""

    job = "check_dataset"

    dataset: str


@dataclass(frozen=True)
class CaseAdded(Serializable):
    """The names that the case got, and the folder of its files."""

    case: str
    patient: str
    folder: str


@dataclass(frozen=True)
class AddCase(Request[CaseAdded]):
    """A corrected study becomes a case; see study.dataset_add.NewCase.

    Args:
        volumes: .npy of [P, K, J, I].
        labels: .npy of [K, J, I].
        phases: of the volumes, in the order of time.
        classes: (label, class) of every lesion.
        covered: .npy of bool [P, K, J, I], where they have an image; None for everywhere.
    """

    job = "add_case"

    dataset: str
    volumes: str
    labels: str
    grid: Grid
    phases: tuple[Phase, ...]
    classes: tuple[tuple[int, str], ...]
    patient: str = ""
    case: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict)
    covered: str | None = None


@dataclass(frozen=True)
class TrainedModel(Serializable):
    """One exported model; ``part`` is its fold, from 1, ``thresholds`` a sentence on what they rest on."""

    part: int
    folder: str
    sha256: str
    scores: Mapping[str, float]
    thresholds: str = ""


@dataclass(frozen=True)
class Trained(Serializable):
    """What a run left; ``finished`` is False if it was stopped and can go on.

    ``verdict`` says in a sentence whether a fine-tuned model is better than the one before; empty for others.
    """

    run: str
    models: tuple[TrainedModel, ...]
    steps: int
    minutes: float
    finished: bool
    verdict: str = ""


@dataclass(frozen=True)
class Train(Request[Trained]):
    """It listens to PAUSE, RESUME and STOP.

    Args:
        dataset, run: folders.
        preset: ``demo``, ``paper``, ``quick`` or ``finetune``; a resumed run keeps its own settings.
        epochs, minutes: the budget; at most one of them, neither leaves the preset's or the run's own.
            Minutes are those of the whole run, all folds together.
        folds: 1 trains once on one split; more train a network a fold.
        device: ``auto``, ``cpu`` or ``cuda``.
        batch_size: slices a step, None for the preset's.
        name: of the model.
        resume: go on from the run's last checkpoint.
        cache: folder of prepared slices; empty for one inside the run.
        changes: ``key=value`` of other settings, made last.
        start_from: for ``finetune``, name or folder of the model; empty for the one that came with MTINet.
        data_changes: ``refuse`` or ``accept`` a dataset that has changed since the run began.
    """

    job = "train"

    dataset: str
    run: str
    preset: str = "demo"
    epochs: int | None = None
    minutes: float | None = None
    folds: int = 1
    device: str = "auto"
    batch_size: int | None = None
    name: str = ""
    resume: bool = False
    cache: str = ""
    changes: tuple[str, ...] = ()
    start_from: str = ""
    data_changes: str = "refuse"


@dataclass(frozen=True)
class Figures(Serializable):
    """News ``metrics``: figures of one batch (``train/loss`` ...) or of a validation (``val/dice`` ...).

    Args:
        part, parts: which fold, from 1, and of how many.
        step: steps so far.
        epoch: epochs so far, with a fraction between two validations.
    """

    part: int
    parts: int
    step: int
    epoch: float
    values: Mapping[str, float]


@dataclass(frozen=True)
class Pace(Serializable):
    """News ``pace``: how far the run is; ``left_s`` is None until it can be told."""

    part: int
    parts: int
    spent: float
    left_s: float | None


@dataclass(frozen=True)
class Planned(Serializable):
    """News ``plan`` of a fine-tuning, before it begins, in a sentence."""

    text: str


@dataclass(frozen=True)
class ModelKept(Serializable):
    """Where it lies now."""

    name: str
    folder: str
    sha256: str


@dataclass(frozen=True)
class KeepModel(Request[ModelKept]):
    """Copy a trained model to the user's own under a name."""

    job = "keep_model"

    trained: str
    name: str
