"""DICOM objects of volumes that Slicer loaded, over the real scene and the real worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from support import dicom_layouts
from support.corrected_session import settle
from support.dicom_scene import LoadedStudy, Turned, load_study, with_database

from MTINetLib.presentation.statements import sentence
from MTINetLib.report.file_names import NOTES_FILE
from MTINetLib.scene.scene import Scene
from MTINetLib.study.phase import FOUR_PHASES

pytestmark = pytest.mark.viewer

LAYOUTS = {
    "c": dicom_layouts.philips_classic,
    "d": dicom_layouts.philips_enhanced,
    "e": dicom_layouts.siemens_enhanced,
    "h": dicom_layouts.series_per_phase,
}
PLAIN = (False, False, False)
#: As ITK's reader hands RAS volumes to Slicer, and left-handed ones.
TURNS = {
    "as stored": PLAIN,
    "slices turned": (True, False, False),
    "rows and columns turned": (False, True, True),
}


CASES = [
    ("c", "as stored"),
    ("d", "slices turned"),
    ("e", "as stored"),
    ("h", "rows and columns turned"),
]


@pytest.fixture
def loaded(scene: Scene, tmp_path: Path) -> Callable[..., LoadedStudy]:

    def load(layout: str, turned: Turned = PLAIN) -> LoadedStudy:
        return load_study(scene, tmp_path / "archive" / "Müller", LAYOUTS[layout], turned)

    return load


def labels_in(study: LoadedStudy) -> np.ndarray[Any, Any]:
    """Two lesions in the truth's own order of voxels, neither of them symmetric."""
    labels = np.zeros(study.truth.grid.shape, np.uint8)
    labels[3:6, 14:21, 8:15] = 1
    labels[4, 14:17, 8:10] = 0
    labels[7, 5:9, 20:26] = 2
    return labels


def measured(scene: Scene, worker: Any, study: LoadedStudy, turned: Turned = PLAIN) -> Any:
    """A session whose results are those two lesions, drawn on the volumes as they lie in the scene."""
    from MTINetLib.session.choices import Choices, choose_volume
    from MTINetLib.session.measure_masks import measure_masks
    from MTINetLib.session.session import Session

    choices = Choices(alignment="off")
    for phase, node in zip(FOUR_PHASES, study.nodes, strict=True):
        choose_volume(choices, phase, node)
    session = Session(with_database(scene, study.database), choices, worker)
    session.check_phases()
    measure_masks(session, np.flip(labels_in(study), np.flatnonzero(turned)))
    return session


def written(session: Any, folder: Path, **changes: Any) -> dict[str, Any]:
    session.reports.write(folder, ("json", "dicom"), **changes)
    settle(session)
    return {path.name: pydicom.dcmread(path) for path in session.reports.dicom_files}


def masks_of(seg: Any, study: LoadedStudy) -> np.ndarray[Any, Any]:
    """The SEG's voxels where they lie in the patient, on the truth's grid."""
    found = np.zeros(study.truth.grid.shape, np.uint8)
    rows_columns = np.stack(np.indices(study.truth.grid.shape[1:]), -1)
    shared = seg.SharedFunctionalGroupsSequence[0]
    axes = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
    row_mm, column_mm = (float(mm) for mm in shared.PixelMeasuresSequence[0].PixelSpacing)
    for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence, strict=True):
        start = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        set_pixels = rows_columns[frame > 0]
        places = start + set_pixels[:, 1:] * column_mm * axes[0] + set_pixels[:, :1] * row_mm * axes[1]
        kji = study.truth.grid.to_index(places)
        np.testing.assert_allclose(kji, np.rint(kji), atol=1e-3)
        number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        label = int(str(seg.SegmentSequence[number - 1].SegmentLabel).split()[0])
        found[tuple(np.rint(kji).astype(int).T)] = label
    return found


