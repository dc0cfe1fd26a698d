"""The stand-in answers as PythonQt does, and refuses what PythonQt refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.panel_pictures import grab

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0"><class>Panel</class>
<widget class="ctkCollapsibleButton" name="Panel">
 <property name="text"><string>Study</string></property>
 <layout class="QVBoxLayout" name="column">
  <item><widget class="qMRMLNodeComboBox" name="preSelector">
    <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
    <property name="noneEnabled"><bool>true</bool></property>
    <property name="SlicerParameterName" stdset="0"><string>phases.pre</string></property></widget></item>
  <item><widget class="QLineEdit" name="nameEdit">
    <property name="SlicerParameterName" stdset="0"><string>reader</string></property></widget></item>
  <item><widget class="QCheckBox" name="relativeBox">
    <property name="text"><string>Relative</string></property>
    <property name="SlicerParameterName" stdset="0"><string>relative</string></property></widget></item>
  <item><widget class="ctkPathLineEdit" name="folderEdit"/></item>
  <item><widget class="QPushButton" name="goButton">
    <property name="text"><string>Go</string></property></widget></item>
 </layout>
</widget>
<customwidgets>
 <customwidget><class>ctkCollapsibleButton</class><extends>QWidget</extends><header>ctkCollapsibleButton.h</header>
  <container>1</container></customwidget>
 <customwidget><class>qMRMLNodeComboBox</class><extends>QWidget</extends><header>qMRMLNodeComboBox.h</header></customwidget>
 <customwidget><class>ctkPathLineEdit</class><extends>QWidget</extends><header>ctkPathLineEdit.h</header></customwidget>
</customwidgets>
</ui>"""


def load_panel(desktop: Any, tmp_path: Path) -> tuple[Any, Any]:
    path = tmp_path / "Panel.ui"
    path.write_text(UI)
    widget = desktop.slicer.util.loadUI(str(path))
    return widget, desktop.slicer.util.childWidgetVariables(widget)


def choices_class(slicer: Any) -> Any:
    from slicer.parameterNodeWrapper import parameterNodeWrapper, parameterPack

    class Phases:
        pre: slicer.vtkMRMLScalarVolumeNode
        late: slicer.vtkMRMLScalarVolumeNode

    class Choices:
        phases: Phases
        reader: str
        relative: bool = False
        number: int = 3

    # Annotations of local classes are texts that nobody could look up.
    Phases.__annotations__ = dict.fromkeys(("pre", "late"), slicer.vtkMRMLScalarVolumeNode)
    pack = parameterPack(Phases)
    Choices.__annotations__ = {"phases": pack, "reader": str, "relative": bool, "number": int}
    return parameterNodeWrapper(Choices)


def parameter_node(slicer: Any) -> Any:
    from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

    class ChoicesLogic(ScriptedLoadableModuleLogic):
        pass

    return ChoicesLogic().getParameterNode()


def test_properties_are_attributes_and_not_methods(slicer_desktop: Any) -> None:
    import qt

    button = qt.QPushButton("Go")
    button.text = "Stop"
    button.setEnabled(False)
    assert (button.text, button.enabled, button.checkable) == ("Stop", False, False)
    with pytest.raises(TypeError):
        button.text()
    table = qt.QTableWidget()
    table.rowCount = 3
    assert table.rowCount == 3
    timer = qt.QTimer()
    timer.singleShot = True
    timer.start(1000)
    assert timer.active
    assert timer.interval == 1000


def test_keywords_and_unknown_attributes_are_refused(slicer_desktop: Any) -> None:
    import qt

    with pytest.raises(TypeError, match="keyword"):
        qt.QPushButton("Go", checkable=True)
    label = qt.QLabel("words")
    with pytest.raises(AttributeError, match="colour"):
        label.colour = 3
    with pytest.raises(AttributeError, match="method"):
        label.setText = 3
    with pytest.raises(AttributeError):
        label.noSuchThing()


def test_signals_are_connected_by_name_and_give_as_many_values_as_the_function_takes(
    slicer_desktop: Any,
) -> None:
    import qt

    seen: list[Any] = []
    button = qt.QPushButton("Go")
    button.checkable = True
    button.connect("clicked()", lambda: seen.append("clicked"))
    button.connect("toggled(bool)", seen.append)
    button.connect("clicked(bool)", lambda: seen.append("none"))
    button.click()
    assert sorted(map(str, seen)) == ["True", "clicked", "none"]
    button.disconnect("toggled(bool)", seen.append)
    seen.clear()
    button.click()
    assert False not in seen
    with pytest.raises(ValueError, match="no signal"):
        button.connect("pressed(int)", print)
    box = qt.QComboBox()
    box.addItems(["a", "b"])
    box.connect("currentIndexChanged(int)", seen.append)
    box.currentIndex = 1
    assert seen[-1] == 1
    edit = qt.QLineEdit()
    edit.connect("textChanged(QString)", seen.append)
    edit.text = "é"
    assert seen[-1] == "é"


