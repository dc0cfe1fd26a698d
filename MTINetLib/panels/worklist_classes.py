"""What a lesion of a listed study is, chosen from all known classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from MTINetLib.presentation.classes import KNOWN_CLASSES, class_word
from MTINetLib.study.lesion_class import UNDECIDED, in_usual_order


class ClassBox:
    """A list of classes for one lesion; ``chosen`` gets the lesion's number and the class, empty for none."""

    def __init__(self, label: int, chosen: Callable[[int, str], None]) -> None:
        self._label, self._chosen = label, chosen
        self._names = list(in_usual_order(KNOWN_CLASSES.keys() - {UNDECIDED}))
        self.widget: Any = qt.QComboBox()
        self.widget.addItem(_("choose…"))
        for name in self._names:
            self.widget.addItem(_(class_word(name)))
        self.widget.connect("currentIndexChanged(int)", self.onChosen)

    def show(self, name: str) -> None:
        """Show a class, or none; nobody is told."""
        was = self.widget.blockSignals(True)
        if name and name not in self._names:  # of a model with classes of its own
            self._names.append(name)
            self.widget.addItem(_(class_word(name)))
        self.widget.setCurrentIndex(self._names.index(name) + 1 if name else 0)
        self.widget.blockSignals(was)

    def onChosen(self, index: int) -> None:
        self._chosen(self._label, self._names[index - 1] if index > 0 else "")
