"""mtinet analyze: what it leaves, and how every kind of bad input ends."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import SimpleITK

from MTINetLib.cli import run
from MTINetLib.findings import from_json
from MTINetLib.reading.volumes.write import write_label_map, write_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Study

OPTIONS = {
    Phase.PRE: "--pre",
    Phase.ARTERIAL: "--arterial",
    Phase.PORTAL_VENOUS: "--portal-venous",
    Phase.DELAYED: "--delayed",
}
WITHOUT_SCENE = {
    "findings.json",
    "lesions.nii.gz",
    "probability.nii.gz",
    "curves.csv",
    "lesions.csv",
    "report.html",
    "report.pdf",
}


def named(paths: dict[Phase, Path]) -> list[str]:
    return [word for phase, path in paths.items() for word in (OPTIONS[phase], str(path))]


def analyze(out: Path, model: Path, *arguments: str) -> int:
    return run(["analyze", "-o", str(out), "--model", str(model), "--no-scene", *arguments])


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    """Checks that stderr is one sentence with these words and that nothing was left in the folder."""
    told = capsys.readouterr().err
    assert told.startswith("mtinet: ")
    assert told.count("\n") == 1
    assert "Traceback" not in told
    for word in words:
        assert word in told
    assert list(folder.iterdir()) == []
    return told


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder that results would go into."""
    folder = tmp_path / "a place, größer"
    folder.mkdir()
    return folder


