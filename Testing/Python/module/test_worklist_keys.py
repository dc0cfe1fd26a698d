"""The keys of a work list, while the module is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.key_press import press


@pytest.fixture
def listed(main: Any, widget: Any, add_study: Callable[[Any], Any]) -> Any:
    """A study of a list is open, with two lesions that nobody has named."""
    from MTINetLib.session.listed_study import ShownStudy
    from MTINetLib.session.open_one import OpenOne
    from MTINetLib.worker.worklist_requests import ListedStudy

    study = add_study(widget.logic)
    widget.logic.measureMasks(study.case.labels)
    opened = ListedStudy("0123456789", "", (), "", None, ())
    worklist = widget.logic.session.worklist
    worklist.current = OpenOne(opened, ShownStudy(opened, study.volumes, None), {})
    widget.logic.session.select(1)
    return worklist


def test_a_key_names_the_chosen_lesion_and_the_next_unnamed_one_is_chosen(
    main: Any, widget: Any, listed: Any
) -> None:
    press(main, "M")
    assert dict(listed.current.classes) == {1: "hemangioma"}
    assert widget.logic.session.selected == 2
    press(main, "O")
    assert dict(listed.current.classes) == {1: "hemangioma", 2: "other"}
    widget.logic.session.select(1)
    press(main, "H")
    assert dict(listed.current.classes) == {1: "hcc", 2: "other"}


def test_letters_that_are_written_are_no_keys(main: Any, widget: Any, listed: Any) -> None:
    import qt

    field = qt.QLineEdit()
    main.layout().addWidget(field)
    field.setFocus()
    press(field, "H")
    assert field.text.lower() == "h"
    assert dict(listed.current.classes) == {}


def test_the_keys_do_nothing_without_a_list_and_go_with_the_module(
    main: Any, widget: Any, listed: Any
) -> None:
    import qt

    listed.scene_closing()
    for key in "NDXHMO":
        press(main, key)
    assert listed.message is None
    assert widget.logic.session.message is None
    widget.exit()
    assert [one.key.toString() for one in main.findChildren(qt.QShortcut) if one.isEnabled()] == []
