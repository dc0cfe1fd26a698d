"""The Analyze section: one button, progress, and one line of what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from support.fake_session import FakeSession
from support.made_analysis import made_analysis, made_grid, made_study

from MTINetLib.models.thresholds import Thresholds
from MTINetLib.progress import Stage
from MTINetLib.session.choices import choose_thresholds, chosen_thresholds
from MTINetLib.session.events import Topic
from MTINetLib.session.setup import Condition, Found, look
from MTINetLib.session.state import State
from MTINetLib.worker.requests import DeviceText, Environment, ModelText

PHASES = ("pre", "arterial", "portalVenous", "delayed")


@pytest.fixture
def session() -> FakeSession:
    """With four phases; the panel looks no further than whether there is something."""
    made = FakeSession()
    for name in PHASES:
        setattr(made.choices.phases, name, object())
    return made


@pytest.fixture
def panel(slicer_desktop: Any, session: FakeSession) -> Iterator[Any]:
    import qt

    from MTINetLib.panels.analyze_panel import AnalyzePanel

    host = qt.QWidget()
    qt.QVBoxLayout(host)
    made = AnalyzePanel(session, host)
    made.enter()
    yield made
    made.close()
    host.deleteLater()


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes these packages look missing."""
    from MTINetLib.panels import analyze_panel

    def forget(*names: str) -> None:
        def found(groups: Any = ()) -> tuple[Found, ...]:
            return tuple(
                replace(item, version="", condition=Condition.MISSING) if item.need.name in names else item
                for item in look(groups)
            )

        monkeypatch.setattr(analyze_panel, "look", found)

    return forget


def environment(**more: Any) -> Environment:
    return Environment(
        python="3.12.4",
        packages={},
        devices=(
            DeviceText("cpu", "cpu", "A processor", 16_000_000_000, 8_000_000_000),
            DeviceText("cuda:0", "cuda", "A graphics card", 8_000_000_000, None),
        ),
        models=(
            ModelText("first", "/models/first", "ab" * 32, None, True),
            ModelText("broken", "/models/broken", "", "it is damaged", False),
        ),
        cpu="A processor",
        memory_bytes=None,
        **more,
    )


def texts(box: Any) -> list[str]:
    return [box.itemText(index) for index in range(box.count)]


def test_a_missing_phase_is_named_beside_the_button(panel: Any, session: FakeSession) -> None:
    session.choices.phases.arterial = session.choices.phases.delayed = None
    session.events.tell(Topic.PHASES)
    assert not panel.ui.analyzeButton.enabled
    assert panel.ui.reasonLabel.text == "Choose a volume above for: arterial, delayed."
    assert panel.ui.setupButton.isHidden()


def test_without_any_phase_it_says_how_to_begin(panel: Any, session: FakeSession) -> None:
    for name in PHASES:
        setattr(session.choices.phases, name, None)
    session.events.tell(Topic.PHASES)
    assert "Load a study first" in panel.ui.reasonLabel.text


def test_with_four_phases_it_can_be_pressed(panel: Any) -> None:
    assert panel.ui.analyzeButton.enabled
    assert panel.ui.reasonLabel.isHidden()


def test_what_is_not_installed_points_to_setup(panel: Any, without: Any) -> None:
    opened: list[bool] = []
    panel.open_setup = lambda: opened.append(True)
    without("torch", "matplotlib")
    panel.enter()
    assert not panel.ui.analyzeButton.enabled
    assert panel.ui.reasonLabel.text == "Not installed yet: torch. The section Setup installs it."
    assert not panel.ui.setupButton.isHidden()
    panel.ui.setupButton.click()
    assert opened == [True]


def test_a_package_that_only_reports_need_does_not_hold_up_the_analysis(panel: Any, without: Any) -> None:
    without("matplotlib", "reportlab", "jinja2")
    panel.enter()
    assert panel.ui.analyzeButton.enabled


def test_packages_installed_meanwhile_are_seen(panel: Any, without: Any, session: FakeSession) -> None:
    without("torch")
    panel.enter()
    without()
    session.events.tell(Topic.STATE)
    assert panel.ui.analyzeButton.enabled


