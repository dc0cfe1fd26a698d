"""Whether this machine can render, asked in a child process: VTK without OpenGL ends the whole process."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

from MTINetLib.scene.slicer_core import prefer_windows_without_display

#: Debian and Ubuntu packages that give OpenGL without a display.
DEBIAN_PACKAGES = ("libegl1", "libgl1-mesa-dri")

_PROBE = """
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
import vtkmodules.vtkRenderingOpenGL2
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(16, 16)
window.AddRenderer(vtkRenderer())
window.Render()
raise SystemExit(0 if window.SupportsOpenGL() else 3)
"""


@lru_cache(maxsize=1)
def rendering_is_possible() -> tuple[bool, str]:
    """Whether VTK can render here, and a sentence for people that says why not and what helps."""
    prefer_windows_without_display()
    try:
        code = subprocess.run(
            [sys.executable, "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        code = -1
    if code == 0:
        return True, "Pictures can be rendered."
    packages = " ".join(DEBIAN_PACKAGES)
    return False, (
        "Pictures cannot be rendered, because OpenGL is missing: "
        f"on Debian or Ubuntu, apt-get install {packages}."
    )
