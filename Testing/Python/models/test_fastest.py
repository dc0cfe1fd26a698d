"""What is taken where the user left precision and backend to the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.small_models import random_model
from torch import Tensor

from MTINetLib.models import fastest, store
from MTINetLib.models.backends.backend import BACKENDS, OpenVino
from MTINetLib.models.device import Compute
from MTINetLib.models.fastest import TOLERANCE, faster_backend, faster_precision
from MTINetLib.models.measured_speed import made_slices, ms_per_slice, speed_file
from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.slice_network import Segmentation
from MTINetLib.presentation.note_words import note_in_words

CPU = Compute(torch.device("cpu"), torch.bfloat16)
SETTINGS = NetworkSettings(image_size=64)


class Answers:
    """A runner that answers the same for every pixel."""

    settings = SETTINGS

    def __init__(self, logit: float = 0.0) -> None:
        self.logit = logit

    def encode(self, phases: Tensor) -> list[Tensor]:
        return []

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        return Segmentation(torch.full((len(phases), 1, 64, 64), self.logit))

    def read(self, features: list[Tensor], phases: Tensor, focus: Tensor) -> tuple[None, None]:
        return None, None


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path / "user"))


@pytest.fixture
def speeds(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What the clock would say, by the name of the way; ``asked`` counts."""
    told: dict[str, float] = {"asked": 0}

    def clock(runners: Mapping[str, object], device: torch.device) -> dict[str, float]:
        told["asked"] += 1
        return {name: told[name] for name in runners}

    monkeypatch.setattr(fastest, "ms_per_slice", clock)
    return told


@pytest.fixture
def _with_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenVino, "version", lambda self: "2025.9")


@pytest.mark.parametrize(
    ("fp32", "bf16", "taken"),
    [(80.0, 38.0, "bf16"), (9.0, 9.1, "fp32"), (10.0, 9.5, "fp32"), (10.0, 8.9, "bf16"), (5.0, 50.0, "fp32")],
)
def test_bf16_is_taken_where_it_was_clearly_faster(
    speeds: dict[str, float], fp32: float, bf16: float, taken: str
) -> None:
    speeds |= {"fp32": fp32, "bf16": bf16}
    assert faster_precision(CPU, lambda compute: Answers(), "a" * 64).precision == taken


def test_a_machine_measures_each_model_once(speeds: dict[str, float]) -> None:
    speeds |= {"fp32": 9.0, "bf16": 3.0}
    for sha256 in ("a" * 64, "a" * 64, "b" * 64):
        faster_precision(CPU, lambda compute: Answers(), sha256)
    assert speeds["asked"] == 2
    speeds |= {"fp32": 1.0}  # a busy moment later changes nothing
    assert faster_precision(CPU, lambda compute: Answers(), "a" * 64).precision == "bf16"


def test_other_versions_measure_again(speeds: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    speeds |= {"fp32": 9.0, "bf16": 3.0}
    faster_precision(CPU, lambda compute: Answers(), "a" * 64)
    monkeypatch.setattr(type(BACKENDS["torch"]), "version", lambda self: "99.0")
    faster_precision(CPU, lambda compute: Answers(), "a" * 64)
    assert speeds["asked"] == 2


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 3}', "\0\0"])
def test_a_damaged_file_is_measured_anew(speeds: dict[str, float], text: str) -> None:
    speeds |= {"fp32": 9.0, "bf16": 3.0}
    speed_file().parent.mkdir(parents=True)
    speed_file().write_text(text)
    assert faster_precision(CPU, lambda compute: Answers(), "a" * 64).precision == "bf16"
    assert speeds["asked"] == 1


@pytest.mark.usefixtures("_with_openvino")
@pytest.mark.parametrize(("torch_ms", "taken"), [(40.0, "openvino"), (20.0, "torch"), (10.0, "torch")])
def test_openvino_is_taken_where_it_was_clearly_faster(
    speeds: dict[str, float], torch_ms: float, taken: str
) -> None:
    speeds |= {"torch": torch_ms, "openvino": 19.0}
    found = faster_backend(CPU, lambda compute: Answers(), "a" * 64)
    assert (found.backend, found.precision, found.notes) == (taken, "bf16", ())


