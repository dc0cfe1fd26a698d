"""The learning curve on shifted phantoms, at its smallest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from support.small_dataset import write_small_dataset
from support.small_models import random_model

from benchmarks.learning_curve import main
from benchmarks.shifted_phantom import shifted
from MTINetLib.study.phase import FOUR_PHASES, Phase

SET = (
    "max_steps=2 steps_per_epoch=2 batch_size=2 precision=fp32 workers=0 preparation_processes=1 "
    "validation_slices=8 folds=3 log_every=1 accelerator=cpu"
).split()


def test_the_shift_weakens_enhancement_and_brightens_the_liver_late() -> None:
    liver = np.zeros((3, 32, 32), dtype=bool)
    liver[:, :, 16:] = True
    images = {phase: np.full(liver.shape, 100.0, np.float32) for phase in FOUR_PHASES}
    for phase in FOUR_PHASES[1:]:
        images[phase] += 100.0
    moved = shifted(images, liver, np.random.default_rng(0))
    inside, outside = (slice(None), slice(None), slice(24, 32)), (slice(None), slice(None), slice(0, 8))
    rise = {phase: moved[phase] - moved[Phase.PRE] for phase in FOUR_PHASES}
    assert rise[Phase.ARTERIAL][outside].mean() < 60
    assert rise[Phase.DELAYED][inside].mean() > 2 * rise[Phase.DELAYED][outside].mean()
    assert moved[Phase.PRE].std() > 1, "it is noisier"


@pytest.mark.slow
def test_a_curve_has_a_row_before_and_one_for_each_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.set_num_threads(1)
    model = random_model(tmp_path / "old", name="old").info.folder
    other = write_small_dataset(tmp_path / "other", ("hcc", "hemangioma"))
    words = [
        "--sizes",
        "5,6",
        "--seeds",
        "3",
        "--pool",
        "6",
        "--judging",
        "5",
        "--slices",
        "4,5",
        "--mix",
        str(other),
    ]
    main([str(tmp_path / "out"), "--model", str(model), *words, *(f"--set={change}" for change in SET)])
    told = json.loads((tmp_path / "out" / "curve.json").read_text(encoding="utf-8"))
    points = [(point["studies"], point["order"]) for point in told["points"]]
    assert points == [(5, "random"), (5, "informative"), (6, "random")]
    for point in told["points"]:
        assert point["figures"]["counts"]["studies"] == 5
    rows = (tmp_path / "out" / "curve.md").read_text(encoding="utf-8").splitlines()
    assert [row.split("|")[1].strip() for row in rows[2:6]] == ["none (old)", "5", "5", "6"]
    assert rows[2] in capsys.readouterr().out

    before = (tmp_path / "out" / "curve.json").read_bytes()
    main([str(tmp_path / "out"), "--model", str(model), *words, *(f"--set={change}" for change in SET)])
    assert (tmp_path / "out" / "curve.json").read_bytes() == before, "what is done is not done again"

    main([str(tmp_path / "both"), "--table", str(tmp_path / "out"), str(tmp_path / "out")])
    assert len(json.loads((tmp_path / "both" / "curve.json").read_text(encoding="utf-8"))["points"]) == 6
