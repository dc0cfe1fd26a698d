"""MTI-Net and the rows of its ablations (the paper's Tables 3 and 4), as systems like the others.

The network, its loss and its optimiser are those of the common settings; a row changes what its name says.
Segmentation without regression has no label of a curve, hence no task interaction module there.
"""

from __future__ import annotations

from MTINetLib.systems.system import System, Task

_SOURCE = (
    "Xiao, Hu, Kim, Wang: Adversarial Multi-Task Learning for Liver Tumor Segmentation, Dynamic Enhancement "
    "Regression, and Classification. 2025."
)
_LEFT_OPEN = "See MTINetLib/network/README.md."
_ALL = frozenset(Task)


def _row(name: str, title: str, tasks: frozenset[Task], *changes: str) -> System:
    return System(name, title, tasks, _SOURCE, _LEFT_OPEN, "mtinet", changes)


MTI_NET = _row("mtinet", "MTI-Net", _ALL)

MODULE_ROWS = (
    _row("mtinet-no-mdief", "No MdIEF", _ALL, "network.mdief=none"),
    _row("mtinet-no-spe", "No Spe", _ALL, "network.mdief=spatial_only"),
    _row("mtinet-no-spa", "No Spa", _ALL, "network.mdief=spectral_only"),
    _row("mtinet-no-tim", "No TIM", _ALL, "network.tim=false"),
    _row("mtinet-no-tdd", "No TDD", _ALL, "network.tdd=false"),
)

TASK_ROWS = (
    _row(
        "mtinet-seg",
        "Seg-only",
        _ALL - {Task.REGRESSION, Task.CLASSIFICATION},
        "network.tasks=seg",
        "network.tim=false",
    ),
    _row("mtinet-seg-reg", "Seg + Reg", _ALL - {Task.CLASSIFICATION}, "network.tasks=seg+reg"),
    _row(
        "mtinet-seg-cls", "Seg + Cls", _ALL - {Task.REGRESSION}, "network.tasks=seg+cls", "network.tim=false"
    ),
)