@pytest.mark.usefixtures("_with_openvino")
@pytest.mark.parametrize("logit", [0.2, float("nan")])
def test_a_faster_backend_that_answers_otherwise_is_not_taken(speeds: dict[str, float], logit: float) -> None:
    speeds |= {"torch": 40.0, "openvino": 1.0}
    found = faster_backend(
        CPU, lambda compute: Answers(0.0 if compute.backend == "torch" else logit), "a" * 64
    )
    assert found.backend == "torch"
    assert "more than torch in a probability: torch was taken" in note_in_words(found.notes[0])


@pytest.mark.usefixtures("_with_openvino")
def test_rounding_that_torch_does_as_well_is_no_reason_against_a_backend(speeds: dict[str, float]) -> None:
    def runner(compute: Compute) -> Answers:
        return Answers(0.2 if compute.dtype == torch.bfloat16 else 0.0)

    speeds |= {"torch": 40.0, "openvino": 1.0}
    assert faster_backend(CPU, runner, "a" * 64).backend == "openvino"


@pytest.mark.usefixtures("_with_openvino")
def test_an_openvino_that_fails_leaves_torch_with_a_note(speeds: dict[str, float]) -> None:
    def runner(compute: Compute) -> Answers:
        if compute.backend == "openvino":
            raise RuntimeError("Check 'false' failed at src/core")
        return Answers()

    found = faster_backend(CPU, runner, "a" * 64)
    assert (found.backend, found.notes) == ("torch", ("openvino_failed:RuntimeError",))


def test_a_missing_openvino_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenVino, "version", lambda self: "")
    found = faster_backend(CPU, lambda compute: Answers(), "a" * 64)
    assert (found.backend, found.notes) == ("torch", ("no_openvino",))


def test_on_a_gpu_torch_is_taken_with_a_note() -> None:
    gpu = replace(CPU, device=torch.device("cuda:0"))
    assert faster_backend(gpu, lambda compute: Answers(), "a" * 64).notes == ("openvino_on_gpu",)


def test_slices_are_timed_in_the_networks_own_size() -> None:
    ms = ms_per_slice({"one": Answers(), "other": Answers()}, torch.device("cpu"))
    assert set(ms) == {"one", "other"}
    assert all(0 < value < float("inf") for value in ms.values())
    slices = made_slices(SETTINGS, 3)
    assert slices.shape == (3, 4, 64, 64)
    assert torch.equal(slices, made_slices(SETTINGS, 3))


def test_a_model_settles_on_what_was_measured_and_keeps_only_that(
    tmp_path: Path, speeds: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("MTINetLib.models.device.has_fast_bf16", lambda device: True)
    speeds |= {"fp32": 1.0, "bf16": 2.0}
    model = random_model(tmp_path / "m")
    assert model.settled("cpu", "auto").precision == "fp32"
    assert list(model._prepared) == [("cpu", torch.float32, "torch")]
    assert model.settled("cpu", "bf16").precision == "bf16"


def test_by_default_no_backend_is_measured(
    tmp_path: Path, speeds: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Compute:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(store, "faster_backend", never)
    assert random_model(tmp_path / "m").on("cpu", "fp32").info.problem is None


@pytest.mark.skipif(
    not BACKENDS["openvino"].version(), reason="OpenVINO is not installed: its choice is NOT tested"
)
def test_the_real_openvino_agrees_within_the_tolerance(tmp_path: Path) -> None:
    """In float32; in bfloat16 the two round at different places."""
    from MTINetLib.models.measured_speed import largest_difference

    model = random_model(tmp_path / "m")
    compute = Compute(torch.device("cpu"), torch.float32)
    runners = [model.ready_for(replace(compute, backend=name)) for name in ("torch", "openvino")]
    assert largest_difference(*runners) <= TOLERANCE
