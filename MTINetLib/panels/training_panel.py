"""The Training tab: a dataset, the open study as one more case of it, a run with its curves, and models."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from slicer.i18n import tr as _

from MTINetLib.panels.notice import STYLES
from MTINetLib.panels.panel import Panel
from MTINetLib.panels.training_case import CaseSection
from MTINetLib.panels.training_comparison import ComparisonSection
from MTINetLib.panels.training_dataset import DatasetSection
from MTINetLib.panels.training_models import ModelsSection
from MTINetLib.panels.training_run import RunSection
from MTINetLib.presentation.statements import sentences
from MTINetLib.session.events import Topic
from MTINetLib.session.training_state import About, TrainingTopic


class TrainingPanel(Panel):
    """Shows what ``session.training`` holds; closing the panel leaves a run alone."""

    UI = "TrainingPanel.ui"

    def setup(self) -> None:
        session, ui = self.session, self.ui
        self._shown = False
        self.dataset = DatasetSection(ui, session.training)
        self.case = CaseSection(ui, session, self.dataset.folder)
        self.run = RunSection(ui, session.training, session.scene, self.dataset.folder)
        self.models = ModelsSection(ui, session)
        self.comparison = ComparisonSection(ui, session, self.models.use)
        self._hear(TrainingTopic.DATASET, self._dataset_changed)
        self._hear(TrainingTopic.RUN, self._run_changed)
        self._hear(TrainingTopic.PROGRESS, self._progressed)
        self._hear(TrainingTopic.CURVES, self.run.show_curves_soon)
        self._hear(TrainingTopic.MESSAGE, self._show_message)
        self._hear(TrainingTopic.MODELS, self._models_changed)
        for topic in (Topic.FINDINGS, Topic.STATE):
            self.listen(topic, self.case.show)
        for topic in (Topic.COMPUTER, Topic.STATE):
            self.listen(topic, self.models.show)
            self.listen(topic, self.comparison.show)
        self.listen(Topic.PACKAGES, self._packages_changed)

    def refresh(self) -> None:
        self.dataset.show()
        self.case.show()
        self.run.show()
        self.models.show()
        self.comparison.show()
        self._show_message()

    def enter(self) -> None:
        self.session.training.attach()
        self.dataset.begin()
        self.run.enter()
        self.refresh()

    def exit(self) -> None:
        self.run.exit()

    def close(self) -> None:
        super().close()
        self.dataset.close()
        self.run.close()

    def _hear(self, topic: Enum, callback: Callable[[], None]) -> None:
        self._endings.append(self.session.training.events.subscribe(topic, callback))

    def _dataset_changed(self) -> None:
        self.dataset.show()
        self.case.show()
        self.run.show_buttons()
        self.models.show_buttons()

    def _show_message(self) -> None:
        """Beside what it is about."""
        training, ui = self.session.training, self.ui
        labels = {
            About.RUN: ui.messageLabel,
            About.DATASET: ui.datasetMessageLabel,
            About.CASE: ui.caseMessageLabel,
            About.MODEL: ui.modelMessageLabel,
        }
        for about, label in labels.items():
            message = training.message if about is training.about else None
            label.visible = message is not None
            if message is not None:
                label.text = sentences(message.statements, _)
                label.styleSheet = STYLES[message.kind]

    def _run_changed(self) -> None:
        self.run.show()
        self.models.show()
        self.comparison.show()

    def _models_changed(self) -> None:
        self.models.models_changed()
        self.run.show_models()
        self.comparison.models_changed()

    def _packages_changed(self) -> None:
        self.run.look_for_packages()
        self.run.show_buttons()

    def _progressed(self) -> None:
        self.dataset.show_progress()
        self.run.show_progress()
