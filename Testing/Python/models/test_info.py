"""What a model says of itself, read in one place and without torch."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.small_models import random_model

from MTINetLib.errors import ModelError
from MTINetLib.models.find import list_models, shipped_folders
from MTINetLib.models.info import Found, info_or_problem, read_info, told_info
from MTINetLib.study.phase import Phase

SHIPPED = next(place for place in shipped_folders() if place.is_dir()) / "mtinet-phantom"
FORMAT_1_IMAGES = {"method": "pre-contrast, percentile of the inner body", "high_percentile": 80.0}


def change(folder: Path, changes: dict[str, Any]) -> None:
    """Write a config with other values, None taking one away, and checksums that fit."""
    config = json.loads((folder / "config.json").read_text("utf-8")) | changes
    text = json.dumps({key: value for key, value in config.items() if value is not None})
    (folder / "config.json").write_text(text, "utf-8")
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("model.safetensors", "config.json")
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return random_model(tmp_path / "model").info.folder


def as_format_1(folder: Path, images: object) -> None:
    """The model as the version before wrote it."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    new = dict.fromkeys(("architecture", "phases", "classes", "preprocessing", "calibration"), None)
    old = {
        "format": 1,
        "normalisation": images,
        "network": config["architecture"]["settings"],
        "thresholds": {"mask": 0.45},
        "temperature": 1.5,
        "operating_point": {
            "fitted": True,
            "patients": 11,
            "rule": "a rule",
            "temperature": {"fitted": False, "why": "too few"},
        },
    }
    change(folder, {**new, **old})


def test_the_shipped_model_says_all_that_it_is() -> None:
    info = read_info(SHIPPED)
    assert info.problem is None
    assert info.name == "mtinet-phantom"
    assert info.sha256 == "95a6dbf363a529b795ca5088b1410fd2e5acce96d1bab57817b6d7842eafff2b"
    assert info.architecture.name == "mtinet"
    assert info.phases == (Phase.PRE, Phase.ARTERIAL, Phase.PORTAL_VENOUS, Phase.DELAYED)
    assert info.classes == ("hcc", "hemangioma", "other")
    assert (info.preprocessing.name, info.preprocessing.version) == ("axial_slices", 2)
    assert info.preprocessing.settings == {"slice_size": 256}
    assert info.anatomy
    assert (info.thresholds.mask, info.thresholds.mean, info.thresholds.smallest_mm3) == (0.5, 0.9, 30.0)
    assert info.thresholds_found.figures["studies"] == 30
    assert info.temperature == pytest.approx(2.334, abs=1e-3)
    assert info.operating_points is not None
    assert info.operating_points.points[info.operating_points.usual].false_positives_a_study == 0.2
    assert info.class_sets is not None
    found = (
        info.thresholds_found,
        info.temperature_found,
        info.operating_points_found,
        info.class_sets_found,
    )
    assert all(one.fitted for one in found)
    assert told_info(SHIPPED) == info


def test_reading_what_a_model_is_needs_neither_torch_nor_scipy(model: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('torch', 'scipy', 'numpy', 'safetensors'): sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "from MTINetLib.models.info import read_info\n"
        f"print(read_info(Path({str(model)!r})).architecture.name)"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "mtinet"


def test_an_older_config_is_read_where_its_meaning_is_certain(model: Path) -> None:
    now = read_info(model)
    as_format_1(model, FORMAT_1_IMAGES)
    info = read_info(model)
    assert (info.architecture, info.phases, info.classes) == (now.architecture, now.phases, now.classes)
    assert info.preprocessing == now.preprocessing
    assert (info.thresholds.mask, info.temperature) == (0.45, 1.5)
    assert info.thresholds_found == Found(True, "a rule", {"patients": 11})
    assert info.temperature_found == Found(False, "too few")


@pytest.mark.parametrize(
    "images",
    [
        None,
        {"method": "z-score"},
        {**FORMAT_1_IMAGES, "high_percentile": 95.0},
        {**FORMAT_1_IMAGES, "inner_radius": 0.8},
    ],
)
def test_an_older_config_of_uncertain_meaning_is_refused(model: Path, images: object) -> None:
    as_format_1(model, images)
    with pytest.raises(ModelError, match=r"does not say for certain how its images were prepared.*train it"):
        read_info(model)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"preprocessing": {"name": "whole_volume", "version": 3}},
            "'whole_volume' version 3 is unknown.*update",
        ),
        (
            {"preprocessing": {"name": "axial_slices", "version": 7, "slice_size": 64}},
            r"'axial_slices' version 7 is unknown here \(known: axial_slices version 1, .* 2\); update",
        ),
        (
            {"preprocessing": {"name": "axial_slices", "version": 1, "slice_size": 64, "rotate": 3}},
            "has no setting 'rotate'; update",
        ),
        (
            {"preprocessing": {"name": "axial_slices", "version": 1, "slice_size": 128}},
            "makes slices of 128 pixels a side, but the network takes 64",
        ),
        (
            {"preprocessing": {"name": "axial_slices", "version": 1, "slice_size": "big"}},
            "slice_size is 'big'",
        ),
        ({"preprocessing": {"name": "axial_slices"}}, "does not say 'version'"),
        ({"preprocessing": [1]}, "not a readable model description"),
        (
            {"architecture": {"name": "resnet", "settings": {}}},
            r"The architecture 'resnet' is unknown here \(known: .*mtinet.*\); update MTINet",
        ),
        ({"phases": ["pre", "arterial", "venous", "delayed"]}, "'venous' is no phase; known are pre"),
        ({"phases": ["arterial", "pre", "portal_venous", "delayed"]}, "in the order pre, "),
        ({"phases": ["pre", "arterial", "delayed"]}, "has 3 phases, but its network takes 4"),
        ({"classes": ["hcc"]}, "two or more"),
        ({"classes": ["hcc", "hcc"]}, "each once"),
        ({"classes": ["HCC", "<b>"]}, "small letters"),
    ],
)
def test_what_this_version_does_not_know_is_named_with_what_to_do(
    model: Path, changes: dict[str, Any], words: str
) -> None:
    change(model, changes)
    with pytest.raises(ModelError, match=words) as caught:
        read_info(model)
    assert str(model / "config.json") in str(caught.value)
    assert info_or_problem(model).problem == str(caught.value)


def test_a_listed_model_of_an_unknown_kind_is_told_with_its_problem(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(model, {"architecture": {"name": "resnet", "settings": {}}, "name": "theirs"})
    monkeypatch.setenv("MTINET_MODELS", str(model))
    info = list_models()[0]
    assert info.name == "theirs"
    assert "'resnet'" in str(info.problem)
    assert info.classes == ()
