"""Near a lesion and back to the body, by key and by double click, beside Slicer's own keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.key_press import press

KEY = "L"


@pytest.fixture
def views(main: Any, widget: Any, add_study: Callable[[Any], Any]) -> Any:
    """Two lesions are found, the first is chosen, and the module is shown in that window."""
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    return widget.logic.session.views


def panel(widget: Any, name: str) -> Any:
    return next(one for one in widget.panels if type(one).__name__ == name)


def place_mouse(slicer: Any, view: str, ras: tuple[float, float, float]) -> None:
    """The mouse is over a point of a slice view."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    node = slicer.mrmlScene.GetSingletonNode(view, "vtkMRMLSliceNode")
    to_xy = vtkMatrix4x4()
    vtkMatrix4x4.Invert(node.GetXYToRAS(), to_xy)
    cross = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    cross.SetCursorPositionXYZ(list(to_xy.MultiplyPoint((*ras, 1.0))[:3]), node)


def test_the_key_goes_near_and_back_and_leaves_undo_its_own(main: Any, widget: Any, views: Any) -> None:
    press(main, KEY)
    assert views.near_lesion
    press(main, KEY)
    assert not views.near_lesion
    press(main, "Z")
    assert not views.near_lesion
    assert panel(widget, "CorrectPanel").editor.widget.undone == 1


def test_no_key_of_the_module_is_one_of_the_editor(main: Any, widget: Any, views: Any) -> None:
    import qt

    keys = [one.key.toString() for one in main.findChildren(qt.QShortcut)]
    assert KEY in keys
    assert len(keys) == len(set(keys))


def test_the_key_is_there_while_the_module_is_shown(main: Any, widget: Any, views: Any) -> None:
    widget.exit()
    press(main, KEY)
    assert not views.near_lesion
    widget.enter()
    press(main, KEY)
    assert views.near_lesion


@pytest.mark.parametrize("kind", ["QLineEdit", "QPlainTextEdit", "QTextEdit", "QSpinBox", "QComboBox"])
def test_a_letter_that_is_written_is_no_key(main: Any, views: Any, kind: str) -> None:
    import qt

    field = getattr(qt, kind)()
    if kind == "QComboBox":
        field.editable = True
    main.layout().addWidget(field)
    field.show()
    field.setFocus()
    from MTINetLib.panels.zoom import text_is_written

    press(field, KEY)
    assert not views.near_lesion
    assert text_is_written(field)


def test_a_list_to_choose_from_is_no_text(slicer_desktop: Any) -> None:
    import qt

    from MTINetLib.panels.zoom import text_is_written

    assert not text_is_written(qt.QComboBox())
    assert not text_is_written(qt.QPushButton())
    assert not text_is_written(None)


def test_a_double_click_in_the_table_does_the_same_and_both_are_told(
    slicer_desktop: Any, widget: Any, views: Any
) -> None:
    table = panel(widget, "LesionsPanel").ui.lesionTable
    table.cellDoubleClicked.emit(0, 0)
    assert views.near_lesion
    table.cellDoubleClicked.emit(0, 0)
    assert not views.near_lesion
    assert f"key {KEY}" in table.toolTip
    assert f"key {KEY}" in slicer_desktop.slicer.modules.mtinet.helpText


def test_the_key_goes_to_the_lesion_under_the_mouse_or_near_it(
    slicer_desktop: Any, main: Any, widget: Any, views: Any
) -> None:
    from MTINetLib.scene.select_lesion import lesion_point_ras

    slicer, session = slicer_desktop.slicer, widget.logic.session
    point = lesion_point_ras(session.results, 2)
    assert point is not None
    for moved in (0.0, 25.0):  # inside, and some mm beside it
        session.select(1)
        session.views.fit()
        place_mouse(slicer, "MTINetArterial", (point[0] + moved, *point[1:]))
        press(main, KEY)
        assert session.selected == 2
        assert views.near_lesion
        press(main, KEY)
        assert not views.near_lesion
    session.select(1)
    place_mouse(slicer, "MTINetArterial", (point[0], point[1] + 400.0, point[2]))
    press(main, KEY)
    assert session.selected == 1, "far from every lesion the chosen one is meant"
