"""For the tests of the stand-in for Slicer's desktop: Slicer's desktop, and its scene."""

from support.slicer_desktop import scene, slicer_desktop

__all__ = ["scene", "slicer_desktop"]
