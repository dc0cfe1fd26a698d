"""The three files of a model folder from anywhere, checked before anything is made of them. Needs no torch.

A model is data: safetensors, JSON and checksums. Checksums tell damage, not intent, so sizes, shapes and
kinds are bounded as well: nothing outside the folder is read, and no more is allocated than the files hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.errors import ModelError
from MTINetLib.write_whole import whole_file

WEIGHTS_FILE, CONFIG_FILE, SUMS_FILE = "model.safetensors", "config.json", "SHA256SUMS"

#: Our largest network has some ten megabytes of weights.
_LARGEST = {WEIGHTS_FILE: 2 << 30, CONFIG_FILE: 4 << 20, SUMS_FILE: 1 << 16}
_LARGEST_HEADER = 16 << 20
_MOST_TENSORS = 20_000
_MOST_DIMENSIONS = 8
_ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "BOOL": 1, "U8": 1}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ModelFiles:
    """What a model folder holds.

    Args:
        weights: safetensors, whose header was checked.
        config: a JSON object.
        sha256: of the weights.
    """

    weights: bytes
    config: dict[str, Any]
    sha256: str


def read_model_files(folder: Path) -> ModelFiles:
    """Read each file once, compare its SHA-256 with the one in SHA256SUMS, and look into it.

    Raises:
        ModelError: a file is missing, unreadable, absurdly large, a link out of the folder, not the one that
            was written, or not what it should be; the sentence names it.
    """
    sums = read_sums(folder)
    data = {name: _read(folder / name) for name in (WEIGHTS_FILE, CONFIG_FILE)}
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != sums.get(name):
            raise ModelError(
                f"{folder / name} is damaged or was changed: its SHA-256 is not the one in {SUMS_FILE}."
            )
    check_weights(data[WEIGHTS_FILE], folder / WEIGHTS_FILE)
    return ModelFiles(data[WEIGHTS_FILE], _object(data[CONFIG_FILE], folder), sums[WEIGHTS_FILE])


def write_model_files(folder: Path, weights: bytes, config: Mapping[str, Any]) -> str:
    """Write the three files of a model; older ones are replaced, other files are left alone.

    Args:
        folder: made where it is missing.
        weights: safetensors.
        config: plain JSON values.

    Returns:
        SHA-256 of the weights.
    """
    text = json.dumps(config, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    files = {WEIGHTS_FILE: weights, CONFIG_FILE: text.encode("utf-8")}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    # The form that `sha256sum --check` reads; it comes last and says that the folder is whole.
    files[SUMS_FILE] = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode("ascii")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        with whole_file(folder / name) as beside:
            beside.write_bytes(data)
    return digests[WEIGHTS_FILE]


def read_config_file(folder: Path) -> dict[str, Any]:
    """What the config says, not compared with its checksum.

    Raises:
        ModelError: the file is missing, unreadable, or no JSON object.
    """
    return _object(_read(folder / CONFIG_FILE), folder)


def told_config(folder: Path) -> dict[str, Any]:
    """As :func:`read_config_file`; empty if it cannot be read."""
    try:
        return read_config_file(folder)
    except ModelError:
        return {}


def read_sums(folder: Path) -> dict[str, str]:
    """Digests by file name.

    Raises:
        ModelError: there is no such file, or it speaks of files elsewhere or twice of one.
    """
    path = folder / SUMS_FILE
    if not path.is_file():
        raise ModelError(f"{folder} is not a model folder: it has no {SUMS_FILE}.")
    sums: dict[str, str] = {}
    for line in _read(path).decode("utf-8", errors="replace").splitlines():
        digest, _, rest = line.strip().partition(" ")
        name = rest.strip().lstrip("*")
        if not line.strip():
            continue
        if not _DIGEST.fullmatch(digest.lower()) or not name:
            raise ModelError(f"{path} is damaged: it holds a line that is no checksum of a file.")
        if "/" in name or "\\" in name or name in ("..", ".") or ":" in name:
            raise ModelError(f"{path} names a file outside its folder; the model is not used.")
        if sums.setdefault(name, digest.lower()) != digest.lower():
            raise ModelError(f"{path} has two checksums for {name}; the model is not used.")
    return sums


def check_weights(data: bytes, path: Path) -> None:
    """Compare the header of safetensors with what follows it.

    Raises:
        ModelError: the file is no safetensors, or its tensors do not lie one behind the other in it, each as
            long as its shape and kind say.
    """
    try:
        header = _header(data)
        at = 0
        places = sorted(
            (_place(value, data) for name, value in header.items() if name != "__metadata__"),
            key=lambda place: place[:2],
        )
        for start, end, size in places:
            if start != at or end - start != size:
                raise ValueError("a tensor is not where it should be")
            at = end
        if at != len(data) - 8 - int.from_bytes(data[:8], "little"):
            raise ValueError("bytes are left over")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: it holds no safetensors, or damaged ones.") from error


def _header(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if not 0 < length <= min(len(data) - 8, _LARGEST_HEADER):
        raise ValueError("the header is longer than the file")
    header = json.loads(data[8 : 8 + length])
    if not isinstance(header, dict) or len(header) > _MOST_TENSORS:
        raise ValueError("the header is no object of tensors")
    return header


def _place(value: Mapping[str, Any], data: bytes) -> tuple[int, int, int]:
    """Start and end of a tensor, and the bytes that its shape and kind take."""
    start, end = value["data_offsets"]
    shape = value["shape"]
    size = _ITEM_BYTES[value["dtype"]]
    if len(shape) > _MOST_DIMENSIONS or any(type(n) is not int or n < 0 for n in (*shape, start, end)):
        raise ValueError("a shape or place is no list of counts")
    for count in shape:
        size *= count
        if size > len(data):
            raise ValueError("a tensor is larger than the file")
    return start, end, size


def _object(data: bytes, folder: Path) -> dict[str, Any]:
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"The model in {folder} cannot be read; install it again.") from error
    if not isinstance(config, dict):
        raise ModelError(f"{folder / CONFIG_FILE} is not a readable model description; install it again.")
    return config


def _read(path: Path) -> bytes:
    """The bytes of a plain file inside its folder."""
    if not path.is_file():
        if os.path.lexists(path) and not path.is_dir():
            raise ModelError(f"{path} is no plain file; the model is not used.")
        raise ModelError(f"The model folder {path.parent} has no {path.name}; install the model again.")
    if path.resolve().parent != path.parent.resolve():
        raise ModelError(f"{path} is a link out of its folder; the model is not used.")
    limit = _LARGEST[path.name]
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ModelError(f"{path} is no plain file; the model is not used.")
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise ModelError(f"{path} is larger than {limit >> 10} kB; that is no file of a model.")
            return file.read(size)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or type(error).__name__}).") from error
