"""The network of the paper's Figure 2, one file a box; plain tensors in and out."""

from __future__ import annotations

from MTINetLib.network.mtinet import MTINet, MTINetOutput
from MTINetLib.network.settings import NetworkSettings, mtinet, paper
from MTINetLib.network.tdd import TaskDrivenDiscriminator
from MTINetLib.network.tim import task_interaction_curve

__all__ = [
    "MTINet",
    "MTINetOutput",
    "NetworkSettings",
    "TaskDrivenDiscriminator",
    "mtinet",
    "paper",
    "task_interaction_curve",
]
