"""Our own view layouts: the phases in two rows over a plot, with and without a 3-D view beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from MTINetLib.scene.fit_views import Points, body_points, fit_views
from MTINetLib.scene.phase_views import (
    layout_node,
    set_viewed_phases,
    show_phases,
    slice_view_name,
    view_label,
    view_node,
    viewed_phases,
)
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.slicer_core import slicer_module
from MTINetLib.study.phase import Phase

#: Slicer's own layouts end far below; extensions choose numbers of their own.
LAYOUT_ID = 6904
LAYOUT_3D_ID = 6905
OUR_LAYOUTS = (LAYOUT_ID, LAYOUT_3D_ID)
PLOT_VIEW = "MTINetPlot"
VIEW_3D = "MTINet3D"
#: Attribute of the layout node: the layout before ours, also when ours is shown a second time.
_BEFORE = "MTINet.LayoutBefore"
#: Slicer's own slice views: name, orientation, and the RAS axes that run across and up.
_USUAL_SLICES = (("Red", "Axial", 0, 1), ("Green", "Coronal", 0, 2), ("Yellow", "Sagittal", 1, 2))
_VIEW_COLOURS = {
    Phase.PRE: "#9AA5AE",
    Phase.EARLY_ARTERIAL: "#F2A541",
    Phase.ARTERIAL: "#E4572E",
    Phase.PORTAL_VENOUS: "#2E86AB",
    Phase.DELAYED: "#6A8D73",
    Phase.HEPATOBILIARY: "#8E6C8A",
}
#: Shares of the height: the images first, a quarter at most for the plot.
_IMAGES, _PLOT = 770, 230


def layout_description(scene: Scene, with_3d: bool = False) -> str:
    """The layout as Slicer's XML: two rows of axial slice views over a plot view."""
    views = [
        f'<item><view class="vtkMRMLSliceNode" singletontag="{slice_view_name(phase)}">'
        f'<property name="orientation" action="default">Axial</property>'
        f'<property name="viewlabel" action="default">{view_label(scene, phase)}</property>'
        f'<property name="viewcolor" action="default">{_VIEW_COLOURS[phase]}</property></view></item>'
        for phase in viewed_phases(scene)
    ]
    above = (len(views) + 1) // 2
    rows = "".join(
        f'<item><layout type="horizontal">{"".join(pair)}</layout></item>'
        for pair in (views[:above], views[above:])
    )
    images = f'<layout type="vertical">{rows}</layout>'
    if with_3d:
        images = (
            f'<layout type="horizontal" split="true"><item splitSize="680">{images}</item>'
            f'<item splitSize="320"><view class="vtkMRMLViewNode" singletontag="{VIEW_3D}">'
            '<property name="viewlabel" action="default">3D</property></view></item></layout>'
        )
    plot = (
        f'<item splitSize="{_PLOT}"><view class="vtkMRMLPlotViewNode" singletontag="{PLOT_VIEW}">'
        '<property name="viewlabel" action="default">P</property></view></item>'
    )
    return f'<layout type="vertical" split="true"><item splitSize="{_IMAGES}">{images}</item>{plot}</layout>'


def register_layout(scene: Scene) -> int:
    """Make the layouts known to the scene's layout node; give the number without 3-D. Shows nothing."""
    node = layout_node(scene)
    for number, with_3d in ((LAYOUT_ID, False), (LAYOUT_3D_ID, True)):
        description = layout_description(scene, with_3d)
        if not node.IsLayoutDescription(number):
            node.AddLayoutDescription(number, description)
        elif node.GetLayoutDescription(number) != description:  # of an older version, in a saved scene
            node.SetLayoutDescription(number, description)
    return LAYOUT_ID


def layout_is_shown(scene: Scene) -> bool:
    """Whether the views stand in a layout of ours now."""
    return layout_in_use(scene) in OUR_LAYOUTS


def turn_to_layout(scene: Scene, with_3d: bool = False) -> int:
    """Turn to our layout; what its views show is not changed.

    Returns:
        The number of the layout that the user had before ours, to give it back with :func:`restore_layout`.
    """
    node = layout_node(scene)
    if node.GetViewArrangement() not in OUR_LAYOUTS:
        node.SetAttribute(_BEFORE, str(node.GetViewArrangement()))
    # A scene that was opened while ours was on forgets the one before.
    before = int(node.GetAttribute(_BEFORE) or slicer_module().vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    register_layout(scene)
    node.SetViewArrangement(LAYOUT_3D_ID if with_3d else LAYOUT_ID)
    return before


def show_chart(scene: Scene, chart: Any) -> None:
    """Show a vtkMRMLPlotChartNode, or None, in our plot view."""
    view = view_node(scene, "vtkMRMLPlotViewNode", PLOT_VIEW)
    view.SetLayoutName(PLOT_VIEW)
    view.SetDoPropagatePlotChartSelection(False)
    view.SetPlotChartNodeID(None if chart is None else chart.GetID())


def show_layout(scene: Scene, volumes: Mapping[Phase, Any], chart: Any, reference: Any = None) -> int:
    """Turn to the layout, with each phase in its view and the chart in the plot view.

    The views are linked to each other and to no view of the user. Views that showed these slices before
    keep their place; the others show the body. Call :func:`fit_views` when they have their final size.

    Args:
        volumes: of each phase that gets a view, in the order of time.
        reference: the volume whose slices all views follow; None: each its own volume's.

    Returns:
        As :func:`turn_to_layout`.
    """
    set_viewed_phases(scene, tuple(volumes))
    before = turn_to_layout(scene)
    show_chart(scene, chart)
    if show_phases(scene, volumes, reference):
        points: Points = body_points(next(iter(volumes.values())) if reference is None else reference)
        fit_views(scene, points)
    return before


def show_usual_layout(scene: Scene, volume: Any, chart: Any, centre_ras: Sequence[float]) -> None:
    """Turn to Slicer's own layout of three slices and a plot, for a scene that others open without MTINet.

    Args:
        centre_ras: where the three slices meet, mm.
    """
    bounds = [0.0] * 6
    volume.GetRASBounds(bounds)
    extent = [bounds[2 * axis + 1] - bounds[2 * axis] for axis in range(3)]
    for tag, orientation, across, up in _USUAL_SLICES:
        composite = view_node(scene, "vtkMRMLSliceCompositeNode", tag)
        composite.SetLayoutName(tag)
        composite.SetBackgroundVolumeID(volume.GetID())
        node = view_node(scene, "vtkMRMLSliceNode", tag)
        node.SetLayoutName(tag)
        node.SetOrientation(orientation)
        node.JumpSliceByCentering(*centre_ras)
        side = 1.1 * max(extent[across], extent[up])
        node.SetFieldOfView(side, side, 1.0)
    plot_view = view_node(scene, "vtkMRMLPlotViewNode", "PlotView1")
    plot_view.SetLayoutName("PlotView1")
    plot_view.SetPlotChartNodeID(chart.GetID())
    usual = slicer_module().vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView
    layout_node(scene).SetViewArrangement(usual)


def layout_in_use(scene: Scene) -> int:
    """The number of the layout that is shown."""
    return int(layout_node(scene).GetViewArrangement())


def restore_layout(scene: Scene, before: int) -> None:
    """Give the user's own layout back."""
    layout_node(scene).SetViewArrangement(before)
