"""Why a volume was taken for a phase, kept with the volume: a scene that is opened again still knows it."""

from __future__ import annotations

import json
from typing import Any

from MTINetLib.scene.phase_proposal import PhaseChoice, PhaseProposal
from MTINetLib.scene.scene import Scene, nodes_of_class
from MTINetLib.study.phase import Phase

#: Text attribute of a volume node: phase, evidence and confidence as JSON. None on what a person chose.
RECOGNISED_ATTRIBUTE = "MTINet.Recognised"


def remember_recognised(scene: Scene, proposal: PhaseProposal) -> None:
    """Keep the evidence with each recognised volume; what was known of any volume before is forgotten."""
    for node in nodes_of_class(scene.mrml, "vtkMRMLVolumeNode"):
        if node.GetAttribute(RECOGNISED_ATTRIBUTE) is not None:
            node.RemoveAttribute(RECOGNISED_ATTRIBUTE)
    for phase, choice in proposal.phases.items():
        told = {"phase": phase.value, "evidence": choice.evidence, "confidence": choice.confidence}
        scene.mrml.GetNodeByID(choice.node_id).SetAttribute(RECOGNISED_ATTRIBUTE, json.dumps(told))


def recognised_as(scene: Scene, phase: Phase, choice: PhaseChoice) -> tuple[tuple[str, ...], float] | None:
    """Evidence and confidence with which the choice's volume was recognised as this phase, if it was."""
    node = scene.mrml.GetNodeByID(choice.node_id)
    told = _read(None if node is None else node.GetAttribute(RECOGNISED_ATTRIBUTE))
    evidence, confidence = told.get("evidence"), told.get("confidence")
    if told.get("phase") != phase.value or not isinstance(evidence, list):
        return None
    if not isinstance(confidence, (int, float)):
        return None
    return tuple(map(str, evidence)), float(confidence)


def _read(text: str | None) -> dict[str, Any]:
    try:
        told = json.loads(text or "{}")
    except ValueError:  # a scene that something else has written
        return {}
    return told if isinstance(told, dict) else {}
