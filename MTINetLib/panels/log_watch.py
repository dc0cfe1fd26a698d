"""Errors that reach Slicer's log while something runs: from Python, from VTK and MRML, from Qt."""

from __future__ import annotations

import logging
from typing import Any

import slicer

#: Names of ctkErrorLogLevel that mean a fault.
_FAULTS = ("Error", "Critical", "Fatal")
#: Column of the level in ctkErrorLogAbstractModel, where Python does not know its enumeration.
_LEVEL_COLUMN = 2


class LogWatch:
    """Collects errors between :meth:`start` and :meth:`stop`; :meth:`errors` gives each once, in order."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._handler = _Collector(self._found)
        self._window: Any = None
        self._tag = 0
        self._rows = 0

    def start(self) -> None:
        from vtkmodules.vtkCommonCore import vtkOutputWindow

        logging.getLogger().addHandler(self._handler)
        self._window = vtkOutputWindow.GetInstance()
        heard = self._vtk_error
        heard.__func__.CallDataType = "string0"  # type: ignore[attr-defined]
        self._tag = self._window.AddObserver("ErrorEvent", heard)
        self._rows = _row_count()

    def stop(self) -> None:
        if self._window is None:
            return
        logging.getLogger().removeHandler(self._handler)
        self._window.RemoveObserver(self._tag)
        self._window = None

    def errors(self) -> tuple[str, ...]:
        """What was logged so far as an error."""
        return tuple(dict.fromkeys([*self._found, *_logged_since(self._rows)]))

    def _vtk_error(self, _window: Any, _event: str, text: str | None = None) -> None:
        self._found.append(" ".join((text or "an error of VTK").split()))


class _Collector(logging.Handler):
    """Keeps the messages of errors."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(record.getMessage())


def _model() -> Any:
    """The desktop's error log; None where there is none."""
    model = getattr(slicer.app, "errorLogModel", None)
    return model() if callable(model) else model


def _row_count() -> int:
    model = _model()
    return 0 if model is None else int(model.logEntryCount())


def _logged_since(row: int) -> list[str]:
    model = _model()
    if model is None:
        return []
    level = getattr(model, "LogLevelColumn", _LEVEL_COLUMN)
    rows = range(row, int(model.logEntryCount()))
    faults = [n for n in rows if str(model.logEntryData(n, level)) in _FAULTS]
    return [" ".join(str(model.logEntryDescription(n)).split()) for n in faults]
