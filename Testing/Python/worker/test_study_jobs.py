from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_analysis import made_analysis, made_grid, made_study
from support.waiting import wait_until
from support.worker_study import Heard, open_study, phase_files

from MTINetLib.errors import Cancelled, InputError, MTINetError
from MTINetLib.findings import from_dict, to_dict
from MTINetLib.pipeline.remeasure import remeasure
from MTINetLib.progress import Stage
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Study
from MTINetLib.worker.client import WorkerClient
from MTINetLib.worker.requests import Measure, OpenedStudy, OpenStudy, SampleVolumes
from MTINetLib.worker.study_files import read_study
from MTINetLib.worker.training_requests import AddCase

STUDY = made_study()


def refused(client: WorkerClient, request: OpenStudy) -> str:
    with pytest.raises(InputError) as told:
        client.wait(client.submit("open_study", request.to_dict()), timeout_s=120)
    return str(told.value)


def with_phase(client: WorkerClient, phase: Phase, array: np.ndarray, study: Study = STUDY) -> OpenStudy:
    """The study's request with another array for one phase."""
    files = list(phase_files(client.folder, study))
    np.save(files[FOUR_PHASES.index(phase)].path, array)
    grid = replace(files[FOUR_PHASES.index(phase)].grid, shape=array.shape)
    files[FOUR_PHASES.index(phase)] = replace(files[FOUR_PHASES.index(phase)], grid=grid)
    return OpenStudy("wrong", tuple(files), alignment="off")  # type: ignore[arg-type]


