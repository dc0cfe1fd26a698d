from __future__ import annotations

import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from support.made_analysis import made_analysis, made_study

from MTINetLib import demo
from MTINetLib.errors import InputError
from MTINetLib.inference.analysis import Analysis
from MTINetLib.study.study import Study


def made_case(study: Study) -> Any:
    labels = made_analysis(study).labels
    lesions = tuple(
        SimpleNamespace(label=label, lesion_class=name, diameter_mm=30.0)
        for label, name in ((1, "hcc"), (2, "hemangioma"))
    )
    return SimpleNamespace(study=study, labels=labels, lesions=lesions)


def test_lesions_are_matched_by_place_not_by_number() -> None:
    study = made_study()
    analysis = made_analysis(study)
    swapped = replace(analysis, labels=np.where(analysis.labels > 0, 3 - analysis.labels, 0).astype(np.uint8))
    compared, false_positives = demo.compare_with_truth(made_case(study), study, swapped)  # type: ignore[arg-type]
    assert [row.found.label for row in compared if row.found] == [2, 1]
    assert [row.dice for row in compared] == pytest.approx([1.0, 1.0])
    assert false_positives == ()


def test_a_missed_lesion_and_an_invented_one_are_said() -> None:
    study = made_study()
    analysis = made_analysis(study)
    labels = np.where(analysis.labels == 1, 1, 0).astype(np.uint8)
    labels[20:23, 5:12, 70:80] = 2
    moved = replace(analysis, labels=labels)
    compared, false_positives = demo.compare_with_truth(made_case(study), study, moved)  # type: ignore[arg-type]
    assert compared[1].found is None
    assert false_positives == (2,)
    text = StringIO()
    result = demo.DemoResult(moved, compared, false_positives, ())  # type: ignore[arg-type]
    Console(file=text, width=120).print(demo.truth_table(result))
    assert "missed" in text.getvalue()
    assert "Hemangioma" in text.getvalue()
    assert "not a lesion" in text.getvalue()
    assert "synthetic" in text.getvalue()


def test_an_earlier_demo_may_be_replaced_and_nothing_else(tmp_path: Path) -> None:
    for name in ("findings.json", "scene.mrb"):
        (tmp_path / name).write_text("old")
    (tmp_path / "input").mkdir()
    assert demo._holds_only_a_demo(tmp_path)
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        demo.run_demo(tmp_path, None, Console(file=StringIO()))


@pytest.fixture
def made_rooms(monkeypatch: pytest.MonkeyPatch) -> Analysis:
    """The demo's long stages replaced by a small study whose findings are known."""
    study = made_study()
    analysis = made_analysis(study)

    def room(name: str, **things: object) -> None:
        module: Any = SimpleNamespace(**things)
        monkeypatch.setitem(sys.modules, f"MTINetLib.{name}", module)

    def write(folder: Path, *_: object, **__: object) -> None:
        folder.mkdir(parents=True)
        (folder / "slice").write_text("dicom")

    model = SimpleNamespace(info=SimpleNamespace(phases=study.phases))
    room("models.store", load_model=lambda name: model)
    room("pipeline.analyze", analyze=lambda *_, **__: analysis)
    room("phantom.demo", DEMO_SEED=1, make_demo_case=lambda: made_case(study))
    room("phantom.dicom_writer", write_study_as_dicom=write)
    room("pipeline.open", open_study=lambda *_, **__: study)
    monkeypatch.setattr(
        "MTINetLib.scene.addition.write_scene_in_process", lambda *_, **__: ("Install libegl1.",)
    )
    return analysis


def test_the_demo_leaves_its_files_and_says_what_it_found(tmp_path: Path, made_rooms: Analysis) -> None:
    out, said = tmp_path / "demo-output", StringIO()
    for _ in range(2):  # the second run replaces the first
        result = demo.run_demo(out, "tiny", Console(file=said, width=140))
    assert result.analysis is made_rooms
    names = {path.name for path in out.iterdir()}
    assert names >= {"findings.json", "lesions.nii.gz", "curves.csv", "report.html", "report.pdf", "input"}
    assert list(tmp_path.iterdir()) == [out]
    for words in ("Install libegl1.", "2 Hemangioma", "synthetic", "1.00"):
        assert words in said.getvalue()
