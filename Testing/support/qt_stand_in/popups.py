"""What would stop and wait for a person: recorded, and answered with what the test prepared."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Popup:
    """``kind``: ``error``, ``warning``, ``info``, ``question``, ``dialog``, ``menu`` or ``path``."""

    kind: str
    text: str


@dataclass
class Popups:
    """Popups seen so far, and the answers for those to come.

    Args:
        answers: for questions (True or False), paths (str), menus (text of an action) and dialogs (result);
            first come first served.
        expected: texts that an error popup may contain without failing the test.
    """

    seen: list[Popup] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def clear(self) -> None:
        self.seen.clear()
        self.answers.clear()
        self.expected.clear()

    def expect(self, text: str) -> None:
        """An error popup with this text is right."""
        self.expected.append(text)

    def unexpected(self) -> list[Popup]:
        """Errors and warnings that no test has asked for."""
        return [
            popup
            for popup in self.seen
            if popup.kind in ("error", "warning") and not any(text in popup.text for text in self.expected)
        ]

    def message(self, level: int, text: str, testing_answer: Any) -> Any:
        """Stands for slicer.util's message boxes."""
        logging.log(level, text)
        kinds = {logging.ERROR: "error", logging.WARNING: "warning"}
        question = testing_answer is not None
        self.seen.append(Popup("question" if question else kinds.get(level, "info"), text))
        if not question:
            return None
        return self._answer(f"the question {text!r}")

    def dialog(self, widget: Any) -> int:
        title = f"{type(widget).__name__} {widget.windowTitle}"
        self.seen.append(Popup("dialog", title))
        return int(self._answer(f"the dialog {title}"))

    def menu(self, widget: Any) -> Any:
        texts = {action.text: action for action in widget.actions()}
        self.seen.append(Popup("menu", ", ".join(texts)))
        action = texts[self._answer(f"the menu {', '.join(texts)}")]
        action.trigger()
        return action

    def path(self, name: str) -> str:
        self.seen.append(Popup("path", name))
        return str(self._answer(name))

    def box(self, name: str, *words: Any) -> Any:
        self.seen.append(Popup(name, " ".join(word for word in words if isinstance(word, str))))
        return self._answer(f"the box {name}") if name == "question" else None

    def _answer(self, what: str) -> Any:
        if not self.answers:
            raise AssertionError(f"the test has prepared no answer for {what}")
        return self.answers.pop(0)


popups = Popups()