def test_a_study_comes_back_on_the_reference_grid_with_all_that_is_known_of_it(client: WorkerClient) -> None:
    opened = open_study(client, STUDY, "a study")
    volumes = np.load(opened.volumes)
    assert np.array_equal(volumes, STUDY.volumes)
    assert volumes.dtype == np.float32
    assert opened.grid == STUDY.grid
    assert opened.reference is Phase.PORTAL_VENOUS
    assert opened.times_s == STUDY.times_s
    assert [source.series_uid for source in opened.sources] == ["1.2.3.0", "1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert opened.sources[1].evidence == ("time 32 s after bolus",)
    assert opened.alignment[2] == 1.0


def test_phases_on_other_grids_are_aligned_as_the_library_does(client: WorkerClient) -> None:
    files = list(phase_files(client.folder, STUDY))
    coarse = np.ascontiguousarray(STUDY.phase(Phase.ARTERIAL)[:, ::2, ::2])
    spacing = (STUDY.grid.spacing[0] * 2, STUDY.grid.spacing[1] * 2, STUDY.grid.spacing[2])
    np.save(files[1].path, coarse.astype(np.int16))
    files[1] = replace(files[1], grid=replace(STUDY.grid, shape=coarse.shape, spacing=spacing))
    request = OpenStudy("coarse", tuple(files), alignment="off")  # type: ignore[arg-type]
    result = client.wait(client.submit("open_study", request.to_dict()), timeout_s=120)
    assert "resampled:arterial" in result["flags"]
    inside = np.s_[2:-2, 4:-4, 4:-4]
    arterial = np.load(result["volumes"])[1][inside]
    assert np.corrcoef(arterial.ravel(), STUDY.phase(Phase.ARTERIAL)[inside].ravel())[0, 1] > 0.95


def test_doubtful_phases_and_unknown_times_are_flagged(client: WorkerClient) -> None:
    files = tuple(replace(file, time_s=None, confidence=0.65) for file in phase_files(client.folder, STUDY))
    request = OpenStudy("doubtful", files, alignment="off")  # type: ignore[arg-type]
    result = client.wait(client.submit("open_study", request.to_dict()), timeout_s=120)
    assert {"times_unknown", "phase_doubt:arterial"} <= set(result["flags"])


def test_infinity_is_refused_by_the_name_of_its_phase(client: WorkerClient) -> None:
    array = STUDY.phase(Phase.DELAYED).copy()
    array[3, 4, 5] = np.inf
    assert "delayed phase 'LAVA delayed' holds infinite values" in refused(
        client, with_phase(client, Phase.DELAYED, array)
    )


def test_a_constant_volume_is_refused(client: WorkerClient) -> None:
    flat = np.full(STUDY.grid.shape, 7, dtype=np.int16)
    assert "same value 7 everywhere" in refused(client, with_phase(client, Phase.PRE, flat))


def test_the_same_volume_twice_is_refused(client: WorkerClient) -> None:
    same = with_phase(client, Phase.ARTERIAL, STUDY.phase(Phase.PRE))
    assert "pre-contrast and the arterial phase hold the same image" in refused(client, same)


def test_a_single_slice_is_refused(client: WorkerClient) -> None:
    one = STUDY.phase(Phase.ARTERIAL)[:1]
    assert "arterial phase 'LAVA arterial' has 1 slices" in refused(
        client, with_phase(client, Phase.ARTERIAL, one)
    )


def test_a_file_that_is_gone_or_no_array_is_one_sentence(client: WorkerClient) -> None:
    files = phase_files(client.folder, STUDY)
    Path(files[2].path).unlink()
    gone = OpenStudy("gone", files)  # type: ignore[arg-type]
    assert "cannot be read; try again" in refused(client, gone)
    Path(files[2].path).write_bytes(b"no array")
    assert "cannot be read; try again" in refused(client, gone)


def test_an_unknown_alignment_is_refused(client: WorkerClient) -> None:
    files = phase_files(client.folder, STUDY)
    request = OpenStudy("x", files, alignment="bend")  # type: ignore[arg-type]
    assert "alignment 'bend' is unknown" in refused(client, request)


def test_an_alignment_that_is_cancelled_ends_by_itself(patient: WorkerClient) -> None:
    study = made_study(replace(made_grid((40, 160, 160)), spacing=(2.0, 2.0, 4.0)))
    request = OpenStudy("moved", phase_files(patient.folder, study), alignment="force")  # type: ignore[arg-type]
    call = patient.submit("open_study", request.to_dict(), heard := Heard())
    wait_until(lambda: (Stage.ALIGNING_PHASES, 0, 4) in heard.steps or call.finished, patient.poll)
    pid = patient.pid
    patient.cancel(call)
    with pytest.raises(Cancelled):
        patient.wait(call)
    open_study(patient, STUDY)
    assert patient.pid == pid, "it was not killed"


def test_a_study_that_was_never_opened_is_a_clear_error(client: WorkerClient) -> None:
    labels = client.folder / "labels.npy"
    np.save(labels, np.zeros(STUDY.grid.shape, np.uint8))
    before = to_dict(made_analysis(STUDY).findings)
    arguments = {"study": "never", "labels": str(labels), "before": before}
    with pytest.raises(MTINetError, match="not open in the worker any more; analyze it again"):
        client.wait(client.submit("measure", arguments), timeout_s=120)


def test_the_sample_study_is_four_phases_with_times_that_open_as_they_are(client: WorkerClient) -> None:
    sample = SampleVolumes.from_dict(client.wait(client.submit("make_sample", {}), timeout_s=120))
    assert [file.time_s is not None for file in sample.phases] == [True] * 4
    assert "arterial" in sample.phases[1].description
    request = OpenStudy("sample", sample.phases)
    opened = client.wait(client.submit("open_study", request.to_dict()), timeout_s=120)
    assert opened["grid"] == request.to_dict()["phases"][2]["grid"]


def test_left_handed_grids_stay_left_handed(client: WorkerClient) -> None:
    study = made_study(made_grid((12, 40, 48), left_handed=True))
    opened = open_study(client, study, "left")
    assert opened.grid == study.grid
    assert np.linalg.det(opened.grid.direction_matrix) < 0


def test_what_a_phase_of_the_scene_does_not_show_is_not_measured(client: WorkerClient) -> None:
    """Also of a study that a restarted worker reads, and in a case of a dataset."""
    files = list(phase_files(client.folder, STUDY))
    pre = STUDY.phase(Phase.PRE).copy()
    pre[:, :, 40:] = np.nan
    np.save(files[0].path, pre)
    request = OpenStudy("gaps", tuple(files), alignment="off")  # type: ignore[arg-type]
    opened = OpenedStudy.from_dict(client.wait(client.submit("open_study", request.to_dict()), timeout_s=120))
    assert opened.covered is not None
    covered = np.load(opened.covered)
    np.testing.assert_array_equal(covered[0], ~np.isnan(pre))
    assert covered[1:].all()
    labels = np.zeros(STUDY.grid.shape, dtype=np.uint8)
    labels[8:14, 40:50, 42:52] = 1
    path = client.folder / "drawn.npy"
    np.save(path, labels)
    before = to_dict(made_analysis(STUDY).findings)
    measure = Measure("gaps", str(path), before)
    measured = client.wait(client.submit("measure", measure.to_dict()), timeout_s=120)
    again = remeasure(read_study(client.folder, "gaps"), labels, from_dict(before))
    for (lesion,) in (from_dict(measured["findings"]).lesions, again.lesions):
        assert lesion.measured_curve.mean[0] is None
        assert None not in lesion.measured_curve.mean[1:]
        assert "not_measured:pre" in lesion.flags
    added = add_to_dataset(client, opened, path)
    read = read_volume(added / "pre.nii")
    assert read.covered is not None
    np.testing.assert_array_equal(read.covered, ~np.isnan(pre))
    assert read_volume(added / "delayed.nii").covered is None


def add_to_dataset(client: WorkerClient, opened: OpenedStudy, labels: Path) -> Path:
    request = AddCase(
        str(client.folder / "set"),
        opened.volumes,
        str(labels),
        opened.grid,
        opened.phases,
        ((1, "hcc"),),
        covered=opened.covered,
    )
    return Path(client.wait(client.submit("add_case", request.to_dict()), timeout_s=120)["folder"])
