"""The cost of a compared system."""

from __future__ import annotations

import pytest

from benchmarks.system_costs import main


def test_a_readers_cost_is_that_of_its_publication(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--systems", "resnet-50-cls", "--no-time"])
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "resnet-50-cls" in line]
    _, name, parameters, gflop, took, _ = (cell.strip() for cell in row.split("|"))
    assert (name, parameters, took) == ("ResNet-50 (`resnet-50-cls`)", "23.52 M", "")
    # 4.1 multiply-adds (torchvision's count) of 224 x 224, twice, on 256 x 256.
    assert float(gflop) == pytest.approx(2 * 4.09 * (256 / 224) ** 2, rel=0.03)
