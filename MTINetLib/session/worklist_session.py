"""The work list that is open: its studies one after the other in the scene, and what a person says."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from MTINetLib.errors import Cancelled, InputError, MTINetError, Statement
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.results import Results, corrected_labels
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.choices import chosen_model, wanted_phases
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.session.listed_study import ShownStudy, remove_shown, show_listed
from MTINetLib.session.state import Message, State, message_of
from MTINetLib.session.task import Steps, Task, ask
from MTINetLib.study.lesion_class import UNDECIDED
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.worklist_requests import (
    DraftListed,
    ListedRow,
    ListedRows,
    ListedStudy,
    ListStudies,
    OpenListed,
    SaveListed,
)


@dataclass(frozen=True)
class OpenOne:
    """The study that is looked at.

    Args:
        opened: as it came from the list.
        shown: its nodes in the scene.
        classes: by lesion, as they are chosen now.
        touched: a class was chosen since it was opened.
    """

    opened: ListedStudy
    shown: ShownStudy
    classes: Mapping[int, str]
    touched: bool = False


class WorkListSession:
    """Listen to WORK_LIST. It has a worker of its own, which reads the next study ahead.

    Attributes:
        folder: of the list; empty for none.
        rows: its studies, the next one first.
        current: the study that is looked at; None for none.
        message: the last thing it had to say.
    """

    def __init__(
        self,
        core: SessionCore,
        show_results: Callable[[ShownStudy], Steps[None]],
        drop_results: Callable[[], None],
        make_worker: Callable[[], WorkerClient] = WorkerClient,
    ) -> None:
        """
        Args:
            show_results: puts the lesions of a study into the scene.
            drop_results: takes the results that are shown out of it.
        """
        self._core, self._make_worker = core, make_worker
        self._show_results, self._drop_results = show_results, drop_results
        #: Studies that could not be opened since the list was read.
        self._unopened: set[str] = set()
        self._worker: WorkerClient | None = None
        self._ahead: tuple[str, str, Task[ListedStudy]] | None = None
        self.folder, self.order = "", "informative"
        self.rows: tuple[ListedRow, ...] = ()
        self.current: OpenOne | None = None
        self.message: Message | None = None

    # The list

    def open(self, folder: str, source: str = "") -> None:
        """Read a list; with ``source`` the studies below it are taken in first, and a new list is made."""
        self._forget_ahead()
        self._unopened.clear()
        self._begin(State.LISTING, self._list(folder, source))

    def choose_order(self, order: str) -> None:
        """``informative``, ``random`` or ``as_they_lie``."""
        self.order = order
        if self.folder:
            self.open(self.folder)

    def draft(self, count: int) -> None:
        """Let the chosen model draft the next studies that are to do."""
        if self.folder:
            self._begin(State.DRAFTING, self._draft(count))

    # The study

    def next(self) -> None:
        """Keep what was done to this study, and open the next one that waits."""
        waiting = self._waiting()
        if not waiting:
            self._say(Statement.of("list_done" if self.rows else "no_list_yet"))
            return
        self.go_to(waiting[0].study)

    def go_to(self, study: str) -> None:
        """Keep what was done to this study, and open that one; for one in conflict it is said what to do."""
        conflict = next((row for row in self.rows if row.study == study and row.conflict), None)
        if conflict is not None:
            self.message = Message("warning", (conflict.why_statement,))
            self._tell()
            return
        self._begin(State.OPENING, self._open(study))

    def choose_class(self, label: int, name: str) -> None:
        """Say what a lesion is; the next one that nobody has named is chosen."""
        if self.current is None:
            return
        classes = {**self.current.classes, label: name}
        self.current = replace(self.current, classes=classes, touched=True)
        self._tell()

    def done(self) -> None:
        """The study is done; the next one comes."""
        self._end("done")

    def no_lesion(self) -> None:
        """The study has no lesion and is done; the next one comes."""
        self._end("done", no_lesions=True)

    def set_aside(self, reason: str) -> None:
        """The study is left out; the next one comes."""
        self._end("set_aside", reason=reason)

    def lesions(self) -> tuple[tuple[int, float, str], ...]:
        """Number, mL and class (empty where nobody has said) of each lesion that the scene shows."""
        findings = self._core.findings
        if findings is None or self._own_results() is None:
            return ()
        return tuple(
            (lesion.label, lesion.volume_ml, self._class_of(lesion.label)) for lesion in findings.lesions
        )

    def poll(self) -> None:
        """Hear the worker."""
        if self._worker is not None:
            self._worker.poll()
        if self._ahead is not None:
            self._ahead[2].poll()

    def scene_closing(self) -> None:
        """The nodes go; the list stays open."""
        self.current = None
        self._tell()

    def close(self) -> None:
        """End the worker, and what it reads ahead."""
        self._forget_ahead()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    # Steps

    def _list(self, folder: str, source: str) -> Steps[None]:
        found = yield from ask(self._own_worker(), ListStudies(folder, self.order, source))
        self._take(found)
        if source:
            self._say(
                Statement.of(
                    "list_searched",
                    studies=len(found.rows),
                    new=found.new,
                    moved=found.moved,
                    gone=found.gone,
                )
            )

    def _draft(self, count: int) -> Steps[None]:
        request = DraftListed(self.folder, self.order, count, chosen_model(self._core.choices))
        self._take((yield from ask(self._own_worker(), request)))
        self._say(Statement.of("list_drafted"))

    def _open(self, study: str) -> Steps[None]:
        if self.current is not None and (yield from self._is_changed(self.current)):
            yield from self._save(self.current, "corrected")
        opened = yield from self._opened(study)
        old = self.current
        if old is not None:
            if self._own_results() is not None:
                self._drop_results()
            self.current = None
            remove_shown(self._core.scene, old.shown)
        shown = yield from show_listed(self._core.scene, self._own_worker().folder, opened)
        self.current = OpenOne(opened, shown, dict(opened.classes))
        self._tell()
        yield from self._show_results(shown)
        self._tell()
        self._read_ahead()

    def _opened(self, study: str) -> Steps[ListedStudy]:
        """As it was read ahead, unless somebody has changed it since then."""
        row = self._row(study)
        if self._ahead is not None and self._ahead[:2] == (study, row.version):
            task = self._ahead[2]
            while task.running:
                yield None
            self._ahead = None
            if task.result is not None:
                return task.result  # what failed is asked again, and says why
        self._forget_ahead()
        try:
            return (yield from ask(self._own_worker(), self._request(study)))
        except InputError:
            self._unopened.add(study)
            raise

    def _save(self, one: OpenOne, status: str, reason: str = "", no_lesions: bool = False) -> Steps[None]:
        worker = self._own_worker()
        with temporary_file(worker.folder, "listed-masks") as path:
            labels, grid, classes = "", None, {}
            if not no_lesions and status != "set_aside":
                array = np.asarray(corrected_labels(self._results_to_save(one)))
                yield from write_array(path, array)
                there = [int(label) for label in np.unique(array) if label]
                labels, grid = str(path), one.opened.phases[0].grid
                classes = {label: self._class_of(label) for label in there}
            request = SaveListed(
                self.folder,
                one.opened.study,
                one.opened.version,
                status,
                self._core.choices.readerName.strip() or _own_name(),
                reason,
                labels,
                grid,
                tuple(sorted(classes.items())),
                no_lesions,
            )
            saved = (yield from ask(worker, request)).rows[0]
        self.rows = tuple(saved if row.study == saved.study else row for row in self.rows)
        self.current = replace(one, opened=replace(one.opened, version=saved.version), touched=False)
        if saved.conflict:
            self.message = Message("warning", (saved.why_statement,))
        self._tell()

    def _end(self, status: str, reason: str = "", no_lesions: bool = False) -> None:
        one = self.current
        if one is None:
            self._say(Statement.of("no_listed_study"))
            return

        def steps() -> Steps[None]:
            yield from self._save(one, status, reason, no_lesions)
            told = self.message
            waiting = self._waiting()
            if waiting:
                yield from self._open(waiting[0].study)
            elif told is None:
                self._say(Statement.of("list_done"))

        self._begin(State.SAVING, steps())

    def _is_changed(self, one: OpenOne) -> Steps[bool]:
        if one.touched:
            return True
        results, findings = self._own_results(), self._core.findings
        if results is None or findings is None or not findings.provenance.corrected_by_person:
            return False
        now = np.asarray(corrected_labels(results))
        yield None
        if not one.opened.labels:
            return bool(now.any())
        return not np.array_equal(now, np.load(one.opened.labels, mmap_mode="r"))

    # Reading ahead

    def _read_ahead(self) -> None:
        waiting = self._waiting()
        if waiting and (self._ahead is None or self._ahead[0] != waiting[0].study):
            row = waiting[0]
            self._forget_ahead()
            self._ahead = (row.study, row.version, Task(ask(self._own_worker(), self._request(row.study))))

    def _forget_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead[2].abandon()
            self._ahead = None

    # Small things

    def _own_results(self) -> Results | None:
        """The results that are shown, if they are of the study that is looked at."""
        results = self._core.results
        if results is None or self.current is None:
            return None
        return results if results.reference in self.current.shown.nodes else None

    def _results_to_save(self, one: OpenOne) -> Results:
        results = self._own_results()
        if results is None:
            raise error_of(InputError, "listed_not_shown", study=one.opened.study)
        if results.geometry is not results.reference:
            raise error_of(InputError, "listed_transformed", study=one.opened.study)
        return results

    def _waiting(self) -> list[ListedRow]:
        here = None if self.current is None else self.current.opened.study
        passed = {here, *self._unopened}
        return [row for row in self.rows if row.waits and row.study not in passed]

    def _row(self, study: str) -> ListedRow:
        for row in self.rows:
            if row.study == study:
                return row
        raise error_of(InputError, "no_such_listed", study=study)

    def _request(self, study: str) -> OpenListed:
        return OpenListed(self.folder, study, wanted_phases(self._core.choices))

    def _class_of(self, label: int) -> str:
        name = "" if self.current is None else self.current.classes.get(label, "")
        return "" if name == UNDECIDED else name

    def _own_worker(self) -> WorkerClient:
        self._worker = self._worker or self._make_worker()
        return self._worker

    def _take(self, found: ListedRows) -> None:
        self.folder, self.rows = found.folder, found.rows
        self._tell()

    def _begin(self, state: State, steps: Steps[Any]) -> None:
        if not self._core.busy:
            self.message = None
            self._core.tasks.start(state, steps, self._failed, on_done=self._tell)
            self._tell()

    def _failed(self, error: MTINetError) -> None:
        self.message = None if isinstance(error, Cancelled) else message_of(error)
        self._core.error = error
        self._tell()

    def _say(self, statement: Statement) -> None:
        self.message = Message("info", (statement,))
        self._tell()

    def _tell(self) -> None:
        self._core.events.tell(Topic.WORK_LIST)


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
