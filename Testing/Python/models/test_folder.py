"""A model as a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from support.small_models import SMALL

from MTINetLib.errors import ModelError
from MTINetLib.models.folder import read_model_folder, save_model_folder
from MTINetLib.network.mtinet import MTINet
from MTINetLib.network.settings import NetworkSettings


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    network = MTINet(SMALL)
    digest = save_model_folder(tmp_path / "model", network, {"name": "mine", "note": "größer"})
    weights, info = read_model_folder(tmp_path / "model")
    assert (
        info.sha256
        == digest
        == hashlib.sha256((tmp_path / "model/model.safetensors").read_bytes()).hexdigest()
    )
    assert info.more["note"] == "größer"
    assert NetworkSettings.from_dict(info.architecture.settings) == SMALL
    other = MTINet(SMALL)
    other.load_state_dict(weights)
    for name, value in network.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "SHA256SUMS",
        "config.json",
        "model.safetensors",
    ]


def test_weights_of_half_precision_are_written_as_float32(tmp_path: Path) -> None:
    save_model_folder(tmp_path, MTINet(SMALL).bfloat16(), {"name": "half"})
    weights, _ = read_model_folder(tmp_path)
    assert {value.dtype for value in weights.values()} <= {torch.float32, torch.int64}


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_changed_file_is_noticed(tmp_path: Path, name: str) -> None:
    save_model_folder(tmp_path, MTINet(SMALL), {"name": "mine"})
    data = bytearray((tmp_path / name).read_bytes())
    data[-3] ^= 1
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name}.*damaged or was changed"):
        read_model_folder(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "SHA256SUMS"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    save_model_folder(tmp_path, MTINet(SMALL), {"name": "mine"})
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=name):
        read_model_folder(tmp_path)


def test_a_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    save_model_folder(tmp_path, MTINet(SMALL), {"name": "mine"})
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    sums = tmp_path / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if "config" not in line]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text("\n".join([*lines, f"{digest}  config.json"]))
    with pytest.raises(ModelError, match="of format 99"):
        read_model_folder(tmp_path)
