"""Let torchvision be imported beside a PyTorch build that it was not compiled for.

A torchvision with CUDA operators over a CPU build of torch cannot load its compiled library, and its
import then ends in ``operator torchvision::nms does not exist``: so does that of Lightning and timm,
which import it where it is installed, although nothing here calls its operators. Declaring their
schemas first is enough for the import to succeed.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys

import torch

#: The operators whose schemas torchvision looks up while it is imported.
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
#: The declarations live as long as this library object.
_declared: list[torch.library.Library] = []


def declare_missing_operators() -> bool:
    """Make ``import torchvision`` work where it would fail for want of its compiled operators.

    Returns:
        True if the operators had to be declared; False where torchvision imports by itself, is not
        installed, or was helped before.
    """
    if _declared or importlib.util.find_spec("torchvision") is None:
        return False
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        _forget_half_imported()
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            library.define(schema)  # type: ignore[no-untyped-call]
        _declared.append(library)
        return True
    return False


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
