"""The zero and the scale of the values are found in the images; an honest study is never refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK

from MTINetLib.dataset.folder import read_dataset
from MTINetLib.errors import InputError
from MTINetLib.phantom.case import PhantomSettings, make_case
from MTINetLib.phases.pixels import check_pixels
from MTINetLib.phases.signal_check import SignalCheck, check_signal
from MTINetLib.pipeline.open import open_study
from MTINetLib.presentation.words import flag_in_words
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.reading.volumes.read import read_volume
from MTINetLib.study.grid import Grid
from MTINetLib.study.normalise import estimate_scale
from MTINetLib.study.phase import FOUR_PHASES, Phase

Four = npt.NDArray[np.float32]
SETTINGS = PhantomSettings(slices=(20, 24), matrix=(192, 224), breathing=False)
#: A dataset folder of real images, for who has one: none of their studies may raise an alarm.
REAL_STUDIES = "MTINET_REAL_STUDIES"


def phantom(seed: int) -> tuple[Four, Grid]:
    study = make_case(seed, 0, SETTINGS).study
    return study.volumes, study.grid


@pytest.fixture(scope="module", params=(12, 15))
def study(request: pytest.FixtureRequest) -> tuple[Four, Grid]:
    return phantom(request.param)


def checked(volumes: npt.ArrayLike, grid: Grid) -> SignalCheck:
    array = np.asarray(volumes, dtype=np.float32)
    own = Grid(array.shape[1:], grid.spacing, grid.origin, grid.direction)  # type: ignore[arg-type]
    return check_signal(
        [SourceVolume.of_array(one, own, f"phase {n}") for n, one in enumerate(array)], FOUR_PHASES
    )


def level(volumes: Four) -> float:
    return float(np.median(volumes[0][volumes[0] > volumes[0].mean()]))


def cropped(volumes: Four) -> Four:
    rows, columns = volumes.shape[2:]
    return volumes[:, :, int(0.3 * rows) : int(0.7 * rows), int(0.25 * columns) : int(0.75 * columns)]


def airless(volumes: Four) -> Four:
    """A crop well inside the body."""
    return cropped(cropped(volumes))


def masked(volumes: Four) -> Four:
    return volumes * (volumes[0] > 0.3 * level(volumes))


def noisy(volumes: Four, share: float) -> Four:
    rng = np.random.default_rng(5)
    real, imaginary = rng.normal(0, share * level(volumes), (2, *volumes.shape))
    return np.hypot(volumes + real, imaginary).astype(np.float32)


def ranged(volumes: Four, low: float, high: float) -> Four:
    ends = [np.percentile(one, (low, high)) for one in volumes]
    return np.stack([np.clip((v - a) / (b - a), 0, 1) for v, (a, b) in zip(volumes, ends, strict=True)])


def standardised(volumes: Four) -> Four:
    return np.stack([(one - one.mean()) / one.std() for one in volumes])


def overshooting(volumes: Four) -> Four:
    """Sharpened: a dark seam runs below 0 at edges."""
    blurred = volumes.copy()
    blurred[..., 1:-1] = (volumes[..., :-2] + volumes[..., 1:-1] + volumes[..., 2:]) / 3
    return volumes + 0.3 * (volumes - blurred)


HONEST: dict[str, Callable[[Four], Four]] = {
    "as it is": lambda v: v,
    "cropped to the body": cropped,
    "masked": masked,
    "noise at a tenth of the signal": lambda v: noisy(v, 0.1),
    "noise at a sixth of the signal": lambda v: noisy(v, 1 / 6),
    "zero-filled border": lambda v: np.pad(v, ((0, 0), (1, 1), (12, 12), (20, 20))),
    "another gain": lambda v: 0.0013 * v,
    "one range for all phases": lambda v: v / v.max(),
    "overshoot at edges": overshooting,
}


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_study_raises_no_alarm_about_its_zero_or_scale(kind: str, study: tuple[Four, Grid]) -> None:
    found = checked(HONEST[kind](study[0]), study[1])
    assert found.offset == 0
    assert not {"offset", "offset_doubt", "display_values", "scaled_apart", "saturated"} & {
        flag.split(":")[0] for flag in found.flags
    }


@pytest.mark.parametrize("offset", [500.0, 1000.0, -1024.0, 32768.0])
@pytest.mark.parametrize("kind", ["as it is", "masked", "zero-filled border"])
def test_a_constant_under_all_phases_is_found_to_the_unit(
    kind: str, offset: float, study: tuple[Four, Grid]
) -> None:
    found = checked(HONEST[kind](study[0]) + offset, study[1])
    assert found.offset == offset
    assert f"offset:{offset:g}" in found.flags


def test_one_standardisation_for_all_phases_is_an_offset_and_enhancement_survives() -> None:
    volumes, grid = phantom(12)
    same = (volumes - volumes.mean()) / volumes.std()
    found = checked(same, grid)
    right = volumes[2].mean() / volumes[0].mean()
    assert (same[2] - found.offset).mean() / (same[0] - found.offset).mean() == pytest.approx(right, rel=0.02)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (standardised, "standardised by itself"),
        (lambda v: standardised(cropped(v)), "standardised by itself"),
        (lambda v: ranged(v, 0, 100), "scaled by itself to end at 1"),
        (lambda v: ranged(v, 2, 98), "scaled by itself to end at 1"),
        (lambda v: 2 * ranged(v, 0, 100) - 1, "scaled by itself to end at 1"),
        (lambda v: airless(v) - 1924, "values down to"),
        (lambda v: noisy(v, 0.15) - noisy(v, 0.15).mean(0), "values down to"),
        (lambda v: v + np.array([0, 7, 0, 0])[:, None, None, None] * level(v), "lies at different values"),
    ],
)
def test_values_without_an_enhancement_are_refused_with_what_to_export(
    change: Callable[[Four], Four], words: str, study: tuple[Four, Grid]
) -> None:
    with pytest.raises(InputError, match=f"{words}.*export the phases again with the scanner's own"):
        checked(change(study[0]), study[1])


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (lambda v: airless(v) + 1500, "offset_doubt"),
        (lambda v: masked(v) + 1500 * (masked(v) > 0), "offset_doubt"),
        (lambda v: np.clip(v, 0.4 * level(v), 1.8 * level(v)), "display_values"),
        (lambda v: np.minimum(v, np.percentile(v, 97)), "saturated:portal_venous"),
        (lambda v: v * np.array([1, 0.4, 1, 1])[:, None, None, None], "scaled_apart:arterial"),
        (lambda v: np.repeat(v[:1], 4, 0) + np.arange(4)[:, None, None, None], "no_enhancement"),
        (lambda v: v[[2, 1, 0, 3]], "vessels_darker"),
    ],
)
def test_what_is_doubtful_is_flagged_in_words(
    change: Callable[[Four], Four], flag: str, study: tuple[Four, Grid]
) -> None:
    flags = checked(change(study[0]), study[1]).flags
    assert flag in flags
    assert flag_in_words(flag) != flag.replace("_", " ")


def test_pixels_tell_the_phases_as_well_with_a_constant_under_all_values(study: tuple[Four, Grid]) -> None:
    volumes, grid = study
    seen = []
    for offset in (0.0, 1000.0, -1024.0):
        four = [SourceVolume.of_array(one + np.float32(offset), grid, "T1") for one in volumes]
        seen.append(check_pixels(four, FOUR_PHASES))
    assert seen[0].pre_is_lowest is True
    for one in seen[1:]:
        assert one.pre_is_lowest is True
        assert one.arterial_is_focal == seen[0].arterial_is_focal
        assert one.enhancement == pytest.approx(seen[0].enhancement, rel=1e-3)


def test_what_a_phase_does_not_reach_is_no_tissue_whatever_constant_is_taken_away(
    study: tuple[Four, Grid],
) -> None:
    volumes, grid = study
    half = volumes.shape[1] // 2
    short = Grid((half, *grid.shape[1:]), grid.spacing, grid.origin, grid.direction)
    found = []
    for offset in (0.0, -1024.0):
        four = [SourceVolume.of_array(one + np.float32(offset), grid, "T1") for one in volumes]
        four[3] = SourceVolume.of_array(volumes[3, :half] + np.float32(offset), short, "T1")
        found.append(check_signal(four, FOUR_PHASES))
    assert found[0].flags == ()
    assert found[1].flags == ("offset:-1024",)


@pytest.mark.parametrize("phase", FOUR_PHASES[1:])
def test_a_phase_of_twice_the_gain_is_a_doubt(phase: Phase, study: tuple[Four, Grid]) -> None:
    gains = np.ones((4, 1, 1, 1), np.float32)
    gains[FOUR_PHASES.index(phase)] = 2.2
    assert f"scaled_apart:{phase.value}" in checked(study[0] * gains, study[1]).flags


def test_a_study_from_files_with_an_offset_is_the_study_without_it(tmp_path: Path) -> None:
    volumes, grid = phantom(14)
    studies = []
    for offset in (0, -1024):
        paths = {phase: tmp_path / f"{phase.value}{offset}.nii.gz" for phase in FOUR_PHASES}
        for phase, path in paths.items():
            image = SimpleITK.GetImageFromArray((volumes[FOUR_PHASES.index(phase)] + offset).astype(np.int16))
            image.SetSpacing(grid.spacing)
            SimpleITK.WriteImage(image, str(path))
        studies.append(open_study(paths, alignment="off"))
    plain, shifted = studies
    np.testing.assert_array_equal(shifted.volumes, plain.volumes)
    assert estimate_scale(shifted.phase(Phase.PRE)) == estimate_scale(plain.phase(Phase.PRE))
    assert set(shifted.flags) - set(plain.flags) == {"offset:-1024"}
    assert flag_in_words("offset:-1024").endswith("subtracted from all values: -1024")


def test_real_studies_raise_no_alarm() -> None:
    folder = os.environ.get(REAL_STUDIES)
    if not folder:
        pytest.skip(f"{REAL_STUDIES} names no dataset folder of real images")
    for case in read_dataset(Path(folder)):
        found = check_signal([read_volume(case.phase_paths[phase]) for phase in FOUR_PHASES], FOUR_PHASES)
        assert found == SignalCheck(), case.case
