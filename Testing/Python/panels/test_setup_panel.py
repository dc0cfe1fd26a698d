"""The Setup section: what there is, what is missing, how it comes, and how it goes again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from support.fake_session import FakeSession

from MTINetLib.errors import MissingResourceError
from MTINetLib.session.events import Topic
from MTINetLib.session.setup import NEEDS, Condition, Found, Group, look
from MTINetLib.session.state import State
from MTINetLib.session.training_state import TrainingTopic
from MTINetLib.worker.requests import DeviceText, Environment, ModelText

ROOT = Path(__file__).resolve().parents[3]
SHA = "3fa9" * 16


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, slicer_desktop: Any) -> dict[str, str]:
    """Versions by package; what is set to an empty text is missing."""
    from MTINetLib.panels import setup_panel

    versions = {item.need.name: item.version for item in look()}

    def found(groups: Any = tuple(Group)) -> tuple[Found, ...]:
        items = [Found(need, versions[need.name], Condition.OK) for need in NEEDS if need.group in groups]
        return tuple(item if item.version else replace(item, condition=Condition.MISSING) for item in items)

    monkeypatch.setattr(setup_panel, "look", found)
    return versions


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch, slicer_desktop: Any) -> list[Any]:
    """The PyTorch extension is there; what its installTorch does stands in the list as a function."""
    actions: list[Any] = []
    made: Any = ModuleType("PyTorchUtils")
    made.PyTorchUtilsLogic = lambda: SimpleNamespace(installTorch=lambda **words: actions[0]())
    made.__spec__ = SimpleNamespace(name="PyTorchUtils")
    monkeypatch.setitem(sys.modules, "PyTorchUtils", made)
    return actions


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, slicer_desktop: Any) -> Any:
    """slicer.packaging; ``pip.calls`` are what it was asked."""
    made: Any = ModuleType("slicer.packaging")
    made.calls = []
    made.pip_install = lambda arguments, **words: made.calls.append(
        SimpleNamespace(arguments=arguments, **words)
    )
    monkeypatch.setitem(sys.modules, "slicer.packaging", made)
    monkeypatch.setattr(slicer_desktop.slicer, "packaging", made, raising=False)
    return made


@pytest.fixture
def open_panel(slicer_desktop: Any, session: FakeSession, installed: Any) -> Iterator[Callable[[], Any]]:
    import qt

    from MTINetLib.panels.setup_panel import SetupPanel

    made: list[Any] = []

    def make() -> Any:
        host = qt.QWidget()
        qt.QVBoxLayout(host)
        panel = SetupPanel(session, host)
        made.append((panel, host))
        panel.enter()
        return panel

    yield make
    for panel, host in made:
        panel.close()
        host.deleteLater()


def rows(table: Any) -> list[list[str]]:
    return [
        [table.item(row, column).text() for column in range(table.columnCount)]
        for row in range(table.rowCount)
    ]


def test_the_table_tells_package_version_purpose_and_state(
    open_panel: Any, installed: dict[str, str]
) -> None:
    installed["torch"] = installed["monai"] = ""
    installed["scipy"] = "1.17.1"
    table = {row[0]: row[1:] for row in rows(open_panel().ui.packageTable)}
    assert list(table) == [need.name for need in NEEDS]
    assert table["scipy"] == ["1.17.1", "analysis", "installed"]
    assert table["torch"] == ["–", "the network", "missing"]
    assert table["monai"] == ["–", "training", "not installed"]


def test_it_folds_itself_when_all_is_well(open_panel: Any) -> None:
    panel = open_panel()
    assert panel.widget.collapsed
    assert "Ready" in panel.ui.stateLabel.text


def test_missing_training_packages_do_not_unfold_it(open_panel: Any, installed: dict[str, str]) -> None:
    installed["lightning"] = installed["monai"] = ""
    panel = open_panel()
    assert panel.widget.collapsed
    assert panel.ui.trainingButton.enabled


def test_it_stays_open_and_says_what_is_missing(open_panel: Any, installed: dict[str, str]) -> None:
    installed["torch"] = installed["safetensors"] = ""
    panel = open_panel()
    assert not panel.widget.collapsed
    assert panel.ui.stateLabel.text == "Not ready yet: torch, safetensors."


def test_what_only_reports_need_does_not_hold_up_the_analysis(
    open_panel: Any, installed: dict[str, str]
) -> None:
    installed["reportlab"] = installed["highdicom"] = ""
    panel = open_panel()
    assert panel.ui.stateLabel.text == "Ready to analyze; still missing: reportlab, highdicom."
    assert panel.ui.packagesButton.enabled
    assert not panel.widget.collapsed


def test_somebody_who_unfolds_it_finds_it_open_afterwards(open_panel: Any) -> None:
    panel = open_panel()
    panel.widget.collapsed = False
    panel.enter()
    assert not panel.widget.collapsed


def test_without_the_extension_it_says_how_torch_comes(open_panel: Any, installed: dict[str, str]) -> None:
    installed["torch"] = ""
    panel = open_panel()
    assert "Extensions Manager" in panel.ui.hintLabel.text
    assert not panel.ui.hintLabel.isHidden()
    assert not panel.ui.torchButton.enabled
    assert panel.ui.folderButton.enabled


def test_a_package_that_slicer_should_bring_is_not_installed(
    open_panel: Any, installed: dict[str, str]
) -> None:
    installed["pydicom"] = ""
    panel = open_panel()
    assert panel.ui.hintLabel.text == "pydicom should come with Slicer: use a newer Slicer."
    assert not panel.ui.packagesButton.enabled


def test_training_packages_wait_for_torch(open_panel: Any, installed: dict[str, str]) -> None:
    installed["torch"] = installed["lightning"] = ""
    assert not open_panel().ui.trainingButton.enabled


def test_torch_is_installed_by_the_extension_and_the_section_shows_it(
    open_panel: Any, installed: dict[str, str], extension: list[Any]
) -> None:
    installed["torch"] = ""
    panel = open_panel()
    assert panel.ui.torchButton.enabled
    assert panel.ui.hintLabel.isHidden()

    seen: list[tuple[bool, bool]] = []

    def install() -> Any:
        print("Downloading torch-2.13.0")  # noqa: T201 - as Slicer does
        seen.append((not panel.ui.installBar.isHidden(), panel.ui.torchButton.enabled))
        installed["torch"] = "2.13.0"
        return object()

    extension.append(install)
    panel.ui.torchButton.click()
    assert seen == [(True, False)]
    assert "Downloading torch-2.13.0" in panel.ui.logText.toPlainText()
    assert panel.ui.installLabel.text == "Installed."
    assert not panel.widget.collapsed


def test_packages_are_installed_after_a_question_while_slicer_lives(
    open_panel: Any, installed: dict[str, str], pip: Any, slicer_desktop: Any, session: FakeSession
) -> None:
    installed["safetensors"] = installed["jinja2"] = ""
    panel = open_panel()
    slicer_desktop.popups.answers.append(True)
    panel.ui.packagesButton.click()
    (question,) = slicer_desktop.popups.seen
    assert "safetensors>=0.4.3\njinja2>=3.1" in question.text
    assert "No package of Slicer is replaced." in question.text
    (call,) = pip.calls
    assert call.arguments == ["safetensors>=0.4.3", "jinja2>=3.1"]
    assert not panel.ui.installBar.isHidden()
    assert not panel.ui.packagesButton.enabled
    call.logCallback("Collecting safetensors")
    assert panel.ui.logText.toPlainText().endswith("Collecting safetensors")
    told: list[bool] = []
    session.events.subscribe(Topic.STATE, lambda: told.append(True))
    installed.update(safetensors="0.8.0", jinja2="3.1.6")
    call.completedCallback(0)
    assert panel.ui.installBar.isHidden()
    assert not panel.widget.collapsed
    assert told  # the Analyze section looks again


def test_no_is_no(open_panel: Any, installed: dict[str, str], pip: Any, slicer_desktop: Any) -> None:
    installed["safetensors"] = ""
    panel = open_panel()
    slicer_desktop.popups.answers.append(False)
    panel.ui.packagesButton.click()
    assert pip.calls == []
    assert panel.ui.packagesButton.enabled


def test_a_failure_says_why_with_the_end_of_the_log(
    open_panel: Any, installed: dict[str, str], pip: Any, slicer_desktop: Any
) -> None:
    installed["safetensors"] = ""
    panel = open_panel()
    slicer_desktop.popups.answers.append(True)
    panel.ui.packagesButton.click()
    pip.calls[0].logCallback("WARNING: Retrying after NewConnectionError")
    pip.calls[0].logCallback("ERROR: No matching distribution found for safetensors>=0.4.3")
    pip.calls[0].completedCallback(1)
    first, *rest = panel.ui.installLabel.text.splitlines()
    assert first == (
        "The package server was not reached: check the network, or install from a folder of wheels."
    )
    assert rest[-1] == "ERROR: No matching distribution found for safetensors>=0.4.3"
    assert panel.ui.packagesButton.enabled
    assert not panel.ui.logButton.isHidden()


def test_a_folder_of_wheels_brings_all_that_is_missing(
    open_panel: Any, installed: dict[str, str], pip: Any, slicer_desktop: Any, tmp_path: Path
) -> None:
    installed["torch"] = installed["safetensors"] = ""
    panel = open_panel()
    slicer_desktop.popups.answers += [str(tmp_path), True]
    panel.ui.folderButton.click()
    (call,) = pip.calls
    assert call.arguments == [
        "torch>=2.6,<3", "safetensors>=0.4.3", "--no-index", "--find-links", str(tmp_path)
    ]  # fmt: skip


def test_no_folder_is_no_installation(
    open_panel: Any, installed: dict[str, str], pip: Any, slicer_desktop: Any
) -> None:
    installed["safetensors"] = ""
    panel = open_panel()
    slicer_desktop.popups.answers.append("")
    panel.ui.folderButton.click()
    assert pip.calls == []


def test_a_package_in_use_that_was_replaced_asks_for_a_restart(
    open_panel: Any, installed: dict[str, str], pip: Any, slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels import setup_panel

    real = setup_panel.look

    def found(groups: Any = tuple(Group)) -> tuple[Found, ...]:
        return tuple(
            replace(item, condition=Condition.TOO_OLD) if item.version == "0.3" else item
            for item in real(groups)
        )

    monkeypatch.setattr(setup_panel, "look", found)
    monkeypatch.setitem(sys.modules, "safetensors", ModuleType("safetensors"))
    installed["safetensors"] = "0.3"
    panel = open_panel()
    assert rows(panel.ui.packageTable)[5][3] == "too old"
    slicer_desktop.popups.answers.append(True)
    panel.ui.packagesButton.click()
    installed["safetensors"] = "0.8.0"
    pip.calls[0].completedCallback(0)
    assert "Restart Slicer" in panel.ui.stateLabel.text
    assert not panel.widget.collapsed


def test_nothing_is_installed_while_something_runs(
    open_panel: Any, installed: dict[str, str], session: FakeSession
) -> None:
    installed["safetensors"] = ""
    panel = open_panel()
    session.now(State.ANALYZING)
    assert not panel.ui.packagesButton.enabled
    session.now(State.IDLE)
    assert panel.ui.packagesButton.enabled


def test_unfolding_asks_the_worker_for_this_computer_once(open_panel: Any, session: FakeSession) -> None:
    panel = open_panel()
    assert session.computer.asked == 0
    panel.widget.collapsed = False
    assert session.computer.asked == 1
    panel.ui.computerButton.click()
    assert session.computer.asked == 2


def test_without_torch_the_worker_is_left_alone(
    open_panel: Any, installed: dict[str, str], session: FakeSession
) -> None:
    installed["torch"] = ""
    panel = open_panel()
    panel.widget.collapsed = True
    panel.widget.collapsed = False
    assert session.computer.asked == 0


def test_devices_memory_and_models_are_told(open_panel: Any, session: FakeSession) -> None:
    panel = open_panel()
    session.computer.environment = Environment(
        python="3.12.4",
        packages={},
        devices=(
            DeviceText("cpu", "cpu", "A processor", 16_000_000_000, 9_100_000_000),
            DeviceText("cuda:0", "cuda", "A graphics card", 8_000_000_000, None),
        ),
        models=(
            ModelText("good", "/models/good", SHA, None, True),
            ModelText("bad", "/models/bad", "", "its weights were changed", False),
        ),
        cpu="A processor",
        memory_bytes=16_000_000_000,
    )
    session.events.tell(Topic.COMPUTER)
    assert panel.ui.computerLabel.text.splitlines() == [
        "A processor: 9.1 GB of 16.0 GB free",
        "A graphics card (cuda:0): 8.0 GB",
        "Python 3.12.4",
    ]
    table = panel.ui.modelTable
    assert rows(table) == [["good", f"{SHA[:16]}…", "ready"], ["bad", "", "damaged"]]
    assert table.item(0, 1).toolTip() == SHA
    assert table.item(1, 2).toolTip() == "its weights were changed"


def test_a_worker_that_does_not_answer_is_told(open_panel: Any, session: FakeSession) -> None:
    panel = open_panel()
    session.computer.problem = MissingResourceError("The worker process ended unexpectedly; try again.")
    session.events.tell(Topic.COMPUTER)
    assert panel.ui.computerLabel.text == str(session.computer.problem)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "MTINet"
    monkeypatch.setenv("MTINET_USER_FOLDER", str(folder))
    (folder / "Models" / "mine").mkdir(parents=True)
    (folder / "Models" / "mine" / "model.safetensors").write_bytes(b"x" * 2_000_000)
    return folder


def test_forgetting_lists_what_goes_and_asks(
    open_panel: Any, kept: Path, slicer_desktop: Any, session: FakeSession
) -> None:
    panel = open_panel()
    slicer_desktop.popups.answers += [False, True]
    panel.ui.forgetButton.click()
    assert kept.exists()
    assert (
        f"{kept / 'Models'}: models kept from your own trainings, 2 MB" in slicer_desktop.popups.seen[0].text
    )
    panel.ui.forgetButton.click()
    assert not kept.exists()
    assert session.training.told == [TrainingTopic.MODELS]


def test_nothing_is_forgotten_while_a_training_is_at_work(
    open_panel: Any, kept: Path, slicer_desktop: Any, session: FakeSession
) -> None:
    session.training.busy = True
    open_panel().ui.forgetButton.click()
    assert kept.exists()
    assert "stop it first" in slicer_desktop.popups.seen[0].text


def test_nothing_to_forget_is_said(
    open_panel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slicer_desktop: Any
) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path / "none"))
    open_panel().ui.forgetButton.click()
    assert "kept nothing" in slicer_desktop.popups.seen[0].text


def test_the_three_sections_import_neither_torch_nor_what_reports_need() -> None:
    code = (
        "import sys; sys.path.insert(0, 'Testing')\n"
        "from support.qt_stand_in import install; install()\n"
        "import qt\n"
        "from support.fake_session import FakeSession\n"
        "from MTINetLib.panels.study_panel import StudyPanel\n"
        "from MTINetLib.panels.analyze_panel import AnalyzePanel\n"
        "from MTINetLib.panels.setup_panel import SetupPanel\n"
        "host = qt.QWidget(); qt.QVBoxLayout(host)\n"
        "panels = [panel(FakeSession(), host) for panel in (StudyPanel, AnalyzePanel, SetupPanel)]\n"
        "[panel.enter() for panel in panels]\n"
        "heavy = 'torch safetensors matplotlib reportlab jinja2 lightning monai tensorboard'.split()\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    pytest.importorskip("PySide6", reason="PySide6-Essentials is not installed")
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stderr
