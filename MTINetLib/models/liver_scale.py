"""The intensity scale that the liver sets: a first look at a few slices finds it, at whatever scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from MTINetLib.models.preprocessing import PreparedStudy
from MTINetLib.study.anatomy import Organ
from MTINetLib.study.normalise import LIVER_VALUE, liver_signal
from MTINetLib.study.slices import SliceFrame

if TYPE_CHECKING:
    from MTINetLib.models.predict import SegmentedSlices

#: Who set the scale, for the provenance.
BY_MODEL, BY_USER, BY_BODY = "liver", "given liver", "body"
#: So many slices are looked at, evenly spaced.
_MOST_SLICES = 10
#: Parts of the looked-at pixels: less liver is none, and with less than enough darker and brighter is tried.
_LEAST, _ENOUGH = 0.005, 0.02
_OTHER_GAINS = (0.5, 2.0)
#: A second look follows where the first one saw the liver this far off its value.
_FAR = 1.25
#: Pixels that may be a lesion do not count as liver.
_MAY_BE_LESION = 0.3

#: Segments the slices of a study at some places, all values multiplied by a gain.
Look = Callable[[Sequence[int], float], "SegmentedSlices"]


def scaled_by_given_liver(prepared: PreparedStudy, liver: npt.NDArray[np.bool_]) -> PreparedStudy | None:
    """The study with the scale of a liver on its grid, bool [K, J, I]; None where that is too small."""
    frame = SliceFrame.of(prepared.frame.grid, prepared.frame.size // 2)
    mask = frame.labels_to_slices(liver.astype(np.uint8)) > 0
    signal = liver_signal(prepared.slices[:, 0], mask)
    return None if signal is None else prepared.with_liver_at(signal)


def scaled_by_own_liver(prepared: PreparedStudy, look: Look) -> PreparedStudy | None:
    """The study with the scale of the liver that the network sees; None where it sees none.

    The network has learnt to find it in slices up to 2.5 times too dark or too bright. Where it finds little,
    it looks again at darker and brighter ones.
    """
    signal = own_liver_signal(prepared.slices, look)
    return None if signal is None else prepared.with_liver_at(signal)


def own_liver_signal(slices: npt.NDArray[np.floating[Any]], look: Look) -> float | None:
    """What the liver that the network sees measures before contrast in slices [Z, P, S, S]."""
    count = len(slices)
    places = np.unique(np.linspace(0, count - 1, min(count, _MOST_SLICES) + 2).round().astype(int)[1:-1])
    first = np.asarray(slices[places, 0], dtype=np.float32)

    def livers(gain: float) -> npt.NDArray[np.bool_]:
        return _liver(look([int(place) for place in places], gain))

    found = livers(1.0)
    if found.mean() < _ENOUGH:
        found = max((found, *map(livers, _OTHER_GAINS)), key=lambda liver: float(liver.mean()))
    signal = liver_signal(first, found) if found.mean() >= _LEAST else None
    if signal is None:
        return None
    gain = LIVER_VALUE / signal
    if not 1 / _FAR < gain < _FAR:
        again = livers(gain)
        better = liver_signal(first, again) if again.mean() >= _LEAST else None
        signal = better or signal
    return signal


def _liver(seen: SegmentedSlices) -> npt.NDArray[np.bool_]:
    """Liver without vessels and lesions, [N, S/2, S/2]."""
    assert seen.anatomy is not None
    count, side = len(seen.probability), seen.anatomy.shape[2]
    highest = seen.probability.reshape(count, side, 2, side, 2).max(axis=(2, 4))
    organ: npt.NDArray[Any] = seen.anatomy.argmax(axis=1)
    return np.asarray((organ == Organ.LIVER) & (highest < _MAY_BE_LESION))
