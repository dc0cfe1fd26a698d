"""Reports of the session's findings: masks and figures go to the worker, which writes the files."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.findings import from_dict, to_dict
from MTINetLib.scene.dicom_database import put_into_database
from MTINetLib.scene.dicom_files import dicom_files_steps, has_dicom_files
from MTINetLib.scene.results import corrected_labels
from MTINetLib.scene.tracking import tracking_uids
from MTINetLib.session.array_files import write_array
from MTINetLib.session.calls import Answers
from MTINetLib.session.chores import Chores
from MTINetLib.session.correction_study import study_of_results
from MTINetLib.session.report_place import refuse_place, suggested_place
from MTINetLib.session.state import State
from MTINetLib.study.phase import PHASES
from MTINetLib.worker.messages import OpenedStudy, Report, Reported

if TYPE_CHECKING:
    from MTINetLib.findings import StudyFindings
    from MTINetLib.session.session import Session
    from MTINetLib.worker.client import Call

#: Every report gets a folder of its own, so that none is ever replaced. It names nobody.
FOLDER_NAME = "mtinet-report"
#: The formats that are offered, in this order.
FORMATS = ("pdf", "html", "csv", "json", "labels", "dicom")
_DICOM_SUFFIX = ".dcm"


@dataclass(frozen=True)
class ReportOrder:
    """What is to be written.

    Args:
        parent: the folder in which the report's own folder is made.
        formats: some of FORMATS.
        comment, reader: the reader's words and name.
        deidentify: leave out what could lead back to the patient or the reader.
    """

    parent: Path
    formats: tuple[str, ...]
    comment: str = ""
    reader: str = ""
    deidentify: bool = False


class Reports:
    """Writes one report at a time; :meth:`poll` does it, a little at a time.

    Attributes:
        files: of the last report, empty before the first.
        last_folder: the one that the user named last, also before Slicer was started; None if unknown.
        documents: the user's folder of documents, where the application knows it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.files: tuple[Path, ...] = ()
        self.last_folder: Path | None = None
        self.documents: Path | None = None
        self._waiting: ReportOrder | None = None
        self._chores = Chores()
        self._call: Call | None = None
        self._labels: Path | None = None
        self._folder: Path | None = None
        self._run = 0

    @property
    def folder(self) -> Path | None:
        """Of the last report."""
        return self._folder if self.files else None

    @property
    def dicom_files(self) -> tuple[Path, ...]:
        """SEG, SR and PDF of the last report, as far as they were written."""
        return tuple(file for file in self.files if file.suffix == _DICOM_SUFFIX)

    def why_no_dicom(self) -> str | None:
        """A sentence why no DICOM objects of these results can be written, None where they probably can."""
        results = self._session.results
        if results is None:
            return "Analyze a study first."
        volumes = zip(PHASES, results.volumes, strict=True)
        without = [
            phase.title for phase, node in volumes if node.GetScene() is None or not has_dicom_files(node)
        ]
        if not without:
            return None
        names = " and the ".join(without)
        return f"The {names} phase was not loaded from DICOM files that are still there."

    def put_into_database(self) -> None:
        """Copy SEG, SR and PDF of the last report into Slicer's DICOM database; the outcome is a message."""
        try:
            put_into_database(self.dicom_files)
        except MTINetError as error:
            self._session.report_error(error)
        else:
            self._session.inform("The report is in Slicer's DICOM database, beside the patient's images.")

    def suggested_folder(self, deidentify: bool = False) -> Path | None:
        """The folder that the user named last, where a report of this study may go; else the documents."""
        chosen = self._session.choices.reportFolder
        wanted = (Path(chosen) if chosen else None, self.last_folder)
        return suggested_place(wanted, self.documents, self._session.results, deidentify=deidentify)

    def name_folder(self, text: str) -> None:
        """The user has named a folder; it is suggested from now on, also for other studies."""
        if text.strip():
            self.last_folder = Path(text.strip()).expanduser().absolute()
            self._session.choices.reportFolder = str(self.last_folder)

    def write(
        self,
        folder: Path | str | None = None,
        formats: tuple[str, ...] = FORMATS[:4],
        *,
        comment: str = "",
        reader: str = "",
        deidentify: bool = False,
    ) -> None:
        """Begin a report in a new folder inside ``folder``; listen to STATE for the end.

        Masks that were edited a moment ago are measured first. What is wrong is told as a message.

        Args:
            folder: None takes :meth:`suggested_folder`.
        """
        session = self._session
        if session.busy or self._waiting is not None:
            return
        try:
            self._waiting = self._order(folder, formats, comment, reader, deidentify)
        except MTINetError as error:
            session.report_error(error)
            return
        self.poll()

    def poll(self) -> None:
        """Do a little of what waits; an error ends the report and goes to the user."""
        session = self._session
        order = self._waiting
        if order is not None and session.state is State.IDLE and not session.correction.waiting:
            self._waiting = None
            session.set_state(State.REPORTING)
            self._chores.add(self._hand_over(order, self._run))
        try:
            self._chores.run()
        except MTINetError as error:
            self._failed(error)

    def cancel(self) -> None:
        """End what runs; no file stays behind."""
        self._waiting = None
        self._chores.clear()
        call = self._call or self._session.study.call
        if call is not None:
            self._session.worker.cancel(call)
        elif self._session.state is State.REPORTING:
            self._failed(Cancelled("The report was cancelled; nothing was written."))

    def abandon(self) -> None:
        """The scene goes: end what runs without a word to anyone, and forget the last report."""
        self._run += 1
        call = self._call
        self._settle()
        if call is not None:
            self._session.worker.cancel(call)
        self.files = ()

    def _order(
        self,
        folder: Path | str | None,
        formats: tuple[str, ...],
        comment: str,
        reader: str,
        deidentify: bool,
    ) -> ReportOrder:
        if self._session.findings is None or self._session.results is None:
            raise InputError("There is nothing to report yet: analyze a study first.")
        if not formats:
            raise InputError("Choose at least one format for the report.")
        if folder is not None and not str(folder).strip():
            raise InputError("Choose a folder for the report.")
        parent = self.suggested_folder(deidentify) if folder is None else Path(folder)
        if parent is None:
            raise InputError("Choose a folder for the report that is not among the patient's images.")
        parent = parent.expanduser().absolute()
        refuse_place(parent, self._session.results, deidentify=deidentify)
        return ReportOrder(parent, formats, comment, reader, deidentify)

    def _hand_over(self, order: ReportOrder, run: int) -> Generator[None, None, None]:
        session = self._session
        findings, results = session.findings, session.results
        if findings is None or results is None:
            raise InputError("The results are gone: analyze the study again.")
        session.saw_progress("Preparing the report", 0, 0)
        labels = corrected_labels(results)
        yield
        self._labels = session.worker.folder / f"report-{uuid.uuid4().hex[:12]}.npy"
        yield from write_array(self._labels, labels)
        wanted = study_of_results(results, findings, session.choices.alignment)
        files = []
        for node in results.volumes:
            found = yield from dicom_files_steps(node)
            files.append(tuple(str(path) for path in found))

        def opened(study: OpenedStudy) -> None:
            if run == self._run:
                self._submit(order, study, findings, tuple(files))

        def failed(error: MTINetError) -> None:
            if run == self._run:
                self._failed(error)

        yield from session.study.open(wanted, opened, failed, session.saw_progress)

    def _submit(
        self,
        order: ReportOrder,
        study: OpenedStudy,
        findings: StudyFindings,
        files: tuple[tuple[str, ...], ...],
    ) -> None:
        run = self._run
        folder = new_folder(order.parent)
        request = Report(
            study=study.study,
            labels=str(self._labels),
            probability=self._probability(study, findings),
            findings=to_dict(findings),
            out=str(folder),
            formats=order.formats,
            comment=order.comment,
            reader=order.reader,
            deidentify=order.deidentify,
            files=files,
            tracking=self._tracking(findings),
        )

        def done(result: dict[str, Any]) -> None:
            if run == self._run:
                self._done(order, folder, Reported.from_dict(result))

        def failed(error: MTINetError) -> None:
            if run == self._run:
                self._failed(error)

        answers = Answers(done, failed, self._session.saw_progress)
        self._call = self._session.worker.submit("report", request.to_dict(), answers)

    def _tracking(self, findings: StudyFindings) -> dict[str, str]:
        results = self._session.results
        if results is None:
            return {}
        uids = tracking_uids(results.segmentation, [lesion.label for lesion in findings.lesions])
        return {str(label): uid for label, uid in uids.items()}

    def _probability(self, study: OpenedStudy, findings: StudyFindings) -> str | None:
        """The map of the analysis that these findings come from; a scene that was opened again has none."""
        analyzed = self._session.analyzed
        if analyzed is None:
            return None
        made = from_dict(analyzed.findings)
        path = self._session.worker.folder / analyzed.probability
        same = made.provenance.model_sha256 == findings.provenance.model_sha256
        if not same or made.study != findings.study or not path.is_file():
            return None
        return str(path) if np.load(path, mmap_mode="r").shape == study.grid.shape else None

    def _done(self, order: ReportOrder, folder: Path, reported: Reported) -> None:
        self._settle()
        self._folder = folder
        self.files = tuple(Path(file) for file in reported.files)
        session = self._session
        self.name_folder(str(order.parent))
        told = f"The report was written to {self.folder}."
        if reported.left_out:
            session.warn(" ".join((told, *reported.left_out)))
        else:
            session.inform(told)
        session.set_state(State.IDLE)

    def _failed(self, error: MTINetError) -> None:
        self._settle()
        self._session.report_error(error)
        if self._session.state is State.REPORTING:
            self._session.set_state(State.IDLE)

    def _settle(self) -> None:
        self._waiting = self._call = None
        self._chores.clear()
        labels, self._labels = self._labels, None
        if labels is not None:
            with suppress(OSError):  # the worker may hold it open on Windows; its folder goes at the end
                labels.unlink(missing_ok=True)


def new_folder(parent: Path) -> Path:
    """``mtinet-report`` inside ``parent``, or the first of its numbered followers that is not there."""
    number = 1
    while True:
        folder = parent / (FOLDER_NAME if number == 1 else f"{FOLDER_NAME}-{number}")
        if not folder.exists():
            return folder
        number += 1
