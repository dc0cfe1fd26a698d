"""Which Python runs the processes that MTINet starts, and what they need to find the library."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

_LIBRARY = Path(__file__).resolve().parent.parent


def interpreter() -> str:
    """This interpreter; inside Slicer PythonSlicer, which sets up Slicer's own libraries."""
    return _python_slicer() or sys.executable or "python3"


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables with changes, with this library first on the path of modules."""
    values = {**os.environ, **(changes or {})}
    others = [part for part in values.get("PYTHONPATH", "").split(os.pathsep) if part]
    values["PYTHONPATH"] = os.pathsep.join([str(_LIBRARY), *others])
    values["PYTHONIOENCODING"] = "utf-8"
    return values


def _python_slicer() -> str | None:
    """Slicer's interpreter, None outside Slicer.

    An interpreter inside a program does not know its own name: ``sys.executable`` is that program, or any
    python3 that happens to be on the path, which has none of Slicer's packages.
    """
    application = getattr(sys.modules.get("slicer"), "app", None)
    if application is None:
        return None
    beside = Path(str(application.slicerHome)) / "bin"
    return shutil.which("PythonSlicer") or shutil.which("PythonSlicer", path=str(beside))
