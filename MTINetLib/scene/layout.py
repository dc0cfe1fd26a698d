"""Our own view layout: the four phases two by two, a plot below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MTINetLib.report.words import phase_title
from MTINetLib.scene.slicer_core import application_logic, slicer_module
from MTINetLib.study.phase import PHASES, Phase

#: Slicer's own layouts end far below; extensions choose a number of their own.
LAYOUT_ID = 6904
PLOT_VIEW = "MTINetPlot"
#: Attribute of the layout node: the layout before ours, also when ours is shown a second time.
_BEFORE = "MTINet.LayoutBefore"
#: Links and crosshair jumps stay inside a view group; the user's views are in group 0.
_VIEW_GROUP = 6904
_LABELS = {Phase.PRE: "1", Phase.ARTERIAL: "2", Phase.PORTAL_VENOUS: "3", Phase.DELAYED: "4"}
#: Slicer's own slice views: name, orientation, and the RAS axes that run across and up.
_USUAL_SLICES = (("Red", "Axial", 0, 1), ("Green", "Coronal", 0, 2), ("Yellow", "Sagittal", 1, 2))
_VIEW_COLOURS = ("#9AA5AE", "#E4572E", "#2E86AB", "#6A8D73")


def slice_view_name(phase: Phase) -> str:
    """Layout name of a phase's slice view, such as ``MTINetArterial``."""
    return "MTINet" + "".join(part.capitalize() for part in phase.value.split("_"))


def layout_description() -> str:
    """The layout as Slicer's XML: two rows of two axial slice views over a plot view."""
    views = [
        f'<item><view class="vtkMRMLSliceNode" singletontag="{slice_view_name(phase)}">'
        f'<property name="orientation" action="default">Axial</property>'
        f'<property name="viewlabel" action="default">{_LABELS[phase]}</property>'
        f'<property name="viewcolor" action="default">{colour}</property></view></item>'
        for phase, colour in zip(PHASES, _VIEW_COLOURS, strict=True)
    ]
    rows = "".join(
        f'<item><layout type="horizontal">{"".join(pair)}</layout></item>' for pair in (views[:2], views[2:])
    )
    plot = (
        f'<item splitSize="300"><view class="vtkMRMLPlotViewNode" singletontag="{PLOT_VIEW}">'
        '<property name="viewlabel" action="default">P</property></view></item>'
    )
    return (
        '<layout type="vertical" split="true">'
        f'<item splitSize="700"><layout type="vertical">{rows}</layout></item>{plot}</layout>'
    )


def register_layout() -> int:
    """Make the layout known to the scene's layout node; give its number. Shows nothing."""
    node = _layout_node()
    if not node.IsLayoutDescription(LAYOUT_ID):
        node.AddLayoutDescription(LAYOUT_ID, layout_description())
    elif (
        node.GetLayoutDescription(LAYOUT_ID) != layout_description()
    ):  # of an older version, in a saved scene
        node.SetLayoutDescription(LAYOUT_ID, layout_description())
    return LAYOUT_ID


def layout_is_shown() -> bool:
    """Whether the views stand in our layout now."""
    return bool(_layout_node().GetViewArrangement() == LAYOUT_ID)


