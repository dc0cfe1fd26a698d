"""mtinet analyze --assume-order: a study that nothing names is analyzed only after the user's word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import dicom_layouts as layouts

from MTINetLib.cli import run


def test_an_order_is_used_after_the_user_s_word_only(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = layouts.write_shuffled(tmp_path / "study", layouts.ge_without_identifier(layouts.make_truth()))
    call = ["analyze", str(folder), "-o", str(tmp_path / "out"), "--model", str(model), "--no-scene"]
    assert run(call) == 2
    assert "--assume-order" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run([*call, "--assume-order"]) == 0
    study = json.loads((tmp_path / "out" / "findings.json").read_text(encoding="utf-8"))["study"]
    assert "order_assumed" in study["flags"]
    for phase, place in zip(study["phases"], (1, 2, 3, 4), strict=True):
        assert phase["confidence"] < 0.8
        assert f"assumed:{place}:4:time_point" in phase["evidence"]
