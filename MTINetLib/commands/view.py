"""``mtinet view``: results in a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer


def view(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Results of one study, or of a cohort.", show_default=False)
    ],
    images: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the study's images lie now, if no page was made yet."),
    ] = None,
    port: Annotated[int | None, typer.Option(metavar="N", help="8642 where left out, if it is free.")] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page, or only say where it is.")
    ] = True,
) -> None:
    """Look at results in a browser: images with outlines, curves, marks. Research use only.

    It answers this machine only, until Ctrl+C. Where the results have no page (`--page`), it is made from the
    images that they were made from, if these still lie there.
    """
    import webbrowser

    from MTINetLib.console import RichProgress, terminal
    from MTINetLib.page_server.server import PageServer
    from MTINetLib.page_server.study_page import has_page, make_page

    console = terminal()
    first = _first_page(out, images)
    with RichProgress(console) as progress:
        if first == _STUDY_PAGE and not has_page(out):
            make_page(out, images, progress)
    with PageServer(out, port, make=partial(make_page, images=images)) as server:
        console.print(f"Look at {server.url(first)} (Ctrl+C ends it).", soft_wrap=True)
        if browser and not webbrowser.open(server.url(first)):
            console.print("No browser could be opened: open this address in one.", style="yellow")
        wait_for_the_end()


_STUDY_PAGE = "page.html"


def wait_for_the_end() -> None:
    """Until Ctrl+C."""
    import threading
    from contextlib import suppress

    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _first_page(out: Path, images: Path | None) -> str:
    from MTINetLib.cohort.manifest import MANIFEST_FILE
    from MTINetLib.cohort.summary import SUMMARY_FILE
    from MTINetLib.errors import InputError
    from MTINetLib.report.file_names import FINDINGS_FILE

    if (out / SUMMARY_FILE).is_file():
        if images is not None:
            raise InputError("--images is for the results of one study: a cohort knows where its images lie.")
        return SUMMARY_FILE
    if (out / MANIFEST_FILE).is_file():
        raise InputError(f"The cohort in {out} has no {SUMMARY_FILE} yet: let `mtinet cohort` end first.")
    if not (out / FINDINGS_FILE).is_file():
        raise InputError(
            f"{out} holds no results ({FINDINGS_FILE} or {SUMMARY_FILE}): name the folder that was given as "
            "--out."
        )
    return _STUDY_PAGE
