"""What the session needs later, imported one package at a time while nothing else waits."""

from __future__ import annotations

import importlib
from collections.abc import Generator
from contextlib import suppress

#: In this order, since each brings what it needs itself; each takes well under 100 ms where Slicer has
#: brought VTK, NumPy and pydicom at its start.
_MODULES = (
    "pydicom",
    "scipy.ndimage",
    "MTINetLib.reading.dicom.scan",
    "MTINetLib.phases.recognise",
    "MTINetLib.phases.certain",
    "MTINetLib.phases.pixels",
    "MTINetLib.phases.signal_check",
    "MTINetLib.scene.propose_phases",
    "MTINetLib.scene.curve_plot",
)


def import_in_pieces() -> Generator[None, None, None]:
    """A chore: what is missing here is told where it is used."""
    for name in _MODULES:
        with suppress(ImportError):
            importlib.import_module(name)
        yield
