"""Windows without a display, text on them, and their pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from MTINetLib.errors import MissingResourceError
from MTINetLib.presentation.colours import Rgb

Picture = npt.NDArray[np.uint8]

WHITE: Rgb = (1.0, 1.0, 1.0)
BACKGROUND: Rgb = (0.043, 0.055, 0.067)


def open_window(width: int, height: int, background: Rgb = (0.0, 0.0, 0.0)) -> tuple[Any, Any]:
    """An offscreen vtkRenderWindow and its one vtkRenderer."""
    import vtkmodules.vtkInteractionStyle
    import vtkmodules.vtkRenderingFreeType
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (the factories of the windows and texts below)
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    window = vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetSize(width, height)
    renderer = vtkRenderer()
    renderer.SetBackground(background)
    window.AddRenderer(renderer)
    return window, renderer


def pixels(window: Any) -> Picture:
    """Render and read back, [height, width, 3], first row on top."""
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

    window.Render()
    grabber = vtkWindowToImageFilter()
    grabber.SetInput(window)
    grabber.SetInputBufferTypeToRGB()
    grabber.ReadFrontBufferOff()
    grabber.Update()
    image = grabber.GetOutput()
    width, height, _ = image.GetDimensions()
    flat = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)
    return np.ascontiguousarray(flat[::-1]).astype(np.uint8)


def text_actor(
    text: str,
    at: tuple[float, float],
    size: int,
    colour: Rgb = WHITE,
    *,
    align: str = "Left",
    bold: bool = False,
) -> Any:
    """A text with a soft shadow at pixels from the lower left; align is Left, Centered or Right."""
    from vtkmodules.vtkRenderingCore import vtkTextActor

    actor = vtkTextActor()
    actor.SetInput(text)
    actor.SetPosition(*at)
    style = actor.GetTextProperty()
    style.SetFontFamilyToArial()
    style.SetFontSize(size)
    style.SetColor(colour)
    style.SetBold(bold)
    style.SetShadow(True)
    style.SetShadowOffset(1, -1)
    style.SetVerticalJustificationToCentered()
    getattr(style, f"SetJustificationTo{align}")()
    return actor


def write_png(path: Path, picture: Picture) -> None:
    """Write a picture [height, width, 3].

    Raises:
        MissingResourceError: the file cannot be written.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkIOImage import vtkPNGWriter

    height, width, channels = picture.shape
    image = vtkImageData()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(picture[::-1].reshape(-1, channels), deep=True))
    writer = vtkPNGWriter()
    writer.SetInputData(image)
    writer.WriteToMemoryOn()
    writer.Write()
    try:
        path.write_bytes(memoryview(writer.GetResult()))
    except OSError as error:
        raise MissingResourceError(f"{path} cannot be written: {error.strerror}.") from error
