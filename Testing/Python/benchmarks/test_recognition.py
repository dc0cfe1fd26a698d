"""Made-up names and tags: no phase is ever mistaken with confidence, and most are found."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import MTINetLib
from benchmarks.recognition import KINDS, SEED, recognised, run_recognition
from benchmarks.recognition_cases import TAGS, Variant, make_variants
from benchmarks.recognition_names import NAMES
from benchmarks.recognition_tables import recognition_tables
from benchmarks.recognition_volumes import Shown, Tags, made_volumes
from MTINetLib.cli import run


@cache
def _figures() -> dict[str, Any]:
    return run_recognition()


def test_no_phase_is_mistaken_with_confidence_over_all_variants() -> None:
    figures = _figures()
    assert figures["variants"] >= 200
    assert figures["outcomes"]["wrong_confident"] == 0
    for kind in KINDS:
        for phase, counts in figures["confusion"][kind].items():
            if phase not in (kind.replace(" ", "_"), "not taken"):
                assert counts["sure"] == 0, (kind, phase)


@pytest.mark.parametrize("seed", [1, 2])
def test_other_draws_are_not_mistaken_with_confidence_either(seed: int) -> None:
    """Typing errors and times differ with the seed; some of each group are enough."""
    for variant in make_variants(seed)[seed::5]:
        assert recognised(variant).outcome != "wrong_confident", variant.name


def test_phases_with_names_or_times_are_found_and_not_only_asked() -> None:
    groups = _figures()["groups"]
    names, further = groups["names"], groups["further series"]
    assert names["right"] + names["right_flagged"] >= 0.95 * sum(names.values())
    assert further["right"] == sum(further.values())
    assert groups["wrong names"]["asked"] == sum(groups["wrong names"].values())


def test_the_readme_shows_what_the_command_finds() -> None:
    text = (Path(MTINetLib.__file__).parent / "phases" / "README.md").read_text(encoding="utf-8")
    for line in recognition_tables(_figures()).splitlines()[1:]:
        assert line in text
    assert f"seed {SEED}" in text


def test_a_confident_mistake_would_be_seen() -> None:
    """Right words at the wrong volumes, with nothing that contradicts them."""
    names = NAMES["GE LAVA"]
    kinds = ("pre", "portal venous", "arterial", "delayed")
    shown = tuple(Shown(kind, name, 0.0) for kind, name in zip(kinds, names, strict=True))
    lie = Variant("lie", "lie", shown, Tags(times="none", agent="none", numbers="none"), telling=False)
    assert recognised(lie).outcome == "wrong_confident"


def test_headers_of_a_variant_go_the_end_to_end_through_the_reader() -> None:
    shown = (Shown("pre", "VIBE", -60.0), Shown("arterial", "VIBE", 30.0))
    volumes, truth = made_volumes(shown, TAGS["midnight"], telling=True)
    assert [truth[id(volume)].kind for volume in volumes] == ["pre", "arterial"]
    first, second = (volume.headers["acquisition_s"] for volume in volumes)
    assert second - first == pytest.approx(90.0)
    assert volumes[0].array.shape == volumes[0].grid.shape


def test_the_command_prints_the_tables_and_writes_all_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = make_variants(SEED)[:3]
    monkeypatch.setattr("benchmarks.recognition.make_variants", lambda seed: few)
    assert run(["bench", "--recognition", "-o", str(tmp_path / "figures.json")]) == 0
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["variants"] == 3
    assert recognition_tables(figures) in capsys.readouterr().out
