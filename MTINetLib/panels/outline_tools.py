"""The buttons of the section Correct that outline a lesion from a box, and the mouse that draws it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import slicer
from slicer.i18n import tr as _

from MTINetLib.outline.published import OFFER
from MTINetLib.panels.segment_editor import SegmentEditor
from MTINetLib.panels.view_mouse import ViewMouse
from MTINetLib.session.state import State

if TYPE_CHECKING:
    from MTINetLib.session.session import Session

_Pixel = tuple[int, int]
_Do = Callable[[Callable[[], Any]], None]


class OutlineTools:
    """Draw, click, outline, remove; at most one of the tools has the mouse.

    Args:
        do: carries an action out and shows what it failed of.
    """

    def __init__(self, session: Session, ui: Any, editor: SegmentEditor, do: _Do) -> None:
        self._session, self._ui, self._editor, self._do = session, ui, editor, do
        self._mouse = ViewMouse(self.onPressed, self.onDragged, self.onReleased, self.onEscaped)
        self._pressed: _Pixel = (0, 0)
        self._tools = (ui.drawButton, ui.insideButton, ui.outsideButton)
        self._slots = [partial(self.onTool, button) for button in self._tools]
        for button, slot in zip(self._tools, self._slots, strict=True):
            button.connect("toggled(bool)", slot)
        ui.boxButton.connect("clicked()", self.onBox)
        ui.outlineButton.connect("clicked()", self.onOutline)
        ui.removeBoxButton.connect("clicked()", self.onRemove)

    def refresh(self, there: bool) -> None:
        """What can be done now; ``there``: whether there are masks to add to."""
        session, ui = self._session, self._ui
        outlining = session.state in (State.OUTLINING, State.INSTALLING)
        free = there and not session.busy
        box = session.outlining.marks.box is not None
        ui.drawButton.enabled = ui.boxButton.enabled = free
        ui.insideButton.enabled = ui.outsideButton.enabled = there and box and (free or outlining)
        ui.removeBoxButton.enabled = box
        ui.outlineButton.text = _("Cancel") if outlining else _("Outline")
        ui.outlineButton.enabled = outlining or (free and box)
        if not there or (self._ui.drawButton.checked and session.busy):
            self.put_down()

    @property
    def hint(self) -> str:
        """What the tool in the hand waits for; empty for none."""
        ui = self._ui
        if ui.drawButton.checked:
            return str(_("Drag the mouse across a lesion in any slice view; Esc cancels."))
        if ui.insideButton.checked:
            return str(_("Click on what belongs to the lesion; Esc ends it."))
        if ui.outsideButton.checked:
            return str(_("Click on what is none of the lesion; Esc ends it."))
        return ""

    def put_down(self) -> None:
        """No tool is in the hand; what was begun is dropped."""
        for button in self._tools:
            if button.checked:
                button.checked = False

    # Slots

    def onTool(self, button: Any, chosen: bool) -> None:
        """A tool takes the mouse, or gives it back."""
        self._session.outlining.marks.drop_drawn()
        if chosen:
            for other in self._tools:
                if other is not button:
                    other.checked = False
            self._editor.rest()
            self._mouse.take()
        elif self._mouse.taken:
            self._mouse.give_back()
            self._editor.go_on()
        self._do(lambda: None)

    def onPressed(self, _view: Any, at: _Pixel) -> None:
        self._pressed = at

    def onDragged(self, view: Any, at: _Pixel) -> None:
        if self._ui.drawButton.checked:
            self._do(lambda: self._session.outlining.marks.draw(view, self._pressed, at))

    def onReleased(self, view: Any, at: _Pixel) -> None:
        """A box that was drawn is outlined at once; a click is marked, and the outline follows."""
        ui, marks = self._ui, self._session.outlining.marks
        if not ui.drawButton.checked:
            self._do(lambda: marks.click(view, at, ui.insideButton.checked))
            return
        self._do(lambda: marks.draw(view, self._pressed, at))
        if marks.keep_drawn():
            self.put_down()
            self.onOutline()

    def onEscaped(self) -> None:
        self.put_down()

    def onBox(self) -> None:
        """Put a box into the middle of the views, or bring the one that is there back to it."""
        self._do(self._session.outlining.marks.place_box)

    def onRemove(self) -> None:
        self.put_down()
        self._do(self._session.outlining.marks.remove)

    def onOutline(self) -> None:
        """Outline what the box holds, or give up; what this takes is installed first, if the user agrees."""
        session = self._session
        if session.state in (State.OUTLINING, State.INSTALLING):
            session.cancel()
        elif session.outlining.installed:
            self._do(session.outlining.outline)
        else:
            question = _(
                "Outlining takes {offer}. It is not installed: download it now? Setup can do it too."
            )
            question = question.format(offer=OFFER)
            if slicer.util.confirmOkCancelDisplay(question, _("Outline from a box")):
                self._do(session.outlining.install)
