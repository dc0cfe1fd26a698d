"""K-fold cross-validation by patient: one training run a fold, all from one cache of prepared slices."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.errors import InputError
from MTINetLib.progress import Progress
from MTINetLib.training.folds import stratified_folds
from MTINetLib.training.prepare import prepare_dataset
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.train import TrainingResult, train
from MTINetLib.training.watch import Nobody, Stopped, Watch


def cross_validate(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    bar: bool = False,
    cache: Path | None = None,
    name: str = "",
    watch: Watch | None = None,
) -> list[TrainingResult]:
    """Train ``settings.folds`` networks; each patient is held out by exactly one of them.

    Leaves ``run/fold-1`` ... with what :func:`train` leaves; ``fold-N/split.csv`` says who was held out.

    Args:
        resume: go on where a run was interrupted; finished folds are only exported again.
        cache: prepared slices, ``run/cache`` if None; several runs may share one.
        name: of the models, the fold is added to it.
        watch: gets the figures of every fold. After a stop the results are those of the folds so far.

    Raises:
        InputError, Cancelled: as :func:`train`; or there are fewer patients than folds.
    """
    folders = [run / f"fold-{number}" for number in range(1, settings.folds + 1)]
    if not resume and any(folder.exists() for folder in folders):
        raise InputError(f"{run} already holds folds; give another folder, or resume them (--resume).")
    cache = cache or run / "cache"
    watch = watch or Nobody()
    store = prepare_dataset(
        dataset,
        cache,
        processes=settings.preparation_processes,
        progress=progress,
        size=settings.network.image_size,
    )
    splits = stratified_folds(store.cases, settings.folds, settings.seed)
    results: list[TrainingResult] = []
    for number, (folder, split) in enumerate(zip(folders, splits, strict=True), 1):
        watch.part(number, settings.folds)
        try:
            result = train(
                dataset,
                folder,
                settings,
                resume=resume,
                progress=progress,
                bar=bar,
                cache=cache,
                split=split,
                name=f"{name or f'mtinet-{settings.preset}'}-{folder.name}",
                watch=watch,
            )
        except Stopped:
            if not results:
                raise
            break
        results.append(result)
        if not result.finished:
            break
    return results
