"""Marks of readers in the work list of the Training tab, over the real scene and real workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.marked import BESIDE, mark, missed, write_cohort_of, write_marks
from support.open_panel import panels_of
from support.panel_pictures import grab
from support.waiting import wait_until
from support.worklist import noisy_study

from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.session.state import State
from MTINetLib.worklist.entry import Status
from MTINetLib.worklist.folder import open_list

pytestmark = pytest.mark.viewer


@pytest.fixture
def session(scene: Scene, slicer_desktop: Any, model: Path) -> Iterator[Any]:
    from MTINetLib.session.choices import Choices
    from MTINetLib.session.session import Session

    made = Session(scene, Choices(model=str(model), device="cpu", precision="fp32", readerName="Carla"))
    yield made
    made.close()


@pytest.fixture
def open_panel(slicer_desktop: Any) -> Iterator[Callable[[Any], Any]]:
    from MTINetLib.panels.worklist_panel import WorkListPanel

    with panels_of(WorkListPanel) as opened:
        yield opened


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """A table of marks on a cohort of two studies, of which the second has a wrong and a missed lesion."""
    for number in (1, 2):
        place = tmp_path / "archive" / str(number)
        write_study_as_dicom(place, noisy_study(number), patient_id=str(number), study_seed=number)
    names = write_cohort_of(tmp_path / "archive", tmp_path / "OUT")
    return write_marks(
        tmp_path / "marks.csv",
        [
            mark(names["1"], 1, "right"),
            mark(names["1"], "", "right", comment="fine"),
            mark(names["2"], 1, "wrong", comment="a vessel"),
            mark(names["2"], 2, "right", **{"class": "cyst"}),
            missed(names["2"], "Ben", **{"class": "hcc"}),
        ],
    )


def until_idle(session: Any) -> None:
    wait_until(
        lambda: session.state is State.IDLE and not session.waiting,
        session.poll,
        lambda: (session.state, session.message, session.worklist.message),
    )


def cells(table: Any) -> list[tuple[str, ...]]:
    return [
        tuple(str(table.item(row, column).text()) for column in range(table.columnCount))
        for row in range(table.rowCount)
    ]


def seen_at(session: Any, lps: tuple[float, float, float]) -> list[float]:
    """How far each slice view is from a point, across its slice in mm."""
    ras = np.array([-lps[0], -lps[1], lps[2]])
    found = []
    for view in nodes_of_class(session.scene.mrml, "vtkMRMLSliceNode"):
        pose = np.array([[view.GetSliceToRAS().GetElement(i, j) for j in range(4)] for i in range(3)])
        found.append(abs(float(pose[:, 2] @ (ras - pose[:, 3]))))
    return found


def test_marks_are_taken_in_shown_and_led_to(
    session: Any, open_panel: Any, marks: Path, tmp_path: Path
) -> None:
    panel = open_panel(session)
    panel.widget.collapsed = False
    ui = panel.ui
    assert not ui.markTable.visible
    ui.listPath.currentPath = str(tmp_path / "list")
    ui.sourcePath.currentPath = str(tmp_path / "OUT")
    ui.marksPath.currentPath = str(marks)
    panel.onSearch()
    until_idle(session)
    listed = session.worklist
    assert listed.message.text == "2 studies with marks are on the list; 0 without any stay out."
    assert "marked by Anna, Ben: 1 missed, 1 wrong, 0 in dispute" in ui.whyLabel.text
    panel.onNext()
    until_idle(session)
    assert session.error is None
    assert [lesion[::2] for lesion in listed.lesions()] == [(2, "cyst")]
    said = cells(ui.markTable)
    assert said[:2] == [("lesion 1 is wrong: a vessel", "Anna"), ("lesion 2 is right: cyst", "Anna")]
    assert said[2][0].startswith("missed: HCC, ")
    assert said[2][1] == "Ben"
    ui.markTable.selectRow(2)
    panel.marks.onMark(2, 0)
    assert max(seen_at(session, BESIDE)) < 0.01
    ui.markTable.selectRow(0)
    panel.marks.onMark(0, 0)
    assert max(seen_at(session, BESIDE)) > 5
    ui.markTable.selectRow(1)
    panel.marks.onMark(1, 0)
    assert session.selected == 2
    assert not ui.markBoxButton.enabled
    ui.markTable.selectRow(2)
    assert ui.markBoxButton.enabled
    grab(panel.widget.window(), tmp_path / "marks.png")
    panel.marks.onBox()
    centre = session.outlining.marks.box.GetCenter()
    assert (-centre[0], -centre[1], centre[2]) == pytest.approx(BESIDE, abs=0.01)
    session.outlining.marks.remove()
    panel.onDone()
    until_idle(session)
    statuses = {record.entry.status for record in open_list(tmp_path / "list").records()}
    assert statuses == {Status.DONE, Status.DRAFTED}
    assert "nothing is outlined where readers marked 1 missed lesions" in listed.message.text
    assert [lesion[::2] for lesion in listed.lesions()] == [(1, "hcc"), (2, "hemangioma")]
    assert session.findings.lesions[0].probabilities  # the results' own findings, not measured anew
    assert cells(ui.markTable)[-1] == ("looked through: fine", "Anna")


def test_a_table_that_cannot_be_used_says_so_beside_the_list(
    session: Any, open_panel: Any, marks: Path, tmp_path: Path
) -> None:
    panel = open_panel(session)
    panel.widget.collapsed = False
    marks.write_text(marks.read_text(encoding="utf-8").replace("wrong", "bad"), encoding="utf-8")
    panel.ui.listPath.currentPath = str(tmp_path / "list")
    panel.ui.sourcePath.currentPath = str(tmp_path / "OUT")
    panel.ui.marksPath.currentPath = str(marks)
    panel.onSearch()
    until_idle(session)
    assert "line 4, column mark: says 'bad'" in panel.ui.listMessageLabel.text
    assert not (tmp_path / "list").exists()
