"""The lesions in three dimensions, coloured by class, in a translucent body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from MTINetLib.presentation.colours import Rgb
from MTINetLib.presentation.liver_words import liver_in_words
from MTINetLib.scene.pictures.canvas import BACKGROUND, Picture, open_window, pixels, text_actor
from MTINetLib.scene.pictures.context import body_surface, liver_surface, own_surface
from MTINetLib.scene.segmentation import SegmentedLesion, read_lesions
from MTINetLib.scene.show import ShownStudy
from MTINetLib.study.phase import usual_reference

_SIZE = (1200, 900)
_SKIN: Rgb = (0.80, 0.72, 0.66)
_LIVER: Rgb = (0.70, 0.36, 0.32)


def draw_3d(shown: ShownStudy) -> Picture:
    """Lesions, the liver (an estimate where it is not known) and the skin, from the front; [900, 1200, 3]."""
    window, renderer = open_window(*_SIZE, background=BACKGROUND)
    renderer.SetBackground2(0.12, 0.15, 0.18)
    renderer.GradientBackgroundOn()
    renderer.SetUseDepthPeeling(True)
    renderer.SetMaximumNumberOfPeels(6)
    window.SetAlphaBitPlanes(1)
    window.SetMultiSamples(0)  # depth peeling draws nothing over a multi-sampled window
    renderer.UseFXAAOn()
    portal = shown.results.by_phase[usual_reference(shown.results.phases)]
    renderer.AddViewProp(_surface(body_surface(portal), _SKIN, 0.13))
    lesions = read_lesions(shown.segmentation, shown.reference)
    node = shown.results.liver
    liver = (
        liver_surface(shown.volumes, [lesion.mask for lesion in lesions])
        if node is None
        else own_surface(node)
    )
    if liver is not None:
        renderer.AddViewProp(_surface(liver, _LIVER, 0.28))
    shown.segmentation.CreateClosedSurfaceRepresentation()
    for lesion in lesions:
        renderer.AddViewProp(_surface(_closed_surface(shown.segmentation, lesion), lesion.colour, 1.0))
    _add_legend(renderer, lesions, _liver_note(shown, liver is not None))
    _look_from_the_front(renderer, liver)
    _add_orientation(window, renderer)
    picture = pixels(window)
    window.Finalize()
    return picture


def _closed_surface(segmentation: Any, lesion: SegmentedLesion) -> Any:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    surface = vtkPolyData()
    segmentation.GetClosedSurfaceRepresentation(lesion.segment_id, surface)
    return surface


def _surface(data: Any, colour: Rgb, opacity: float) -> Any:
    from vtkmodules.vtkFiltersCore import vtkPolyDataNormals
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    normals = vtkPolyDataNormals()
    normals.SetInputData(data)
    normals.SplittingOff()
    mapper = vtkPolyDataMapper()
    mapper.SetInputConnection(normals.GetOutputPort())
    mapper.ScalarVisibilityOff()
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetColor(*colour)
    look.SetOpacity(opacity)
    look.SetAmbient(0.15)
    look.SetDiffuse(0.8)
    look.SetSpecular(0.25 if opacity == 1 else 0.05)
    look.SetSpecularPower(30)
    return actor


def _look_from_the_front(renderer: Any, liver: Any | None) -> None:
    """From anterior, a little from the patient's right and above: RAS +y is anterior, +z superior."""
    bounds = liver.GetBounds() if liver is not None else renderer.ComputeVisiblePropBounds()
    camera = renderer.GetActiveCamera()
    camera.SetFocalPoint(0, 0, 0)
    camera.SetPosition(0.35, 1.0, 0.28)
    camera.SetViewUp(0, 0, 1)
    camera.SetViewAngle(24)
    renderer.ResetCamera(bounds)
    camera.Dolly(0.92 if liver is not None else 1.3)
    renderer.ResetCameraClippingRange()


def _liver_note(shown: ShownStudy, drawn: bool) -> str:
    if not drawn:
        return ""
    known = shown.findings.liver
    return "Liver estimated for orientation only. " if known is None else f"{liver_in_words(known)}. "


def _add_legend(renderer: Any, lesions: Sequence[SegmentedLesion], liver: str) -> None:
    height = _SIZE[1]
    for row, lesion in enumerate(lesions[:12]):
        at = (24.0, height - 34.0 - 30 * row)
        renderer.AddViewProp(text_actor(lesion.name, at, 22, lesion.colour, bold=True))
    if not lesions:
        renderer.AddViewProp(text_actor("No lesion found", (24.0, height - 34.0), 22))
    note = f"{liver}MTI-Net, research use only"
    renderer.AddViewProp(text_actor(note, (_SIZE[0] - 20.0, 22.0), 16, (0.62, 0.66, 0.7), align="Right"))


def _add_orientation(window: Any, renderer: Any) -> None:
    """A small labelled cube in the corner that turns with the camera."""
    from vtkmodules.vtkRenderingAnnotation import vtkAnnotatedCubeActor
    from vtkmodules.vtkRenderingCore import vtkRenderer

    cube = vtkAnnotatedCubeActor()
    for side, letter in _CUBE.items():
        getattr(cube, f"Set{side}FaceText")(letter)
    cube.SetFaceTextScale(0.6)
    cube.GetCubeProperty().SetColor(0.36, 0.42, 0.48)
    cube.GetTextEdgesProperty().SetColor(0.1, 0.12, 0.14)
    for side in _CUBE:
        getattr(cube, f"Get{side}FaceProperty")().SetColor(0.95, 0.95, 0.95)
    cube.SetZFaceTextRotation(90)
    corner = vtkRenderer()
    corner.SetViewport(0.86, 0.80, 1.0, 1.0)
    corner.SetLayer(1)
    corner.InteractiveOff()
    window.SetNumberOfLayers(2)
    window.AddRenderer(corner)
    corner.AddViewProp(cube)
    main, camera = renderer.GetActiveCamera(), corner.GetActiveCamera()
    camera.SetPosition(main.GetDirectionOfProjection())
    camera.SetPosition(*[-value for value in camera.GetPosition()])
    camera.SetFocalPoint(0, 0, 0)
    camera.SetViewUp(main.GetViewUp())
    corner.ResetCamera()


# faces of the cube along +x, -x, +y ... in RAS
_CUBE = {"XPlus": "R", "XMinus": "L", "YPlus": "A", "YMinus": "P", "ZPlus": "S", "ZMinus": "I"}
