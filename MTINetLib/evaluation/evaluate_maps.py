"""Evaluate the label maps of any other program as a model is evaluated."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from MTINetLib.dataset.folder import DatasetCase, read_dataset
from MTINetLib.errors import InputError
from MTINetLib.evaluation.compare import compare
from MTINetLib.evaluation.evaluate import EvaluationSummary, check_out, evaluate_cases
from MTINetLib.evaluation.judged_case import JudgedCase, OpenedCase, open_case
from MTINetLib.evaluation.label_maps import LabelMeaning, MapFolder, read_map, settled_meaning
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.study.lesion_class import NO_LESIONS, in_usual_order

#: What no label map can be judged by.
NO_PROBABILITIES = (
    "Label maps hold neither probabilities nor predicted curves: the free-response curve, the calibration, "
    "AUC, Brier score and the errors of predicted curves are left out, and so is the time that finding took."
)
NO_CLASSES = "These maps tell no classes: how well classes are told apart is left out."


def evaluate_maps(
    dataset: Path,
    out: Path,
    folder: Path,
    *,
    meaning: LabelMeaning | None = None,
    names: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
    limit: int | None = None,
    seed: int = 0,
    command: str | None = None,
) -> EvaluationSummary:
    """Compare a label map a case with the truth of a dataset, and write the files of an evaluation.

    Curves are measured in the maps on the dataset's images. A case without a map fails: it is named and
    counts in no figure, as a case that a model cannot analyze.

    Args:
        folder: with files named as the cases, on any grid; one that is not the reference phase's is
            resampled, which is said.
        meaning: of their values; None finds it out, see :func:`settled_meaning`.
        names: of cases, by the names that they have in the folder.
        limit, seed, command: as in :func:`MTINetLib.evaluation.evaluate.evaluate`.

    Raises:
        InputError: no dataset, no map of a case, values whose meaning cannot be told, or an ``out`` that
            holds something else.
        Cancelled: told by ``progress``; nothing is written.
    """
    watcher = progress or Silent()
    check_out(out, overwrite)
    cases = read_dataset(dataset)
    maps = MapFolder.find(folder, [case.case for case in cases], names or {})
    if meaning is None:
        watcher.start(Stage.READING_SEGMENTATION, 0)
        meaning = settled_meaning(maps, _classes(cases), lambda: watcher.update(0))
        watcher.finish()
    phases = cases[0].phases

    def judged(case: DatasetCase, inner: Progress) -> JudgedCase:
        if case.case not in maps.of_case:
            raise InputError(f"there is no label map of it in {folder}.")
        return judge_map(open_case(case, phases, inner), maps.of_case[case.case], meaning)

    told = {
        "labels": str(meaning),
        "classes": list(meaning.classes),
        "maps": len(maps.of_case),
        "of_no_case": list(maps.others),
        "left_out": [NO_PROBABILITIES, *([] if meaning.classes else [NO_CLASSES])],
    }
    return evaluate_cases(
        cases[:limit],
        judged,
        dataset,
        out,
        about={"model": {"name": folder.resolve().name, "sha256": maps.sha256()}, "predictions": told},
        phases=phases,
        classes=meaning.classes,
        progress=watcher,
        overwrite=overwrite,
        seed=seed,
        command=command,
    )


def judge_map(opened: OpenedCase, path: Path, meaning: LabelMeaning) -> JudgedCase:
    """Compare the lesions of a label map with the truth of an opened case.

    Raises:
        InputError: the map cannot be used.
    """
    start = time.perf_counter()
    found = read_map(path, meaning, opened.study.grid)
    loading = opened.seconds + time.perf_counter() - start
    comparison = compare(opened.case, opened.study, opened.truth, found.labels, found.lesions, load_s=loading)
    unknown = float("nan")  # nobody was asked for the liver
    row = replace(
        comparison.case, found_resampled=found.resampled, found_liver_ml=unknown, liver_dice=unknown
    )
    return JudgedCase(replace(comparison, case=row), None, found.labels, ())


def _classes(cases: list[DatasetCase]) -> tuple[str, ...]:
    told = {name for case in cases for name in (case.case_class, *case.lesion_classes.values())}
    return in_usual_order(told - {NO_LESIONS})
