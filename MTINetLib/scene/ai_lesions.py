"""The AI's own lesions, kept hidden beside the corrected ones, to compare and to go back to."""

from __future__ import annotations

from typing import Any

from MTINetLib.scene.segmentation import empty_segmentation

NAME = "AI lesions"
#: Outlines of the comparison: magenta, which no class has and which is seen on dark and bright tissue.
_COLOUR = (1.0, 0.3, 0.85)


def empty_ai_segmentation(reference_volume: Any) -> Any:
    """The hidden segmentation node for the AI's lesions, without segments yet."""
    node = empty_segmentation(NAME, reference_volume)
    node.GetDisplayNode().SetVisibility(False)
    return node


def show_ai_lesions(ai_segmentation: Any, shown: bool) -> None:
    """Show the AI's lesions as thin magenta outlines over the corrected ones, or hide them."""
    display = ai_segmentation.GetDisplayNode()
    if display is None:
        ai_segmentation.CreateDefaultDisplayNodes()
        display = ai_segmentation.GetDisplayNode()
    was = display.StartModify()
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(True)
    display.SetVisibility3D(False)
    display.SetSliceIntersectionThickness(1)
    inner = ai_segmentation.GetSegmentation()
    for index in range(inner.GetNumberOfSegments()):
        display.SetSegmentOverrideColor(inner.GetNthSegmentID(index), *_COLOUR)
    display.SetVisibility(shown)
    display.EndModify(was)
