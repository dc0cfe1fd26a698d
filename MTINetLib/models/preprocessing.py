"""How a study becomes what the network sees: the one way for training, inference, evaluation and benchmarks.

A model's config names the preprocessing that it was trained with, by name and version. Until a study is
prepared nothing but Python is needed, so that models can be listed without torch, numpy and scipy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from MTINetLib.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from MTINetLib.network.slice_settings import SliceSettings
    from MTINetLib.study.normalise import IntensityScale
    from MTINetLib.study.slices import SliceFrame
    from MTINetLib.study.study import Study

_LARGEST_SLICE = 1024
#: Flag of a study whose scale is that of the body, where the liver should have set it and none was found.
SCALE_WITHOUT_LIVER = "scale_without_liver"


@dataclass(frozen=True)
class PreprocessingInfo:
    """Which preprocessing a model was trained with, as its config says it.

    Args:
        name, version: of the code; the version rises when the same study would come out differently.
        settings: of the code, plain values.
    """

    name: str
    version: int
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class PreparedStudy:
    """What the network sees of a study.

    Args:
        frame: the geometry between the study's grid and the slices.
        scale: between scanner units and network units.
        slices: float32 [Z, P, S, S], network units.
        scaled_by: what set the scale, for the provenance; empty where nothing but the body can.
    """

    frame: SliceFrame
    scale: IntensityScale
    slices: npt.NDArray[np.float32]
    scaled_by: str = ""

    def with_liver_at(self, signal: float) -> PreparedStudy:
        """The same with the scale that a liver sets.

        Args:
            signal: of the liver before contrast, in the network units of now, above 0.
        """
        import numpy as np

        from MTINetLib.study.normalise import LIVER_VALUE, IntensityScale

        gain = LIVER_VALUE / signal
        scale = IntensityScale(self.scale.low, self.scale.low + self.scale.width / gain)
        return replace(self, scale=scale, slices=self.slices * np.float32(gain))


@dataclass(frozen=True)
class AxialSlices:
    """Square axial slices; the 80th percentile of the inner body in the study's first phase becomes 1.

    Args:
        slice_size: side of a slice in pixels.

    Raises:
        InputError: a size that no slice has.
    """

    name: ClassVar[str] = "axial_slices"
    version: ClassVar[int] = 1
    #: Whether the model's own liver, or a given one, sets the scale once it is known.
    liver_sets_scale: ClassVar[bool] = False

    slice_size: int = 256

    def __post_init__(self) -> None:
        if type(self.slice_size) is not int or not 0 < self.slice_size <= _LARGEST_SLICE:
            raise InputError(
                f"The preprocessing setting slice_size is {self.slice_size!r}; it must be a whole number "
                f"from 1 to {_LARGEST_SLICE}."
            )

    @property
    def info(self) -> PreprocessingInfo:
        """For the model's config; :func:`preprocessing_of` reads it back."""
        return PreprocessingInfo(self.name, self.version, asdict(self))

    def scale(self, study: Study) -> IntensityScale:
        """The study's intensity scale."""
        from MTINetLib.study.normalise import estimate_scale

        return estimate_scale(study.volumes[0])

    def frame(self, study: Study) -> SliceFrame:
        """The geometry between the study's grid and its slices."""
        from MTINetLib.study.slices import SliceFrame

        return SliceFrame.of(study.grid, self.slice_size)

    def prepare(self, study: Study) -> PreparedStudy:
        """All slices of the study."""
        frame, scale = self.frame(study), self.scale(study)
        return PreparedStudy(frame, scale, frame.to_slices(scale.apply(study.volumes)))


@dataclass(frozen=True)
class AxialSlicesByLiver(AxialSlices):
    """Square axial slices; the liver's median signal in the first phase becomes LIVER_VALUE.

    ``prepare`` gives a first scale, that of version 1; see ``liver_scale.py`` for the second one.
    """

    version: ClassVar[int] = 2
    liver_sets_scale: ClassVar[bool] = True


_KNOWN = {(kind.name, kind.version): kind for kind in (AxialSlices, AxialSlicesByLiver)}


def preprocessing_for(settings: SliceSettings) -> AxialSlices:
    """What a network is trained with: one that finds the liver lets it set the scale."""
    kind = AxialSlicesByLiver if settings.anatomy_classes else AxialSlices
    return kind(settings.image_size)


def preprocessing_of(info: PreprocessingInfo) -> AxialSlices:
    """The code that a config names.

    Raises:
        InputError: this version has no such code, or not with these settings; the sentence names it.
    """
    kind = _KNOWN.get((info.name, info.version))
    if kind is None:
        known = ", ".join(f"{name} version {version}" for name, version in sorted(_KNOWN))
        raise InputError(
            f"The preprocessing '{info.name}' version {info.version} is unknown here (known: {known}); "
            "update MTINet, or train the model again with this version."
        )
    unknown = sorted(set(info.settings) - set(asdict(kind())))
    if unknown:
        raise InputError(
            f"The preprocessing '{info.name}' version {info.version} has no setting {unknown[0]!r}; "
            "update MTINet, or train the model again with this version."
        )
    return kind(**info.settings)
