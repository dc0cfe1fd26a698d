"""The work list that is open: its studies one after the other in the scene, and what a person says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from MTINetLib.errors import Cancelled, InputError, MTINetError, Statement
from MTINetLib.presentation.statements import error_of
from MTINetLib.scene.results import Results, corrected_labels
from MTINetLib.session.choices import chosen_model, wanted_phases
from MTINetLib.session.core import SessionCore
from MTINetLib.session.events import Topic
from MTINetLib.session.list_words import said_of_search
from MTINetLib.session.listed_study import ShownStudy, remove_shown, show_listed
from MTINetLib.session.open_one import OpenOne, own_name, save_listed
from MTINetLib.session.read_ahead import ReadAhead
from MTINetLib.session.state import Message, State, message_of
from MTINetLib.session.task import Steps, ask
from MTINetLib.session.training_runs import networks_of
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.worklist_requests import (
    DraftListed,
    ExportedCases,
    ExportListed,
    FindListed,
    FoundListed,
    KeepListed,
    ListedRow,
    ListedRows,
    ListedStudy,
    ListStudies,
    NamePhases,
    OpenListed,
    SaveListed,
)


class WorkListSession:
    """Listen to WORK_LIST. It has a worker of its own, which reads the next study ahead.

    Attributes:
        folder: of the list; empty for none.
        rows: its studies, the next one first.
        current: the study that is looked at; None for none.
        found: the volumes of a study whose phases are to be named; None for none.
        exported: the dataset that the done studies were added to last; None before.
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
        self.ahead = ReadAhead()
        self.folder, self.order = "", "informative"
        self.rows: tuple[ListedRow, ...] = ()
        self.current: OpenOne | None = None
        self.found: FoundListed | None = None
        self.exported: ExportedCases | None = None
        self.message: Message | None = None

    # The list

    def open(self, folder: str, source: str = "", marks: str = "") -> None:
        """Read a list; with ``source`` the studies below it are taken in first, and a new list is made.

        Args:
            marks: a table of what readers marked on the results of a cohort, which ``source`` is then.
        """
        self.ahead.forget()
        self._unopened.clear()
        self._begin(State.LISTING, self._list(ListStudies(folder, self.order, source, marks)))

    def choose_order(self, order: str) -> None:
        """``informative``, ``random`` or ``as_they_lie``."""
        self.order = order
        if self.folder:
            self.open(self.folder)

    def draft(self, count: int) -> None:
        """Let the chosen model draft the next studies that are to do."""
        if self.folder:
            self._begin(State.DRAFTING, self._draft(count))

    def export(self, dataset: str, deidentify: bool) -> None:
        """Add the studies that are done to a dataset."""
        if self.folder:
            self._begin(State.SAVING, self._export(dataset, deidentify))

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

    def look_at(self, study: str, version: str) -> None:
        """Open one of the versions that several readers wrote."""
        self._begin(State.OPENING, self._open(study, version))

    def keep(self, study: str, version: str) -> None:
        """Of the versions that several readers wrote, this one counts."""
        self._begin(State.SAVING, self._keep(study, version))

    def find_volumes(self, study: str) -> None:
        """Look which volumes a study has, so that its phases can be named; they come in ``found``."""
        self._begin(State.OPENING, self._find(study))

    def name_phases(self, study: str, told: Mapping[str, str]) -> None:
        """Say which volume (by its word in ``found``) is which phase, and open the study so."""
        self._begin(State.SAVING, self._name_phases(study, told))

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
        findings, one = self._core.findings, self.current
        if findings is None or one is None or self._own_results() is None:
            return ()
        return tuple(
            (lesion.label, lesion.volume_ml, one.class_of(lesion.label)) for lesion in findings.lesions
        )

    def poll(self) -> None:
        """Hear the worker."""
        if self._worker is not None:
            self._worker.poll()
        self.ahead.poll()

    def scene_closing(self) -> None:
        """The nodes go; the list stays open."""
        self.current = None
        self._tell()

    def close(self) -> None:
        """End the worker, and what it reads ahead."""
        self.ahead.forget()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    # Steps

    def _list(self, request: ListStudies) -> Steps[None]:
        found = yield from ask(self._own_worker(), request)
        self._take(found)
        if request.source:
            self.message = said_of_search(found, bool(request.marks))
            self._tell()

    def _draft(self, count: int) -> Steps[None]:
        model = chosen_model(self._core.choices)
        networks = tuple(map(str, networks_of(model.name or "")))
        request = DraftListed(self.folder, self.order, count, model, networks)
        self._take((yield from ask(self._own_worker(), request)))
        self._say(Statement.of("list_drafted"))

    def _export(self, dataset: str, deidentify: bool) -> Steps[None]:
        request = ExportListed(self.folder, dataset, wanted_phases(self._core.choices), deidentify)
        made = yield from ask(self._own_worker(), request)
        said = [Statement.of("listed_exported", added=made.added, dataset=dataset, known=made.known)]
        said += [Statement.of("listed_left_out", left_out=one) for one in made.left_out]
        self.exported = made
        self.message = Message("warning" if made.left_out else "info", tuple(said))
        self._tell()

    def _keep(self, study: str, version: str) -> Steps[None]:
        one = self.current
        looked_at = one is not None and one.opened.study == study
        if one is not None and looked_at and (yield from self._is_changed(one)):
            yield from self._save(one, "corrected")
            if one.opened.version == version and self.current is not None:
                version = self.current.opened.version
        request = KeepListed(self.folder, self.order, study, version, self._reader())
        who = next((other.who for other in self._row(study).versions if other.version == version), "")
        self._take((yield from ask(self._own_worker(), request)))
        if looked_at:
            yield from self._open(study)
        self._say(Statement.of("listed_kept", study=study, who=who or self._reader()))

    def _find(self, study: str) -> Steps[None]:
        self.found = yield from ask(self._own_worker(), FindListed(self.folder, study))
        self._tell()

    def _name_phases(self, study: str, told: Mapping[str, str]) -> Steps[None]:
        if self.current is not None and (yield from self._is_changed(self.current)):
            yield from self._save(self.current, "corrected")
        self.ahead.forget()
        request = NamePhases(self.folder, self.order, study, tuple(told.items()), self._reader())
        self._take((yield from ask(self._own_worker(), request)))
        self._unopened.discard(study)
        yield from self._open(study)
        self.found = None
        self._tell()

    def _open(self, study: str, version: str = "") -> Steps[None]:
        if self.current is not None and (yield from self._is_changed(self.current)):
            yield from self._save(self.current, "corrected")
        opened = yield from self._opened(study, version)
        old = self.current
        if old is not None:
            if self._own_results() is not None:
                self._drop_results()
            self.current = None
            remove_shown(self._core.scene, old.shown)
        shown = yield from show_listed(self._core.scene, self._own_worker().folder, opened)
        self.current, self.found = OpenOne(opened, shown, dict(opened.classes)), None
        self._tell()
        yield from self._show_results(shown)
        self._tell()
        self._read_ahead()

    def _opened(self, study: str, version: str) -> Steps[ListedStudy]:
        """As it was read ahead, unless somebody has changed it since then."""
        if not version:
            ready = yield from self.ahead.taken(self._row(study))
            if ready is not None:
                return ready  # what failed is asked again, and says why
        try:
            return (yield from ask(self._own_worker(), self._request(study, version)))
        except InputError:
            self._unopened.add(study)
            raise

    def _save(self, one: OpenOne, status: str, reason: str = "", no_lesions: bool = False) -> Steps[None]:
        said = SaveListed(
            self.folder,
            one.opened.study,
            one.opened.version,
            status,
            self._reader(),
            reason,
            no_lesions=no_lesions,
        )
        labels = None
        if not no_lesions and status != "set_aside":
            labels = np.asarray(corrected_labels(self._results_to_save(one)))
        saved = yield from save_listed(self._own_worker(), said, one, labels)
        self.rows = tuple(saved if row.study == saved.study else row for row in self.rows)
        self.current = one.as_saved(saved.version, labels)
        if saved.conflict:
            self.message = Message("warning", (saved.why_statement,))
        elif "unmet" in saved.why_values:
            unmet = Statement.of("done_unmet", study=saved.study, unmet=saved.why_values["unmet"])
            self.message = Message("warning", (unmet,))
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
        results, findings = self._own_results(), self._core.findings
        drawn = results is not None and findings is not None and findings.provenance.corrected_by_person
        labels = np.asarray(corrected_labels(results)) if drawn and results is not None else None
        yield None
        return one.is_changed(labels)

    # Reading ahead

    def _read_ahead(self) -> None:
        waiting = self._waiting()
        if waiting:
            row = waiting[0]
            self.ahead.begin(row, ask(self._own_worker(), self._request(row.study)))

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

    def _request(self, study: str, version: str = "") -> OpenListed:
        return OpenListed(self.folder, study, wanted_phases(self._core.choices), version)

    def _reader(self) -> str:
        return self._core.choices.readerName.strip() or own_name()

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
