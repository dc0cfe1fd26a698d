from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from support.made_analysis import made_analysis, made_grid, made_study

from MTINetLib.errors import Cancelled, InputError
from MTINetLib.findings import from_json
from MTINetLib.inference.analysis import Analysis
from MTINetLib.pipeline.write import Addition, WriteOptions, write
from MTINetLib.report.file_names import LIVER_FILE, LIVER_TABLE_FILE, OWN_FILES, PICTURES, REPORT_FILES
from MTINetLib.report.formats import in_steps, write_text
from MTINetLib.study.study import Study


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Study, Analysis]:
    study = made_study(made_grid(left_handed=True))
    analysis = made_analysis(study)
    out = tmp_path_factory.mktemp("results") / "out"

    def add_picture(folder: Path, *_: object) -> tuple[str, ...]:
        (folder / "pictures").mkdir()
        (folder / "pictures" / PICTURES[0]).write_bytes(b"png")
        return ()

    options = WriteOptions(additions=[Addition("x", add_picture)])
    assert write(study, analysis, out, options).left_out == ()
    return out, study, analysis


def test_all_files_are_there_and_belong_to_us(written: tuple[Path, Study, Analysis]) -> None:
    out, _, _ = written
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files <= set(OWN_FILES)
    assert files == {*(set(REPORT_FILES[:9]) - {LIVER_FILE, LIVER_TABLE_FILE}), f"pictures/{PICTURES[0]}"}
    assert (out / "pictures" / "phases.png").read_bytes() == b"png"


@pytest.mark.parametrize("ended", [KeyboardInterrupt, Cancelled])
def test_a_cancel_while_something_is_added_says_that_the_findings_are_there(
    ended: type[BaseException], tmp_path: Path
) -> None:
    study = made_study(made_grid())
    analysis = made_analysis(study)

    def add(folder: Path, *_: object) -> tuple[str, ...]:
        (folder / PICTURES[0]).write_bytes(b"png")
        return ()

    def end(folder: Path, *_: object) -> tuple[str, ...]:
        (folder / "scene.mrb").write_bytes(b"half")
        raise ended

    out = tmp_path / "out"
    additions = [Addition("picture", add), Addition("scene.mrb", end), Addition("film", add)]
    told = f"Cancelled: there is no scene.mrb and no film; the findings are whole, in {out}."
    with pytest.raises(Cancelled, match=f"^{re.escape(told)}$"):
        write(study, analysis, out, WriteOptions(formats=("csv", "json"), additions=additions))
    held = {path.name for path in out.iterdir()}
    assert {"findings.json", "lesions.csv", PICTURES[0]} <= held
    assert "scene.mrb" not in held
    assert from_json((out / "findings.json").read_text("utf-8")).lesions
    assert list(tmp_path.iterdir()) == [out]


def test_findings_come_back_equal(written: tuple[Path, Study, Analysis]) -> None:
    out, _, analysis = written
    text = (out / "findings.json").read_text(encoding="utf-8")
    back = from_json(text)
    assert [lesion.measured_curve for lesion in back.lesions] == [
        lesion.measured_curve for lesion in analysis.findings.lesions
    ]
    assert json.loads(text)["lesions"][1]["class"] == "hemangioma"


def test_the_masks_lie_where_the_lesions_are(written: tuple[Path, Study, Analysis]) -> None:
    out, _, analysis = written
    image = SimpleITK.ReadImage(str(out / "lesions.nii.gz"))
    read = SimpleITK.GetArrayFromImage(image)
    for label in (1, 2):
        kji = np.argwhere(read == label)
        assert len(kji) == (analysis.labels == label).sum()
        physical = image.TransformContinuousIndexToPhysicalPoint(kji.mean(axis=0)[::-1].tolist())
        assert physical == pytest.approx(analysis.findings.lesions[label - 1].centroid_lps_mm, abs=1e-3), (
            "LPS centroid"
        )


def test_the_probability_map_is_kept_to_a_256th(written: tuple[Path, Study, Analysis]) -> None:
    out, _, analysis = written
    read = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(out / "probability.nii.gz")))
    assert read.dtype == np.float32
    assert np.abs(np.sort(read, axis=None) - np.sort(analysis.probability, axis=None)).max() <= 1 / 512


def test_probabilities_outside_the_range_are_clipped() -> None:
    steps = in_steps(np.array([-0.1, 0.0, 0.5, 1.2], np.float32))
    assert steps.tolist() == [0.0, 0.0, 0.5, 1.0]


def test_a_second_run_is_refused_and_overwrite_replaces_it(
    written: tuple[Path, Study, Analysis],
) -> None:
    out, study, analysis = written
    with pytest.raises(InputError, match="not empty"):
        write(study, analysis, out)
    (out / "my notes.txt").write_text("mine")
    again = out.rename(out.parent / "again")
    write(study, analysis, again, WriteOptions(formats=("pdf",)), overwrite=True)
    assert sorted(path.name for path in again.iterdir() if path.is_file()) == ["my notes.txt", "report.pdf"]
    again.rename(out)


def test_files_end_lines_alike_on_every_system(tmp_path: Path) -> None:
    write_text(tmp_path / "x", "a\nb\n")
    assert re.findall(rb"\r", (tmp_path / "x").read_bytes()) == []
