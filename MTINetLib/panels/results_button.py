"""The button that opens results which lie in a folder, and asks for their images where these were moved."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from MTINetLib.session.session import Session


class ResultsButton:
    """Asks for the folder of results; pressed again after images were missing, for the folder of these."""

    def __init__(self, button: Any, session: Session) -> None:
        self._button, self._session = button, session
        self._text, self._tip = str(button.text), str(button.toolTip)
        button.connect("clicked()", self.onOpen)

    def show(self) -> None:
        """What the button asks for next."""
        asks = bool(self._session.results_folder.without_images) and not self._session.busy
        self._button.enabled = not self._session.busy
        self._button.text = _("Choose images…") if asks else self._text
        self._button.toolTip = (
            _("Choose the folder of the images that the results were made from.") if asks else self._tip
        )

    def onOpen(self) -> None:
        folder = self._session.results_folder
        results, title = folder.without_images, _("Folder of results")
        if results:
            title = _("Folder of the images of these results")
        chosen = str(qt.QFileDialog.getExistingDirectory(self._button, title) or "")
        if not chosen:
            folder.without_images = ""
        elif results:
            folder.open(results, chosen)
        else:
            folder.open(chosen)
        self.show()