def test_what_a_slot_raises_is_kept_for_the_fixture(slicer_desktop: Any) -> None:
    import qt

    def wrong() -> None:
        raise RuntimeError("a slot went wrong")

    button = qt.QPushButton("Go")
    button.connect("clicked()", wrong)
    button.click()
    qt.QTimer.singleShot(0, wrong)
    slicer_desktop.wait_until(lambda: len(slicer_desktop.errors) == 2)
    assert all("a slot went wrong" in text for text in slicer_desktop.errors)
    slicer_desktop.errors.clear()


def test_questions_take_the_prepared_answer_and_errors_are_recorded(slicer_desktop: Any) -> None:
    slicer = slicer_desktop.slicer
    slicer_desktop.popups.answers[:] = [True, False, "/somewhere"]
    assert slicer.util.confirmYesNoDisplay("Delete it?")
    assert not slicer.util.confirmOkCancelDisplay("Delete it?")
    import qt

    assert qt.QFileDialog.getExistingDirectory(None, "Folder") == "/somewhere"
    with pytest.raises(AssertionError, match="no answer"):
        slicer.util.confirmYesNoDisplay("And this?")
    slicer.util.errorDisplay("The disk is full")
    assert [popup.text for popup in slicer_desktop.unexpected_popups()] == ["The disk is full"]
    slicer_desktop.popups.expect("disk is full")
    assert not slicer_desktop.unexpected_popups()


def test_a_node_box_follows_the_scene(slicer_desktop: Any) -> None:
    slicer = slicer_desktop.slicer
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    box.noneEnabled = True
    seen: list[Any] = []
    box.connect("currentNodeChanged(vtkMRMLNode*)", seen.append)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Liver")
    assert box.nodeCount() == 0
    box.setMRMLScene(slicer.mrmlScene)
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
    assert (box.nodeCount(), box.currentNode()) == (1, None)
    box.setCurrentNode(node)
    assert box.currentNode() is node
    assert box.currentNodeID == node.GetID()
    slicer.mrmlScene.RemoveNode(node)
    assert box.currentNode() is None
    assert seen == [node, None]
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Second")
    box.noneEnabled = False
    assert box.currentNode().GetName() == "Second"
    box.setMRMLScene(None)


def test_designer_files_bind_to_the_parameter_node_by_name(slicer_desktop: Any, tmp_path: Path) -> None:
    slicer = slicer_desktop.slicer
    widget, ui = load_panel(slicer_desktop, tmp_path)
    ui.preSelector.setMRMLScene(slicer.mrmlScene)
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Pre")
    choices = choices_class(slicer)(parameter_node(slicer))
    widgets = {"phases.pre": ui.preSelector, "reader": ui.nameEdit, "relative": ui.relativeBox}
    tag = choices.connectParametersToGui(widgets)
    ui.preSelector.setCurrentNode(volume)
    ui.nameEdit.text = "R. R."
    ui.relativeBox.checked = True
    assert choices.phases.pre is volume
    assert (choices.reader, choices.relative, choices.number) == ("R. R.", True, 3)
    choices.reader = "other"
    choices.phases.pre = None
    assert ui.nameEdit.text == "other"
    assert ui.preSelector.currentNode() is None
    choices.disconnectGui(tag)
    ui.nameEdit.text = "unheard"
    assert choices.reader == "other"
    with pytest.raises(TypeError, match="type"):
        choices.number = "four"
    assert choices.connectGui(ui) is None
    ui.nameEdit.text = "by property"
    assert choices.reader == "by property"
    ui.goButton.setProperty("SlicerParameterName", "number")
    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        choices.connectGui(ui)
    choices.parameterNode.RemoveAllObservers()  # it outlives the scene, and connectGui cannot be undone
    widget.delete()


def test_choices_survive_a_saved_scene(slicer_desktop: Any, tmp_path: Path) -> None:
    slicer = slicer_desktop.slicer
    class_ = choices_class(slicer)
    choices = class_(parameter_node(slicer))
    choices.phases.late = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Late")
    choices.number = 7
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    again = class_(parameter_node(slicer))
    assert again.number == 7
    assert again.phases.late.GetName() == "Late"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('name="noneEnabled"', 'name="noneEnable"', "noneEnable"),
        ('class="QCheckBox"', 'class="qMRMLNoSuchWidget"', "qMRMLNoSuchWidget"),
    ],
)
def test_designer_files_may_not_name_what_is_not_there(
    slicer_desktop: Any, tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    path = tmp_path / "Wrong.ui"
    path.write_text(UI.replace(right, wrong))
    with pytest.raises((ValueError, RuntimeError), match=told):
        slicer_desktop.slicer.util.loadUI(str(path))


def test_a_panel_can_be_pictured_and_folded(slicer_desktop: Any, tmp_path: Path) -> None:
    widget, ui = load_panel(slicer_desktop, tmp_path)
    open_picture = grab(widget, tmp_path / "open.png")
    from PySide6.QtGui import QImage

    tall = QImage(str(open_picture)).height()
    assert ui.goButton.visible
    widget.collapsed = True
    assert not ui.goButton.visible
    assert QImage(str(grab(widget, tmp_path / "folded.png"))).height() < tall
    widget.collapsed = False
    assert ui.goButton.visible
    widget.delete()