def test_the_button_starts_and_then_cancels(panel: Any, session: FakeSession) -> None:
    panel.ui.analyzeButton.click()
    assert session.asked == ["start_analysis"]
    assert panel.ui.analyzeButton.text == "Cancel"
    assert panel.ui.analyzeButton.enabled
    panel.ui.analyzeButton.click()
    assert session.asked[-1] == "cancel"
    assert panel.ui.analyzeButton.text == "Cancelling…"
    assert not panel.ui.analyzeButton.enabled
    session.now(State.IDLE)
    assert panel.ui.analyzeButton.text == "Analyze"
    assert panel.ui.analyzeButton.enabled


def test_phases_that_vanish_while_it_runs_leave_cancel_alone(panel: Any, session: FakeSession) -> None:
    panel.ui.analyzeButton.click()
    session.choices.phases.pre = None
    session.events.tell(Topic.PHASES)
    assert panel.ui.analyzeButton.enabled
    assert panel.ui.reasonLabel.isHidden()


def test_progress_shows_the_stage_and_the_slices(panel: Any, session: FakeSession) -> None:
    assert panel.ui.progressBar.isHidden()
    panel.ui.analyzeButton.click()
    assert (panel.ui.progressBar.minimum, panel.ui.progressBar.maximum) == (0, 0)
    assert panel.ui.stageLabel.text == "Analyzing…"
    session.saw(Stage.FINDING_LESIONS, 34, 80)
    assert (panel.ui.progressBar.value, panel.ui.progressBar.maximum) == (34, 80)
    assert panel.ui.stageLabel.text == "Finding lesions: 34 / 80"
    session.saw(Stage.LOADING_MODEL, 0, 0)
    assert panel.ui.progressBar.maximum == 0
    assert panel.ui.stageLabel.text == "Loading the model…"
    session.now(State.IDLE)
    assert panel.ui.progressBar.isHidden()
    assert panel.ui.stageLabel.isHidden()


