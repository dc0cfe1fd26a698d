"""What all panels share: a Designer file, the session they look at, and a clean end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import qt
import slicer

from MTINetLib.panels.column import take_what_there_is
from MTINetLib.panels.resources import resource
from MTINetLib.session.events import Callback, Topic

if TYPE_CHECKING:
    from MTINetLib.session.session import Session


class Panel:
    """One section of the module.

    Subclasses name their Designer file in :attr:`UI`, connect their widgets in :meth:`setup`, say in it
    what they listen to, and show the session's state in :meth:`refresh`.
    """

    UI: ClassVar[str]

    def __init__(self, session: Session, parent: Any) -> None:
        """``parent``: a widget with a layout, which the panel's own widget is added to."""
        self.session = session
        self.widget = slicer.util.loadUI(str(resource("UI", self.UI)))
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self._endings: list[Callback] = []
        parent.layout().addWidget(self.widget)
        widgets = [child for child in vars(self.ui).values() if isinstance(child, qt.QWidget)]
        take_what_there_is(widgets)
        self.setup()
        self.refresh()

    def setup(self) -> None:
        """Connect widgets and listen to the session; called once."""

    def refresh(self) -> None:
        """Show what the session holds now."""

    def enter(self) -> None:
        """The module is shown."""
        self.refresh()

    def exit(self) -> None:
        """The module is left for another one."""

    def close(self) -> None:
        """The module goes away, also on a reload."""
        while self._endings:
            self._endings.pop()()

    def listen(self, topic: Topic, callback: Callback) -> None:
        """Call ``callback`` when the topic changes, until the panel is closed."""
        self._endings.append(self.session.events.subscribe(topic, callback))
