"""The folder of a run."""

from __future__ import annotations

import json
from pathlib import Path

from MTINetLib.training.run_folder import RunFolder, environment, keep_metrics, merge_metrics


def test_metrics_of_a_resumed_run_are_joined_and_repeated_steps_replaced(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.write_text("step,a\n1,1\n2,2\n3,3\n")
    keep_metrics(run)
    assert not run.metrics.exists()
    run.metrics.write_text("step,a,b\n3,30,x\n4,40,y\n")
    merge_metrics(run)
    assert run.metrics.read_text() == "step,a,b\n1,1,\n2,2,\n3,30,x\n4,40,y\n"
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]


def test_a_resume_that_logged_nothing_keeps_the_metrics(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.write_text("step,a\n1,1\n")
    keep_metrics(run)
    merge_metrics(run)
    assert run.metrics.read_text() == "step,a\n1,1\n"


def test_the_environment_is_plain_and_names_no_machine() -> None:
    told = environment()
    assert json.loads(json.dumps(told)) == told
    assert told.keys() == {"python", "system", "processors", "device", "packages", "git_revision"}
