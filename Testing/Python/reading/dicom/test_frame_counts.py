"""Multi-frame files whose numbers of frames disagree: what is certain is used, the rest is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEGLosslessSV1, RLELossless
from support import dicom_layouts as layouts
from support.dicom_compress import compress
from typer.testing import CliRunner

from MTINetLib.cli import app
from MTINetLib.errors import InputError
from MTINetLib.reading.dicom import decode as dicom_decode
from MTINetLib.reading.dicom.read import open_dicom_folder

TRUTH = layouts.make_truth()
FRAMES = 32
FRAME_BYTES = 24 * 32 * 2


@pytest.fixture(scope="module", autouse=True)
def _no_process_is_left() -> object:
    yield
    dicom_decode.close_idle()


def _time_major() -> Dataset:
    """Four phases of eight slices, one after the other."""
    order = [(t, k) for t in range(4) for k in range(8)]
    data = layouts._enhanced(TRUTH, order, "one file", 1)
    for frame, (t, _) in zip(data.PerFrameFunctionalGroupsSequence, order, strict=True):
        frame.FrameContentSequence[0].TemporalPositionIndex = t + 1
    return data


def _changed(said: int | str | None, placed: int, held: int) -> Dataset:
    data = _time_major()
    if said is None:
        del data.NumberOfFrames
    else:
        data.NumberOfFrames = said
    groups = list(data.PerFrameFunctionalGroupsSequence)
    data.PerFrameFunctionalGroupsSequence = (groups + groups)[:placed]
    data.PixelData = (data.PixelData * 2)[: held * FRAME_BYTES]
    return data


def _whole_volumes(folder: Path, said: int | None, placed: int, held: int) -> tuple[tuple[str, ...], int]:
    """Their values are right to the voxel; the flags of all volumes, and how many are whole."""
    layouts.save(_changed(said, placed, held), folder / "IM")
    volumes = open_dicom_folder(folder).volumes
    whole = [volume for volume in volumes if volume.problem is None]
    for t, volume in enumerate(whole):
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[t])
    (flags,) = {volume.flags for volume in volumes}
    return flags, len(whole)


def test_numbers_that_agree_are_no_flag(tmp_path: Path) -> None:
    assert _whole_volumes(tmp_path, FRAMES, FRAMES, FRAMES) == ((), 4)


@pytest.mark.parametrize("said", [None, 0, 28, 60])
def test_a_wrong_number_of_frames_costs_nothing_where_positions_and_pixels_agree(
    tmp_path: Path, said: int | None
) -> None:
    flags, whole = _whole_volumes(tmp_path, said, FRAMES, FRAMES)
    assert (flags, whole) == ((f"frame_counts:{said or 'no'}/32/32",), 4)


@pytest.mark.parametrize(("said", "placed", "held"), [(29, 29, 32), (32, 29, 32), (29, 32, 29)])
def test_frames_without_a_position_or_pixels_are_left_out_and_said(
    tmp_path: Path, said: int, placed: int, held: int
) -> None:
    flags, whole = _whole_volumes(tmp_path, said, placed, held)
    assert (flags, whole) == ((f"frame_counts:{said}/{placed}/{held}",), 3)
    broken = open_dicom_folder(tmp_path).volumes[3]
    assert "has 5 of 8 slices" in str(broken.problem)


def test_slices_that_all_phases_lose_are_said(tmp_path: Path) -> None:
    data = layouts.philips_enhanced(TRUTH)[0]
    data.PerFrameFunctionalGroupsSequence = data.PerFrameFunctionalGroupsSequence[:28]
    layouts.save(data, tmp_path / "IM")
    for t, volume in enumerate(open_dicom_folder(tmp_path).volumes):
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[t][:7])
        assert volume.flags == ("frame_counts:32/28/32",)


def test_frames_without_pixels_spoil_only_their_own_volumes(tmp_path: Path) -> None:
    layouts.save(_changed(FRAMES, FRAMES, 27), tmp_path / "IM")
    *whole, broken = open_dicom_folder(tmp_path).volumes
    for t, volume in enumerate(whole):
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[t])
    with pytest.raises(InputError) as caught:
        _ = broken.array
    assert "IM has fewer pixels than frames (NumberOfFrames 32, 32 positions, pixels of 27 frames)" in str(
        caught.value
    )


def test_a_file_that_ends_within_its_frames_is_called_truncated_with_the_numbers(tmp_path: Path) -> None:
    layouts.save(_time_major(), tmp_path / "IM")
    whole = (tmp_path / "IM").read_bytes()
    (tmp_path / "IM").write_bytes(whole[: -2 * FRAME_BYTES - 100])
    *_, broken = open_dicom_folder(tmp_path).volumes
    assert broken.problem is not None
    assert "is truncated (NumberOfFrames 32, 32 positions, pixels of 29 frames)" in broken.problem


@pytest.mark.parametrize(
    ("said", "placed", "held"), [(30, 32, 28), (None, 32, 30), (0, 30, 32), (40, 30, 32)]
)
def test_numbers_of_which_no_two_agree_are_refused_by_name(
    tmp_path: Path, said: int | None, placed: int, held: int
) -> None:
    layouts.save(_changed(said, placed, held), tmp_path / "IM")
    number = f"NumberOfFrames {said}" if said else "no NumberOfFrames"
    with pytest.raises(InputError) as caught:
        open_dicom_folder(tmp_path)
    assert (
        f"IM: does not tell its frames apart ({number}, {placed} positions, pixels of {held} frames)"
        in str(caught.value)
    )


def test_no_position_at_all_is_refused(tmp_path: Path) -> None:
    layouts.save(_changed(32, 0, 32), tmp_path / "IM")
    with pytest.raises(InputError, match="has no position for any of its frames"):
        open_dicom_folder(tmp_path)


@pytest.mark.parametrize("padding", [b"\0\0", b"\x13" * 40, b"\0" * 5000])
def test_padding_behind_the_pixels_is_no_frame(tmp_path: Path, padding: bytes) -> None:
    data = _time_major()
    data.PixelData += padding
    layouts.save(data, tmp_path / "IM")
    for t, volume in enumerate(open_dicom_folder(tmp_path).volumes):
        assert volume.flags == ()
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[t])


def test_a_surplus_that_makes_no_whole_frame_is_refused(tmp_path: Path) -> None:
    data = _time_major()
    data.PixelData += b"\x13" * 200
    layouts.save(data, tmp_path / "IM")
    with pytest.raises(
        InputError, match="holds 49,352 bytes of pixels, which are no 32 frames of 1,536 bytes"
    ):
        open_dicom_folder(tmp_path)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLosslessSV1])
def test_compressed_frames_that_are_missing_spoil_only_their_own_volumes(tmp_path: Path, syntax: str) -> None:
    layouts.save(_time_major(), tmp_path / "IM")
    data = compress(dcmread(tmp_path / "IM"), syntax, tmp_path)
    (tmp_path / "compressed.dcm").unlink(missing_ok=True)
    streams = list(generate_frames(data.PixelData, number_of_frames=FRAMES))
    data.PixelData = encapsulate(streams[:20], has_bot=False)
    data.save_as(tmp_path / "IM", enforce_file_format=True)
    volumes = open_dicom_folder(tmp_path).volumes
    for t in (0, 1):
        np.testing.assert_array_equal(volumes[t].array, TRUTH.volumes[t])
    for t in (2, 3):
        assert "NumberOfFrames 32, 32 positions, pixels of 20 frames" in str(volumes[t].problem)


def test_compressed_frames_in_several_fragments_are_put_together(tmp_path: Path) -> None:
    layouts.save(_time_major(), tmp_path / "IM")
    data = compress(dcmread(tmp_path / "IM"), JPEGLosslessSV1, tmp_path)
    (tmp_path / "compressed.dcm").unlink()
    streams = list(generate_frames(data.PixelData, number_of_frames=FRAMES))
    data.PixelData = encapsulate(streams, fragments_per_frame=3)
    data.save_as(tmp_path / "IM", enforce_file_format=True)
    for t, volume in enumerate(open_dicom_folder(tmp_path).volumes):
        np.testing.assert_array_equal(volume.array, TRUTH.volumes[t])


@pytest.mark.parametrize("said", [None, 1, 5])
def test_classic_files_of_several_frames_are_refused_with_the_numbers(
    tmp_path: Path, said: int | None
) -> None:
    layouts.write_shuffled(tmp_path, layouts.series_per_phase(TRUTH)[:8])
    image = layouts.slice_of(TRUTH, 1, 0, "several", 1)
    image.PixelData *= 5
    if said is not None:
        image.NumberOfFrames = said
    layouts.save(image, tmp_path / "several.dcm")
    (problem,) = open_dicom_folder(tmp_path).problems
    number = "no NumberOfFrames" if said is None else f"NumberOfFrames {said}"
    assert problem.reason == (
        "holds several frames without functional groups, so nothing tells where they lie "
        f"({number}, 1 position, pixels of 5 frames)"
    )


def test_the_command_line_says_the_three_numbers(tmp_path: Path) -> None:
    layouts.save(_changed(32, 29, 32), tmp_path / "IM")
    printed = CliRunner().invoke(app, ["inspect", str(tmp_path)]).output
    assert "frames without a position or pixels are not used: 32/29/32" in " ".join(printed.split())
