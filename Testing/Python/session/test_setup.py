"""What is installed, without importing it; and what pip may not touch."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from support.tiny_wheel import make_wheel

from MTINetLib.presentation.statements import sentence
from MTINetLib.session import setup
from MTINetLib.session.pip_log import explain
from MTINetLib.session.setup import NEEDS, NOT_IN_SLICER, Condition, Group, Need, constraints, look


def declared(extra: str | None = None) -> set[str]:
    """The package's own requirements, or those of an extra, as ``name>=1,<2``."""
    found = set()
    for text in metadata.requires("MTINetLib") or []:
        requirement = Requirement(text)
        of_extra = re.search(r"extra == ['\"](\w+)['\"]", text)
        if (of_extra.group(1) if of_extra else None) == extra:
            found.add(f"{canonicalize_name(requirement.name)}{requirement.specifier}")
    return found


def asked(*groups: Group) -> set[str]:
    found = set()
    for need in NEEDS:
        if need.group in groups:
            requirement = Requirement(need.requirement)
            found.add(f"{canonicalize_name(requirement.name)}{requirement.specifier}")
    return found


def test_the_needs_are_those_of_pyproject() -> None:
    own = {text for text in declared() if Requirement(text).name not in NOT_IN_SLICER}
    listed = asked(Group.SLICER, Group.TORCH, Group.ANALYSIS)
    assert listed == own, "a requirement belongs into NEEDS or NOT_IN_SLICER of session/setup.py"
    assert {Requirement(text).name for text in declared()} >= set(NOT_IN_SLICER)


def test_the_training_packages_are_those_of_the_extra() -> None:
    assert asked(Group.TRAINING) == declared("train")


def test_this_environment_has_what_an_analysis_needs() -> None:
    found = look((Group.SLICER, Group.TORCH, Group.ANALYSIS))
    assert all(item.ok for item in found)
    assert not any(setup.hinders_analysis(item) for item in found)
    assert {item.need.name: item.version for item in found}["numpy"] == metadata.version("numpy")


def test_looking_imports_nothing() -> None:
    modules = [need.module for need in NEEDS]
    code = (
        "import sys; from MTINetLib.session.setup import look; look(); "
        f"print([name for name in {modules!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "version", "1.0 2.5.9 2.6 2.6.0 2.6.0+cu126 2.13.0 2.13.0.post1 3.0 3.0.0 3 11.1".split()
)
@pytest.mark.parametrize("bounds", [">=2.6,<3", ">=2.6.0", "<3.0"])
def test_versions_are_judged_as_pip_judges_them(version: str, bounds: str) -> None:
    inside = Version(version) in Requirement(f"x{bounds}").specifier
    assert (setup._condition(version, bounds) is Condition.OK) == inside


def test_a_package_that_is_not_there_is_missing() -> None:
    assert (
        setup._find(Need("nowhere>=1", "nowhere_at_all", "a test", Group.ANALYSIS)).condition
        is Condition.MISSING
    )


def test_a_package_that_does_not_tell_its_version_counts_as_there() -> None:
    """Slicer's own builds may come without metadata."""
    found = setup._find(Need("a-name-without-metadata>=1", "json", "a test", Group.SLICER))
    assert (found.ok, found.version) == (True, "")


def test_too_old_and_too_new_are_told_apart() -> None:
    assert setup._condition("2.5", ">=2.6,<3") is Condition.TOO_OLD
    assert setup._condition("3.1", ">=2.6,<3") is Condition.TOO_NEW


def test_everything_installed_is_kept_but_what_is_asked_for() -> None:
    lines = constraints(["safetensors"]).splitlines()
    assert f"numpy=={metadata.version('numpy')}" in lines
    assert f"torch=={metadata.version('torch')}" in lines
    assert not [line for line in lines if line.startswith("safetensors")]


def test_protected_packages_are_kept_even_if_they_are_asked_for() -> None:
    assert f"numpy=={metadata.version('numpy')}" in constraints(["numpy", "torch"]).splitlines()


def test_an_old_torch_gives_way_to_the_one_that_is_asked_for() -> None:
    assert not [line for line in constraints(["torch"]).splitlines() if line.startswith("torch=")]


def test_a_protected_package_without_metadata_gets_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "_installed", lambda: {"numpy": "2.4.6"})
    monkeypatch.setattr(setup, "has_module", lambda name: name == "vtk")
    assert constraints([]).splitlines() == ["numpy==2.4.6", "vtk<0", "torch<0"]


@pytest.mark.parametrize(
    "version", "1.2.3 2.6.0+cu126 1!2.0 3.0rc1 1.0.post2 2.0.dev5+g12ab 1.2-dirty 4.0-alpha-2 unknown".split()
)
def test_the_list_for_pip_holds_only_versions_that_pip_takes(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Distribution:
        metadata = {"Name": "Odd_One"}  # noqa: RUF012

    Distribution.version = version  # type: ignore[attr-defined]
    monkeypatch.setattr(setup.metadata, "distributions", lambda: [Distribution])
    lines = [line for line in constraints([]).splitlines() if line.startswith("odd-one")]
    for line in lines:
        assert Version(line.partition("==")[2]) == Version(version)
    assert bool(lines) == ("-" not in version and version != "unknown")


def test_torch_comes_along_with_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "_installed", dict)
    monkeypatch.setattr(setup, "has_module", lambda name: False)
    assert constraints(["lightning"]).splitlines() == ["torch<0"]
    assert constraints(["torch"]).splitlines() == []


def dry_run(folder: Path, *names: str) -> tuple[int, list[str]]:
    """What pip would do with wheels of this folder under our constraints."""
    kept = folder / "constraints.txt"
    kept.write_text(constraints(names), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--find-links", str(folder)]
    done = subprocess.run([*command, *names, "-c", str(kept)], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_pip_takes_a_wheel_from_a_folder_and_keeps_the_rest(tmp_path: Path) -> None:
    pytest.importorskip("pip", reason="pip is not installed in this environment")
    folder = tmp_path / "räder und mehr"
    folder.mkdir()
    make_wheel(folder, "mtinet_fine", requires=["numpy>=1.26"])
    code, log = dry_run(folder, "mtinet_fine")
    assert code == 0, log
    assert "Would install" in log[-1]
    assert "numpy" not in log[-1]


def test_pip_refuses_to_replace_a_package_and_we_say_so(tmp_path: Path) -> None:
    pytest.importorskip("pip", reason="pip is not installed in this environment")
    make_wheel(tmp_path, "mtinet_greedy", requires=["numpy<1"])
    code, log = dry_run(tmp_path, "mtinet_greedy")
    assert code != 0
    assert sentence(explain(log, offline=True)) == (
        "A package would have to replace one that Slicer came with, so nothing was installed."
    )


def test_a_wheel_that_is_not_in_the_folder_is_named(tmp_path: Path) -> None:
    pytest.importorskip("pip", reason="pip is not installed in this environment")
    code, log = dry_run(tmp_path, "mtinet_absent>=2")
    assert code != 0
    assert sentence(explain(log, offline=True)) == (
        "The folder holds no wheel of mtinet_absent for this system and this version of Python."
    )
