"""Studies changed honestly and not: what the benchmark counts is true."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from benchmarks.signal import outcome, phantoms, run_signal, signal_tables
from benchmarks.signal_cases import Four, Variant, faulty_variants, honest_variants
from MTINetLib.cli import run
from MTINetLib.study.grid import Grid

VARIANTS = {variant.name: variant for variant in (*honest_variants(), *faulty_variants())}


@cache
def study() -> tuple[Four, Grid]:
    return next(phantoms([4242]))


def judged(variant: Variant) -> str:
    return outcome(variant, *study(), np.random.default_rng(3))[0]


@pytest.mark.parametrize("name", [variant.name for variant in honest_variants()])
def test_no_honest_change_is_refused_or_moved(name: str) -> None:
    assert judged(VARIANTS[name]) in ("silent", "flagged")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("+1000 in all phases", "put right"),
        ("one standardisation for all", "put right"),
        ("each phase standardised", "refused"),
        ("one window in 8 bits", "flagged"),
    ],
)
def test_faults_are_counted_as_what_became_of_them(name: str, wanted: str) -> None:
    assert judged(VARIANTS[name]) == wanted


def test_a_constant_that_is_not_the_true_one_is_not_put_right() -> None:
    wrong = Variant("lied", lambda volumes, rng: volumes + 900, honest=False, offset=400.0)
    assert judged(wrong) == "put wrong"
    honest = Variant("moved", lambda volumes, rng: volumes + 900)
    assert judged(honest) == "changed"


def test_the_tables_hold_every_variant_of_every_study() -> None:
    figures = run_signal(seeds=(4243,))
    assert all(
        sum(counts.values()) == 1 for part in ("honest", "faults") for counts in figures[part].values()
    )
    text = signal_tables(figures)
    assert all(f"| {name} |" in text for name in VARIANTS)
    assert json.loads(json.dumps(figures)) == figures


def test_only_one_benchmark_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--signal", "--alignment", "-o", str(tmp_path / "a.json")]) == 2
    assert "--alignment or --signal" in capsys.readouterr().err
    assert run(["bench", "--alignment", "--dataset", str(tmp_path), "-o", str(tmp_path / "a.json")]) == 2
    assert "--dataset goes with --signal" in capsys.readouterr().err
