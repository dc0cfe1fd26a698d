"""The module's column in Slicer: 434 pixels wide beside the views, 770 high before it scrolls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.outlined import outlined
from support.pretended_work import begin_pretended_work
from support.small_dataset import SHORT, write_small_dataset

from MTINetLib.errors import InputError, Statement
from MTINetLib.progress import Stage
from MTINetLib.session.masks import Standing
from MTINetLib.session.state import Message, State
from MTINetLib.session.worklist_session import OpenOne
from MTINetLib.study.lesion_class import HCC, HEMANGIOMA, UNDECIDED
from MTINetLib.worker.worklist_requests import ListedRow, ListedStudy

WIDTH, TWO_SCREENS = 434, 2 * 770


def words_as_long_as_the_german_ones() -> Any:
    """Where these have room, the English ones have."""
    return words_longer_by(0.35)


def words_longer_by(share: float) -> Any:
    from support.qt_stand_in import i18n

    return i18n.longer_words(share)


def panel(widget: Any, name: str) -> Any:
    return next(one for one in widget.panels if type(one).__name__ == name)


def laid_out(desktop: Any, widget: Any) -> tuple[int, int]:
    """Least width of the column, and its height at the width that Slicer gives it."""
    from PySide6 import QtCore

    parent = widget.parent
    parent.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    parent.show()
    for _ in range(4):
        desktop.process_events()
        parent.layout().activate()
        parent.resize(WIDTH, 2000)
    page = widget.tabs.currentWidget()
    around = parent.layout().totalMinimumSize().height() - page.layout().totalMinimumSize().height()
    least = parent.layout().totalMinimumSize().width()
    return least, max(0, around) + page.layout().totalHeightForWidth(WIDTH - 30)


STATES = [
    "empty",
    "phases",
    "results",
    "plot",
    "correct",
    "report",
    "training",
    "curves",
    "work list",
    "running",
    "failed",
]


def bring_into(state: str, widget: Any, add_study: Callable[[Any], Any]) -> None:
    """A state that a user comes into."""
    session = widget.logic.session
    if state != "empty":
        study = add_study(widget.logic)
    if state in ("phases", "results"):
        session.check_phases()
    if state in ("results", "plot", "correct", "report", "failed"):
        widget.logic.measureMasks(study.case.labels)
        session.select(1)
    if state in ("plot", "correct", "report"):
        panel(widget, f"{state.capitalize()}Panel").widget.collapsed = False
    if state == "failed":
        panel(widget, "CorrectPanel").widget.collapsed = False
        session.report_error(InputError(f"The folder {'/studies/of/the/department' * 4} is not there."))
    if state == "running":
        begin_pretended_work(session, State.ANALYZING, Stage.FITTING_THRESHOLDS, 17, 80)
    if state in ("training", "work list"):
        widget.tabs.setCurrentIndex(1)
    if state == "work list":
        show_work_list(widget)
    if state == "curves":
        measure_curves_of(widget, study)


def measure_curves_of(widget: Any, study: Any) -> None:
    """The tab Curves with two lesions, along the four phases, one of which shows too little of them."""
    session = widget.logic.session
    study.volumes[1].GetImageData().GetPointData().GetScalars().Fill(0.0)
    session.choices.curveVolumes = ",".join(node.GetID() for node in study.volumes)
    names = {label: f"a segment with a long name {label}" for label in (1, 2)}
    session.choices.curveSegments = outlined(study.volumes[0], study.case.labels, names)
    session.choices.curveTimes = "0, 20, 60, 180"
    widget.tabs.setCurrentIndex(2)
    session.curves.measure()
    widget.logic.wait()
    assert session.curves.curves is not None


def show_work_list(widget: Any) -> None:
    """Unfolded, with a study whose lesions are to be named, and something to say."""
    listed = widget.logic.session.worklist
    why = {"percent": "12", "ml": "34.5"}
    listed.folder, listed.rows = (
        "list",
        tuple(
            ListedRow(
                f"{n:010x}",
                "patient",
                "set_aside",
                "v",
                "a reader with a long name",
                "",
                (),
                False,
                n < 9,
                "next_disagreement",
                why,
            )
            for n in range(40)
        ),
    )
    listed.current = OpenOne(ListedStudy("0123456789", "v", (), "", None, ()), None, {})
    listed.lesions = lambda: tuple((n, 12.3, "hemangioma") for n in range(1, 10))
    listed.message = Message("error", (Statement.of("listed_not_shown", study="0123456789"),))
    section = panel(widget, "WorkListPanel")
    section.widget.collapsed = False
    section.refresh()


@pytest.mark.parametrize("state", STATES)
def test_the_column_is_narrow_and_no_longer_than_two_screens(
    slicer_desktop: Any, module: Any, add_study: Callable[[Any], Any], state: str
) -> None:
    with words_as_long_as_the_german_ones():
        widget = module.widgetRepresentation().self()
        widget.enter()
        bring_into(state, widget, add_study)
        width, height = laid_out(slicer_desktop, widget)
        widget.logic.session.tasks.abandon_all()
    assert width <= WIDTH
    assert height <= TWO_SCREENS


@pytest.mark.parametrize("state", STATES)
def test_a_large_font_asks_for_more_height_only(
    slicer_desktop: Any, module: Any, add_study: Callable[[Any], Any], state: str
) -> None:
    from PySide6 import QtWidgets

    application = QtWidgets.QApplication.instance()
    was = application.font()
    larger = application.font()
    larger.setPointSize(13)
    application.setFont(larger)
    try:
        widget = module.widgetRepresentation().self()
        widget.enter()
        bring_into(state, widget, add_study)
        width, height = laid_out(slicer_desktop, widget)
        widget.logic.session.tasks.abandon_all()
    finally:
        application.setFont(was)
    assert width <= WIDTH
    assert height <= TWO_SCREENS * 1.25


@pytest.mark.slow
def test_a_training_that_runs_needs_no_more_width(
    slicer_desktop: Any,
    module: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from MTINetLib.session.training_state import TrainingChoices
    from MTINetLib.user_folder import USER_FOLDER_VARIABLE

    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path / "user"))
    with words_as_long_as_the_german_ones():
        widget = module.widgetRepresentation().self()
        widget.enter()
        widget.tabs.setCurrentIndex(1)
        training = widget.logic.session.training
        dataset = write_small_dataset(tmp_path / "dataset")
        panel(widget, "TrainingPanel").ui.datasetPath.currentPath = str(dataset)
        slicer_desktop.wait_until(lambda: training.desk.checked is not None and not training.busy)
        training.start(TrainingChoices(str(dataset), preset="quick", changes=SHORT))
        assert training.run.active, training.message
        slicer_desktop.wait_until(lambda: training.run.curves.losses or not training.busy)
        width, height = laid_out(slicer_desktop, widget)
        training.run.stop()
        slicer_desktop.wait_until(lambda: not training.busy)
    assert width <= WIDTH
    assert height <= TWO_SCREENS


@pytest.mark.parametrize("better", [True, False])
def test_old_and_new_model_side_by_side_need_no_more_width(
    slicer_desktop: Any,
    module: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    better: bool,
) -> None:
    from support.fine_tuned import fine_tuned_run

    from MTINetLib.user_folder import USER_FOLDER_VARIABLE

    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path / "user"))
    figures = {name: ["0.732 (0.611 to 0.845)"] * 3 for name in ("dice_median", "panoptic_quality")}
    with words_as_long_as_the_german_ones():
        widget = module.widgetRepresentation().self()
        widget.enter()
        widget.tabs.setCurrentIndex(1)
        training = widget.logic.session.training
        training.run.show(fine_tuned_run(tmp_path / "run", better, **figures))
        assert panel(widget, "TrainingPanel").ui.comparisonTable.isVisibleTo(widget.parent)
        width, height = laid_out(slicer_desktop, widget)
    assert width <= WIDTH
    assert height <= TWO_SCREENS


def test_sections_without_content_are_hidden_until_there_is_some(
    slicer_desktop: Any, widget: Any, add_study: Callable[[Any], Any]
) -> None:
    shown = [panel(widget, name).widget for name in ("LesionsPanel", "PlotPanel", "ClassificationPanel")]
    assert [one.isHidden() for one in shown] == [True] * 3
    widget.logic.measureMasks(add_study(widget.logic).case.labels)
    assert [one.isHidden() for one in shown] == [False] * 3


def test_one_long_section_is_unfolded_at_a_time(slicer_desktop: Any, widget: Any) -> None:
    long = [panel(widget, f"{name}Panel").widget for name in ("Plot", "Correct", "Report", "Setup")]
    for section in long:
        section.collapsed = False
        assert [one.collapsed for one in long] == [one is not section for one in long]


def test_open_setup_scrolls_to_it(slicer_desktop: Any, widget: Any) -> None:
    from PySide6 import QtCore, QtWidgets

    area = QtWidgets.QScrollArea()
    area.setAttribute(QtCore.Qt.WA_DontShowOnScreen, True)
    area.setWidgetResizable(True)
    area.setWidget(widget.parent)
    area.resize(WIDTH, 300)
    area.show()
    setup = panel(widget, "SetupPanel")
    setup.widget.collapsed = True
    for _ in range(3):
        slicer_desktop.process_events()
    setup.open()
    for _ in range(6):
        slicer_desktop.process_events()
    top = setup.widget.mapTo(area.viewport(), QtCore.QPoint(0, 0)).y()
    assert 0 <= top < 200
    widget.area = area  # goes with the module: taken out of it, the widgets are lost before the module closes


def variant(name: str, findings: Any) -> Any:
    """The two lesions of the findings, as different as lesions can be in one respect."""
    one, two = findings.lesions
    changed = {
        "as they are": (one, two),
        "not read": (
            one,
            replace(
                two,
                lesion_class=UNDECIDED,
                predicted_curve=None,
                flags=("undecided:not_read",),
            ),
        ),
        "undecided": (
            replace(
                one,
                lesion_class=UNDECIDED,
                flags=("undecided:low_probability", "undecided:slices_disagree", "small"),
            ),
            two,
        ),
        "many remarks": (one, replace(two, flags=("shares_slices", "small", "touches_border"))),
        "without liver": (replace(one, liver_curve=None), two),
    }
    return replace(findings, lesions=changed[name])


@pytest.mark.parametrize("longer", [0.0, 0.35])
def test_choosing_another_lesion_does_not_move_what_lies_below(
    slicer_desktop: Any, module: Any, add_study: Callable[[Any], Any], longer: float
) -> None:
    with words_longer_by(longer):
        widget = module.widgetRepresentation().self()
        widget.enter()
        session = widget.logic.session
        widget.logic.measureMasks(add_study(widget.logic).case.labels)
        panel(widget, "PlotPanel").widget.collapsed = False
        found = session.findings

        def assert_still(name: str, findings: Any) -> None:
            session.set_findings(findings)
            heights = []
            for label in (1, 2, 1):
                session.select(label)
                heights.append(laid_out(slicer_desktop, widget))
            assert len(set(heights)) == 1, (name, heights)

        for name in ("as they are", "not read", "undecided", "many remarks", "without liver"):
            assert_still(name, variant(name, found))
        decided = tuple(
            replace(lesion, lesion_class=HCC, probabilities={HCC: 0.9, HEMANGIOMA: 0.1}, flags=())
            for lesion in found.lesions
        )
        for name, unread in (("stale", frozenset({2})), ("corrected", frozenset[int]())):
            session.correction._measuring.standing = Standing(frozenset({2}), frozenset(), unread)
            assert_still(name, replace(found, lesions=decided))
