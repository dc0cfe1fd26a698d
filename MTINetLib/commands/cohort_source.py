"""What ``mtinet cohort`` takes its studies from: files, or a DICOMweb archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from MTINetLib.cohort.web_archive import WebSource

DicomWeb = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Instead of SOURCE: an archive that speaks DICOMweb (QIDO-RS, WADO-RS). Credentials are "
        "MTINET_DICOMWEB_TOKEN, or MTINET_DICOMWEB_USER and _PASSWORD, of the environment.",
    ),
]
Query = Annotated[
    list[str] | None,
    typer.Option(
        "--query",
        metavar="QUERY",
        help="Studies of URL, such as PatientID=... or StudyDate=20240101-20241231, joined by & where both "
        "are to hold; several times for more studies.",
    ),
]
ArchiveCa = Annotated[
    Path | None, typer.Option("--ca", metavar="PEM", help="For URL: trust these certificates.")
]
OwnCertificate = Annotated[
    Path | None, typer.Option("--cert", metavar="PEM", help="For URL: our own certificate.")
]
OwnKey = Annotated[Path | None, typer.Option("--key", metavar="PEM", help="For URL: its key.")]


def source_of(
    source: Path | None,
    dicomweb: str | None,
    queries: Sequence[str] | None,
    pem: tuple[Path | None, Path | None, Path | None],
) -> Path | WebSource:
    """
    Args:
        pem: certificates to trust, our own, and its key.

    Raises:
        InputError: there is no source, more than one, or one that makes no sense.
    """
    from MTINetLib.errors import InputError

    if (source is None) == (dicomweb is None):
        raise InputError("Say where the studies are: either SOURCE, or --dicomweb URL with --query.")
    if dicomweb is not None:
        from MTINetLib.cohort.web_archive import WebSource, query_of
        from MTINetLib.report.sending.secure import authorization, tls_context
        from MTINetLib.report.sending.stow import WebArchive

        archive = WebArchive(dicomweb, tls_context(*pem), authorization(None))
        return WebSource(archive, tuple(map(query_of, queries or ())))
    if queries or any(pem):
        raise InputError("--query, --ca, --cert and --key belong to --dicomweb.")
    assert source is not None
    return source
