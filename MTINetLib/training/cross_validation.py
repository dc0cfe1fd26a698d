"""K-fold cross-validation by patient: one training run a fold, all from one cache of prepared slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from MTINetLib.errors import InputError, Stopped
from MTINetLib.progress import Progress, Silent
from MTINetLib.training.folds import Split, stratified_folds
from MTINetLib.training.run_folder import RunFolder
from MTINetLib.training.run_phases import for_dataset
from MTINetLib.training.run_split import (
    VALIDATION,
    DataChanges,
    SplitRow,
    parts_of_run,
    read_split,
    split_of,
    write_split,
)
from MTINetLib.training.settings import TrainingSettings
from MTINetLib.training.slice_store import StoredCase
from MTINetLib.training.starting_model import read_starting_model
from MTINetLib.training.train import TrainingResult, prepared, train
from MTINetLib.training.watch import Nobody, Watch

#: Which fold holds out whom, in the folder of the whole cross-validation.
FOLDS_FILE = "folds.csv"


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
    data_changes: DataChanges = "refuse",
    start_from: Path | None = None,
) -> list[TrainingResult]:
    """Train ``settings.folds`` networks; each patient is held out by exactly one of them.

    Leaves ``run/fold-1`` ... with what :func:`train` leaves; ``folds.csv`` says whom each holds out, and
    ``fold-N/split.csv`` says it again.

    Args:
        resume: go on where a run was interrupted; finished folds are only exported again.
        cache: prepared slices, ``run/cache`` if None; several runs may share one.
        name: of the models, the fold is added to it.
        watch: gets the figures of every fold. After a stop the results are those of the folds so far.
        data_changes: ``accept`` resumes folds whose dataset has changed, see run_split.py.
        start_from: folder of the model that every fold begins with.

    Raises:
        InputError, Cancelled: as :func:`train`; or there are fewer patients than folds.
    """
    folders = [run / f"fold-{number}" for number in range(1, settings.folds + 1)]
    if not resume and any(folder.exists() for folder in folders):
        raise InputError(f"{run} already holds folds; give another folder, or resume them (--resume).")
    if start_from is not None:
        settings = read_starting_model(start_from).settings_of(settings)
    settings = for_dataset(dataset, settings)
    cache = cache or run / "cache"
    watch = watch or Nobody()
    store = prepared(dataset, cache, settings, progress or Silent())
    splits = _kept_folds(run / FOLDS_FILE, folders, store.cases, settings, data_changes)
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
                start_from=start_from,
            )
        except Stopped:
            if not results:
                raise
            break
        results.append(result)
        if not result.finished:
            break
    return results


def _kept_folds(
    path: Path,
    folders: Sequence[Path],
    cases: Sequence[StoredCase],
    settings: TrainingSettings,
    data_changes: DataChanges,
) -> list[Split]:
    """The folds that the run keeps, or folds drawn and kept from now on."""

    def draw() -> dict[str, str]:
        splits = stratified_folds(cases, settings.folds, settings.seed)
        parts = {
            patient: folder.name
            for folder, split in zip(folders, splits, strict=True)
            for patient in split.validation
        }
        _check_as_begun(folders, parts, cases)
        return parts

    # Older versions kept no folds, only the split of each fold that was begun.
    parts = parts_of_run(path, cases, draw, begun=path.is_file(), changes=data_changes)
    write_split(path, parts, cases)
    return [split_of(parts, folder.name) for folder in folders]


def _check_as_begun(folders: Sequence[Path], parts: Mapping[str, str], cases: Sequence[StoredCase]) -> None:
    """Folds drawn again are those of the run only if every fold that was begun stands as it did.

    Raises:
        InputError: one does not.
    """
    now = sorted((case.patient, case.case) for case in cases)
    for folder in folders:
        run = RunFolder(folder)
        rows: list[SplitRow] = (read_split(run.split, run.begun) if run.begun else None) or []
        held = {row.patient for row in rows if row.part == VALIDATION}
        drawn = {patient for patient, part in parts.items() if part == folder.name}
        if rows and (held != drawn or sorted((row.patient, row.case) for row in rows) != now):
            raise InputError(
                f"The dataset has changed since {run.split} was written, and the run does not say whom its "
                "other folds hold out; put the dataset back as it was, or start a new run."
            )
