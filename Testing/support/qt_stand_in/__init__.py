"""Slicer's desktop for tests: ``qt``, ``ctk``, widgets, ``slicer.app`` and base classes over PySide6.

The scene and ``slicer.util`` are the real ones of slicer-core. It proves the module's Python, not Slicer's
own widgets; nothing of the product may know that it exists.
"""

from __future__ import annotations

from .install import Desktop, install

__all__ = ["Desktop", "install"]
