"""The Report section's DICOM box and the way into Slicer's database, over the real scene and worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import dicom_layouts
from support.corrected_session import corrected_session, settle
from support.dicom_scene import LoadedStudy, load_study
from support.made_analysis import made_study
from support.open_panel import panels_of

from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer


@pytest.fixture
def loaded(scene: Scene, slicer_desktop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedStudy:
    slicer_desktop.slicer.app.userSettings().clear()
    study = load_study(scene, tmp_path / "archive" / "images", dicom_layouts.series_per_phase)
    monkeypatch.setattr(slicer_desktop.slicer, "dicomDatabase", study.database, raising=False)
    return study


@pytest.fixture
def session(scene: Scene, loaded: LoadedStudy, worker: Any) -> Any:
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.measure_masks import measure_masks
    from MTINetLib.session.session import Session

    choices = Choices(alignment="off")
    for phase, node in zip(FOUR_PHASES, loaded.nodes, strict=True):
        choose_volume(choices, phase, node)
    session = Session(scene, choices, worker)
    session.check_phases()
    labels = np.zeros(loaded.truth.grid.shape, np.uint8)
    labels[3:6, 14:21, 8:15] = 1
    measure_masks(session, labels)
    return session


@pytest.fixture
def panel(session: Any, tmp_path: Path) -> Iterator[Any]:
    from MTINetLib.panels.report_panel import ReportPanel

    with panels_of(ReportPanel) as make:
        panel = make(session)
        panel.ui.folderEdit.currentPath = str(tmp_path)
        for name, box in panel._boxes.items():
            box.setChecked(name == "dicom")
        yield panel


def shown(panel: Any, name: str) -> bool:
    return bool(getattr(panel.ui, name).isVisibleTo(panel.widget))


def test_the_objects_are_written_and_go_into_the_database(
    panel: Any, session: Any, loaded: LoadedStudy, tmp_path: Path
) -> None:
    assert panel._boxes["dicom"].enabled
    assert not shown(panel, "databaseButton")
    panel.ui.writeButton.click()
    settle(session)
    names = {path.name for path in (tmp_path / "mtinet-report" / "dicom").iterdir()}
    assert names == {"segmentation.dcm", "measurements.dcm", "report.dcm"}
    assert shown(panel, "openFolderButton")
    assert shown(panel, "databaseButton")
    before = len(loaded.database.files)
    panel.ui.databaseButton.click()
    assert len(loaded.database.files) == before + 3
    assert (
        panel.ui.resultLabel.text == "The report is in Slicer's DICOM database, beside the patient's images."
    )
    loaded.database.isOpen = False
    panel.refresh()
    assert not shown(panel, "databaseButton")


def test_volumes_without_dicom_behind_them_say_so(scene: Scene, slicer_desktop: Any, worker: Any) -> None:
    from MTINetLib.panels.report_panel import ReportPanel

    session = corrected_session(scene, worker, made_study())
    with panels_of(ReportPanel) as make:
        panel = make(session)
        assert not panel._boxes["dicom"].enabled
        assert "was not loaded from DICOM files" in panel._boxes["dicom"].toolTip
        panel._boxes["dicom"].setChecked(True)
        assert "dicom" not in panel.formats()