def images_of(study: LoadedStudy, layout: str) -> list[dict[tuple[str, int | None], int]]:
    """Slice number by (instance, frame), for each phase, from the files themselves."""
    found: list[dict[tuple[str, int | None], int]] = [{} for _ in FOUR_PHASES]
    count = study.truth.grid.shape[0]
    for uid, name in study.database.files.items():
        number = int(Path(name).name)
        if layout == "d":
            for t in range(4):
                found[t] |= {(uid, k * 4 + t + 1): k for k in range(count)}
        elif layout == "e":
            found[number] |= {(uid, k + 1): k for k in range(count)}
        else:
            found[number // count][(uid, None)] = number % count
    return found


@pytest.mark.parametrize(("layout", "turn"), CASES)
def test_masks_and_references_are_those_of_the_images(
    scene: Scene, loaded: Callable[..., LoadedStudy], worker: Any, tmp_path: Path, layout: str, turn: str
) -> None:
    study = loaded(layout, TURNS[turn])
    session = measured(scene, worker, study, TURNS[turn])
    made = written(session, tmp_path)
    seg, sr = made["segmentation.dcm"], made["measurements.dcm"]
    np.testing.assert_array_equal(masks_of(seg, study), labels_in(study))
    images = images_of(study, layout)
    for group in seg.PerFrameFunctionalGroupsSequence:
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        at = images[2][(source.ReferencedSOPInstanceUID, source.get("ReferencedFrameNumber"))]
        place = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        assert round(float(study.truth.grid.to_index(place)[0])) == at
    assert referred_phases(sr, images) == [0, 1, 2, 3] * 2


def referred_phases(sr: Any, images: list[dict[tuple[str, int | None], int]]) -> list[int]:
    """Which phase's image each group of signals refers to, in the order of the report."""
    from io import BytesIO

    import highdicom as hd

    buffer = BytesIO()
    sr.save_as(buffer)
    buffer.seek(0)
    found = []
    for group in hd.sr.srread(buffer).content.get_image_measurement_groups():
        image = group.source_images[0]
        frames = image.referenced_frame_numbers
        key = (str(image.referenced_sop_instance_uid), int(frames[0]) if frames else None)
        found += [number for number, own in enumerate(images) if key in own]
    return found


def test_a_reference_that_was_moved_in_the_scene_is_one_sentence(
    scene: Scene, loaded: Callable[..., LoadedStudy], worker: Any, tmp_path: Path
) -> None:
    import slicer

    study = loaded("h")
    session = measured(scene, worker, study)
    moved = scene.mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = np.eye(4)
    matrix[0, 3] = 3.0
    moved.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    for node in (*study.nodes, session.results.segmentation):
        node.SetAndObserveTransformNodeID(moved.GetID())
    assert "The portal venous phase was moved or resampled" in without_dicom(session, tmp_path)


def test_files_that_are_gone_are_one_sentence(
    scene: Scene, loaded: Callable[..., LoadedStudy], worker: Any, tmp_path: Path
) -> None:
    study = loaded("h")
    session = measured(scene, worker, study)
    assert session.reports.why_no_dicom() is None
    uids = study.nodes[1].GetAttribute("DICOM.instanceUIDs").split()
    Path(study.database.files[uids[4]]).unlink()
    assert "arterial phase does not come from DICOM images that are still there" in without_dicom(
        session, tmp_path
    )
    Path(study.database.files[uids[0]]).unlink()
    assert "The arterial phase was not loaded" in sentence(session.reports.why_no_dicom())


def test_two_phases_of_the_same_images_are_one_sentence(
    scene: Scene, loaded: Callable[..., LoadedStudy], worker: Any, tmp_path: Path
) -> None:
    study = loaded("h")
    session = measured(scene, worker, study)
    other = study.nodes[1].GetAttribute("DICOM.instanceUIDs")
    study.nodes[0].SetAttribute("DICOM.instanceUIDs", other)
    assert "seem to come from the same DICOM images" in without_dicom(session, tmp_path)


def without_dicom(session: Any, folder: Path) -> str:
    """What is said of a report whose DICOM objects cannot be made; the rest of it is there."""
    session.reports.write(folder, ("json", "dicom"))
    while session.busy:
        session.poll()
    assert {path.name for path in session.reports.folder.iterdir()} == {"findings.json", NOTES_FILE}
    assert session.message.kind == "warning"
    text = str(session.message.text)
    written = f"The report was written to {session.reports.folder}."
    assert text.startswith(f"{written} There is no DICOM SEG, SR or PDF: ")
    assert (session.reports.folder / NOTES_FILE).read_text("utf-8").strip() in text
    return text


def test_a_de_identified_report_has_new_uids_that_all_its_files_share(
    scene: Scene, loaded: Callable[..., LoadedStudy], worker: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from MTINetLib.scene.tracking import tracking_uids

    study = loaded("h")
    session = measured(scene, worker, study)
    folder = tmp_path_factory.mktemp("elsewhere")
    made = written(session, folder, deidentify=True, reader="Dr Reader")
    kept = tracking_uids(session.results.segmentation, (1, 2)).values()
    uids = {uid for node in study.nodes for uid in node.GetAttribute("DICOM.instanceUIDs").split()}
    source = pydicom.dcmread(next(iter(study.database.files.values())))
    secrets = [
        *uids,
        *kept,
        source.StudyInstanceUID,
        source.FrameOfReferenceUID,
        "LAYOUT-1",
        "Layout",
        "Reader",
    ]
    for path in session.reports.files:
        data = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in data] == [], path.name
    np.testing.assert_array_equal(masks_of(made["segmentation.dcm"], study), labels_in(study))
    assert {item.PatientIdentityRemoved for item in made.values()} == {"YES"}


def test_lesions_keep_their_tracking_uids_from_one_export_to_the_next(
    scene: Scene, loaded: Callable[..., LoadedStudy], worker: Any, tmp_path: Path
) -> None:
    session = measured(scene, worker, loaded("h"))
    exports = [written(session, tmp_path) for _ in range(2)]
    tracked = [
        {item.TrackingID: item.TrackingUID for item in made["segmentation.dcm"].SegmentSequence}
        for made in exports
    ]
    assert tracked[0] == tracked[1]
    assert set(tracked[0]) == {"Lesion 1", "Lesion 2"}
    assert exports[0]["segmentation.dcm"].SOPInstanceUID != exports[1]["segmentation.dcm"].SOPInstanceUID
