"""Our slice views, one a phase: each shows its phase, or nothing, and its title says no more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from MTINetLib.presentation.words import phase_title
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import PHASES_UNTIL_TOLD, Phase, in_order_of_time

#: Name of the orientation that follows a volume's own slices. Slicer cannot read a view back whose
#: orientation has no name.
ACQUIRED = "Acquired"
#: Links and crosshair jumps stay inside a view group; the user's views are in group 0.
_VIEW_GROUP = 6904
#: Attribute of a slice view: ID of the volume whose slices it was put on.
_PLACED = "MTINet.SlicesOf"
#: Attribute of the layout node: the phases that have a view, by their values.
_VIEWED = "MTINet.ViewedPhases"


def viewed_phases(scene: Scene) -> tuple[Phase, ...]:
    """The phases that have a view in our layout, also after the scene was opened again."""
    words = str(layout_node(scene).GetAttribute(_VIEWED) or "").split()
    found = in_order_of_time(phase for phase in Phase if phase.value in words)
    return found or PHASES_UNTIL_TOLD


def set_viewed_phases(scene: Scene, phases: Sequence[Phase]) -> None:
    """Give these phases a view each; ``layout.register_layout`` makes the layout follow."""
    layout_node(scene).SetAttribute(_VIEWED, " ".join(phase.value for phase in phases))


def layout_node(scene: Scene) -> Any:
    """The scene's layout node."""
    node = scene.mrml.GetFirstNodeByClass("vtkMRMLLayoutNode")
    return node if node is not None else scene.mrml.AddNewNodeByClass("vtkMRMLLayoutNode")


def view_label(scene: Scene, phase: Phase) -> str:
    """Title of a view that does not show its phase: its number."""
    return str(viewed_phases(scene).index(phase) + 1)


def slice_view_name(phase: Phase) -> str:
    """Layout name of a phase's slice view, such as ``MTINetArterial``."""
    return "MTINet" + "".join(part.capitalize() for part in phase.value.split("_"))


def show_phases(scene: Scene, volumes: Mapping[Phase, Any], reference: Any = None) -> bool:
    """Show each phase in its own view; a view without a phase is empty and has no title.

    A view that was on the reference's slices before stays where it is.

    Args:
        volumes: volume nodes by phase.
        reference: the volume whose slices all views follow; None: each its own volume's.

    Returns:
        Whether a view was put on other slices, so that it has to be fitted.
    """
    moved = False
    for phase in viewed_phases(scene):
        volume = volumes.get(phase)
        composite = _composite(scene, phase)
        composite.SetDoPropagateVolumeSelection(False)  # a phase stays in its view, whatever is loaded
        composite.SetBackgroundVolumeID(None if volume is None else volume.GetID())
        composite.SetForegroundVolumeID(None)
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
        slice_node = slice_view(scene, phase)
        slice_node.SetViewGroup(_VIEW_GROUP)
        if volume is not None:
            moved = _put_on_slices(slice_node, volume if reference is None else reference) or moved
    title_views(scene, volumes)
    return moved


def title_views(scene: Scene, volumes: Mapping[Phase, Any]) -> None:
    """Let each title say what is seen: the phase where its own volume is shown, otherwise a number."""
    for phase in viewed_phases(scene):
        name = slice_view_name(phase)
        node = scene.mrml.GetSingletonNode(name, "vtkMRMLSliceNode")
        composite = scene.mrml.GetSingletonNode(name, "vtkMRMLSliceCompositeNode")
        if node is None or composite is None:
            continue
        volume = volumes.get(phase)
        own = volume is not None and composite.GetBackgroundVolumeID() == volume.GetID()
        title = phase_title(phase) if own else view_label(scene, phase)
        if node.GetLayoutLabel() != title:
            node.SetLayoutLabel(title)


def slice_view(scene: Scene, phase: Phase) -> Any:
    """The vtkMRMLSliceNode of a phase's view."""
    node = view_node(scene, "vtkMRMLSliceNode", slice_view_name(phase))
    node.SetLayoutName(slice_view_name(phase))
    return node


def view_volume_id(scene: Scene, phase: Phase) -> str | None:
    """ID of the volume in a phase's view."""
    volume_id = _composite(scene, phase).GetBackgroundVolumeID()
    return None if volume_id is None else str(volume_id)


def view_node(scene: Scene, class_name: str, tag: str) -> Any:
    """The view node that the layout made, or the same one made here when no window made it."""
    node = scene.mrml.GetSingletonNode(tag, class_name)
    if node is not None:
        return node
    node = scene.mrml.CreateNodeByClass(class_name)
    node.UnRegister(None)
    node.SetSingletonTag(tag)
    return scene.mrml.AddNode(node)


def _composite(scene: Scene, phase: Phase) -> Any:
    node = view_node(scene, "vtkMRMLSliceCompositeNode", slice_view_name(phase))
    node.SetLayoutName(slice_view_name(phase))
    return node


def _put_on_slices(node: Any, volume: Any) -> bool:
    """Turn a view to a volume's slices: to where the view was, if that is inside, or to the middle one."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    before = node.GetAttribute(_PLACED)
    if before == volume.GetID():
        return False
    _turn_axial(node)
    node.RotateToVolumePlane(volume)
    _name_orientation(node)
    to_ras, from_ras = node.GetSliceToRAS(), vtkMatrix4x4()
    vtkMatrix4x4.Invert(to_ras, from_ras)
    bounds = [0.0] * 6
    volume.GetSliceBounds(bounds, from_ras)
    x, y, z = ((bounds[2 * axis] + bounds[2 * axis + 1]) / 2 for axis in range(3))
    if before is not None and bounds[4] <= 0.0 <= bounds[5]:
        z = 0.0
    node.JumpSliceByCentering(*to_ras.MultiplyPoint((x, y, z, 1.0))[:3])
    node.SetAttribute(_PLACED, volume.GetID())
    return True


def _turn_axial(node: Any) -> None:
    """As radiologists look: the patient's left on the right, the front up. A new node is a mirror image."""
    from vtkmodules.vtkCommonMath import vtkMatrix3x3

    axial = vtkMatrix3x3()
    node.GetAxialSliceToRASMatrix(axial)
    for row in range(3):
        for column in range(3):
            node.GetSliceToRAS().SetElement(row, column, axial.GetElement(row, column))
    node.UpdateMatrices()


def _name_orientation(node: Any) -> None:
    from vtkmodules.vtkCommonMath import vtkMatrix3x3

    turned = vtkMatrix3x3()
    for row in range(3):
        for column in range(3):
            turned.SetElement(row, column, node.GetSliceToRAS().GetElement(row, column))
    if node.HasSliceOrientationPreset(ACQUIRED):
        node.RemoveSliceOrientationPreset(ACQUIRED)
    if not node.GetSliceOrientationPresetName(turned):
        node.AddSliceOrientationPreset(ACQUIRED, turned)
    node.UpdateMatrices()
