from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

from support.made_analysis import NO_FIGURES, TIMES_S, made_analysis, made_study

from MTINetLib.findings import StudyFindings
from MTINetLib.report.csv_tables import curves_csv, lesions_csv
from MTINetLib.study.phase import Phase


def findings() -> StudyFindings:
    return made_analysis(made_study()).findings


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_curves_hold_every_value_at_its_time() -> None:
    found = findings()
    table = rows(curves_csv(found))
    assert len(table) == 2 * 3 * 4
    lesion = found.lesions[1]
    measured = [row for row in table if row["lesion"] == "2" and row["curve"] == "measured"]
    assert [float(row["mean"]) for row in measured] == list(lesion.measured_curve.mean)
    assert [float(row["sd"]) for row in measured] == list(lesion.measured_curve.sd)
    assert [float(row["time_s"]) for row in measured] == list(TIMES_S)
    assert [row["phase"] for row in measured] == ["pre", "arterial", "portal_venous", "delayed"]


def test_what_is_not_known_is_an_empty_cell() -> None:
    found = findings()
    study = replace(found.study, times_s=(None, None, None, None))
    table = rows(curves_csv(replace(found, study=study)))
    assert {row["time_s"] for row in table} == {""}
    assert {row["sd"] for row in table if row["curve"] == "predicted"} == {""}


def test_a_lesion_without_liver_ring_has_no_liver_rows() -> None:
    found = findings()
    bare = replace(found.lesions[0], liver_curve=None, predicted_curve=None, enhancement=NO_FIGURES)
    table = rows(curves_csv(replace(found, lesions=(bare,))))
    assert {row["curve"] for row in table} == {"measured"}
    assert rows(lesions_csv(replace(found, lesions=(bare,))))[0]["curve_kind"] == ""


def test_lesions_hold_the_figures_of_the_findings() -> None:
    found = findings()
    first = rows(lesions_csv(found))[0]
    lesion = found.lesions[0]
    assert first["class"] == "hcc"
    assert float(first["volume_ml"]) == lesion.volume_ml
    assert float(first["centroid_p_mm"]) == lesion.centroid_lps_mm[1]
    assert (
        float(first["washout_ratio_delayed_percent"])
        == (lesion.enhancement.washout_ratio_percent[Phase.DELAYED])
    )
    assert first["flags"] == "shares_slices"


def test_no_lesion_leaves_only_the_heads() -> None:
    none = replace(findings(), lesions=())
    assert curves_csv(none).count("\n") == 1
    assert lesions_csv(none).count("\n") == 1
