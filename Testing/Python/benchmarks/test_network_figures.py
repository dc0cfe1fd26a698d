"""The network's figures, with a small untrained model."""

from __future__ import annotations

import pytest
from support.made_analysis import made_grid, made_study

from benchmarks.network_figures import measure_network
from benchmarks.plan import BenchPlan
from MTINetLib.models.backends.backend import BACKENDS
from MTINetLib.models.folder import save_model_folder
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings

pytest.importorskip("dynamic_network_architectures")

PLAN = BenchPlan(network_slices=2, rounds=2, matmul_sides=(256,), matmul_seconds=0.02)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("model")
    settings = NetworkSettings(image_size=128, widths=(4, 4, 8, 8), decoder_widths=(8, 8, 4, 4))
    save_model_folder(folder, MTINet(settings), {"name": "small"})
    return str(folder)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_figures_of_the_network_follow_from_each_other(model: str, precision: str) -> None:
    study = made_study(made_grid((4, 64, 64)))
    told = measure_network(study, PLAN, model, "cpu", precision)
    assert told["network_precision"] == precision
    assert told["model"]["name"] == "small"
    for name in ("network", "network_segmentation", "plainconvunet"):
        gflops = told[f"{name}_gflop_per_slice"] / (told[f"{name}_ms_per_slice"] / 1000)
        assert told[f"{name}_peak_share"] == pytest.approx(gflops / told["matmul_peak_gflops"][precision])
    assert told["network_gflop_per_slice"] > told["network_segmentation_gflop_per_slice"] > 0
    ratio = told["plainconvunet_ms_per_slice"] / told["network_ms_per_slice"]
    assert told["ratio_vs_plainconvunet"] == pytest.approx(ratio)
    # This network is hundreds of times smaller than nnU-Net's; a ratio below one would be upside down.
    assert ratio > 1.0
    if BACKENDS["openvino"].version():
        work = told["network_segmentation_gflop_per_slice"]
        gflops = work / (told["openvino_segmentation_ms_per_slice"] / 1000)
        assert told["openvino_segmentation_peak_share"] == pytest.approx(
            gflops / told["matmul_peak_gflops"][precision]
        )
        assert told["openvino_compile_s"] > 0
    assert all(len(rounds) == 2 for rounds in told["rounds_ms_per_slice"].values())
