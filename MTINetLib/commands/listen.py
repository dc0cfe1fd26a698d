"""``mtinet listen``: a DICOM node that analyzes what it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from MTINetLib.commands.options import Backend, Device, Model, OutFolder, Precision

if TYPE_CHECKING:
    from MTINetLib.cohort.work import Work

_GB = 10**9


def listen(
    out: OutFolder,
    callers: Annotated[
        list[str],
        typer.Option(
            "--from",
            metavar="TITLE@HOST[:PORT]",
            help="A node that may send; with the port where it takes answers to storage commitments. May be "
            "repeated.",
            show_default=False,
        ),
    ],
    port: Annotated[int, typer.Option(help="Where to listen.", min=0, max=65535)] = 11112,
    aet: Annotated[str, typer.Option(metavar="NAME", help="Our own AE title.")] = "MTINET",
    address: Annotated[
        str, typer.Option(metavar="IP", help="Of the network card to listen at; all if left out.")
    ] = "",
    forward: Annotated[
        str | None,
        typer.Option(metavar="TITLE@HOST:PORT", help="The archive that gets SEG, SR and PDF (C-STORE)."),
    ] = None,
    quiet: Annotated[
        float,
        typer.Option(metavar="S", min=0, help="A study is complete so many seconds after its last image,"),
    ] = 60.0,
    expect: Annotated[int, typer.Option(metavar="N", min=0, help="or once it has N images.")] = 0,
    reserve: Annotated[
        float, typer.Option(metavar="GB", min=0, help="Of the disk that stay free; images are refused first.")
    ] = 5.0,
    tls_cert: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Our own certificate: speak TLS, to callers and to --forward."),
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.")] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Take only callers whose certificate one of these has signed."),
    ] = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
    backend: Backend = "torch",
) -> None:
    """Take MR images from scanners or archives, analyze each study, and send the results on.

    Runs until Ctrl+C. An image is acknowledged once it is safe on the disk; what was not finished is done at
    the next start. The log names neither patients nor UIDs; images and results in FOLDER do. Research use
    only.
    """
    from MTINetLib.claim import claimed
    from MTINetLib.commands.failures import log_progress
    from MTINetLib.errors import InputError
    from MTINetLib.listener.delivery import Delivery
    from MTINetLib.listener.engine import engine
    from MTINetLib.listener.folder import NodeFolder
    from MTINetLib.listener.node import Order, run_node
    from MTINetLib.listener.peers import peer_of
    from MTINetLib.listener.receiver import Service
    from MTINetLib.listener.tls import node_tls
    from MTINetLib.listener.work import Completeness
    from MTINetLib.output_place import refuse_unusable_folder
    from MTINetLib.report.sending.c_store import is_title

    if not is_title(aet):
        raise InputError(f"--aet '{aet}' is no application entity title: use 1 to 16 plain letters.")
    peers = [peer_of(text, "--from", port_needed=False) for text in callers]
    archive = None if forward is None else peer_of(forward, "--forward", port_needed=True)
    tls = node_tls(tls_cert, tls_key, tls_ca)
    refuse_unusable_folder(out)
    work = _work(out, model, device, precision, backend)
    log_progress("MTINetLib.listener")
    receiving, calling = (None, None) if tls is None else (tls.receiving, tls.calling)
    service = Service(aet, port, peers, round(reserve * _GB), address, tls=receiving)
    delivery = Delivery(archive, aet, calling)
    folder = NodeFolder(out)
    with claimed(folder.path / "node.json"), engine(work) as analyze:
        run_node(Order(service, Completeness(quiet, expect), analyze, delivery), folder)


def _work(out: Path, model: str | None, device: str, precision: str, backend: str) -> Work:
    """How each study is analyzed; a model that is not there is refused before anything is made."""
    import distributed  # noqa: F401

    from MTINetLib.cohort.work import Work
    from MTINetLib.models.find import find_model
    from MTINetLib.models.info import told_info
    from MTINetLib.pipeline.write import formats_with

    info = told_info(find_model(model))
    place = str(info.folder.absolute())
    formats = formats_with(dicom=True)
    return Work(str(out.absolute()), place, info.sha256, device, precision, backend, formats=formats)
