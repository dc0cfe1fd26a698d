"""The whole way of a cohort: find its studies, take up what is done, analyze the rest, write the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import MTINetLib
from MTINetLib.claim import claimed
from MTINetLib.cohort.cluster import Workers
from MTINetLib.cohort.cohort_study import CohortStudy
from MTINetLib.cohort.fetch import FetchedStudies
from MTINetLib.cohort.find_studies import FoundCohort, find_studies
from MTINetLib.cohort.manifest import (
    MANIFEST_FILE,
    Manifest,
    read_manifest,
    refuse_other,
    write_manifest,
)
from MTINetLib.cohort.problems import (
    Problem,
    add_problem,
    read_problems,
    write_problems,
)
from MTINetLib.cohort.room import refuse_too_little_room
from MTINetLib.cohort.run import refuse_other_workers, run_studies, settle_on_a_worker
from MTINetLib.cohort.supply import Supply
from MTINetLib.cohort.web_archive import WebSource
from MTINetLib.cohort.work import Work, clear_unfinished, is_done, settled
from MTINetLib.errors import InputError
from MTINetLib.models.info import ModelInfo
from MTINetLib.output_place import clear_disk_errors, refuse_unusable_folder
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.report.output_folder import holds_something
from MTINetLib.report.source_data import refuse_source_data


@dataclass(frozen=True)
class CohortOrder:
    """What was asked for.

    Args:
        work: how each study is analyzed.
        model: the same as in ``work``.
        again: studies that were set aside are tried again.
    """

    source: Path | WebSource
    out: Path
    work: Work
    model: ModelInfo
    again: bool = False

    @property
    def manifest(self) -> Manifest:
        work = self.work
        settings = {
            "device": work.device,
            "precision": work.precision,
            "backend": work.backend,
            "align": work.alignment,
            "assume-order": work.assume_order,
            "sensitivity": work.sensitivity,
            "formats": list(work.formats),
        }
        return Manifest(MTINetLib.__version__, self.model.name, self.model.sha256, settings)


@dataclass(frozen=True)
class Waiting:
    """What there is to do.

    Args:
        found: all studies of the source.
        to_do: those without results.
        set_aside: those that failed before and are not tried again.
    """

    found: FoundCohort
    to_do: tuple[CohortStudy, ...]
    set_aside: dict[str, Problem]

    @property
    def done(self) -> int:
        return len(self.found.studies) - len(self.to_do) - len(self.set_aside)


@dataclass(frozen=True)
class Ran:
    """How a run ended.

    Args:
        done: studies with results, from this run and earlier ones.
        lesions: that this run found.
        set_aside: by the names of the studies.
    """

    done: int
    lesions: int
    set_aside: dict[str, Problem]


#: Told of a study that was just finished, and of its problem where it has one.
Told = Callable[[CohortStudy, "Problem | None"], None]


class Cohort:
    """A folder of cohort results that is held until :meth:`close`.

    Raises:
        InputError: the folder is in use, holds something else, lies among the images, or was begun otherwise.
    """

    def __init__(self, order: CohortOrder) -> None:
        self._order, self._out = order, order.out
        refuse_unusable_folder(order.out)
        _refuse_source(order)
        begun = read_manifest(order.out)
        if begun is None and holds_something(order.out):
            raise InputError(
                f"{order.out} holds files but no cohort ({MANIFEST_FILE}): name another folder for the "
                "results."
            )
        if begun is not None:
            refuse_other(order.out, begun, order.manifest)
        self._manifest = begun or order.manifest
        self._held = ExitStack()
        self._held.enter_context(claimed(order.out))

    def close(self) -> None:
        self._held.close()

    def waiting(self, progress: Progress) -> Waiting:
        """Look for the studies, and for what is done.

        Raises:
            InputError: the source holds none.
            MissingResourceError: the disk has no room for the results.
        """
        found = find_studies(self._order.source, self._order.model.phases, progress)
        write_manifest(self._out, self._manifest)
        clear_unfinished(self._out)
        before = {} if self._order.again else read_problems(self._out)
        to_do, aside = [], {}
        for study in found.studies:
            if is_done(study, self._out):
                continue
            known = before.get(study.name)
            if known is not None and known.still_holds(study):
                aside[study.name] = known
            else:
                to_do.append(study)
        closed = [Problem("", str(folder), f"The folder {reason}.") for folder, reason in found.unlisted]
        write_problems(self._out, [*closed, *aside.values()])
        refuse_too_little_room(self._out, [study.size for study in to_do], self._order.work.formats)
        return Waiting(found, tuple(to_do), aside)

    def run(
        self,
        waiting: Waiting,
        workers: Callable[[], AbstractContextManager[Workers]],
        progress: Progress | None = None,
        *,
        in_words: Callable[[BaseException], str],
        ready: Callable[[Workers], None] = lambda workers: None,
        told: Told = lambda study, problem: None,
    ) -> Ran:
        """Analyze what waits, then write the tables.

        Args:
            workers: starts them, or joins them.
            in_words: the sentence of a defect.
            ready: called when the workers are there.
            told: called with every study that is finished.

        Raises:
            MTINetError: something that stops every study; what is done stays, and the next run goes on.
        """
        watcher = progress or Silent()
        aside, lesions, done = dict(waiting.set_aside), 0, waiting.done
        if waiting.to_do:
            watcher.start(Stage.STARTING_WORKERS, 1)
            with workers() as there, self._supply(waiting.to_do) as supply:
                work = self._settled(there)
                watcher.finish()
                ready(there)
                watcher.start(Stage.ANALYZING_STUDIES, len(waiting.to_do))
                for number, one in enumerate(run_studies(there, supply, work, in_words), start=1):
                    problem = None
                    if one.outcome.problem:
                        problem = Problem.of(one.study, one.outcome.problem)
                        add_problem(self._out, problem)
                        aside[one.study.name] = problem
                    else:
                        done, lesions = done + 1, lesions + one.outcome.lesions
                    told(one.study, problem)
                    watcher.update(number)
                watcher.finish()
            clear_unfinished(self._out)
        self._write_tables(waiting.found.studies, aside, watcher)
        return Ran(done, lesions, aside)

    def _supply(self, studies: Sequence[CohortStudy]) -> Supply:
        source = self._order.source
        if isinstance(source, WebSource):
            return FetchedStudies(studies, source, self._out)
        return Supply(studies)

    def _settled(self, workers: Workers) -> Work:
        """What an earlier run settled counts for this one too, so that all studies are analyzed alike."""
        if not workers.own:
            refuse_other_workers(workers, self._order.work)
        if not self._manifest.compute:
            compute = settle_on_a_worker(workers, self._order.work)
            self._manifest = replace(self._manifest, compute=compute)
            write_manifest(self._out, self._manifest)
        return settled(self._order.work, self._manifest.compute)

    def _write_tables(
        self, studies: Sequence[CohortStudy], aside: dict[str, Problem], progress: Progress
    ) -> None:
        """Without what was set aside: of a study that has changed, the results are those of before."""
        from MTINetLib.cohort.summary import write_summary
        from MTINetLib.cohort.tables import CohortTables, StudyResults, results_of

        names = sorted(study.name for study in studies if study.name not in aside)
        progress.start(Stage.WRITING_TABLES, len(names))
        model = self._order.model

        def written(tables: CohortTables) -> Iterator[StudyResults]:
            for number, results in enumerate(results_of(self._out, names), start=1):
                tables.add(results)
                progress.update(number)
                yield results

        with clear_disk_errors(self._out), CohortTables(self._out, model.phases, model.classes) as tables:
            write_summary(self._out, written(tables), aside, model.name, self._manifest.identity)
        progress.finish()


def _refuse_source(order: CohortOrder) -> None:
    if isinstance(order.source, WebSource):
        return
    if not order.source.exists():
        raise InputError(f"There is no file or folder {order.source}: give a folder of studies.")
    if order.source.is_dir():
        refuse_source_data(order.out, [order.source])
