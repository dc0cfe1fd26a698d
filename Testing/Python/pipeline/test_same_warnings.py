"""A doubtful study gives the same warnings on the command line, in the worker and in the scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.corrected_session import settle
from support.dicom_scene import FakeDatabase, with_database

from MTINetLib.cli import run
from MTINetLib.findings import StudyFindings, from_json
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phantom.dicom_writer import write_study_as_dicom
from MTINetLib.presentation.warnings import study_warnings
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES, Phase
from MTINetLib.study.study import Study

pytestmark = pytest.mark.viewer

PRE, ARTERIAL, PORTAL_VENOUS, DELAYED = FOUR_PHASES
#: Only alignment finds these, which comes after the scene's own look at the volumes.
AFTER_ALIGNMENT = ("motion", "registered", "deformed", "resampled")


@dataclass(frozen=True)
class Doubtful:
    """A study with a fault.

    Args:
        change: makes it.
        named: the user says which volume is which phase, for recognition asks where evidence contradicts.
        lost: slices that are taken out of the arterial series.
        flags: that the fault gives, by name and phases.
    """

    change: Callable[[Study], Study]
    flags: tuple[str, ...]
    named: bool = False
    lost: int = 0


def late_arterial(study: Study) -> Study:
    pre, arterial, portal, delayed = study.times_s
    return replace(study, times_s=(pre, portal, arterial, delayed))


CASES = {
    "honest": Doubtful(lambda study: study, ()),
    "acquired in another order": Doubtful(
        late_arterial, ("out_of_order:arterial:portal_venous",), named=True
    ),
    "enhancement upside down": Doubtful(
        lambda study: replace(study, volumes=study.volumes[::-1].copy()), ("vessels_darker",), named=True
    ),
    "arterial phase cut short": Doubtful(lambda study: study, ("uncovered:arterial",), lost=6),
    "air far off zero": Doubtful(
        lambda study: replace(study, volumes=study.volumes + np.float32(1500)), ("offset",)
    ),
}


def series_of(case: Doubtful, folder: Path) -> dict[Phase, Path]:
    settings = PhantomSettings(slices=(20, 22), matrix=(192, 192), breathing=False, oblique_share=0.0)
    study = case.change(make_case(21, 0, settings).study)
    series = write_study_as_dicom(folder, study, patient_id="made", study_seed=21)
    volume = read_volume(series[ARTERIAL])
    for image in volume.images[: case.lost]:
        image.path.unlink()
    return series


def on_the_command_line(case: Doubtful, series: dict[Phase, Path], model: Path, out: Path) -> StudyFindings:
    source = [str(series[PRE].parent)]
    if case.named:
        options = {phase: f"--{phase.value.replace('_', '-')}" for phase in series}
        source = [word for phase, path in series.items() for word in (options[phase], str(path))]
    settings = ["-o", str(out), "--model", str(model), "--device", "cpu", "--no-scene", "--align", "off"]
    assert run(["analyze", *settings, *source]) == 0
    return from_json((out / "findings.json").read_text("utf-8"))


def in_slicer(
    scene: Scene,
    case: Doubtful,
    series: dict[Phase, Path],
    model: Path,
    worker: Any,
) -> Any:
    """A session that has analyzed the study as Slicer's import would have loaded it."""
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.session import Session

    database = FakeDatabase()
    session = Session(
        with_database(scene, database),
        Choices(alignment="off", model=str(model), device="cpu"),
        worker,
    )
    for phase, path in series.items():
        choose_volume(session.choices, phase, node_of(scene, read_volume(path), database))
    if case.named:
        session.check_phases()
    else:
        session.recognise()
    session.start_analysis()
    settle(session)
    return session


def node_of(scene: Scene, volume: SourceVolume, database: FakeDatabase) -> Any:
    from MTINetLib.scene.volumes import add_volume

    paths = [str(image.path) for image in volume.images]
    database.files |= dict(zip(volume.instance_uids, paths, strict=True))
    node = add_volume(scene, volume.description, volume.array, volume.grid)
    node.SetAttribute("DICOM.instanceUIDs", " ".join(volume.instance_uids))
    return node


def before_alignment(flags: tuple[str, ...]) -> set[str]:
    return {flag for flag in flags if flag.partition(":")[0] not in AFTER_ALIGNMENT}


@pytest.mark.parametrize("name", CASES)
def test_each_way_says_the_same_of_a_study(
    scene: Scene,
    name: str,
    model: Path,
    worker: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = CASES[name]
    series = series_of(case, tmp_path / "images")
    findings = on_the_command_line(case, series, model, tmp_path / "out")
    console = " ".join(capsys.readouterr().out.split())
    session = in_slicer(scene, case, series, model, worker)

    for flag in case.flags:
        assert any(own.startswith(flag) for own in findings.study.flags), (flag, findings.study.flags)
    assert set(session.findings.study.flags) == set(findings.study.flags)
    assert before_alignment(session.proposal.flags) == before_alignment(findings.study.flags)

    said = study_warnings(findings)
    assert bool(said) == bool(set(case.flags) - {"offset"}), said
    assert session.proposal.warnings == said
    assert study_warnings(session.findings) == said
    report = unescape((tmp_path / "out" / "report.html").read_text("utf-8"))
    for sentence in said:
        assert f"Warning: {sentence}" in console
        assert sentence in " ".join(report.split())
