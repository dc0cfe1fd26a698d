"""Model folders from elsewhere: bounded, inside their folder, and what they say they are."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.small_models import random_model

from MTINetLib.errors import ModelError
from MTINetLib.models.files import check_weights, read_model_files, told_config
from MTINetLib.models.find import list_models
from MTINetLib.models.store import load_model

POSIX = pytest.mark.skipif(os.name == "nt", reason="links and pipes need rights on Windows")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    random_model(tmp_path / "model")
    return tmp_path / "model"


def _sign(folder: Path) -> None:
    """Checksums that fit, as whoever made the folder would write them."""
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("model.safetensors", "config.json")
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def _refused(folder: Path) -> str:
    """What is said of it; it takes no memory."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelError) as caught:
            load_model(folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100e6
    return str(caught.value)


def _config(folder: Path, **network: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["architecture"]["settings"].update(network)
    config["preprocessing"]["slice_size"] = config["architecture"]["settings"]["image_size"]
    (folder / "config.json").write_text(json.dumps(config))
    _sign(folder)


def test_a_model_as_it_was_made_is_read(model: Path) -> None:
    files = read_model_files(model)
    assert files.sha256 == hashlib.sha256(files.weights).hexdigest()
    assert load_model(model).info.sha256 == files.sha256


@pytest.mark.parametrize(
    "line",
    [
        "{0}  ../../elsewhere/model.safetensors",
        "{0}  /etc/passwd",
        "{0}  C:\\Windows\\system.ini",
        "{0}  ..",
    ],
)
def test_checksums_of_files_elsewhere_are_refused(model: Path, line: str) -> None:
    with (model / "SHA256SUMS").open("a") as file:
        file.write(line.format("0" * 64) + "\n")
    assert "names a file outside its folder" in _refused(model)


def test_two_checksums_of_one_file_are_refused(model: Path) -> None:
    with (model / "SHA256SUMS").open("a") as file:
        file.write("0" * 64 + "  config.json\n")
    assert "two checksums for config.json" in _refused(model)


def test_checksums_that_are_none_are_refused(model: Path) -> None:
    (model / "SHA256SUMS").write_bytes(b"\xff\xfe" * 400)
    assert "no checksum of a file" in _refused(model)


@POSIX
@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "SHA256SUMS"])
def test_links_out_of_the_folder_are_refused(model: Path, name: str) -> None:
    (model / name).rename(model.parent / "outside")
    (model / name).symlink_to(model.parent / "outside")
    assert f"{name} is a link out of its folder" in _refused(model)


@POSIX
def test_a_link_to_the_whole_folder_is_fine(model: Path) -> None:
    (model.parent / "link").symlink_to(model, target_is_directory=True)
    assert load_model(model.parent / "link").info.name == load_model(model).info.name


@POSIX
def test_pipes_and_devices_are_refused_without_waiting(model: Path) -> None:
    (model / "config.json").unlink()
    os.mkfifo(model / "config.json")
    assert "is no plain file" in _refused(model)
    assert told_config(model) == {}
    (model / "config.json").unlink()
    (model / "config.json").symlink_to("/dev/zero")
    assert "is no plain file" in _refused(model)


def test_a_file_of_absurd_size_is_refused_unread(model: Path) -> None:
    for name in ("model.safetensors", "config.json", "SHA256SUMS"):
        whole = (model / name).read_bytes()
        with (model / name).open("r+b") as file:
            file.truncate(5 << 30)  # sparse
        assert f"{name} is larger than" in _refused(model)
        (model / name).write_bytes(whole)


