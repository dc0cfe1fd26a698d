"""A run on several processes: started by Lightning as separate programs, as on several GPUs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from MTINetLib.models.store import load_model
from MTINetLib.training.setting_text import change_settings
from MTINetLib.training.settings import TrainingSettings

_PROGRAM = """
import json, sys
from pathlib import Path
from MTINetLib.training.settings import settings_from_dict
from MTINetLib.training.train import train

if __name__ == "__main__":
    settings = settings_from_dict(json.loads(Path(sys.argv[1]).read_text()))
    result = train(Path(sys.argv[2]), Path(sys.argv[3]), settings)
    sys.stdout.write(f"{result.steps}:{result.sha256}\\n")
"""


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path: Path, dataset: Path, tiny: TrainingSettings) -> None:
    changes = ["devices=2", "accelerator=cpu", "max_steps=4", "loss.adversarial=0.1"]
    settings = change_settings(tiny, changes)
    (tmp_path / "settings.json").write_text(json.dumps(settings.to_dict()))
    (tmp_path / "program.py").write_text(_PROGRAM)
    run = tmp_path / "run"
    command = [sys.executable, "program.py", "settings.json", str(dataset), str(run)]
    root = str(Path(__file__).resolve().parents[3])
    told = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-3000:]
    model = load_model(run / "model")
    assert told.stdout.count(f"4:{model.info.sha256}") == 2
    with (run / "metrics.csv").open(newline="") as file:
        steps = [int(row["step"]) for row in csv.DictReader(file) if row["val/score"]]
    assert steps == [2, 4]
