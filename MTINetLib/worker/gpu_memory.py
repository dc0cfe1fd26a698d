"""Free memory of NVIDIA GPUs, asked of the driver's own tool.

Torch could tell it too, but only after it took some hundred MB of each GPU that it is asked about.
"""

from __future__ import annotations

import shutil
import subprocess

_ASKED = ["--query-gpu=uuid,memory.free", "--format=csv,noheader,nounits"]
_PATIENCE_S = 5


def free_by_gpu() -> dict[str, int]:
    """Free bytes by the GPU's UUID, without its prefix; empty where the tool is missing or fails."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    try:
        done = subprocess.run(
            [tool, *_ASKED],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=True,
            stdin=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return parse_free(done.stdout)


def parse_free(text: str) -> dict[str, int]:
    """Lines of ``GPU-<uuid>, <free MiB>``; a GPU that does not tell (``[N/A]``) is left out."""
    found = {}
    for line in text.splitlines():
        uuid, _, free = line.partition(",")
        if free.strip().isdigit():
            found[uuid.strip().removeprefix("GPU-")] = int(free) << 20
    return found
