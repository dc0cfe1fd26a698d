"""The phantom beside reality: what is compared, what counts as missed, and that the phantom is near."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import phantom
from benchmarks.phantom import compare, phantom_tables, run_phantom
from benchmarks.phantom_real import PUBLISHED, REAL_HCC, table_quantiles
from MTINetLib.cli import run
from MTINetLib.errors import InputError


@cache
def few() -> dict[str, Any]:
    return run_phantom(8, seed=3)


def test_every_figure_of_the_table_is_measured() -> None:
    figures = few()
    assert set(figures["lesions"]) == set(REAL_HCC)
    assert set(figures["published"]) == set(PUBLISHED)
    assert json.loads(json.dumps(figures)) == figures


def test_few_cases_already_lie_near_reality() -> None:
    """Wider than the benchmark itself, which needs many cases."""
    for row in few()["lesions"].values():
        assert row["phantom"][2] == pytest.approx(row["real"][2], rel=0.5)
    ratio = few()["lesions"]["portal / arterial"]["phantom"]
    assert ratio[2] > 1.0


def test_organs_enhance_as_published() -> None:
    """These need no scan, so that there are enough of them here."""
    organs = {name: row for name, row in few()["published"].items() if row["source"].startswith("AJR")}
    assert len(organs) == 9
    assert [name for name, row in organs.items() if row["missed"]] == []


def test_a_median_off_by_more_than_a_tenth_is_missed() -> None:
    real = (0.8, 0.9, 1.0, 1.1, 1.2)
    assert compare((0.8, 0.9, 1.09, 1.2, 1.3), real)["missed"] == ""
    assert compare((0.8, 0.9, 1.12, 1.2, 1.3), real)["missed"] == "median +12%"
    assert compare((0.6, 0.7, 0.85, 0.89, 0.9), real)["missed"] == "median -15%, quartiles apart"


def test_the_tables_show_what_is_missed() -> None:
    figures = json.loads(json.dumps(few()))
    figures["lesions"]["sphericity"]["missed"] = "median +30%"
    figures["missed"] = ["sphericity"]
    text = phantom_tables(figures)
    assert all(f"| {name} |" in text for name in (*REAL_HCC, *PUBLISHED))
    assert "| median +30% |" in text
    assert text.endswith("Missed: sphericity.")


def test_the_command_ends_with_one_where_a_figure_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for missed, code in (([], 0), (["sphericity"], 1)):
        monkeypatch.setattr(phantom, "run_phantom", lambda *_, **__: {**few(), "missed": missed})  # noqa: B023
        assert run(["bench", "--phantom", "--cases", "2", "-o", str(tmp_path / "p.json")]) == code
        assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))["missed"] == missed
    assert "Missed: sphericity." in capsys.readouterr().out


def test_its_options_go_with_it_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--signal", "--cases", "3", "-o", str(tmp_path / "a.json")]) == 2
    assert "--cases goes with --phantom and --outline only" in capsys.readouterr().err


def write_table(path: Path, kind: str) -> None:
    names = [
        "kind",
        *(
            f"{phase}_{what}"
            for phase in ("arterial", "portal", "delayed")
            for what in ("mean", "cv", "p90_p10")
        ),
        "sphericity",
        "max_3d_diameter_mm",
    ]
    rows = [[kind, *(str(value) for value in np.linspace(1.0, 2.0 + n, len(names) - 1))] for n in range(5)]
    path.write_text("\n".join(",".join(row) for row in [names, *rows]) + "\n", encoding="utf-8")


def test_a_table_of_ones_own_gives_the_same_figures(tmp_path: Path) -> None:
    write_table(tmp_path / "own.csv", "HCC")
    found = table_quantiles(tmp_path / "own.csv")
    assert set(found) == set(REAL_HCC)
    assert found["largest diameter, mm"] == pytest.approx((2.4, 3.0, 4.0, 5.0, 5.6))


def test_a_table_without_hcc_or_columns_is_refused_by_name(tmp_path: Path) -> None:
    write_table(tmp_path / "other.csv", "ICC")
    (tmp_path / "bare.csv").write_text("kind\nHCC\n", encoding="utf-8")
    for name in ("other.csv", "bare.csv"):
        with pytest.raises(InputError, match=name):
            table_quantiles(tmp_path / name)
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        table_quantiles(tmp_path / "none.csv")
