"""What had to be done on the way to the findings: a code with its value, as flags are, and its words.

``batch_halved:4`` has the code ``batch_halved`` and the value 4. The words are here and not in
``presentation``, since what notes a thing also logs it. What is no known code is a sentence, of an older file
or about a person's own.
"""

from __future__ import annotations

from collections.abc import Callable

BATCH_HALVED = "batch_halved"
CONTINUED_ON_CPU = "continued_on_cpu"
#: With what the driver said.
GPU_LEFT, WORKED_ON_CPU = "gpu_left", "worked_on_cpu"
#: OpenVINO was not taken: missing, on a GPU, with the kind of its failure, with its error.
NO_OPENVINO, OPENVINO_ON_GPU = "no_openvino", "openvino_on_gpu"
OPENVINO_FAILED, OPENVINO_INEXACT = "openvino_failed", "openvino_inexact"
DRAWN = "drawn"
#: With the token that stands for the study.
DEIDENTIFIED = "deidentified"
_QUOTING = frozenset({GPU_LEFT, WORKED_ON_CPU})
_TEXTS = {
    BATCH_HALVED: "out of memory: batch halved to {0}",
    CONTINUED_ON_CPU: "out of memory: continued on the CPU",
    GPU_LEFT: "the GPU cannot be used ({0}): continued on the CPU",
    WORKED_ON_CPU: "{0}: worked on the CPU",
    NO_OPENVINO: "OpenVINO is not installed: torch was taken",
    OPENVINO_ON_GPU: "OpenVINO runs on CPUs only: torch was taken",
    OPENVINO_FAILED: "OpenVINO failed ({0}): torch was taken",
    OPENVINO_INEXACT: "OpenVINO is off by {0} more than torch in a probability: torch was taken",
    DRAWN: "The masks were drawn; no network was asked.",
    DEIDENTIFIED: "De-identified; study reference {0}.",
}


def note(code: str, value: object = "") -> str:
    """One note."""
    return f"{code}:{value}" if value != "" else code


def quotes(item: str) -> bool:
    """Whether it may hold words that are not ours: of a driver, of a file, of a person."""
    code = item.partition(":")[0]
    return code not in _TEXTS or code in _QUOTING


def note_in_words(item: str, translate: Callable[[str], str] = str) -> str:
    """A sentence."""
    code, _, value = item.partition(":")
    return translate(_TEXTS[code]).format(value) if code in _TEXTS else item