def test_a_dicom_folder_becomes_findings(
    dicom: dict[Phase, Path], model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = dicom[Phase.PRE].parent
    assert analyze(place / "out", model, str(folder), "--reference", "portal-venous", "--page") == 0
    assert {path.name for path in (place / "out").iterdir()} == {*WITHOUT_SCENE, "page.html", "page"}
    text = (place / "out" / "findings.json").read_text(encoding="utf-8")
    schema = json.loads(resources.files("MTINetLib").joinpath("findings.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(text), schema)
    findings = from_json(text)
    assert [said.phase for said in findings.study.phases] == list(FOUR_PHASES)
    assert findings.provenance.model_name == "random-small"
    told = capsys.readouterr()
    assert told.err == ""
    assert "Research use only" in told.out


def test_four_files_give_results_on_the_reference_s_own_grid(
    files: dict[Phase, Path], model: Path, place: Path
) -> None:
    assert analyze(place / "out", model, *named(files), "--reference", "delayed") == 0
    labels = SimpleITK.ReadImage(str(place / "out" / "lesions.nii.gz"))
    reference = SimpleITK.ReadImage(str(files[Phase.DELAYED]))
    assert labels.GetSize() == reference.GetSize()
    np.testing.assert_allclose(labels.GetOrigin(), reference.GetOrigin(), atol=1e-3)
    np.testing.assert_allclose(labels.GetDirection(), reference.GetDirection(), atol=1e-5)
    text = (place / "out" / "findings.json").read_text(encoding="utf-8")
    assert from_json(text).study.phases[3].phase is Phase.DELAYED


def test_phases_of_different_grids_are_brought_together(
    files: dict[Phase, Path], study: Study, model: Path, place: Path, tmp_path: Path
) -> None:
    coarse = tmp_path / "coarse.nii.gz"
    image = SimpleITK.ReadImage(str(files[Phase.ARTERIAL]))
    SimpleITK.WriteImage(SimpleITK.Shrink(image, [2, 2, 1]), str(coarse))
    assert analyze(place / "out", model, *named({**files, Phase.ARTERIAL: coarse})) == 0
    summary = json.loads((place / "out" / "findings.json").read_text(encoding="utf-8"))["study"]
    assert summary["size"] == list(reversed(study.grid.shape)) or summary["size"] == list(study.grid.shape)


def test_the_user_s_word_overrules_recognition(
    dicom: dict[Phase, Path], model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder holds the phases, two of them told the other way round."""
    folder = dicom[Phase.PRE].parent
    swapped = {Phase.PORTAL_VENOUS: dicom[Phase.DELAYED], Phase.DELAYED: dicom[Phase.PORTAL_VENOUS]}
    assert analyze(place / "as is", model, str(folder)) == 0
    assert analyze(place / "told", model, str(folder), *named(swapped)) == 0
    series = [
        [
            phase["series_uid"]
            for phase in json.loads((place / name / "findings.json").read_text("utf-8"))["study"]["phases"]
        ]
        for name in ("as is", "told")
    ]
    assert series[1] == [series[0][0], series[0][1], series[0][3], series[0][2]]


@pytest.mark.parametrize("how", ["a folder", "series by series", "with --overwrite"])
def test_results_inside_the_images_folder_are_refused(
    dicom: dict[Phase, Path], model: Path, place: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    folder = dicom[Phase.PRE].parent
    before = sorted(folder.rglob("*"))
    inputs = named(dicom) if how == "series by series" else [str(folder)]
    out = dicom[Phase.ARTERIAL] / "out" if how == "series by series" else folder / "out"
    overwrite = ["--overwrite"] if how == "with --overwrite" else []
    assert analyze(folder if overwrite else out, model, *inputs, *overwrite) == 2
    refused(capsys, place, "which holds the images", "choose a folder outside of it")
    assert sorted(folder.rglob("*")) == before


def test_an_empty_folder_is_refused(
    model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert analyze(place / "out", model, str(tmp_path / "empty")) == 2
    refused(capsys, place, "empty")


def test_a_folder_of_text_files_is_refused(
    model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letters").mkdir()
    for number in range(3):
        (tmp_path / "letters" / f"{number}.txt").write_text("not an image\n" * 30)
    assert analyze(place / "out", model, str(tmp_path / "letters")) == 2
    refused(capsys, place, "DICOM", "letters")


def test_a_study_without_one_phase_is_refused_and_what_was_found_is_listed(
    dicom: dict[Phase, Path], model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = tmp_path / "three"
    for phase in (Phase.PRE, Phase.ARTERIAL, Phase.PORTAL_VENOUS):
        target = three / phase.value
        target.mkdir(parents=True)
        for path in dicom[phase].iterdir():
            (target / path.name).write_bytes(path.read_bytes())
    assert analyze(place / "out", model, str(three)) == 2
    refused(capsys, place, "delayed", "Found:")


def test_a_phase_that_was_not_named_is_asked_for_by_its_option(
    files: dict[Phase, Path], model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    three = {phase: path for phase, path in files.items() if phase is not Phase.DELAYED}
    assert analyze(place / "out", model, *named(three)) == 2
    refused(capsys, place, "--delayed is missing")
    two = {phase: path for phase, path in three.items() if phase is not Phase.ARTERIAL}
    assert analyze(place / "out", model, *named(two)) == 2
    refused(capsys, place, "--arterial and --delayed are missing")


def test_a_file_that_is_no_image_is_refused_by_its_phase(
    files: dict[Phase, Path], model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "arterial.nii.gz"
    bad.write_bytes(b"this is no image")
    assert analyze(place / "out", model, *named({**files, Phase.ARTERIAL: bad})) == 2
    refused(capsys, place, "arterial phase", bad.name)


def test_the_same_file_for_two_phases_is_refused(
    files: dict[Phase, Path], model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = {**files, Phase.DELAYED: files[Phase.ARTERIAL]}
    assert analyze(place / "out", model, *named(same)) == 2
    refused(capsys, place, "arterial", "delayed")


def test_a_phase_full_of_one_value_is_refused(
    files: dict[Phase, Path],
    study: Study,
    model: Path,
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flat = tmp_path / "flat.nii.gz"
    write_volume(flat, np.full(study.grid.shape, 7, np.float32), study.grid)
    assert analyze(place / "out", model, *named({**files, Phase.PRE: flat})) == 2
    refused(capsys, place, "pre-contrast phase")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Nothing to analyze"),
        (["nowhere"], "nowhere does not exist"),
        ([".", "--reference", "venous"], "no phase 'venous'"),
        ([".", "--align", "perhaps"], "--align perhaps"),
        ([".", "--device", "tpu"], "'tpu' is unknown"),
        ([".", "--device", "cuda:99"], "GPU 99"),
        ([".", "--precision", "fp8"], "'fp8' is unknown"),
        ([".", "--backend", "onnx"], "'onnx' is unknown; use one of auto, torch, openvino"),
        ([".", "--model", "no-such-model"], "no-such-model"),
        (
            ["--pre", "gone.nii", *"--arterial a --portal-venous b --delayed c".split()],
            "gone.nii does not exist",
        ),
    ],
)
def test_wrong_words_are_refused_before_anything_is_read(
    arguments: list[str], words: str, model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(place / "out", model, *arguments) == 2
    refused(capsys, place, words)


def test_a_folder_with_other_things_is_refused_until_overwriting_is_asked_for(
    dicom: dict[Phase, Path], model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(dicom[Phase.PRE].parent)
    (place / "letter.txt").write_text("dear reader")
    assert analyze(place, model, folder) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert [path.name for path in place.iterdir()] == ["letter.txt"]
    assert analyze(place, model, folder, "--overwrite") == 0
    assert {path.name for path in place.iterdir()} == {*WITHOUT_SCENE, "letter.txt"}
    assert (place / "letter.txt").read_text() == "dear reader"


def test_a_damaged_model_is_refused(
    dicom: dict[Phase, Path], model: Path, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for path in model.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    weights = bytearray((broken / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (broken / "model.safetensors").write_bytes(weights)
    assert analyze(place / "out", broken, str(dicom[Phase.PRE].parent)) == 2
    refused(capsys, place, "broken")


@pytest.fixture
def liver_file(study: Study, tmp_path: Path) -> Path:
    """The liver of the study."""
    k, j, i = np.meshgrid(*[np.linspace(-1, 1, n) for n in study.grid.shape], indexing="ij")
    mask = ((k / 0.9) ** 2 + ((j + 0.05) / 0.55) ** 2 + ((i + 0.3) / 0.45) ** 2) < 1
    path = tmp_path / "liver outlined elsewhere.nii.gz"
    write_label_map(path, mask.astype(np.uint8), study.grid)
    return path


def test_a_liver_that_is_given_is_measured_and_said_in_the_provenance(
    place: Path, model: Path, files: dict[Phase, Path], liver_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(place / "out", model, *named(files), "--liver", str(liver_file)) == 0
    findings = from_json((place / "out" / "findings.json").read_text("utf-8"))
    assert findings.liver is not None
    assert (findings.liver.origin, findings.liver.source) == ("given", liver_file.name)
    assert all(lesion.liver_overlap is not None for lesion in findings.lesions)
    assert (place / "out" / "liver.nii.gz").is_file()
    assert f"given as {liver_file.name}" in (place / "out" / "report.html").read_text("utf-8")
    assert "Liver " in capsys.readouterr().out


def test_a_liver_that_cannot_be_used_ends_in_one_sentence(
    place: Path, model: Path, files: dict[Phase, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(place / "out", model, *named(files), "--liver", "nowhere.nii.gz") == 2
    refused(capsys, place, "nowhere.nii.gz", "--liver")
    assert analyze(place / "out", model, *named(files), "--liver-label", "5") == 2
    refused(capsys, place, "--liver-label")
    assert analyze(place / "out", model, *named(files), "--liver", str(files[Phase.PRE])) == 2
    refused(capsys, place, "is no mask or label map")


def test_a_model_without_operating_points_says_so_in_one_sentence(
    place: Path, model: Path, files: dict[Phase, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(place / "out", model, *named(files), "--sensitivity", "high") == 2
    refused(capsys, place, "random-small offers no choice of sensitivity")
