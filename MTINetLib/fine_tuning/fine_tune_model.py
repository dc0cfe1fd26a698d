"""Fine-tuning as ``MTINetLib.fine_tune`` offers it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from MTINetLib.errors import MissingResourceError
from MTINetLib.models.find import find_model
from MTINetLib.progress import Progress
from MTINetLib.training.settings import TrainingSettings, training_preset

if TYPE_CHECKING:
    from MTINetLib.fine_tuning.fine_tune import FineTuned

#: The recipe for few cases.
PRESET = "finetune"


def fine_tune_model(
    dataset: str | Path,
    run: str | Path,
    start_from: str | Path | None = None,
    settings: TrainingSettings | None = None,
    *,
    mix: str | Path | None = None,
    cross_validation: bool = False,
    resume: bool = False,
    name: str = "",
    progress: Progress | None = None,
) -> FineTuned:
    """Let a model learn from few cases of one's own, and judge it beside the old one by patients held out.

    Args:
        dataset: a folder with ``cases.csv``, of five patients or more; ``mtinet label`` makes one.
        run: folder of the run, new or to be resumed.
        start_from: the model, by its name or folder; None takes the first one found.
        settings: see ``training_preset``; None takes the recipe ``finetune``.
        mix: a dataset whose studies are mixed in, so that nothing is forgotten; None makes phantom studies,
            and none are mixed in with the setting ``mix_share=0``.
        cross_validation: train a network for every part of the patients, also where there are many.
        resume: go on where the run was interrupted.
        name: of the new model; none names it after the old one.
        progress: hears of preparing, training, fitting and judging; may raise Cancelled.

    Returns:
        The new model, and how it compares with the old one.

    Raises:
        InputError: the dataset, the model, the settings or the run folder cannot be used.
        MissingResourceError: the extra ``train`` is not installed, or the machine is out of memory or disk.
        Cancelled: told by ``progress``; the run can be resumed.

    Example:
        >>> changes = ["max_steps=2", "batch_size=2", "folds=3", "mix_share=0"]
        >>> quick = mtinet.training_preset("finetune", changes)
        >>> tuned = mtinet.fine_tune("dataset", "tuned", "small-model", quick, name="of-our-own")
        >>> mtinet.load_model(tuned.model).info.name
        'of-our-own'
        >>> tuned.better
        False
    """
    if find_spec("lightning") is None:
        raise MissingResourceError(
            "Fine-tuning needs the package lightning: pip install 'MTINetLib[train]' brings it."
        )
    from MTINetLib.fine_tuning.fine_tune import Order, fine_tune

    return fine_tune(
        Order(
            Path(dataset),
            Path(run),
            settings or training_preset(PRESET),
            find_model(start_from),
            mix=None if mix is None else Path(mix),
            cross_validation=cross_validation,
            resume=resume,
            name=name,
        ),
        progress=progress,
    )
