"""Every choice of the network that can be set, checked, and carried through JSON.

The reasons behind the defaults stand in ``network/README.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from MTINetLib.errors import InputError
from MTINetLib.network.plain_settings import settings_of_plain_values

DOWNSAMPLING = 16
"""Four max-poolings by two: the last map has 1/16 of the image's side."""

CHOICES: dict[str, tuple[str, ...]] = {
    "mdief": ("full", "spatial_only", "spectral_only", "none"),
    "tasks": ("all", "seg", "seg+reg", "seg+cls"),
    "lesion_focus": ("mask", "slice"),
    "positions": ("learned", "sinusoidal"),
    "transformer_norm": ("pre", "post"),
}


LIMITS = {
    "image_size": 1024,
    "phase_count": 32,
    "class_count": 64,
    "widths": 1024,
    "decoder_widths": 1024,
    "context_blocks": 32,
    "transformer_depth": 64,
    "heads": 256,
    "ffn_width": 16384,
    "tdd_width": 4096,
    "tdd_depth": 64,
    "tdd_heads": 256,
    "neighbours": 4,
    "anatomy_classes": 64,
}
"""Settings come with model folders from anywhere: beyond these a network only takes the machine's memory."""


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of MTI-Net. The defaults are ours (``mtinet()``); ``paper()`` leaves out what we added.

    Args:
        image_size: side of the square slices, pixels; a multiple of 16.
        phase_count: P, images that a slice has, one a contrast phase; two or more.
        widths: channels of the four encoder blocks, per phase.
        class_count: lesion classes that the class head tells apart; which ones they are, the model says.
        shared_encoder: one encoder for all phases; False gives each phase its own weights.
        mdief: rows of Table 3: ``full``; ``spatial_only`` (No Spe); ``spectral_only`` (No Spa);
            ``none`` (No MdIEF: both domains, joined by concatenation and a 1x1 convolution, no gates).
        highpass_cutoff: width of the Gaussian high-pass as a fraction of the Nyquist frequency, 0 to 1.
        decoder_widths: channels after the four deconvolutions.
        context_blocks: residual blocks of growing dilation before the first deconvolution (ours; paper 0).
        refine_decoder: a 3x3 convolution after each joining of a skip (ours).
        image_skip: the phases' images joined at full resolution before the last layer (ours).
        transformer_depth, heads, ffn_width, dropout: the transformer; d_model follows from image_size.
        transformer_norm: layer norm before (``pre``) or after (``post``, Vaswani) each sub-layer.
        positions: ``learned`` (a phase part plus a channel part) or ``sinusoidal`` over the tokens.
        lesion_focus: ``mask`` (ours): tokens are weighted by one lesion's mask; ``slice``: never (paper).
        focus_evidence: masked means of images and finer maps join the tokens (ours; ``mask`` only).
        tasks: rows of Table 4; a task switched off has no head and answers None.
        tim, tdd: the task interaction module and the discriminator (rows of Table 3).
        tdd_width, tdd_depth, tdd_heads: the discriminator's transformer.
        neighbours: slices before and as many behind, which the spatial encoder sees as further channels of
            each phase (ours; 0 for none).
        anatomy_classes: values of the anatomy map that the decoder answers with (ours; 0 for no such answer).
        foreground_prior: probability that an untrained network gives every pixel.

    Raises:
        InputError: a value that makes no network; the sentence names the setting.
    """

    image_size: int = 256
    phase_count: int = 4
    widths: tuple[int, int, int, int] = (16, 32, 64, 64)
    class_count: int = 2
    shared_encoder: bool = True
    mdief: str = "full"
    highpass_cutoff: float = 0.1
    decoder_widths: tuple[int, int, int, int] = (64, 48, 32, 16)
    context_blocks: int = 3
    refine_decoder: bool = True
    image_skip: bool = True
    transformer_depth: int = 3
    heads: int = 4
    ffn_width: int = 1024
    dropout: float = 0.1
    transformer_norm: str = "pre"
    positions: str = "learned"
    lesion_focus: str = "mask"
    focus_evidence: bool = True
    tasks: str = "all"
    tim: bool = True
    tdd: bool = True
    tdd_width: int = 64
    tdd_depth: int = 2
    tdd_heads: int = 4
    foreground_prior: float = 0.02
    neighbours: int = 0
    anatomy_classes: int = 0

    def __post_init__(self) -> None:
        for name in ("widths", "decoder_widths"):
            object.__setattr__(self, name, _four_counts(name, getattr(self, name)))
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if max(value if isinstance(value, tuple) else (value,)) > most:
                raise InputError(f"Network setting {name} is {value}; no network here has more than {most}.")
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"Network setting {name} is {getattr(self, name)!r}; choose one of {', '.join(allowed)}."
                )
        for name in ("transformer_depth", "heads", "ffn_width", "tdd_width", "tdd_depth", "tdd_heads"):
            if getattr(self, name) < 1:
                raise InputError(f"Network setting {name} is {getattr(self, name)}; it must be at least 1.")
        if self.phase_count < 2:
            raise InputError(f"Network setting phase_count is {self.phase_count}; it must be at least 2.")
        if self.image_size < 2 * DOWNSAMPLING or self.image_size % DOWNSAMPLING:
            raise InputError(
                f"Network setting image_size is {self.image_size}; it must be a multiple of 16, at least 32."
            )
        if self.d_model % self.heads or self.tdd_width % self.tdd_heads:
            raise InputError(
                f"Network settings heads={self.heads}, tdd_heads={self.tdd_heads} must divide the widths "
                f"{self.d_model} (from image_size) and {self.tdd_width}."
            )
        if not (0 < self.highpass_cutoff <= 1 and 0 <= self.dropout < 1 and 0 < self.foreground_prior < 1):
            raise InputError(
                "Network settings highpass_cutoff, dropout and foreground_prior must lie between 0 and 1."
            )
        if self.class_count < 2:
            raise InputError(f"Network setting class_count is {self.class_count}; it must be at least 2.")
        for name in ("context_blocks", "neighbours", "anatomy_classes"):
            if getattr(self, name) < 0:
                raise InputError(f"Network setting {name} is {getattr(self, name)}; it must not be negative.")
        if self.anatomy_classes == 1:
            raise InputError("Network setting anatomy_classes is 1; it must be 0, or at least 2.")
        if self.neighbours and self.mdief == "spectral_only":
            raise InputError(
                "Network setting neighbours needs the spatial encoder, which mdief=spectral_only leaves out."
            )

    @property
    def token_side(self) -> int:
        """The side of the last encoder map, 16 for 256-pixel slices."""
        return self.image_size // DOWNSAMPLING

    @property
    def d_model(self) -> int:
        """Width of a token: the pixels of the last map, 256 for 256-pixel slices."""
        return self.token_side**2

    @property
    def token_count(self) -> int:
        """N = P C with C the channels of the last encoder block (4 C in the paper)."""
        return self.phase_count * self.widths[3]

    def for_phases(self, count: int) -> NetworkSettings:
        """The same for slices of so many images."""
        return replace(self, phase_count=count)

    def without_anatomy(self) -> NetworkSettings:
        """The same without an answer about anatomy."""
        return replace(self, anatomy_classes=0)

    @property
    def segments(self) -> bool:
        """There is always a mask."""
        return True

    @property
    def regresses(self) -> bool:
        """Is there an enhancement regression head?"""
        return self.tasks in ("all", "seg+reg")

    @property
    def classifies(self) -> bool:
        """Is there a class head?"""
        return self.tasks in ("all", "seg+cls")

    @property
    def class_outputs(self) -> int:
        """Outputs of the class head; 0 without one."""
        return self.class_count if self.classifies else 0

    def for_classes(self, count: int) -> NetworkSettings:
        """The same network for so many lesion classes; without the class head for 0."""
        if not count:
            without = {"all": "seg+reg", "seg+cls": "seg"}
            return replace(self, tasks=without.get(self.tasks, self.tasks))
        return replace(self, class_count=count)

    @property
    def uses_evidence(self) -> bool:
        """Do masked means join the tokens? Only where a mask focuses the tokens at all."""
        return self.focus_evidence and self.lesion_focus == "mask"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``from_dict`` reads them back."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NetworkSettings:
        """Settings from JSON; what is not named keeps its default.

        Raises:
            InputError: a name that no setting has, or a value of the wrong kind.
        """
        return settings_of_plain_values(cls, values)


def mtinet(**changes: Any) -> NetworkSettings:
    """Our own default network, with changes."""
    return replace(NetworkSettings(), **changes)


def paper(**changes: Any) -> NetworkSettings:
    """The paper's own network where it says what it is: nothing added by us, Vaswani's transformer."""
    return replace(
        NetworkSettings(
            context_blocks=0,
            refine_decoder=False,
            image_skip=False,
            transformer_norm="post",
            positions="sinusoidal",
            lesion_focus="slice",
            focus_evidence=False,
            shared_encoder=False,
        ),
        **changes,
    )


def _four_counts(name: str, value: Any) -> tuple[int, ...]:
    counts = tuple(value) if isinstance(value, (list, tuple)) else ()
    if len(counts) != 4 or not all(type(v) is int and v > 0 for v in counts):
        raise InputError(f"Network setting {name} is {value!r}; it must be four positive whole numbers.")
    return counts
