"""A box drawn with the mouse, clicks on and beside the lesion, and Esc, over the real scene and worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support.corrected_session import mask_of, settle
from support.key_press import press
from support.mouse import click, drag, mouse, pixel_of, slice_widget
from support.open_panel import panels_of

from MTINetLib.pipeline.outlined import OUTLINED_BY
from MTINetLib.scene.segmentation import segment_labels
from MTINetLib.session.events import Topic

from .test_correct_panel_outline import STUDY, TRUTH, knowing, session

__all__ = ["knowing", "session"]

pytestmark = pytest.mark.viewer

VIEW = "MTINetArterial"


@pytest.fixture
def panel(slicer_desktop: Any, session: Any) -> Iterator[Any]:
    """The section, with the views of the phases beside it."""
    from MTINetLib.panels.correct_panel import CorrectPanel

    slicer_desktop.open_window()
    session.views.enter()
    for _ in range(6):
        slicer_desktop.process_events()
    with panels_of(CorrectPanel) as opened:
        yield opened(session)


@pytest.fixture
def window(slicer_desktop: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A main window that hears keys."""
    import qt
    from PySide6 import QtTest

    made = qt.QWidget()
    monkeypatch.setattr(slicer_desktop.slicer.util, "mainWindow", lambda verbose=True: made)
    made.show()
    made.activateWindow()
    QtTest.QTest.qWaitForWindowActive(made)
    yield made
    made.close()


def ras_of(kji: Any) -> Any:
    return STUDY.grid.to_lps(kji) * (-1.0, -1.0, 1.0)


def corners(label: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pixels of the box around the widest slice of a lesion."""
    k = int(np.argmax((label == TRUTH).sum(axis=(1, 2))))
    rows, columns = np.nonzero(TRUTH[k] == label)
    low, high = (k, rows.min() - 0.5, columns.min() - 0.5), (k, rows.max() + 0.5, columns.max() + 0.5)
    return pixel_of(VIEW, ras_of(low)), pixel_of(VIEW, ras_of(high))


def settled(session: Any) -> None:
    settle(session, lambda: not session.outlining.waiting)


def labels_of(session: Any) -> set[int]:
    return set(segment_labels(session.results.segmentation))


def dice(one: Any, other: Any) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_a_box_that_is_drawn_is_outlined_and_follows_box_and_clicks_in_one_step_of_undo(
    session: Any, panel: Any
) -> None:
    saved: list[int] = []
    session.correction.before_action = lambda: saved.append(1)
    panel.ui.drawButton.click()
    assert "Drag the mouse" in panel.ui.standingLabel.text
    drag(VIEW, *corners(2))
    assert not panel.ui.drawButton.checked
    settled(session)
    assert labels_of(session) == {1, 2}
    first, drawn = mask_of(session, 2), told_box(session)
    assert dice(first, TRUTH == 2) > 0.7

    places = np.argwhere(TRUTH == 2)
    box = session.outlining.marks.box
    box.SetSize(*(1.05 * (np.ptp(places, axis=0) + 1)[::-1] * np.array(STUDY.grid.spacing)))
    box.SetCenter(*map(float, ras_of(places.mean(axis=0))))
    settled_after(session, lambda: told_box(session) != drawn)
    second = mask_of(session, 2)
    assert dice(second, TRUTH == 2) >= dice(first, TRUTH == 2)

    panel.ui.outsideButton.click()
    gone = np.argwhere(second)[0]
    click(VIEW, pixel_of(VIEW, ras_of(gone)))
    settled_after(session, lambda: not mask_of(session, 2)[tuple(gone)])
    assert labels_of(session) == {1, 2}
    assert saved == [1]

    panel.ui.removeBoxButton.click()
    assert session.outlining.marks.box is None
    assert session.outlining.marks.outside == ()
    assert labels_of(session) == {1, 2}


def told_box(session: Any) -> Any:
    """The box of the newest outline, as the provenance tells it."""
    (told,) = session.findings.provenance.settings[OUTLINED_BY]["boxes"]
    return told["box_lps_mm"]


def settled_after(session: Any, change: Callable[[], bool]) -> None:
    settle(session, lambda: change() and not session.outlining.waiting)


def test_escape_drops_the_box_and_gives_mouse_and_keys_back(session: Any, panel: Any, window: Any) -> None:
    panel.editor.go_on()
    heard: list[str] = []
    interactor = slice_widget(VIEW).sliceView().interactor()
    interactor.AddObserver("LeftButtonPressEvent", lambda *_: heard.append("Slicer"))
    panel.ui.drawButton.click()
    assert not panel.editor.widget.shortcuts_installed
    assert slice_widget(VIEW).cursor is not None
    first, last = corners(2)
    mouse(VIEW, "LeftButtonPress", first)
    mouse(VIEW, "MouseMove", last)
    assert heard == []
    assert drawn_boxes(session) == 1
    press(window, "Escape")
    assert not panel.ui.drawButton.checked
    assert drawn_boxes(session) == 0
    assert panel.editor.widget.shortcuts_installed
    assert slice_widget(VIEW).cursor is None
    mouse(VIEW, "LeftButtonPress", first)
    assert heard == ["Slicer"]
    assert labels_of(session) == {1}


def drawn_boxes(session: Any) -> int:
    return int(session.scene.mrml.GetNumberOfNodesByClass("vtkMRMLMarkupsROINode"))


def test_a_mere_click_draws_nothing_and_the_tool_stays(session: Any, panel: Any) -> None:
    panel.ui.drawButton.click()
    click(VIEW, corners(2)[0])
    assert drawn_boxes(session) == 0
    assert panel.ui.drawButton.checked
    panel.exit()
    assert not panel.ui.drawButton.checked


def test_one_tool_at_a_time_and_clicks_need_a_box(session: Any, panel: Any) -> None:
    ui = panel.ui
    assert not ui.insideButton.enabled
    assert not ui.outsideButton.enabled
    ui.boxButton.click()
    ui.insideButton.click()
    ui.outsideButton.click()
    assert (ui.insideButton.checked, ui.outsideButton.checked) == (False, True)
    ui.drawButton.click()
    assert (ui.outsideButton.checked, ui.drawButton.checked) == (False, True)


def test_a_lesion_that_undo_took_back_does_not_come_again_by_itself(session: Any, panel: Any) -> None:
    panel.ui.drawButton.click()
    drag(VIEW, *corners(2))
    settled(session)
    session.correction.delete(2)
    settled(session)
    box = session.outlining.marks.box
    box.SetSize(*(1.1 * np.array(box.GetSize())))
    told: list[str] = []
    session.events.subscribe(Topic.STATE, lambda: told.append(session.state.value))
    session.outlining._clock = clock_of(0.0, 10.0, 20.0)
    for _ in range(3):
        session.poll()
    assert "outlining" not in told
    assert labels_of(session) == {1}


def clock_of(*times: float) -> Callable[[], float]:
    left = list(times)
    return lambda: left.pop(0) if left else times[-1]
