"""The done studies of the work list as a dataset, which is the one to train on then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ctk

if TYPE_CHECKING:
    from MTINetLib.session.session import Session


class ExportSection:
    """Shown once a study is done."""

    def __init__(self, ui: Any, session: Session) -> None:
        self._ui, self._session = ui, session
        self._seen: object = None
        ui.exportPath.filters = ctk.ctkPathLineEdit.Dirs
        ui.exportPath.connect("currentPathChanged(QString)", self.onTyped)
        ui.exportButton.connect("clicked()", self.onExport)

    def show(self) -> None:
        ui, listed = self._ui, self._session.worklist
        done = any(row.status == "done" for row in listed.rows)
        for widget in (ui.exportCaption, ui.exportPath, ui.deidentifyBox, ui.exportButton):
            widget.visible = done
        ui.exportButton.enabled = bool(self._path()) and not self._session.busy
        if listed.exported is not None and listed.exported is not self._seen:
            self._seen = listed.exported
            self._train_on(listed.exported.dataset)

    def onTyped(self, _path: str) -> None:
        self.show()

    def onExport(self) -> None:
        self._session.worklist.export(self._path(), bool(self._ui.deidentifyBox.checked))

    def _train_on(self, dataset: str) -> None:
        """Unless another dataset was chosen there."""
        training = self._session.training
        if training.desk.folder in ("", dataset):
            training.check(dataset)

    def _path(self) -> str:
        return str(self._ui.exportPath.currentPath).strip()
