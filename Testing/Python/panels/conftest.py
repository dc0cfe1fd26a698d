"""For the tests of the panels: Slicer's desktop, and its scene."""

from support.slicer_desktop import scene, slicer_desktop

__all__ = ["scene", "slicer_desktop"]
