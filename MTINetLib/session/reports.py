"""Reports of the session's findings: masks and figures go to the worker, which writes the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from MTINetLib.errors import InputError, MTINetError, Statement
from MTINetLib.findings import StudyFindings, from_dict, to_dict
from MTINetLib.presentation.statements import as_it_is, error_of
from MTINetLib.progress import Stage
from MTINetLib.scene.dicom_database import put_into_database
from MTINetLib.scene.dicom_files import dicom_files_steps, has_dicom_files
from MTINetLib.scene.results import corrected_labels
from MTINetLib.scene.tracking import tracking_uids
from MTINetLib.session.array_files import temporary_file, write_array
from MTINetLib.session.core import SessionCore
from MTINetLib.session.liver import hand_over, liver_of_results, liver_paths
from MTINetLib.session.report_place import refuse_place, suggested_place
from MTINetLib.session.state import Message, ProgressSeen, State
from MTINetLib.session.task import Steps, ask
from MTINetLib.session.wanted_study import study_of_results
from MTINetLib.worker.requests import OpenedStudy, Report, Reported

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
    """Writes one report at a time, after what was edited has been measured.

    Attributes:
        files: of the last report, empty before the first.
        last_folder: the one that the user named last, also before Slicer was started; None if unknown.
        documents: the user's folder of documents, where the application knows it.
    """

    def __init__(self, core: SessionCore) -> None:
        self._core = core
        self.files: tuple[Path, ...] = ()
        self.last_folder: Path | None = None
        self.documents: Path | None = None
        self._waiting: ReportOrder | None = None
        self._folder: Path | None = None

    @property
    def folder(self) -> Path | None:
        """Of the last report."""
        return self._folder if self.files else None

    @property
    def dicom_files(self) -> tuple[Path, ...]:
        """SEG, SR and PDF of the last report, as far as they were written."""
        return tuple(file for file in self.files if file.suffix == _DICOM_SUFFIX)

    def why_no_dicom(self) -> Statement | None:
        """Why no DICOM objects of these results can be written, None where they probably can."""
        results = self._core.results
        if results is None:
            return Statement.of("analyze_first")
        volumes = results.by_phase.items()
        scene = self._core.scene
        without = [
            phase for phase, node in volumes if node.GetScene() is None or not has_dicom_files(scene, node)
        ]
        return Statement.of("not_from_dicom", phases=without) if without else None

    def put_into_database(self) -> None:
        """Copy SEG, SR and PDF of the last report into Slicer's DICOM database; the outcome is a message."""
        try:
            put_into_database(self._core.scene, self.dicom_files)
        except MTINetError as error:
            self._core.report_error(error)
        else:
            self._core.inform("in_database")

    def suggested_folder(self, deidentify: bool = False) -> Path | None:
        """The folder that the user named last, where a report of this study may go; else the documents."""
        chosen = self._core.choices.reportFolder
        wanted = (Path(chosen) if chosen else None, self.last_folder)
        return suggested_place(
            self._core.scene, wanted, self.documents, self._core.results, deidentify=deidentify
        )

    def name_folder(self, text: str) -> None:
        """The user has named a folder; it is suggested from now on, also for other studies."""
        if text.strip():
            self.last_folder = Path(text.strip()).expanduser().absolute()
            self._core.choices.reportFolder = str(self.last_folder)

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
        if self._core.busy or self._waiting is not None:
            return
        try:
            self._waiting = self._order(folder, formats, comment, reader, deidentify)
        except MTINetError as error:
            self._core.report_error(error)
            return
        self.poll()

    def poll(self) -> None:
        """Begin a report that waits for the findings of what the masks are now."""
        core, order = self._core, self._waiting
        if order is not None and core.state is State.IDLE and not core.waiting:
            self._waiting = None
            core.begin(State.REPORTING, self._write(order))

    def forget(self) -> None:
        """The scene goes, and with it what the last report was about."""
        self._waiting = None
        self.files = ()

    def _order(
        self,
        folder: Path | str | None,
        formats: tuple[str, ...],
        comment: str,
        reader: str,
        deidentify: bool,
    ) -> ReportOrder:
        if self._core.findings is None or self._core.results is None:
            raise error_of(InputError, "nothing_to_report")
        if not formats:
            raise error_of(InputError, "no_format")
        if folder is not None and not str(folder).strip():
            raise error_of(InputError, "no_report_folder")
        parent = self.suggested_folder(deidentify) if folder is None else Path(folder)
        if parent is None:
            raise error_of(InputError, "no_place_for_report")
        parent = parent.expanduser().absolute()
        refuse_place(self._core.scene, parent, self._core.results, deidentify=deidentify)
        return ReportOrder(parent, formats, comment, reader, deidentify)

    def _write(self, order: ReportOrder) -> Steps[None]:
        core = self._core
        findings, results = core.findings, core.results
        if findings is None or results is None:
            raise error_of(InputError, "results_gone")
        yield ProgressSeen(Stage.PREPARING_REPORT, 0, 0)
        labels = corrected_labels(results)
        yield None
        with temporary_file(core.worker.folder, "report") as path, liver_paths(core.worker.folder) as paths:
            yield from write_array(path, labels)
            wanted = study_of_results(results, findings, core.choices.alignment)
            files = []
            for node in results.volumes:
                found = yield from dicom_files_steps(core.scene, node)
                files.append(tuple(str(file) for file in found))
            study = yield from core.study.open(wanted)
            mask = liver_of_results(results)
            liver = yield from hand_over(results, mask, findings, core.analyzed, paths[0])
            folder = new_folder(order.parent)
            request = Report(
                study=study.study,
                labels=str(path),
                probability=self._probability(study, findings),
                findings=to_dict(findings),
                out=str(folder),
                formats=order.formats,
                comment=order.comment,
                reader=order.reader,
                deidentify=order.deidentify,
                files=tuple(files),
                tracking=self._tracking(findings),
                liver=liver,
            )
            reported = yield from ask(core.worker, request)
        self._written(order, folder, reported)

    def _tracking(self, findings: StudyFindings) -> dict[str, str]:
        results = self._core.results
        if results is None:
            return {}
        uids = tracking_uids(results.segmentation, [lesion.label for lesion in findings.lesions])
        return {str(label): uid for label, uid in uids.items()}

    def _probability(self, study: OpenedStudy, findings: StudyFindings) -> str | None:
        """The map of the analysis that these findings come from; a scene that was opened again has none."""
        analyzed = self._core.analyzed
        if analyzed is None:
            return None
        made = from_dict(analyzed.findings)
        path = self._core.worker.folder / analyzed.probability
        same = made.provenance.model_sha256 == findings.provenance.model_sha256
        if not same or made.study != findings.study or not path.is_file():
            return None
        return str(path) if np.load(path, mmap_mode="r").shape == study.grid.shape else None

    def _written(self, order: ReportOrder, folder: Path, reported: Reported) -> None:
        self._folder = folder
        self.files = tuple(Path(file) for file in reported.files)
        self.name_folder(str(order.parent))
        told = (Statement.of("report_written", folder=folder), *map(as_it_is, reported.left_out))
        self._core.say(Message("warning" if reported.left_out else "info", told))


def new_folder(parent: Path) -> Path:
    """``mtinet-report`` inside ``parent``, or the first of its numbered followers that is not there."""
    number = 1
    while True:
        folder = parent / (FOLDER_NAME if number == 1 else f"{FOLDER_NAME}-{number}")
        if not folder.exists():
            return folder
        number += 1
