"""The networks in a process of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench_study import write_bench_study
from benchmarks.end_to_end import Runner
from benchmarks.plan import BenchPlan
from MTINetLib.errors import ModelError
from MTINetLib.models.folder import save_model_folder
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write_bench_study(folder, slices=8, side=192)
    return folder


def test_figures_and_machine_come_from_the_process(study: Path, tmp_path: Path) -> None:
    pytest.importorskip("dynamic_network_architectures")
    settings = NetworkSettings(image_size=128, widths=(4, 4, 8, 8), decoder_widths=(8, 8, 4, 4))
    save_model_folder(tmp_path, MTINet(settings), {"name": "small"})
    plan = BenchPlan(network_slices=2, rounds=2, matmul_sides=(64,), matmul_seconds=0.01)
    told = Runner(str(tmp_path), "cpu", "fp32").networks(study, plan)
    assert told.cuts == ()
    assert told.merged["network_ms_per_slice"] > 0
    assert told.merged["machine"]["usable_cores"] >= 1


def test_a_model_that_is_not_there_is_the_same_error_as_elsewhere(study: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Runner(str(tmp_path / "none"), "cpu", "fp32").networks(study, BenchPlan())
