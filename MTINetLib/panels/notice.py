"""How warnings and errors look in the panels: the same on a light and on a dark theme."""

from __future__ import annotations

_BOX = "QLabel { color: #1a1a1a; background: %s; border: 1px solid %s; border-radius: 3px; padding: 4px; }"

WARNING_STYLE = _BOX % ("#fff3cd", "#e0b84c")
ERROR_STYLE = _BOX % ("#f8d7da", "#d9838b")
INFO_STYLE = _BOX % ("#dcebf7", "#8fb4d4")

#: By Message.kind.
STYLES = {"error": ERROR_STYLE, "warning": WARNING_STYLE, "info": INFO_STYLE}
