"""Models that the user keeps from training runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from support.small_models import random_model

from MTINetLib.errors import InputError, ModelError
from MTINetLib.models.find import list_models
from MTINetLib.models.kept import delete_model, keep_model, kept_models
from MTINetLib.models.store import load_model


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTINET_USER_FOLDER", str(tmp_path / "müller home"))


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    random_model(tmp_path / "run" / "model", preset="quick", validation={"dice": 0.5, "score": 0.25})
    return tmp_path / "run" / "model"


def test_a_kept_model_is_found_by_its_name_with_the_same_weights(trained: Path) -> None:
    kept = keep_model(trained, "Ward 3, first try".replace(",", ""))
    assert (kept.name, kept.preset, kept.validation["dice"]) == ("Ward 3 first try", "quick", 0.5)
    assert kept.sha256 == load_model(trained).info.sha256 == load_model("Ward 3 first try").info.sha256
    assert kept.sha256 == hashlib.sha256((kept.folder / "model.safetensors").read_bytes()).hexdigest()
    assert kept_models() == [kept]
    assert next(info for info in list_models() if info.folder == kept.folder).problem is None


def test_a_model_that_came_with_mtinet_stays_the_default(trained: Path) -> None:
    before = list_models()[0].folder
    keep_model(trained, "AAA")
    assert list_models()[0].folder == before


def test_only_weights_description_and_checksums_are_kept(trained: Path) -> None:
    (trained / "extra.py").write_text("print('never run')")
    kept = keep_model(trained, "mine")
    assert {path.name for path in kept.folder.iterdir()} == {"model.safetensors", "config.json", "SHA256SUMS"}


def test_names_are_unique_and_plain(trained: Path) -> None:
    keep_model(trained, "mine")
    for name in ("MINE", "mtinet-phantom"):
        with pytest.raises(InputError, match="already; choose another name"):
            keep_model(trained, name)
    for name in ("", "a/b", "x" * 61, "<b>"):
        with pytest.raises(InputError, match="cannot be called"):
            keep_model(trained, name)
    assert keep_model(trained, "Печень").folder != keep_model(trained, "肝").folder


def test_damaged_models_and_other_formats_are_refused(trained: Path) -> None:
    weights = trained / "model.safetensors"
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + b"x")
    with pytest.raises(ModelError, match="is damaged"):
        keep_model(trained, "mine")
    weights.write_bytes(b"\x80\x02a pickle, which could run code")
    lines = [
        f"{hashlib.sha256((trained / n).read_bytes()).hexdigest()}  {n}"
        for n in ("model.safetensors", "config.json")
    ]
    (trained / "SHA256SUMS").write_text("\n".join(lines))
    with pytest.raises(ModelError, match="holds no safetensors"):
        keep_model(trained, "mine")
    assert kept_models() == []


def test_only_kept_models_are_deleted(trained: Path) -> None:
    kept = keep_model(trained, "mine")
    with pytest.raises(InputError, match="not one of your kept models"):
        delete_model(trained)
    delete_model(kept.folder)
    assert kept_models() == []
    assert (trained / "model.safetensors").is_file()


def test_a_folder_that_is_no_model_is_left_out(trained: Path) -> None:
    kept = keep_model(trained, "mine")
    (kept.folder.parent / "broken").mkdir()
    (kept.folder.parent / "broken" / "config.json").write_text(json.dumps({"name": "broken"}))
    assert [model.name for model in kept_models()] == ["mine"]
