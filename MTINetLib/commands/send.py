"""``mtinet send``: results on their way to an archive."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from MTINetLib.progress import Stage

if TYPE_CHECKING:
    from ssl import SSLContext

    from rich.console import Console
    from rich.table import Table

    from MTINetLib.report.sending.objects import ObjectToSend, Outcome

    Sender = Callable[[Sequence[ObjectToSend]], Generator[Outcome, None, None]]

#: Of more objects only those that did not arrive are listed.
_MOST_LISTED = 20


def send(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Of DICOM objects, such as RESULTS/dicom.")
    ],
    to: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="An archive that speaks DICOM (C-STORE).")
    ] = None,
    aec: Annotated[str | None, typer.Option(metavar="NAME", help="The archive's AE title.")] = None,
    aet: Annotated[str, typer.Option(metavar="NAME", help="Our own AE title.")] = "MTINET",
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS to HOST:PORT.")] = False,
    dicomweb: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Or an archive that speaks DICOMweb (STOW-RS), https://..."),
    ] = None,
    credentials: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For URL: lines user= and password=, or token=; else MTINET_DICOMWEB_USER and _PASSWORD, or "
            "_TOKEN, of the environment.",
        ),
    ] = None,
    ca: Annotated[
        Path | None, typer.Option(metavar="PEM", help="Trust these certificates, not the system's.")
    ] = None,
    cert: Annotated[Path | None, typer.Option(metavar="PEM", help="Our own certificate.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.")] = None,
) -> None:
    """Send DICOM objects to an archive and say of each whether it arrived.

    They hold the patient's name as the images do. What cannot be delivered is tried four times.
    """
    from MTINetLib.console import terminal
    from MTINetLib.errors import InputError
    from MTINetLib.report.sending.objects import objects_in
    from MTINetLib.report.sending.secure import tls_context

    if (to is None) == (dicomweb is None):
        raise InputError("Say where to: either --to HOST:PORT with --aec NAME, or --dicomweb URL.")
    send_them: Sender
    if dicomweb is not None:
        if aec is not None or tls:
            raise InputError("--aec and --tls belong to --to; --dicomweb takes an https address.")
        send_them = _by_web(dicomweb, tls_context(ca, cert, key), credentials)
    else:
        if credentials is not None:
            raise InputError("--credentials belongs to --dicomweb; leave it out with --to.")
        if not tls and (ca or cert or key):
            raise InputError("--ca, --cert and --key belong to TLS: add --tls.")
        send_them = _by_association(str(to), aec, aet, tls_context(ca, cert, key) if tls else None)
    items = objects_in(folder)
    _tell(terminal(), items, send_them(items))


def _by_web(url: str, tls: SSLContext, credentials: Path | None) -> Sender:
    from MTINetLib.report.sending.secure import authorization
    from MTINetLib.report.sending.stow import WebArchive, send_by_stow

    service = WebArchive(url, tls, authorization(credentials))
    return lambda items: send_by_stow(items, service)


def _by_association(to: str, called: str | None, calling: str, tls: SSLContext | None) -> Sender:
    from MTINetLib.errors import InputError
    from MTINetLib.report.sending.c_store import Archive, archive_address, send_by_c_store

    if called is None:
        raise InputError("--to needs --aec NAME, the application entity title of the archive.")
    archive = Archive(*archive_address(to), called, calling, tls)
    return lambda items: send_by_c_store(items, archive)


def _tell(console: Console, items: Sequence[ObjectToSend], outcomes: Generator[Outcome, None, None]) -> None:
    """Show the progress and the account.

    Raises:
        MissingResourceError: something did not arrive.
        Cancelled: the user broke off; what had arrived is said.
    """
    from MTINetLib.console import RichProgress
    from MTINetLib.errors import Cancelled, MissingResourceError

    known: list[Outcome] = []
    try:
        with RichProgress(console) as progress, closing(outcomes) as coming:
            progress.start(Stage.SENDING, len(items))
            for outcome in coming:
                known.append(outcome)
                progress.update(len(known))
            progress.finish()
    except KeyboardInterrupt as error:
        _show(console, items, known)
        raise Cancelled(f"Cancelled: {_arrived(known)} of {len(items)} objects had arrived.") from error
    _show(console, items, known)
    if _arrived(known) < len(items):
        raise MissingResourceError(
            f"{len(items) - _arrived(known)} of {len(items)} objects did not arrive; the list says why. "
            "Those that did may be sent again."
        )
    plural = "object" if len(items) == 1 else "objects"
    console.print(f"{len(items)} {plural} arrived.")


def _arrived(known: Sequence[Outcome]) -> int:
    return sum(outcome.arrived for outcome in known)


def _show(console: Console, items: Sequence[ObjectToSend], known: Sequence[Outcome]) -> None:
    from rich.text import Text

    table = _table(items, known)
    if table.row_count:
        console.print(table)
    if len(items) > _MOST_LISTED:
        console.print(Text(f"{_arrived(known)} of {len(items)} objects arrived."))


def _table(items: Sequence[ObjectToSend], known: Sequence[Outcome]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for head in ("File", "What", "Arrived"):
        table.add_column(head, overflow="fold")
    told = {outcome.item: outcome for outcome in known}
    for item in items:
        outcome = told.get(item)
        if outcome is not None and outcome.arrived and len(items) > _MOST_LISTED and not outcome.words:
            continue
        if outcome is None:
            said = "no: not sent"
        else:
            said = ("yes" if outcome.arrived else "no") + (f": {outcome.words}" if outcome.words else "")
        table.add_row(Text(item.name), Text(item.kind), Text(said))
    return table