def test_afterwards_one_line_says_what_was_found(
    panel: Any, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels import analyze_panel

    now = [100.0]
    monkeypatch.setattr(analyze_panel.time, "monotonic", lambda: now[0])
    panel.ui.analyzeButton.click()
    now[0] += 3.44
    findings = made_analysis(made_study(made_grid())).findings
    session.findings = findings
    session.now(State.IDLE)
    assert panel.ui.summaryLabel.text == f"2 lesions · 3.4 s · {findings.provenance.device}"
    session.findings = replace(findings, lesions=())
    session.events.tell(Topic.FINDINGS)
    assert panel.ui.summaryLabel.text.startswith("No lesion found")
    session.findings = None
    session.events.tell(Topic.FINDINGS)
    assert panel.ui.summaryLabel.isHidden()


def test_a_run_that_failed_leaves_the_line_of_the_one_before(
    panel: Any, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels import analyze_panel

    now = [100.0]
    monkeypatch.setattr(analyze_panel.time, "monotonic", lambda: now[0])
    panel.ui.analyzeButton.click()
    now[0] += 3.0
    session.findings = made_analysis(made_study(made_grid())).findings
    session.now(State.IDLE)
    before = panel.ui.summaryLabel.text
    panel.ui.analyzeButton.click()
    now[0] += 60.0
    session.say("error", "The worker process ended unexpectedly.")
    session.now(State.IDLE)
    assert panel.ui.summaryLabel.text == before


def test_findings_of_an_opened_scene_have_no_time(panel: Any, session: FakeSession) -> None:
    session.findings = made_analysis(made_study(made_grid())).findings
    session.events.tell(Topic.FINDINGS)
    assert panel.ui.summaryLabel.text == f"2 lesions · {session.findings.provenance.device}"


@pytest.mark.parametrize("kind", ["error", "warning", "info"])
def test_the_sessions_sentence_is_shown(panel: Any, session: FakeSession, kind: str) -> None:
    session.say(kind, "The model is damaged.")
    assert panel.ui.messageLabel.text == "The model is damaged."
    assert not panel.ui.messageLabel.isHidden()
    session.message = None
    session.events.tell(Topic.MESSAGE)
    assert panel.ui.messageLabel.isHidden()


def test_the_thresholds_have_the_names_of_the_settings(panel: Any) -> None:
    from MTINetLib.panels.analyze_panel import THRESHOLDS

    assert list(THRESHOLDS) == [field.name for field in fields(Thresholds)]


def test_only_thresholds_that_were_set_are_chosen(panel: Any, session: FakeSession) -> None:
    assert chosen_thresholds(session.choices) == {}
    panel.ui.maskSpin.setValue(0.4)
    panel.ui.smallestSpin.setValue(0)
    panel.ui.slicesSpin.setValue(2)
    given = chosen_thresholds(session.choices)
    assert given == {"mask": pytest.approx(0.4), "smallest_mm3": 0.0, "min_slices": 2}
    assert isinstance(given["min_slices"], int)
    Thresholds().changed(given)
    panel.ui.resetButton.click()
    assert chosen_thresholds(session.choices) == {}


def test_thresholds_of_an_opened_scene_are_shown_and_stay(panel: Any, session: FakeSession) -> None:
    choose_thresholds(session.choices, {"mask": 0.4, "min_slices": 2})
    kept = session.choices.thresholds
    panel.refresh()
    assert (panel.ui.maskSpin.value, panel.ui.slicesSpin.value) == (pytest.approx(0.4), 2)
    assert session.choices.thresholds == kept
    session.choices.thresholds = ""
    panel.refresh()
    assert panel.thresholds() == {}


def test_every_threshold_reaches_its_smallest_and_largest_sense(panel: Any) -> None:
    """A value next to the model's own is one that the settings take."""
    from MTINetLib.panels.analyze_panel import THRESHOLDS

    for name in THRESHOLDS.values():
        spin = getattr(panel.ui, name)
        spin.setValue(spin.minimum + spin.singleStep)
    low = Thresholds().changed(panel.thresholds())
    assert (low.smallest_mm3, low.least_pixels, low.mean) == (0.0, 0, 0.0)
    for name in THRESHOLDS.values():
        spin = getattr(panel.ui, name)
        spin.setValue(spin.maximum)
    Thresholds().changed(panel.thresholds())


def test_models_and_devices_are_offered_as_the_worker_tells_them(panel: Any, session: FakeSession) -> None:
    assert texts(panel.ui.modelSelector) == ["The one that came with MTI-Net"]
    assert texts(panel.ui.deviceSelector) == ["Automatic", "Processor (CPU)"]
    session.computer.environment = environment()
    session.events.tell(Topic.COMPUTER)
    assert texts(panel.ui.modelSelector) == ["The one that came with MTI-Net", "first"]
    assert texts(panel.ui.deviceSelector) == ["Automatic", "Processor (CPU)", "A graphics card"]
    panel.ui.modelSelector.setCurrentIndex(1)
    panel.ui.deviceSelector.setCurrentIndex(2)
    panel.ui.precisionSelector.setCurrentIndex(1)
    choices = session.choices
    assert (choices.model, choices.device, choices.precision) == ("first", "cuda:0", "fp32")


def test_what_runs_the_network_is_torch_until_somebody_chooses(panel: Any, session: FakeSession) -> None:
    assert texts(panel.ui.backendSelector) == ["PyTorch", "OpenVINO", "Whichever is faster here"]
    assert session.choices.backend == "torch"
    panel.ui.backendSelector.setCurrentIndex(2)
    assert session.choices.backend == "auto"


def test_a_choice_that_is_not_here_any_more_stays_until_it_is_changed(
    panel: Any, session: FakeSession
) -> None:
    session.choices.model = "gone"
    session.choices.device = "cuda:3"
    panel.refresh()
    assert panel.ui.modelSelector.currentText == "gone"
    assert panel.ui.deviceSelector.currentText == "cuda:3"
    assert (session.choices.model, session.choices.device) == ("gone", "cuda:3")
    panel.ui.modelSelector.setCurrentIndex(0)
    panel.refresh()
    assert texts(panel.ui.modelSelector) == ["The one that came with MTI-Net"]


def test_models_and_devices_are_asked_for_when_advanced_is_unfolded(
    panel: Any, session: FakeSession, without: Any
) -> None:
    panel.ui.advancedButton.collapsed = False
    assert session.computer.asked == 1
    panel.ui.advancedButton.collapsed = True
    without("torch")
    panel.enter()
    panel.ui.advancedButton.collapsed = False
    assert session.computer.asked == 1
