"""torchvision beside a torch that it was not compiled for: each case in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# As the real package does it: its operators' schemas are looked up while it is imported.
BROKEN = """
import torch
import torchvision._meta
"""
META = """
import torch

@torch.library.register_fake("torchvision::nms")
def nms(dets, scores, iou_threshold):
    return dets
"""


def run(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write_torchvision(folder: Path, init: str) -> None:
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(init, encoding="utf-8")
    (package / "_meta.py").write_text(META, encoding="utf-8")


ASK = "from MTINetLib.network.torchvision_operators import declare_missing_operators as declare;"


def test_a_torchvision_without_its_operators_can_be_imported_after_they_are_declared(tmp_path: Path) -> None:
    write_torchvision(tmp_path, BROKEN)
    assert run(tmp_path, ASK + "print(declare(), declare()); import torchvision") == "True False"


def test_the_same_torchvision_cannot_be_imported_without_that(tmp_path: Path) -> None:
    write_torchvision(tmp_path, BROKEN)
    program = "try:\n import torchvision\nexcept RuntimeError as error:\n print('nms' in str(error))"
    assert run(tmp_path, program) == "True"


def test_a_torchvision_that_works_is_left_alone(tmp_path: Path) -> None:
    write_torchvision(tmp_path, "")
    assert run(tmp_path, ASK + "print(declare())") == "False"
