"""Curves as they come in and as they are read back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from MTINetLib.session.training_curves import Curves, curves_of_run


def filled(steps: int = 6) -> Curves:
    curves = Curves()
    for step in range(1, steps + 1):
        curves.add(step, step / 2, {"train/loss": 4.0 / step})
        if step % 2 == 0:
            curves.add(step, step / 2, {"val/dice": step / 10, "val/score": 0.5 if step == 4 else 0.1})
    return curves


def test_the_loss_is_smoothed_and_the_best_validation_found() -> None:
    curves = filled()
    assert [point.loss for point in curves.losses] == [4.0 / step for step in range(1, 7)]
    assert curves.losses[1].smoothed == pytest.approx(3.0)
    assert min(p.loss for p in curves.losses) < curves.losses[-1].smoothed < curves.losses[0].loss
    assert curves.best is not None
    assert curves.best.step == 4


def test_a_resumed_run_replaces_what_came_after_its_checkpoint() -> None:
    curves = filled()
    curves.add(5, 2.5, {"train/loss": 9.0})
    curves.add(4, 2.0, {"val/dice": 0.9})
    assert [point.step for point in curves.losses] == [1, 2, 3, 4, 5]
    assert curves.losses[-1].loss == 9.0
    assert [one.step for one in curves.validations] == [2, 4]


def test_a_long_run_is_thinned_out_but_keeps_its_end() -> None:
    curves = Curves()
    for step in range(1, 9001):
        curves.add(step, step / 100, {"train/loss": 1.0})
    assert 900 < len(curves.losses) <= 2001
    assert curves.losses[-1].step == 9000
    assert curves.losses == sorted(curves.losses, key=lambda point: point.step)


def test_curves_come_back_from_the_runs_table_and_from_the_parts_of_a_killed_run(tmp_path: Path) -> None:
    header = "step,train/loss,val/dice,val/score\n"
    (tmp_path / "metrics.part001.csv").write_text(header + "1,3.0,,\n2,2.0,,\n2,,0.1,0.2\n3,1.5,,\n")
    (tmp_path / "metrics.csv").write_text(header + "3,1.4,,\n4,nan,,\n4,,0.3,0.4\n")
    curves = curves_of_run(tmp_path)
    assert [(point.step, point.loss) for point in curves.losses] == [(1, 3.0), (2, 2.0), (3, 1.4)]
    assert [(one.epoch, one.figures["dice"]) for one in curves.validations] == [(1.0, 0.1), (2.0, 0.3)]


def test_a_run_without_a_table_has_no_curves(tmp_path: Path) -> None:
    assert curves_of_run(tmp_path).losses == []
    (tmp_path / "metrics.csv").write_bytes(b"\xff\xfe nothing")
    assert curves_of_run(tmp_path).validations == []


def test_the_main_process_needs_no_reader_of_images_for_a_training() -> None:
    code = (
        "import sys, MTINetLib.session.training_run, MTINetLib.session.training_desk\n"
        "assert not {'torch', 'SimpleITK', 'pydicom', 'matplotlib'} & set(sys.modules), set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-300:]
