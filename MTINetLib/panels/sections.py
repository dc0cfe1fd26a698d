"""The module's sections: which there are, in which tab, and how they make room for each other."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from MTINetLib.panels.column import LongSections

if TYPE_CHECKING:
    from MTINetLib.panels.panel import Panel
    from MTINetLib.session.session import Session

#: Sections of the three tabs from top to bottom: file and class in MTINetLib.panels.
READ_PANELS = (
    ("study_panel", "StudyPanel"),
    ("analyze_panel", "AnalyzePanel"),
    ("lesions_panel", "LesionsPanel"),
    ("plot_panel", "PlotPanel"),
    ("classification_panel", "ClassificationPanel"),
    ("correct_panel", "CorrectPanel"),
    ("report_panel", "ReportPanel"),
    ("setup_panel", "SetupPanel"),
)
CURVES_PANELS = (("curves_panel", "CurvesPanel"),)
TRAINING_PANELS = (("worklist_panel", "WorkListPanel"), ("training_panel", "TrainingPanel"))
#: Of these one is unfolded at a time, and the sections beside it are folded then: two screens are enough.
_LONG = {
    "PlotPanel": ("StudyPanel",),
    "CorrectPanel": ("StudyPanel", "ClassificationPanel"),
    "ReportPanel": ("StudyPanel",),
    "SetupPanel": (),
}


class Sections:
    """Makes the panels, in three tabs."""

    def __init__(self, session: Session, tabs: Any) -> None:
        """``tabs``: an empty QTabWidget."""
        self.panels: list[Any] = []
        self._session = session
        self._add_tab(tabs, _("Read"), READ_PANELS)
        self._add_tab(tabs, _("Training"), TRAINING_PANELS)
        self._add_tab(tabs, _("Curves"), CURVES_PANELS)
        self._folding = LongSections(
            {
                self._section(name): [self._section(other) for other in others]
                for name, others in _LONG.items()
            }
        )
        setup = self.panel("SetupPanel")
        setup.widget.collapsed = setup.ready
        self.panel("AnalyzePanel").open_setup = setup.open

    def panel(self, name: str) -> Any:
        """The panel of a class."""
        return next(panel for panel in self.panels if type(panel).__name__ == name)

    def _section(self, name: str) -> Any:
        return self.panel(name).widget

    def _add_tab(self, tabs: Any, title: str, panels: tuple[tuple[str, str], ...]) -> None:
        page = qt.QWidget()
        page.setLayout(qt.QVBoxLayout())
        for file, name in panels:
            kind: type[Panel] = getattr(importlib.import_module(f"MTINetLib.panels.{file}"), name)
            self.panels.append(kind(self._session, page))
        page.layout().addStretch(1)
        tabs.addTab(page, title)
