"""Installing by Slicer's own means: what pip is asked for, and what the user hears."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from MTINetLib.session.setup import NEEDS

SAFETENSORS = next(need for need in NEEDS if need.name == "safetensors")
TORCH = next(need for need in NEEDS if need.name == "torch")


class Told:
    """What an installer has told: lines and outcomes."""

    def __init__(self) -> None:
        from MTINetLib.panels.package_installer import PackageInstaller

        self.lines: list[str] = []
        self.outcomes: list[Any] = []
        self.installer = PackageInstaller(self.lines.append, self.outcomes.append)


@pytest.fixture
def told(slicer_desktop: Any) -> Told:
    return Told()


@pytest.fixture
def packaging(slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """slicer.packaging of Slicer 5.11 and later: remembers the call; the test lets it end."""
    made: Any = ModuleType("slicer.packaging")
    made.call = None

    def pip_install(requirements: Any, **words: Any) -> None:
        made.call = SimpleNamespace(requirements=requirements, **words)
        made.call.kept = Path(words["constraints"]).read_text(encoding="utf-8")

    made.pip_install = pip_install
    monkeypatch.setitem(sys.modules, "slicer.packaging", made)
    monkeypatch.setattr(slicer_desktop.slicer, "packaging", made, raising=False)
    return made


@pytest.fixture
def older_slicer(slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """No slicer.packaging; slicer.util.pip_install prints what pip writes, and may fail."""
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    answers: list[Any] = []

    def pip_install(requirements: Any) -> None:
        lines, error = answers.pop(0)
        for line in lines:
            print(line)  # noqa: T201 - as Slicer does
        answers.append(requirements)
        if error is not None:
            raise error

    monkeypatch.setattr(slicer_desktop.slicer.util, "pip_install", pip_install)
    return answers


def test_pip_gets_requirements_and_the_list_of_what_stays(told: Told, packaging: Any) -> None:
    told.installer.install([SAFETENSORS])
    assert told.installer.busy
    assert packaging.call.requirements == ["safetensors>=0.4.3"]
    assert "numpy==" in packaging.call.kept
    assert "torch==" in packaging.call.kept
    assert not packaging.call.blocking


def test_lines_come_as_pip_writes_them_and_the_end_is_told_once(told: Told, packaging: Any) -> None:
    told.installer.install([SAFETENSORS])
    packaging.call.logCallback("Collecting safetensors")
    assert told.lines[-1] == "Collecting safetensors"
    packaging.call.completedCallback(0)
    assert [outcome.problem for outcome in told.outcomes] == [None]
    assert not told.installer.busy
    assert not Path(packaging.call.constraints).exists()


def test_a_failure_is_one_sentence_and_the_last_lines(told: Told, packaging: Any) -> None:
    told.installer.install([SAFETENSORS])
    packaging.call.logCallback("OSError: [Errno 28] No space left on device")
    packaging.call.completedCallback(1)
    (outcome,) = told.outcomes
    assert outcome.problem == "The disk is full: free some space and install again."
    assert outcome.last_lines.endswith("No space left on device")
    assert not Path(packaging.call.constraints).exists()


def test_a_folder_of_wheels_needs_no_network(told: Told, packaging: Any, tmp_path: Path) -> None:
    folder = tmp_path / "Räder für Slicer"
    told.installer.install([SAFETENSORS], folder)
    assert packaging.call.requirements[1:] == ["--no-index", "--find-links", str(folder)]
    packaging.call.logCallback("ERROR: No matching distribution found for safetensors>=0.4.3")
    packaging.call.completedCallback(1)
    assert "The folder holds no wheel of safetensors" in told.outcomes[0].problem


def test_two_installations_never_run_at_once(told: Told, packaging: Any) -> None:
    told.installer.install([SAFETENSORS])
    first = packaging.call
    told.installer.install([SAFETENSORS])
    assert packaging.call is first


def test_slicer_that_refuses_to_start_pip_is_heard(
    told: Told, packaging: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("A non-blocking pip_install is already in progress.")

    monkeypatch.setattr(packaging, "pip_install", refuse)
    told.installer.install([SAFETENSORS])
    assert "already in progress" in told.outcomes[0].last_lines
    assert not told.installer.busy


def test_an_older_slicer_installs_too(told: Told, older_slicer: list[Any]) -> None:
    older_slicer.append((["Collecting safetensors", "Successfully installed"], None))
    told.installer.install([SAFETENSORS])
    (arguments,) = older_slicer
    assert arguments[0] == "safetensors>=0.4.3"
    assert arguments[1] == "-c"
    assert "Successfully installed" in told.lines
    assert told.outcomes[0].problem is None


def test_an_older_slicer_fails_as_clearly(told: Told, older_slicer: list[Any]) -> None:
    line = "ERROR: ResolutionImpossible: for help visit"
    older_slicer.append(([line], CalledProcessError(1, "pip")))
    told.installer.install([SAFETENSORS])
    assert "would have to replace one" in told.outcomes[0].problem


@pytest.fixture
def torch_extension(slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The PyTorch extension; what it is asked, and then what it answers, stand in the list."""
    asked: list[Any] = []

    class Logic:
        def installTorch(self, **words: Any) -> Any:
            answer = asked.pop(0)
            asked.append(words)
            print("Downloading torch")  # noqa: T201 - as Slicer does
            if isinstance(answer, Exception):
                raise answer
            return answer

    extension: Any = ModuleType("PyTorchUtils")
    extension.PyTorchUtilsLogic = Logic
    monkeypatch.setitem(sys.modules, "PyTorchUtils", extension)
    return asked


def test_torch_comes_through_its_extension(told: Told, torch_extension: list[Any]) -> None:
    torch_extension.append(object())
    told.installer.install_torch(TORCH)
    assert torch_extension == [{"askConfirmation": True, "torchVersionRequirement": ">=2.6,<3"}]
    assert "Downloading torch" in told.lines
    assert told.outcomes[0].problem is None


def test_a_declined_torch_is_no_failure_of_pip(told: Told, torch_extension: list[Any]) -> None:
    torch_extension.append(None)
    told.installer.install_torch(TORCH)
    assert "declined" in told.outcomes[0].problem
    assert not told.installer.busy


def test_a_torch_that_cannot_be_installed_says_why(told: Told, torch_extension: list[Any]) -> None:
    torch_extension.append(OSError(28, "No space left on device"))
    told.installer.install_torch(TORCH)
    assert told.outcomes[0].problem == "The disk is full: free some space and install again."


def test_without_the_extension_nothing_is_raised(
    told: Told, slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MTINetLib.panels.package_installer import torch_extension_is_there

    assert not torch_extension_is_there()
    told.installer.install_torch(TORCH)
    assert "PyTorchUtils" in told.outcomes[0].last_lines


def test_testing_mode_installs_nothing(
    told: Told, packaging: Any, slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicer_desktop.slicer.app, "_testing", True)
    told.installer.install([SAFETENSORS])
    assert packaging.call is None
    assert "testing mode" in told.outcomes[0].problem


def test_a_panel_that_is_gone_hears_no_more(told: Told, packaging: Any) -> None:
    told.installer.install([SAFETENSORS])
    before = len(told.lines)
    told.installer.abandon()
    packaging.call.logCallback("Collecting safetensors")
    packaging.call.completedCallback(0)
    assert (len(told.lines), told.outcomes) == (before, [])
