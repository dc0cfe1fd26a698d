"""MTINetTest as Slicer's test runner calls it; in real Slicer the same test runs over real widgets."""

from __future__ import annotations

import logging
import sys
import unittest
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.slow

WALK = "test_a_study_is_read_corrected_reported_and_opened_again"
CANCEL = "test_a_cancelled_analysis_leaves_the_scene_as_it_was"
TRAINING = "test_a_model_is_trained_for_two_epochs"


def run_as_slicer_does(*names: str) -> unittest.TestResult:
    """Slicer loads every method that is called a test; some are left out here to save time."""
    test_class = sys.modules["MTINet"].MTINetTest
    assert set(unittest.TestLoader().getTestCaseNames(test_class)) == {WALK, CANCEL, TRAINING}
    result = unittest.TestResult()
    unittest.TestSuite(test_class(name) for name in names).run(result)
    return result


def test_the_module_s_own_test_passes(
    slicer_desktop: Any, module: Any, caplog: pytest.LogCaptureFixture
) -> None:
    slicer_desktop.open_window()
    with caplog.at_level(logging.INFO):
        result = run_as_slicer_does(WALK, CANCEL, TRAINING)
    assert result.wasSuccessful(), result.errors + result.failures
    assert not result.skipped
    said = "\n".join(caplog.messages)
    steps = "Sample study:|Findings after|Left and came back|Show 3D|Corrected:|Reverted|Report:|opened again"
    steps += "|Cancel:|Training after"
    for words in steps.split("|"):
        assert words in said
    assert "NOT TESTED HERE" not in said


def test_an_error_in_the_log_fails_it(
    slicer_desktop: Any, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python, from MRML, and from the desktop's own log, where Qt's errors are."""
    rows = [("Error", "of another test, before")]
    log = SimpleNamespace(
        logEntryCount=lambda: len(rows),
        logEntryData=lambda row, column: rows[row][0] if column == 2 else None,
        logEntryDescription=lambda row: rows[row][1],
    )
    monkeypatch.setattr(type(slicer_desktop.slicer.app), "errorLogModel", lambda _: log, raising=False)

    def cancel(test: Any) -> None:
        logging.getLogger("another").error("Python's %s", "own")
        logging.getLogger("another").warning("no error")
        slicer_desktop.slicer.vtkMRMLSliceNode().SetOrientation("Sideways")
        rows.extend([("Warning", "no error"), ("Critical", "QWidget: a fault")])

    monkeypatch.setattr(sys.modules["MTINet"].MTINetTest, CANCEL, cancel)
    result = run_as_slicer_does(CANCEL)
    ((_, told),) = result.failures
    for words in ("Python's own", "invalid orientation preset name: Sideways", "QWidget: a fault"):
        assert words in told
    assert "no error" not in told
    assert "before" not in told


def test_without_torch_it_says_so_and_tests_the_rest(
    slicer_desktop: Any, module: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from MTINetLib.panels import self_test
    from MTINetLib.session.setup import Condition, Found

    def look(*groups: Any) -> tuple[Found, ...]:
        return tuple(
            replace(found, condition=Condition.MISSING)
            if found.need.name in ("torch", "reportlab")
            else found
            for found in real(*groups)
        )

    real = self_test.look
    monkeypatch.setattr(self_test, "look", look)
    with caplog.at_level(logging.INFO):
        result = run_as_slicer_does(WALK, TRAINING)
    assert result.wasSuccessful(), result.errors + result.failures
    assert [reason for _, reason in result.skipped] == ["training needs torch"]
    said = "\n".join(caplog.messages)
    assert "NOT TESTED HERE: the network, because torch, reportlab is not installed" in said
    assert "NOT TESTED HERE: reports as pdf" in said
    assert "opened again" in said


def test_the_reload_and_test_button_runs_all(module: Any, caplog: pytest.LogCaptureFixture) -> None:
    python = sys.modules["MTINet"]
    ran: list[str] = []

    class Test(python.MTINetTest):  # type: ignore[misc, name-defined]
        def test_a_study_is_read_corrected_reported_and_opened_again(self) -> None:
            ran.append("walk")

        def test_a_cancelled_analysis_leaves_the_scene_as_it_was(self) -> None:
            ran.append("cancel")

        def test_a_model_is_trained_for_two_epochs(self) -> None:
            raise unittest.SkipTest("nothing to train")

    with caplog.at_level(logging.INFO):
        Test().runTest()
    assert sorted(ran) == ["cancel", "walk"]
    assert "NOT TESTED HERE: nothing to train" in caplog.messages
    assert "All tests passed." in caplog.messages
