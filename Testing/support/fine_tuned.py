"""The run that a fine-tuning leaves, made by hand."""

from __future__ import annotations

import json
from pathlib import Path

from support.small_models import random_model

from MTINetLib.session.training_runs import RunRecord
from MTINetLib.session.training_state import TrainingChoices


def fine_tuned_run(folder: Path, better: bool, **more: list[str]) -> RunRecord:
    """A run as a fine-tuning leaves it, with a small model that came out; ``more`` adds figures."""
    random_model(folder / ("model" if better else "candidate"), seed=3, name="ward")
    (folder / "fine-tuning.json").write_text("{}", "utf-8")
    (folder / "comparison").mkdir()
    table = {
        "sensitivity": ["50.0 (40.0 to 60.0)", "75.0 (66.0 to 84.0)", "25.0 (10.0 to 40.0)", "24"],
        "false_positives_per_study": ["0.40 (0.20 to 0.70)", "0.30", "-0.10", "12"],
        **more,
    }
    told = {
        "models": {"old": {"name": "mtinet-phantom"}},
        "table": table,
        "verdict": {
            "better": better,
            "gained": ["sensitivity", "panoptic_quality"] if better else [],
            "lost": [],
            "unknown": False,
        },
    }
    (folder / "comparison" / "comparison.json").write_text(json.dumps(told), "utf-8")
    return RunRecord(folder, TrainingChoices("data", "finetune"), "2026-01-01T10:00:00", finished=True)