def show_layout(volumes: tuple[Any, Any, Any, Any], chart: Any, reference: Any = None) -> int:
    """Turn to the layout, with each phase in its view and the chart in the plot view.

    The views are linked to each other and to no view of the user; call :func:`fit_views` when they have
    their final size.

    Args:
        reference: the volume whose slices all four views follow; None: each its own volume's.

    Returns:
        The number of the layout that the user had before ours, to give it back with :func:`restore_layout`.
    """
    slicer = slicer_module()
    scene, node = slicer.mrmlScene, _layout_node()
    if node.GetViewArrangement() != LAYOUT_ID:
        node.SetAttribute(_BEFORE, str(node.GetViewArrangement()))
    # A scene that was cleared or opened while ours was on forgets the one before.
    before = int(node.GetAttribute(_BEFORE) or slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    node.SetViewArrangement(register_layout())
    for phase, volume in zip(PHASES, volumes, strict=True):
        composite = _singleton(scene, "vtkMRMLSliceCompositeNode", slice_view_name(phase))
        composite.SetLayoutName(slice_view_name(phase))
        composite.SetDoPropagateVolumeSelection(False)  # a phase stays in its view, whatever is loaded
        composite.SetBackgroundVolumeID(volume.GetID())
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
        slice_node = _singleton(scene, "vtkMRMLSliceNode", slice_view_name(phase))
        slice_node.SetLayoutName(slice_view_name(phase))
        slice_node.SetLayoutLabel(phase_title(phase))
        slice_node.SetViewGroup(_VIEW_GROUP)
        slice_node.RotateToVolumePlane(volume if reference is None else reference)
    plot_view = _singleton(scene, "vtkMRMLPlotViewNode", PLOT_VIEW)
    plot_view.SetLayoutName(PLOT_VIEW)
    plot_view.SetDoPropagatePlotChartSelection(False)
    plot_view.SetPlotChartNodeID(chart.GetID())
    for _, logic in _slice_logics():
        logic.FitSliceToBackground()
    return before


def fit_views() -> None:
    """Let each phase fill its view, on the slice that it shows; nothing happens where no window is.

    Slicer gives new views their size only when it handles its events, so this is to be called once more
    after the layout was turned to.
    """
    for node, logic in _slice_logics():
        offset = node.GetSliceOffset()
        logic.FitSliceToBackground()
        node.SetSliceOffset(offset)


def show_usual_layout(volume: Any, chart: Any, centre_ras: Sequence[float]) -> None:
    """Turn to Slicer's own layout of three slices and a plot, for a scene that others open without MTINet.

    Args:
        centre_ras: where the three slices meet, mm.
    """
    slicer = slicer_module()
    scene = slicer.mrmlScene
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    extent = [bounds[2 * axis + 1] - bounds[2 * axis] for axis in range(3)]
    for tag, orientation, across, up in _USUAL_SLICES:
        composite = _singleton(scene, "vtkMRMLSliceCompositeNode", tag)
        composite.SetLayoutName(tag)
        composite.SetBackgroundVolumeID(volume.GetID())
        node = _singleton(scene, "vtkMRMLSliceNode", tag)
        node.SetLayoutName(tag)
        node.SetOrientation(orientation)
        node.JumpSliceByCentering(*centre_ras)
        side = 1.1 * max(extent[across], extent[up])
        node.SetFieldOfView(side, side, 1.0)
    plot_view = _singleton(scene, "vtkMRMLPlotViewNode", "PlotView1")
    plot_view.SetLayoutName("PlotView1")
    plot_view.SetPlotChartNodeID(chart.GetID())
    _layout_node().SetViewArrangement(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView)


def layout_in_use() -> int:
    """The number of the layout that is shown."""
    return int(_layout_node().GetViewArrangement())


def restore_layout(before: int) -> None:
    """Give the user's own layout back."""
    _layout_node().SetViewArrangement(before)


def _slice_logics() -> list[tuple[Any, Any]]:
    """Slice node and logic of those of our views that a window shows."""
    scene, application = slicer_module().mrmlScene, application_logic()
    nodes = [scene.GetSingletonNode(slice_view_name(phase), "vtkMRMLSliceNode") for phase in PHASES]
    found = [(node, application.GetSliceLogic(node)) for node in nodes if node is not None]
    return [(node, logic) for node, logic in found if logic is not None]


def _layout_node() -> Any:
    scene = slicer_module().mrmlScene
    node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    return node if node is not None else scene.AddNewNodeByClass("vtkMRMLLayoutNode")


def _singleton(scene: Any, class_name: str, tag: str) -> Any:
    """The view node that the layout made, or the same one made here when no window made it."""
    node = scene.GetSingletonNode(tag, class_name)
    if node is not None:
        return node
    node = scene.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetSingletonTag(tag)
    return scene.AddNode(node)
