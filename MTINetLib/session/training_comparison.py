"""Old and new model side by side, as a fine-tuning left it in its run. Needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import ModelError
from MTINetLib.models.info import ModelInfo, told_info
from MTINetLib.session.training_runs import RunRecord

_FOLDER, _FILE = "comparison", "comparison.json"


@dataclass(frozen=True)
class ShownComparison:
    """What a window shows.

    Args:
        old: name of the old model.
        new: the new model, and where it lies.
        cells: old, new and difference of each figure, as words, by the names of ``FIGURE_TITLES``.
        verdict: arguments of ``verdict_in_words``.
        judged_by: who judged the new model, in words.
        folder: of the page and its pictures.
    """

    old: str
    new: ModelInfo
    cells: Mapping[str, tuple[str, ...]]
    verdict: Mapping[str, Any]
    judged_by: str
    folder: Path

    @property
    def better(self) -> bool:
        """Whether the new model is."""
        return bool(self.verdict["better"])


def comparison_of(record: RunRecord | None) -> ShownComparison | None:
    """The comparison of a finished fine-tuning; None for any other run, and for one that is damaged."""
    if record is None or not record.models:
        return None
    folder = record.folder / _FOLDER
    try:
        told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return ShownComparison(
            str(told["models"]["old"]["name"]),
            told_info(record.models[0]),
            {str(name): tuple(map(str, cells)) for name, cells in told["table"].items()},
            {name: told["verdict"][name] for name in ("better", "gained", "lost", "unknown")},
            str(told.get("judged_by", "")),
            folder,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ModelError):
        return None
