"""mtinet curves: its files, what it prints, and how bad input ends."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import dicom_layouts as layouts
from support import dynamic_series as made
from support.dicom_results import write_results
from support.made_analysis import made_grid

from MTINetLib.cli import run
from MTINetLib.reading.volumes.write import write_label_map


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    made.write_sequence(tmp_path / "dynamic.seq.nrrd", made.volumes())
    made.write_nifti(tmp_path / "dynamic.nii.gz", made.volumes())
    write_label_map(tmp_path / "labels.nii.gz", made.labels(), made.GRID)
    return tmp_path


def measured(desk: Path, *options: str) -> dict[str, Any]:
    out = desk / "out"
    assert run(["curves", *options, "-o", str(out), "--overwrite"]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "curves.csv", "curves.json", "curves.png", "figures.csv"
    ]  # fmt: skip
    found: dict[str, Any] = json.loads((out / "curves.json").read_text(encoding="utf-8"))
    return found


def test_segments_a_box_and_a_point_of_a_sequence(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y, z = made.GRID.to_lps((3.0, 9.0, 7.0))
    found = measured(
        desk, str(desk / "dynamic.seq.nrrd"), "--segments", str(desk / "labels.nii.gz"), "--baseline", "1-2",
        "--reference", "segment 2", "--point", f"voxel={x},{y},{z}",
        "--box", f"{x - 3},{y - 3},{z - 4},{x + 3},{y + 3},{z + 4}",
    )  # fmt: skip
    assert [region["name"] for region in found["regions"]] == ["segment 1", "segment 2", "box 1", "voxel"]
    assert [point["time_s"] for point in found["points"]] == list(made.TIMES_S)
    lesion = found["regions"][0]
    np.testing.assert_allclose([one["mean"] for one in lesion["statistics"]], made.LESION)
    assert lesion["figures"]["peak_point"] == 4
    assert lesion["figures"]["time_to_peak_s"] == 9.0
    assert lesion["contrast"][3] == pytest.approx(260 / 220 - 1)
    told = " ".join(capsys.readouterr().out.split())
    assert "8 time points" in told
    assert "Times: the index of the sequence." in told
    with (desk / "out" / "curves.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 8
    assert (rows[3]["region"], rows[3]["point"], rows[3]["time_s"]) == ("segment 1", "4", "13.0")
    assert float(rows[3]["mean"]) == 260.0
    assert float(rows[3]["relative"]) == 1.6
    with (desk / "out" / "figures.csv").open(encoding="utf-8", newline="") as file:
        figures = list(csv.DictReader(file))
    assert float(figures[0]["peak_relative"]) == 1.6
    assert (desk / "out" / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_ras_is_lps_with_two_signs_turned(desk: Path) -> None:
    x, y, z = made.GRID.to_lps((3.0, 9.0, 7.0))
    source = str(desk / "dynamic.seq.nrrd")
    lps = measured(desk, source, "--point", f"{x},{y},{z}")
    ras = measured(desk, source, "--point", f"{-x},{-y},{z}", "--ras")
    assert lps["regions"] == ras["regions"]
    other = measured(desk, source, "--point", f"{-x},{-y},{z}")
    assert other["regions"][0]["flags"] == ["points_not_measured:8:8"]


@pytest.mark.parametrize("given", ["0,4,9.5,13,30,62,75,140", "table", "0:2.5"])
def test_times_that_the_user_gives(desk: Path, given: str) -> None:
    if given == "table":
        (desk / "times.txt").write_text("\n".join(f"{time}" for time in made.TIMES_S))
        given = str(desk / "times.txt")
    found = measured(
        desk, str(desk / "dynamic.nii.gz"), "--segments", str(desk / "labels.nii.gz"), "--only", "1",
        "--times", given,
    )  # fmt: skip
    wanted = [2.5 * n for n in range(8)] if given == "0:2.5" else list(made.TIMES_S)
    assert [point["time_s"] for point in found["points"]] == wanted
    assert found["flags"] == []
    assert len(found["regions"]) == 1


def test_without_times_figures_with_time_are_left_out_and_it_is_said(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(desk, str(desk / "dynamic.nii.gz"), "--segments", str(desk / "labels.nii.gz"))
    assert found["flags"] == ["times_unknown"]
    assert found["regions"][0]["figures"]["wash_in_per_s"] is None
    assert found["regions"][0]["figures"]["peak_relative"] == 1.6
    assert "No acquisition time is known" in " ".join(capsys.readouterr().out.split())


def test_a_dicom_segmentation_on_the_images_that_it_was_made_on(tmp_path: Path) -> None:
    made_results = write_results(tmp_path)
    study, labels = made_results.study, made_results.labels
    found = measured(tmp_path, str(tmp_path / "in"), "--segments", str(tmp_path / "dicom"), "--no-motion")
    assert [region["kind"] for region in found["regions"]] == ["segment", "segment"]
    for label, region in enumerate(found["regions"], start=1):
        means = [volume[labels == label].mean(dtype=float) for volume in study.volumes]
        np.testing.assert_allclose([one["mean"] for one in region["statistics"]], means)


def test_labels_on_another_grid_are_brought_onto_the_images(desk: Path) -> None:
    grid = made_grid((16, 48, 64))
    coarse = made.GRID
    finer = type(grid)(
        (16, 48, 64), tuple(size / 2 for size in coarse.spacing),  # type: ignore[arg-type]
        tuple(coarse.to_lps((-0.25, -0.25, -0.25))), coarse.direction,  # type: ignore[arg-type]
    )  # fmt: skip
    write_label_map(desk / "fine.nii.gz", np.kron(made.labels(), np.ones((2, 2, 2))).astype(np.uint8), finer)
    found = measured(desk, str(desk / "dynamic.seq.nrrd"), "--segments", str(desk / "fine.nii.gz"))
    np.testing.assert_allclose([one["mean"] for one in found["regions"][0]["statistics"]], made.LESION)


def test_what_was_left_out_and_what_cannot_be_used_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = layouts.make_truth()
    images = layouts.ge_with_identifier(truth)
    del images[2 * 8 + 3]
    folder = layouts.write_shuffled(tmp_path / "s", images)
    x, y, z = truth.grid.to_lps((4.0, 12.0, 10.0))
    measured(tmp_path, str(folder), "--point", f"{x},{y},{z}")
    told = " ".join(capsys.readouterr().out.split())
    assert "1 of 4 time points cannot be used." in told
    assert "has 7 of 8 slices" in told
    assert "point 1: not measured at 1 of 4 time points" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "Say what to measure"),
        (["--only", "1"], "Say what to measure"),
        (["--point", "1,2,3", "--only", "1"], "--only belongs to --segments"),
        (["--point", "1,2"], "The point '1,2' cannot be read: write NAME=x,y,z"),
        (["--point", "1,2,x"], "cannot be read"),
        (["--box", "a=1,2,3"], "The box 'a=1,2,3' cannot be read"),
        (["--box", "1,2,3,1,5,6"], "has no size"),
        (["--segments", "{labels}", "--only", "7"], "has no '7'; it has 1, 2"),
        (["--segments", "{labels}", "--reference", "liver"], "reference 'liver' is none of"),
        (["--segments", "{labels}", "--baseline", "0-2"], "within the time points 1 to 8"),
        (["--segments", "{labels}", "--baseline", "one"], "The baseline 'one' is no list"),
        (["--segments", "{labels}", "--baseline", "3-1"], "The baseline '3-1' is no list"),
        (["--segments", "{labels}", "--times", "0,1"], "2 times for 8 time points"),
        (["--segments", "{labels}", "--times", "0:0"], "times of --times do not rise"),
        (["--segments", "{labels}", "--times", "noon"], "The times 'noon' are no seconds"),
        (["--segments", "{labels}", "--percentiles", "ten"], "The percentiles 'ten' are no numbers"),
        (["--segments", "nowhere.nii.gz"], "There is no file or folder nowhere.nii.gz"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_one_sentence(
    desk: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    words = [option.format(labels=desk / "labels.nii.gz") for option in options]
    out = desk / "out"
    assert run(["curves", str(desk / "dynamic.seq.nrrd"), *words, "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert not out.exists()


def test_labels_of_another_place_are_refused(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = made.GRID
    away = type(grid)(grid.shape, grid.spacing, (900.0, 900.0, 900.0), grid.direction)
    write_label_map(desk / "away.nii.gz", made.labels(), away)
    words = ["curves", str(desk / "dynamic.seq.nrrd"), "--segments", str(desk / "away.nii.gz")]
    assert run([*words, "-o", str(desk / "out")]) == 2
    assert "outlines nothing in these images" in capsys.readouterr().err
