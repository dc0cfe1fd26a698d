"""The studies of a pool in the order in which a reader would label them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from MTINetLib.dataset.folder import DatasetCase
from MTINetLib.evaluation.judged_case import InsideCase
from MTINetLib.models.store import LoadedModel
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.open import open_study
from MTINetLib.progress import Progress, Stage
from MTINetLib.reading.studies_below import StudyKind
from MTINetLib.worklist.draft import Compute, scores_of
from MTINetLib.worklist.entry import Entry, Scores, Status
from MTINetLib.worklist.folder import Record
from MTINetLib.worklist.order import Order, in_order
from MTINetLib.worklist.place import Place


def ordered(
    cases: Sequence[DatasetCase], order: Order, model: LoadedModel, kept: Path, progress: Progress
) -> list[DatasetCase]:
    """The cases as a work list of them would have them.

    The pool is drawn at random, so as it lies it is in random order.

    Args:
        model: that drafts them.
        kept: file of their scores, read where it is there.
    """
    if order is not Order.INFORMATIVE:
        return list(cases)
    scores = _kept_scores(kept) or _scores(cases, model, kept, progress)
    by_name = {case.case: case for case in cases}
    place = Place(StudyKind.VOLUMES, 0, "", (), "")
    records = [
        Record(name, place, Entry(name, "1", status=Status.DRAFTED, scores=scores[name])) for name in by_name
    ]
    return [by_name[row.record.study] for row in in_order(records, order)]


def _scores(
    cases: Sequence[DatasetCase], model: LoadedModel, kept: Path, progress: Progress
) -> dict[str, Scores]:
    found = {}
    progress.start(Stage.DRAFTING, len(cases))
    for done, case in enumerate(cases):
        inside = InsideCase(progress, done)
        study = open_study(case.paths_of(model.info.phases), progress=inside)
        analysis = analyze(study, model, progress=inside)
        found[case.case] = scores_of(study, analysis, model, Compute(), inside)
    progress.finish()
    kept.write_text(json.dumps({name: vars(one) for name, one in found.items()}, indent=1), encoding="utf-8")
    return found


def _kept_scores(kept: Path) -> dict[str, Scores]:
    if not kept.is_file():
        return {}
    return {name: Scores(**one) for name, one in json.loads(kept.read_text(encoding="utf-8")).items()}
