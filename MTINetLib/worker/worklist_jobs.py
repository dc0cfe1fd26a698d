"""Jobs about work lists: read and search them, draft, open ahead, save, export. Only drafting needs torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from MTINetLib.cohort.marked_list import list_marked
from MTINetLib.progress import Stage
from MTINetLib.reading.volumes.read import read_label_map
from MTINetLib.worker.arrays import load_array, save_array
from MTINetLib.worker.jobs import JobContext, job
from MTINetLib.worker.requests import PhaseFile
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
    ListedVersion,
    ListStudies,
    NamePhases,
    OpenListed,
    SaveListed,
)
from MTINetLib.worklist.change import Change, Lesions, change, keep
from MTINetLib.worklist.entry import OVER, Entry, Status
from MTINetLib.worklist.export import export
from MTINetLib.worklist.folder import WorkList, open_list
from MTINetLib.worklist.open_listed import named_volumes
from MTINetLib.worklist.open_listed import open_listed as opened_study
from MTINetLib.worklist.order import Order, Row, in_order
from MTINetLib.worklist.search import search


@job
def list_studies(request: ListStudies, context: JobContext) -> ListedRows:
    folder = Path(request.folder)
    if not request.source:
        return _rows(open_list(folder), request.order)
    if request.marks:
        made = list_marked(Path(request.source), [Path(request.marks)], folder, context.progress)
        rows = _rows(open_list(folder), request.order)
        return replace(rows, marked=len(made.studies), unmarked=made.unmarked, left_out=made.left_out)
    found = search(Path(request.source), folder, context.progress)
    rows = _rows(open_list(folder), request.order)
    return replace(rows, new=len(found.new), moved=len(found.moved), gone=len(found.gone))


@job
def draft_listed(request: DraftListed, context: JobContext) -> ListedRows:
    from MTINetLib.models.store import load_model
    from MTINetLib.worklist.draft import Compute, draft, to_draft

    context.progress.start(Stage.LOADING_MODEL, 0)
    listed = open_list(Path(request.folder))
    model = context.state.model(request.model.name)
    records = [row.record for row in in_order(listed.records(), Order(request.order))]
    waiting = to_draft(records, model.info.sha256)[: request.count]
    how = Compute(request.model.device, request.model.precision, request.model.backend)
    draft(listed, waiting, model, how, context.progress, others=[load_model(one) for one in request.networks])
    return _rows(listed, request.order)


@job
def open_listed(request: OpenListed, context: JobContext) -> ListedStudy:
    """
    Raises:
        InputError: it was moved, or its phases cannot be told apart.
    """
    listed = open_list(Path(request.folder))
    record = listed.record(request.study)
    if request.version:
        record = listed.as_of(request.study, request.version)
    entry = record.entry
    study = opened_study(listed, record, request.phases, progress=context.progress)
    files = tuple(
        PhaseFile(
            phase=phase,
            path=save_array(context.folder, f"listed-{phase.value}", study.phase(phase)),
            grid=study.grid,
            description=study.source(phase).description,
            evidence=study.source(phase).evidence,
            confidence=study.source(phase).confidence,
            series_uid=study.source(phase).series_uid,
            time_s=study.time_s(phase),
        )
        for phase in study.phases
    )
    labels, findings = "", None
    if entry.labels:
        mask = read_label_map(listed.labels_of(entry))
        if mask.grid.matches(study.grid):
            labels = save_array(context.folder, "listed-labels", mask.array.astype(np.uint16))
    if labels and entry.status is Status.DRAFTED and entry.findings:
        findings = json.loads(listed.findings_of(entry).read_text("utf-8"))
    return ListedStudy(
        record.study, entry.version, files, labels, findings, tuple(sorted(entry.classes.items()))
    )


@job
def save_listed(request: SaveListed, context: JobContext) -> ListedRows:
    """
    Raises:
        InputError: a lesion has no class, or there is no reason.
        MissingResourceError: the disk is full; the list is as it was.
    """
    listed = open_list(Path(request.folder))
    lesions = None
    if request.labels and request.grid is not None:
        lesions = Lesions(np.array(load_array(context.path(request.labels))), request.grid)
    wanted = Change(
        status=Status(request.status),
        reason=request.reason,
        classes={label: name for label, name in request.classes if name},
        lesions=lesions,
        no_lesions=request.no_lesions,
    )
    record = change(listed, listed.as_of(request.study, request.version), wanted, request.who)
    return ListedRows(request.folder, tuple(map(_row, in_order([record], Order.AS_THEY_LIE))))


@job
def keep_listed(request: KeepListed, context: JobContext) -> ListedRows:
    """
    Raises:
        InputError: there is no conflict any more, or no such version.
    """
    listed = open_list(Path(request.folder))
    keep(listed, listed.record(request.study), request.version, request.who)
    return _rows(listed, request.order)


@job
def find_listed(request: FindListed, context: JobContext) -> FoundListed:
    """
    Raises:
        InputError: it was moved, or cannot be read.
    """
    listed = open_list(Path(request.folder))
    record = listed.record(request.study)
    return FoundListed(record.study, tuple(named_volumes(listed, record, context.progress)))


@job
def name_phases(request: NamePhases, context: JobContext) -> ListedRows:
    """
    Raises:
        InputError: the study is in conflict.
        MissingResourceError: the disk is full; the list is as it was.
    """
    listed = open_list(Path(request.folder))
    change(listed, listed.record(request.study), Change(told=dict(request.told)), request.who)
    return _rows(listed, request.order)


@job
def export_listed(request: ExportListed, context: JobContext) -> ExportedCases:
    """
    Raises:
        InputError: no study is done, or the folder is no dataset.
        MissingResourceError: the disk is full; the cases before it are in the dataset.
    """
    made = export(
        open_list(Path(request.folder)),
        Path(request.dataset),
        request.phases,
        deidentify=request.deidentify,
        progress=context.progress,
    )
    return ExportedCases(request.dataset, len(made.added), made.known, made.left_out)


def _rows(listed: WorkList, order: str) -> ListedRows:
    rows: Sequence[Row] = in_order(listed.records(), Order(order))
    return ListedRows(str(listed.folder), tuple(map(_row, rows)))


def _row(row: Row) -> ListedRow:
    record, entry = row.record, row.record.entry
    blocked = bool(entry.problem) or record.place.missing or bool(record.rivals)
    return ListedRow(
        study=record.study,
        patient=record.patient,
        status=entry.status.value,
        version=entry.version,
        who=entry.who,
        when=entry.when,
        classes=tuple(sorted(entry.classes.items())),
        no_lesions=entry.no_lesions,
        waits=entry.status not in OVER and not blocked,
        why=row.why.code,
        why_values=dict(row.why.values),
        versions=tuple(map(_version, record.heads)) if record.rivals else (),
        told=tuple(sorted(entry.told.items())),
        marks=entry.marks,
    )


def _version(entry: Entry) -> ListedVersion:
    classes = tuple(sorted(entry.classes.items()))
    return ListedVersion(entry.version, entry.who, entry.when, entry.status.value, classes, entry.no_lesions)
