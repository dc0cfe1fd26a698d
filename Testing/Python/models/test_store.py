from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from support.small_models import random_model, random_network

from MTINetLib.errors import ModelError
from MTINetLib.models import find
from MTINetLib.models.device import Compute
from MTINetLib.models.find import list_models
from MTINetLib.models.folder import save_model_folder
from MTINetLib.models.store import load_model


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder of models, and no other."""
    place = tmp_path / "my models"
    monkeypatch.setattr(find, "model_folders", lambda: [place])
    return place


def rewrite_config(folder: Path, **changes: object) -> None:
    """Change the config as its maker would: with a checksum that fits."""
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    text = json.dumps({key: value for key, value in config.items() if value is not None}).encode()
    (folder / "config.json").write_bytes(text)
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    kept = [line for line in lines if "config.json" not in line]
    kept.append(f"{hashlib.sha256(text).hexdigest()}  config.json")
    (folder / "SHA256SUMS").write_text("\n".join(kept) + "\n")


def test_a_saved_network_answers_the_same_when_loaded(tmp_path: Path) -> None:
    network = random_network(1)
    config = {
        "name": "first",
        "preset": "demo",
        "calibration": {"temperature": 1.7},
        "thresholds": {"mask": 0.4},
        "training": {"cases": 9},
    }
    sha256 = save_model_folder(tmp_path / "m", network, config)
    model = load_model(tmp_path / "m")
    phases = torch.rand(2, 4, 64, 64)
    with torch.inference_mode():
        one, other = network(phases), model.network(phases)
    assert all(torch.equal(a, b) for a, b in zip(one[:4], other[:4], strict=True))
    assert not model.network.training
    info = model.info
    assert info.sha256 == sha256
    assert sha256 == hashlib.sha256((tmp_path / "m/model.safetensors").read_bytes()).hexdigest()
    assert (info.name, info.preset, info.temperature) == ("first", "demo", 1.7)
    assert info.thresholds.mask == 0.4
    assert info.more == {"training": {"cases": 9}}
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == [
        "SHA256SUMS",
        "config.json",
        "model.safetensors",
    ]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_tampered_file_is_refused(tmp_path: Path, name: str) -> None:
    random_model(tmp_path / "m")
    data = bytearray((tmp_path / "m" / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "m" / name).write_bytes(bytes(data))
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "SHA256SUMS"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    random_model(tmp_path / "m")
    (tmp_path / "m" / name).unlink()
    with pytest.raises(ModelError, match=f"has no {name}"):
        load_model(tmp_path / "m")


def test_weights_that_are_no_safetensors_are_never_unpickled(tmp_path: Path) -> None:
    random_model(tmp_path / "m")
    weights = tmp_path / "m" / "model.safetensors"
    torch.save({"a": 1}, weights)
    sums = f"{hashlib.sha256(weights.read_bytes()).hexdigest()}  model.safetensors\n"
    old = (tmp_path / "m" / "SHA256SUMS").read_text().splitlines()
    (tmp_path / "m" / "SHA256SUMS").write_text(sums + next(line for line in old if "config" in line) + "\n")
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(tmp_path / "m")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 99}, "of format 99, and this version of MTINet reads 1 and 2; update MTINet"),
        ({"name": None}, "does not say 'name'"),
        ({"architecture": None}, "does not say 'architecture'"),
        (
            {"architecture": {"name": "mtinet", "settings": {"widths": [1, 2]}}},
            "cannot be used by this version",
        ),
        ({"thresholds": {"mask": 2}}, "mask"),
        ({"calibration": {"temperature": 0}}, "temperature"),
        ({"calibration": {"temperature": "hot"}}, "not a readable"),
        ({"classes": "hcc"}, "Its classes are no list of names"),
    ],
)
def test_a_wrong_config_is_refused_with_its_reason(tmp_path: Path, changes: dict, words: str) -> None:
    random_model(tmp_path / "m")
    rewrite_config(tmp_path / "m", **changes)
    with pytest.raises(ModelError, match=words):
        load_model(tmp_path / "m")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    random_model(tmp_path / "m")
    config = json.loads((tmp_path / "m/config.json").read_text())
    settings = {**config["architecture"]["settings"], "widths": [4, 6, 8, 16]}
    rewrite_config(tmp_path / "m", architecture={"name": "mtinet", "settings": settings})
    with pytest.raises(ModelError, match="do not fit its config"):
        load_model(tmp_path / "m")


def test_models_are_found_by_name_and_damaged_ones_listed_with_their_problem(places: Path) -> None:
    random_model(places / "b", name="beta")
    random_model(places / "a", name="alpha")
    (places / "a" / "model.safetensors").unlink()
    found = {info.folder.name: info for info in list_models()}
    assert found["a"].problem is not None
    assert "model.safetensors" in found["a"].problem
    assert found["b"].problem is None
    assert load_model("beta").info.folder == places / "b"
    with pytest.raises(ModelError, match=r"no model 'gamma'.*alpha, beta"):
        load_model("gamma")


def test_no_model_at_all_says_where_they_belong(places: Path) -> None:
    with pytest.raises(ModelError, match="my models"):
        load_model()


def test_the_environment_names_further_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random_model(tmp_path / "more" / "x", name="extra")
    monkeypatch.setenv("MTINET_MODELS", str(tmp_path / "more"))
    assert list_models()[0].name == "extra"
    assert load_model("extra").info.name == "extra"


def test_the_folder_of_a_training_run_is_no_model_though_the_model_in_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    save_model_folder(run / "model", random_network(), {"name": "trained"})
    (run / "config.json").write_text('{"preset": "quick", "seed": 1}')
    monkeypatch.setenv(find.MODELS_VARIABLE, str(run))
    assert find.find_model() == run / "model"
    assert [info.name for info in list_models() if run in info.folder.parents] == ["trained"]
    assert run not in [info.folder for info in list_models()]


def test_the_first_model_is_never_replaced_by_another_when_it_is_damaged(places: Path) -> None:
    random_model(places / "a", name="alpha")
    random_model(places / "b", name="beta")
    assert load_model().info.name == "alpha"
    (places / "a" / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(ModelError, match="damaged"):
        load_model()


def test_the_prepared_network_is_kept_warm_until_released(tmp_path: Path) -> None:
    model = random_model(tmp_path / "m")
    compute = Compute(torch.device("cpu"), torch.float32)
    first = model.ready_for(compute)
    assert model.ready_for(compute) is first
    model.release()
    assert model.ready_for(compute) is not first


def test_loading_a_model_does_not_load_the_compiler_of_torch(tmp_path: Path) -> None:
    """It takes seconds, at every start."""
    random_model(tmp_path / "m")
    program = (
        "import sys; from MTINetLib.models.store import load_model; "
        f"load_model({str(tmp_path / 'm')!r}); assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
