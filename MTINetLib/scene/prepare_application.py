"""What the application has to know before a scene of ours is opened in it."""

from __future__ import annotations

from MTINetLib.scene.layout import register_layout
from MTINetLib.scene.scene import Scene
from MTINetLib.scene.terminology import load_terminology


def prepare_application(scene: Scene) -> None:
    """Make our layout and our lesion codes known; shows nothing, and may be called again.

    A scene that was saved in our layout opens without any view where that layout is unknown.
    """
    register_layout(scene)
    load_terminology(scene)
