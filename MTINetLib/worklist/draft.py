"""A model drafts studies: what it finds, and how much it would learn from a person's word on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from MTINetLib.errors import InputError
from MTINetLib.findings import to_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.inference.second_looks import disagreement, disagreement_of_networks
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.worklist.entry import OVER, Entry, Scores, Status
from MTINetLib.worklist.folder import Record, WorkList
from MTINetLib.worklist.open_listed import open_listed
from MTINetLib.worklist.unsure import unsure

if TYPE_CHECKING:
    from MTINetLib.models.slicewise import SlicewiseModel
    from MTINetLib.models.store import LoadedModel
    from MTINetLib.study.study import Study


@dataclass(frozen=True)
class Compute:
    """Where and how the model runs, as ``analyze`` takes it."""

    device: str = "auto"
    precision: str = "auto"
    backend: str = "torch"


@dataclass(frozen=True)
class Drafted:
    """What came of one study.

    Args:
        record: as it stands now.
        skipped: another computer drafts it, or a person has changed it meanwhile.
    """

    record: Record
    skipped: bool = False


def to_draft(records: Sequence[Record], sha256: str, again: bool = False) -> list[Record]:
    """The studies that wait for a model, in the order of ``records``.

    Args:
        sha256: of the model.
        again: also those that another model has drafted and nobody has corrected, and those that could not
            be opened.
    """
    return [record for record in records if not record.rivals and _waits(record.entry, sha256, again)]


def draft(
    listed: WorkList,
    records: Sequence[Record],
    model: LoadedModel,
    compute: Compute,
    progress: Progress | None = None,
    each: Callable[[Drafted], None] = lambda drafted: None,
    others: Sequence[LoadedModel] = (),
) -> list[Drafted]:
    """Draft studies one after the other; each is written as soon as it is there.

    Args:
        others: further networks, such as those of the folds; where there are some, how far all of them agree
            is told instead of how far the model agrees with itself in varied images.
        progress: told of every study; may raise Cancelled, which leaves those before it drafted.
        each: called with every study.

    Raises:
        InputError: another network takes other phases than the model.
        InputError, MissingResourceError: the device or precision asked for is not there, or the list cannot
            be written. A study that cannot be opened says so in its entry, and the next one follows.
    """
    for other in others:
        if other.info.phases != model.info.phases:
            raise InputError(
                f"The model {other.info.name} takes other phases than {model.info.name}: name models that "
                "take the same ones."
            )
    watcher = progress or Silent()
    watcher.start(Stage.DRAFTING, len(records))
    within = _Within(watcher)
    done: list[Drafted] = []
    for drafted in _each(listed, records, _Asked(model, tuple(others), compute), within):
        done.append(drafted)
        each(drafted)
        within.studies = len(done)
        watcher.update(len(done))
    watcher.finish()
    return done


@dataclass(frozen=True)
class _Asked:
    model: LoadedModel
    others: tuple[LoadedModel, ...]
    compute: Compute


def _each(listed: WorkList, records: Sequence[Record], asked: _Asked, within: Progress) -> Iterator[Drafted]:
    for record in records:
        with ExitStack() as held:
            try:
                held.enter_context(listed.claimed_for_draft(record.study))
            except InputError:
                yield Drafted(record, skipped=True)
                continue
            yield _draft(listed, record, asked, within)


def _draft(listed: WorkList, record: Record, asked: _Asked, progress: Progress) -> Drafted:
    model, compute = asked.model, asked.compute
    blank = replace(record.entry, who=model.info.name, model=model.info.sha256, problem="")
    try:
        study = open_listed(listed, record, model.info.phases, progress=progress)
    except InputError as error:
        return _save(listed, record, replace(blank, problem=" ".join(str(error).split())))
    analysis = analyze(
        study,
        model,
        device=compute.device,
        precision=compute.precision,
        backend=compute.backend,
        progress=progress,
    )
    entry = replace(
        blank,
        status=Status.DRAFTED,
        classes={lesion.label: lesion.lesion_class for lesion in analysis.findings.lesions},
        labels="",
        scores=scores_of(study, analysis, model, compute, progress, asked.others),
    )
    return _save(listed, record, entry, study, analysis)


def _save(
    listed: WorkList, before: Record, entry: Entry, study: Study | None = None, found: Analysis | None = None
) -> Drafted:
    now = listed.record(before.study)
    if {head.version for head in now.heads} != {before.entry.version}:
        return Drafted(now, skipped=True)  # a person was here: their work counts
    if study is None or found is None:
        return Drafted(listed.save(before, entry))
    text = to_json(found.findings)
    return Drafted(listed.save(before, entry, labels=found.labels, grid=study.grid, findings=text))


def scores_of(
    study: Study,
    analysis: Analysis,
    model: LoadedModel,
    compute: Compute,
    progress: Progress,
    others: Sequence[LoadedModel] = (),
) -> Scores:
    """How much the model would learn from a person's word on the study that it has analyzed.

    Args:
        others: as in :func:`draft`.
    """
    from MTINetLib.models.unlike_training import unlike_training

    own = _on(model, compute)
    unlike = unlike_training(model, own, study)
    doubts = unsure(analysis)
    found, thresholds, liver = analysis.probability, model.info.thresholds, analysis.liver
    assert found is not None
    if others:
        networks = [_on(other, compute) for other in others]
        seen = disagreement_of_networks(study, found, networks, thresholds, liver, progress)
    else:
        seen = disagreement(study, found, own, thresholds, liver, progress)
    return Scores(
        disagreement=round(seen.mean, 4),
        seen_again=round(seen.seen_again, 4),
        seen_again_ml=round(seen.millilitres, 3),
        unsure=round(sum(doubts) / len(doubts), 4) if doubts else 0.0,
        most_unsure=round(max(doubts, default=0.0), 4),
        unlike=None if unlike is None else round(unlike, 4),
        networks=1 + len(others) if others else None,
    )


def _on(model: LoadedModel, compute: Compute) -> SlicewiseModel:
    return model.on(compute.device, compute.precision, compute.backend)


def _waits(entry: Entry, sha256: str, again: bool) -> bool:
    if entry.status in OVER or entry.status is Status.CORRECTED:
        return False
    if entry.status is Status.DRAFTED and entry.marks:
        return False  # they are of the lesions that it has
    if entry.model == sha256:
        return again and bool(entry.problem)
    return again or entry.status is Status.TO_DO


class _Within(Silent):
    """Progress inside one study: nothing is shown of it, but a cancel is heard."""

    def __init__(self, outer: Progress) -> None:
        self._outer = outer
        self.studies = 0

    def update(self, done: int) -> None:
        self._outer.update(self.studies)
