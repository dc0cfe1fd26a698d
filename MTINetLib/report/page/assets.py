"""What every page needs beside its data: scripts, the style, NiiVue."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from MTINetLib.report.page.names import LICENCE, PAGE_FOLDER, STYLE

#: Nothing is fetched from elsewhere: a page's own files, and data inside them.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data: blob:; "
    "connect-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)


def write_assets(folder: Path, scripts: Sequence[str]) -> None:
    """Put scripts, the style and the licence of NiiVue into a page's folder ``page``."""
    target = folder / PAGE_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    static = files("MTINetLib.report.page") / "static"
    for name in (*scripts, STYLE, LICENCE):
        (target / name).write_bytes((static / name).read_bytes())
