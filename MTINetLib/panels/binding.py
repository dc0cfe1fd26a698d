"""Widgets that name a choice in their Designer file, bound to the parameter node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from MTINetLib.panels.panel import Panel


class Binding:
    """Parameter node and widgets follow each other between :meth:`connect` and :meth:`disconnect`."""

    def __init__(self, panels: Iterable[Panel]) -> None:
        """The widgets are found once, now: Qt may delete other children of the panels later."""
        widgets = [widget for panel in panels for widget in vars(panel.ui).values()]
        named = {widget.property("SlicerParameterName"): widget for widget in widgets}
        self._widgets = {str(name): widget for name, widget in named.items() if name}
        self._connected: tuple[Any, Any] | None = None

    def connect(self, choices: Any) -> None:
        """Bind the widgets to a parameter node wrapper; what was bound before is let go."""
        self.disconnect()
        # connectGui would give no tag to undo it with
        self._connected = choices, choices.connectParametersToGui(self._widgets)

    def disconnect(self) -> None:
        if self._connected is not None:
            choices, tag = self._connected
            self._connected = None
            choices.disconnectGui(tag)
