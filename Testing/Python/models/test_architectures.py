"""Architectures by name: another network than ours goes the whole way, from training settings to findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from support.small_dataset import SHORT, SIZE, write_small_dataset
from torch import Tensor, nn

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError, ModelError
from MTINetLib.models import architectures
from MTINetLib.models.architectures import Architecture, architecture_of, register_architecture
from MTINetLib.models.info import read_info
from MTINetLib.models.store import load_model
from MTINetLib.network.slice_network import Segmentation, SliceNetwork
from MTINetLib.pipeline.analyze import analyze
from MTINetLib.pipeline.open import open_study
from MTINetLib.training.settings import settings_from_dict, training_preset
from MTINetLib.training.train import train


@dataclass(frozen=True)
class TinySettings:
    """Of a network of a few convolutions."""

    image_size: int = SIZE
    phase_count: int = 4
    class_count: int = 2
    width: int = 6
    segments: bool = True
    regresses: bool = True
    classifies: bool = True
    lesion_focus: str = "mask"
    tim: bool = False
    neighbours: int = 0
    anatomy_classes: int = 0

    @property
    def class_outputs(self) -> int:
        return self.class_count

    def for_phases(self, count: int) -> TinySettings:
        return replace(self, phase_count=count)

    def for_classes(self, count: int) -> TinySettings:
        return replace(self, class_count=count)

    def without_anatomy(self) -> TinySettings:
        return replace(self, anatomy_classes=0)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TinySettings:
        if values.get("width", 1) < 1:
            raise InputError(f"The width is {values['width']}; it must be at least 1.")
        return cls(**values)


class TinyNetwork(SliceNetwork):
    """Convolutions at full size; a lesion is read from its masked means."""

    def __init__(self, settings: TinySettings) -> None:
        super().__init__()
        self.settings = settings
        self.body = nn.Conv2d(settings.phase_count, settings.width, 3, padding=1)
        self.logit = nn.Conv2d(settings.width, 1, 1)
        means = settings.phase_count + settings.width
        self.curve = nn.Linear(means, settings.phase_count)
        self.classes = nn.Linear(means, settings.class_count)

    def encode(self, phases: Tensor) -> list[Tensor]:
        return [torch.relu(self.body(phases.to(self.body.weight.dtype)))]

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        return Segmentation(self.logit(features[0]))

    def read(self, features: list[Tensor], phases: Tensor, focus: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat([phases.to(features[0].dtype), features[0]], dim=1)
        weight = focus.to(seen.dtype)
        means = (seen * weight).sum((2, 3)) / weight.sum((2, 3)).clamp_min(1)
        return self.curve(means).float(), self.classes(means).float()


TINY = Architecture("tiny", TinySettings.from_dict, TinyNetwork)


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(architectures, "_KNOWN", dict(architectures._KNOWN))
    register_architecture(TINY)


@pytest.mark.usefixtures("_tiny")
def test_another_network_goes_from_training_settings_to_findings(tmp_path: Path) -> None:
    dataset = write_small_dataset(tmp_path / "set", ("hcc", "hemangioma") * 3)
    quick = training_preset("quick", SHORT)
    settings = replace(quick, architecture="tiny", network=TinySettings(width=5))
    assert settings_from_dict(settings.to_dict()) == settings

    result = train(dataset, tmp_path / "run", settings)

    info = read_info(result.model)
    assert info.architecture.name == "tiny"
    assert info.architecture.settings["width"] == 5
    assert info.preprocessing.settings == {"slice_size": SIZE}
    model = load_model(result.model)
    assert isinstance(model.network, TinyNetwork)
    study = open_study(read_dataset(dataset)[0].phase_paths)
    for precision in ("fp32", "bf16"):
        found = analyze(study, model, device="cpu", precision=precision)
        assert found.findings.provenance.model_sha256 == result.sha256
        assert found.probability is not None
        assert 0 < found.probability.max() < 1


@pytest.mark.usefixtures("_tiny")
def test_a_larger_network_than_its_weights_is_refused_before_it_is_built(tmp_path: Path) -> None:
    from MTINetLib.models.folder import save_model_folder

    network = TinyNetwork(TinySettings())
    # What is asked of a config is a network of terabytes.
    network.settings = replace(network.settings, width=10**10)
    save_model_folder(tmp_path / "m", network, {"name": "large"}, "tiny")
    with pytest.raises(ModelError, match=r"do not fit its config\.json"):
        load_model(tmp_path / "m")


def test_an_unknown_architecture_is_named_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"'tiny' is unknown here \(known: .*mtinet.*\); update MTINet"):
        architecture_of("tiny")


def test_a_name_is_given_once() -> None:
    with pytest.raises(InputError, match="called 'mtinet' already"):
        register_architecture(replace(TINY, name="mtinet"))
