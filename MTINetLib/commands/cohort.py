"""``mtinet cohort``: every study of an archive, on several processes or computers."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from MTINetLib.commands.analyze_options import Align, AssumeOrder, Sensitivity
from MTINetLib.commands.cohort_source import (
    ArchiveCa,
    DicomWeb,
    OwnCertificate,
    OwnKey,
    Query,
    source_of,
)
from MTINetLib.commands.options import Backend, Device, Model, OutFolder, Precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from MTINetLib.cohort.cluster import Workers
    from MTINetLib.cohort.cohort import CohortOrder, Ran, Waiting
    from MTINetLib.cohort.cohort_study import CohortStudy
    from MTINetLib.cohort.problems import Problem
    from MTINetLib.cohort.web_archive import WebSource
    from MTINetLib.console import RichProgress

#: Problems that are printed one by one; all stand in problems.csv.
_MOST_SHOWN = 20
#: Off a terminal a line says so often how far the work is.
_A_LINE_S = 60.0

Source = Annotated[
    Path | None,
    typer.Argument(
        metavar="SOURCE",
        help="A folder of studies at any depth (DICOM, volume files, .zip), a dataset, or a .csv with a "
        "column `input` or one per phase.",
    ),
]
WorkerCount = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", help="Processes, or jobs with --jobqueue; chosen where left out."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="A Dask scheduler that runs already: tcp://host:8786, or tls://host:8786."
    ),
]
TlsCaFile = Annotated[
    Path | None, typer.Option("--tls-ca-file", metavar="PEM", help="For tls://: whom to trust.")
]
TlsCertificate = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="PEM", help="For tls://: our certificate.")
]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", metavar="PEM", help="For tls://: its key.")]
JobQueue = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A YAML file that describes Slurm or PBS jobs to dask-jobqueue."),
]
Formats = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="What each study gets, of json,csv,labels,html,pdf,dicom,page; findings.json always; all but "
        "dicom and page where left out.",
    ),
]
Again = Annotated[
    bool, typer.Option("--again", help="Try the studies again that problems.csv says were set aside.")
]


def cohort(
    out: OutFolder,
    source: Source = None,
    dicomweb: DicomWeb = None,
    query: Query = None,
    ca: ArchiveCa = None,
    cert: OwnCertificate = None,
    key: OwnKey = None,
    workers: WorkerCount = None,
    scheduler: Scheduler = None,
    tls_ca_file: TlsCaFile = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    jobqueue: JobQueue = None,
    formats: Formats = None,
    again: Again = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
    align: Align = "auto",
    assume_order: AssumeOrder = False,
    sensitivity: Sensitivity = None,
) -> None:
    """Analyze every study of an archive; killed or cancelled, the same command goes on where it was.

    Each study's results appear whole in OUT/studies; cohort.csv has a row a lesion, studies.csv a row a
    study, problems.csv what was set aside and why. Research use only.
    """
    from MTINetLib.commands.failures import failure_of
    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.errors import Cancelled

    order = _order(
        source_of(source, dicomweb, query, (ca, cert, key)),
        out,
        again,
        model,
        (device, precision, backend, align, assume_order, sensitivity, _formats(formats)),
    )
    _check_packages(order.source)
    start = _workers(workers, (scheduler, tls_ca_file, tls_cert, tls_key), jobqueue, device)
    from MTINetLib.cohort.cohort import Cohort

    console = terminal()
    with closing(Cohort(order)) as begun, RichProgress(console) as progress:
        waiting = begun.waiting(progress)
        _print_waiting(console, waiting)
        said = _Said(console, progress, len(waiting.to_do))
        try:
            ran = begun.run(
                waiting,
                start,
                progress,
                in_words=lambda error: failure_of(error).sentence,
                ready=partial(_print_workers, console),
                told=said.study,
            )
        except KeyboardInterrupt as error:
            total = len(waiting.found.studies)
            raise Cancelled(
                f"Cancelled: {total - said.total + said.done} of {total} studies are finished; the same "
                "command goes on."
            ) from error
    _print_end(console, out, ran)


def _order(
    source: Path | WebSource,
    out: Path,
    again: bool,
    model: str | None,
    ways: tuple[str, str, str, str, bool, str | None, tuple[str, ...]],
) -> CohortOrder:
    """What can be refused before anything is read or started."""
    from MTINetLib.cohort.cohort import CohortOrder
    from MTINetLib.cohort.work import Work
    from MTINetLib.commands.analyze_order import check_alignment
    from MTINetLib.models.find import find_model
    from MTINetLib.models.info import told_info
    from MTINetLib.pipeline.sensitivity import offered_points

    check_alignment(ways[3])
    info = told_info(find_model(model))
    if ways[5] is not None:
        offered_points(info).chosen(ways[5])
    work = Work(str(out.absolute()), str(info.folder.absolute()), info.sha256, *ways)
    return CohortOrder(source, out, work, info, again)


def _formats(told: str | None) -> tuple[str, ...]:
    """In the order in which they are written; the findings are always among them."""
    from MTINetLib.errors import InputError
    from MTINetLib.pipeline.write import ALL_FORMATS, USUAL_FORMATS

    if told is None:
        return USUAL_FORMATS
    names = {name.strip().lower() for name in told.split(",") if name.strip()}
    unknown = sorted(names - {*ALL_FORMATS})
    if unknown:
        raise InputError(f"--formats {unknown[0]} is unknown; choose from {', '.join(ALL_FORMATS)}.")
    return tuple(name for name in ALL_FORMATS if name in names or name == "json")


def _workers(
    workers: int | None,
    elsewhere: tuple[str | None, Path | None, Path | None, Path | None],
    jobqueue: Path | None,
    device: str,
) -> Callable[[], AbstractContextManager[Workers]]:
    """
    Args:
        elsewhere: address of a scheduler; certificates to trust, our own, and its key.
    """
    from MTINetLib.cohort.cluster import SchedulerTls, batch_workers, local_workers, plan_here, workers_of
    from MTINetLib.errors import InputError

    scheduler, *pem = elsewhere
    if any(pem) and not (scheduler or "").startswith("tls://"):
        raise InputError("--tls-ca-file, --tls-cert and --tls-key belong to --scheduler tls://host:8786.")
    if scheduler is not None and (jobqueue is not None or workers is not None):
        raise InputError("--scheduler has its own workers: leave out --workers and --jobqueue.")
    if scheduler is not None:
        return partial(workers_of, scheduler, SchedulerTls(*pem))
    if jobqueue is not None:
        return partial(batch_workers, jobqueue, workers)
    return partial(local_workers, plan_here(workers, device))


def _check_packages(source: Path | WebSource) -> None:
    """Before minutes of searching."""
    import distributed  # noqa: F401
    import pyarrow  # noqa: F401

    if not isinstance(source, Path):
        import dicomweb_client  # noqa: F401


def _print_waiting(console: Console, waiting: Waiting) -> None:
    from MTINetLib.presentation.counts import counted

    line = f"{counted(len(waiting.found.studies), 'study', 'studies')} found"
    if waiting.done or waiting.set_aside:
        line += f": {waiting.done} are done, {len(waiting.set_aside)} were set aside"
    console.print(f"{line}, {len(waiting.to_do)} to analyze.", soft_wrap=True)
    if waiting.set_aside:
        console.print("--again tries those that were set aside.", soft_wrap=True)
    if waiting.found.unreadable:
        console.print(
            f"Files that look like MR images and cannot be read: {waiting.found.unreadable}.", style="yellow"
        )
    for folder, reason in waiting.found.unlisted:
        console.print(f"{folder} {reason}: what lies in it is left out.", style="yellow", soft_wrap=True)


def _print_workers(console: Console, workers: Workers) -> None:
    console.print(f"At work: {workers.told}.", soft_wrap=True)
    if workers.dashboard:
        console.print(f"Dask's dashboard: {workers.dashboard}", soft_wrap=True)


def _print_end(console: Console, out: Path, ran: Ran) -> None:
    from MTINetLib.cohort.problems import PROBLEMS_FILE, by_reason
    from MTINetLib.cohort.summary import SUMMARY_FILE
    from MTINetLib.presentation.counts import counted

    console.print(
        f"{counted(ran.done, 'study', 'studies')} analyzed, {len(ran.set_aside)} set aside.", soft_wrap=True
    )
    for reason, count in by_reason(ran.set_aside)[:_MOST_SHOWN]:
        console.print(f"{count} x {reason}", style="yellow", soft_wrap=True)
    if ran.set_aside:
        console.print(f"{PROBLEMS_FILE} names them.", soft_wrap=True)
    console.print(f"Results are in {out}: begin with {SUMMARY_FILE}.", soft_wrap=True)


@dataclass
class _Said:
    """What is said while studies are finished."""

    console: Console
    progress: RichProgress
    total: int
    done: int = 0
    failed: int = 0
    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    def study(self, study: CohortStudy, problem: Problem | None) -> None:
        self.done += 1
        if problem is not None:
            self.failed += 1
            self.progress.remark(f"{self.failed} set aside")
            if self.failed <= _MOST_SHOWN:
                self.console.print(f"{study.place}: {problem.reason}", style="yellow", soft_wrap=True)
        now = time.monotonic()
        if not self.console.is_terminal and now - self.last >= _A_LINE_S:
            self.last = now
            rate = self.done / (now - self.began)
            self.console.print(
                f"{self.done} of {self.total} studies, {self.failed} set aside, {60 * rate:.1f} a minute, "
                f"about {(self.total - self.done) / rate / 60:.0f} minutes left.",
                soft_wrap=True,
            )