def _safetensors(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def _tensor(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


BOMBS = {
    "a header longer than the file": struct.pack("<Q", 1 << 60) + b"{}",
    "no header at all": b"",
    "a header that is a list": _safetensors([1, 2]),
    "a header nested without end": _safetensors(b'{"a":' * 100_000),
    "a shape of terabytes": _safetensors({"a": _tensor(shape=(1 << 40,), offsets=(0, 1 << 42))}, b"\0" * 8),
    "a shape that wraps around": _safetensors({"a": _tensor(shape=(1 << 32, 1 << 32), offsets=(0, 0))}),
    "a negative shape": _safetensors({"a": _tensor(shape=(-1,), offsets=(0, 4))}, b"\0" * 4),
    "a shape of fractions": _safetensors({"a": _tensor(shape=(1.0,))}, b"\0" * 4),
    "a shape of thousands of dimensions": _safetensors({"a": _tensor(shape=(1,) * 5000)}, b"\0" * 4),
    "an unknown kind": _safetensors({"a": _tensor(dtype="OBJECT")}, b"\0" * 4),
    "tensors upon each other": _safetensors({"a": _tensor(), "b": _tensor()}, b"\0" * 4),
    "bytes in between": _safetensors({"a": _tensor(), "b": _tensor(offsets=(8, 12))}, b"\0" * 12),
    "bytes behind": _safetensors({"a": _tensor()}, b"\0" * 400),
    "a tensor outside": _safetensors({"a": _tensor(offsets=(-4, 0))}, b"\0" * 4),
    "tens of thousands of tensors": _safetensors(
        {str(n): _tensor(shape=(0,), offsets=(0, 0)) for n in range(25_000)}
    ),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_weights_that_are_not_what_they_say_are_refused(model: Path, name: str) -> None:
    (model / "model.safetensors").write_bytes(BOMBS[name])
    _sign(model)
    assert "holds no safetensors, or damaged ones" in _refused(model)


def test_weights_that_are_no_numbers_are_refused(model: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(model / "model.safetensors")
    name = next(name for name, value in weights.items() if value.is_floating_point() and value.numel() > 4)
    weights[name].view(-1)[2] = float("nan")
    save_file(weights, model / "model.safetensors")
    _sign(model)
    assert "not finite numbers" in _refused(model)


@pytest.mark.parametrize(
    "network",
    [
        {"widths": [10**9, 32, 64, 64]},
        {"image_size": 16 * 10**6},
        {"transformer_depth": 10**12},
        {"context_blocks": 10**9},
        {"ffn_width": 10**15},
        {"tdd_width": 1 << 62, "tdd_heads": 1},
        {"decoder_widths": [1, 1, 1, 10**7]},
    ],
)
def test_networks_of_absurd_size_are_refused(model: Path, network: dict[str, Any]) -> None:
    _config(model, **network)
    assert "no network here has more than" in _refused(model)


def test_a_network_larger_than_its_weights_takes_no_memory(model: Path) -> None:
    """A network of gigabytes within all limits, and weights of some kilobytes."""
    _config(model, widths=[1024] * 4, image_size=1024, ffn_width=16384, transformer_depth=20)
    before = _resident_mb()
    with pytest.raises(ModelError, match=r"do not fit its config\.json"):
        load_model(model)
    # Some hundred megabytes of torch's compiler; the network would have ten times as much.
    assert _resident_mb() - before < 500


def _resident_mb() -> float:
    psutil = pytest.importorskip("psutil")
    return float(psutil.Process().memory_info().rss) / 1e6


@pytest.mark.parametrize("text", ["[1, 2]", '{"a":' * 100_000, '"text"', "", "NaN"])
def test_a_config_that_is_no_object_is_refused(model: Path, text: str) -> None:
    (model / "config.json").write_text(text)
    _sign(model)
    _refused(model)
    assert told_config(model) == {}


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 5000, "\x1b[31mred"])
def test_a_name_that_cannot_be_shown_is_refused(model: Path, name: str) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps({**config, "name": name}))
    _sign(model)
    assert "gives a name that is" in _refused(model)


def test_a_bad_folder_among_models_is_listed_with_its_problem(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_model(model.parent / "good")
    (model / "config.json").write_text('{"a":' * 100_000)
    monkeypatch.setenv("MTINET_MODELS", str(model.parent))
    by_folder = {info.folder.name: info for info in list_models()}
    assert by_folder["good"].problem is None
    assert by_folder["model"].problem is not None


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.data())
def test_damaged_safetensors_are_a_model_error_or_sound(data: st.DataObject) -> None:
    """What our check lets pass, safetensors reads as well; nothing else is ever raised."""
    from safetensors.torch import load, save

    whole = bytearray(save({"a": torch.zeros(3, 2), "b": torch.ones(4)}))
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1, max_size=6)
    ):
        whole[place] = value
    try:
        check_weights(bytes(whole), Path("model.safetensors"))
    except ModelError:
        return
    try:
        load(bytes(whole))
    except Exception as error:
        assert "Safetensor" in type(error).__name__  # noqa: PT017
