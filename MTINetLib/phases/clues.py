"""What each volume's headers say about its phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from MTINetLib.phases.times import AcquisitionTime, bolus_start, clocks_of
from MTINetLib.reading.candidates import doubtful_words
from MTINetLib.reading.description_words import Words, delay_words, read_words, tokens_of
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.study.phase import Phase

#: Contrast/Bolus Agent Phase (0018,9344), defined terms of DICOM PS3.3 C.7.6.4b without unspecific ones.
_AGENT_PHASES = {
    "PRE_CONTRAST": Phase.PRE,
    "ARTERIAL": Phase.ARTERIAL,
    "PORTAL_VENOUS": Phase.PORTAL_VENOUS,
    "VENOUS": Phase.PORTAL_VENOUS,
    "DELAYED": Phase.DELAYED,
}


@dataclass(frozen=True)
class Clues:
    """What one volume's headers say.

    ``order`` counts time points where an attribute numbers them; ``agent`` says whether a contrast
    agent is named, None where that does not differ between volumes; ``after_bolus_s`` in seconds;
    ``doubt`` says which other kind of series a word of the name speaks of, empty if none;
    ``assumed`` is the volume's place, of how many, and by which numbers, where only the order of the volumes,
    confirmed by the user, names the phase.
    """

    volume: SourceVolume
    words: Words
    tag: Phase | None
    agent: bool | None
    clock: AcquisitionTime | None
    after_bolus_s: float | None
    order: float | None
    doubt: str = ""
    assumed: tuple[int, int, str] | None = None

    def has_tag_of(self, phase: Phase) -> bool:
        """Whether the contrast agent phase may name the phase; no tag is known for the early arterial one."""
        return self.tag is phase or (self.tag is Phase.ARTERIAL and phase is Phase.EARLY_ARTERIAL)


def clues_of(volumes: Sequence[SourceVolume], phases: Sequence[Phase]) -> tuple[list[Clues], float | None]:
    """The clues of each volume, and the start of the bolus on their clock (s) where it is known.

    Args:
        phases: that are looked for; a name of another one, such as early arterial, is read as the nearest.
    """
    texts = [_text(volume) for volume in volumes]
    shared = _shared(volumes, texts)
    clocks = clocks_of(volumes)
    start = bolus_start(volumes, clocks)
    agents = [bool(str(volume.headers.get("ContrastBolusAgent") or "").strip()) for volume in volumes]
    found = []
    for volume, text, clock, agent in zip(volumes, texts, clocks, agents, strict=True):
        words = read_words(text, shared)
        if volume.time_point is not None and words.phase is not Phase.ARTERIAL:
            # One description stands for all time points: it names none of them.
            words = Words(
                post=words.post and not words.dynamic,
                hepatobiliary=words.hepatobiliary,
                late_word=words.late_word,
            )
        tag = str(volume.headers.get("ContrastBolusAgentPhase") or "").upper().replace(" ", "_")
        after = clock.seconds - start if clock is not None and clock.reliable and start is not None else None
        found.append(
            Clues(
                volume=volume,
                words=words.among(phases),
                tag=_AGENT_PHASES.get(tag),
                agent=agent if any(agents) and not all(agents) else None,
                clock=clock,
                after_bolus_s=after,
                order=_order(volume, volumes),
                doubt=doubtful_words(volume),
            )
        )
    return found, start


def _text(volume: SourceVolume) -> str:
    protocol = str(volume.headers.get("ProtocolName") or "")
    description = volume.description
    return description if not protocol or protocol in description else f"{description} {protocol}"


def _shared(volumes: Sequence[SourceVolume], texts: Sequence[str]) -> frozenset[str]:
    """Words that the descriptions of all series have, so that they tell nothing apart."""
    # Time points have one description in common; volumes that merely share a UID have their own.
    by_series = {
        str(v.series_uid if v.time_point is not None and v.series_uid else i): text
        for i, (v, text) in enumerate(zip(volumes, texts, strict=True))
    }
    if len(by_series) < 2:
        return frozenset()
    words = [set(tokens_of(text)) | delay_words(text) for text in by_series.values()]
    return frozenset(set.intersection(*words))


def _order(volume: SourceVolume, volumes: Sequence[SourceVolume]) -> float | None:
    """The number of a time point where an attribute counts them, otherwise None."""
    split_by = volume.headers.get("time_split_by")
    if volume.time_point is not None:
        count = sum(other.series_uid == volume.series_uid for other in volumes)
        told = volume.headers.get("NumberOfTemporalPositions")
        trusted = split_by not in ("instance_number", "content_s", None) or told == count
        return float(volume.time_point) if trusted else None
    positions = [other.headers.get("temporal_position") for other in volumes]
    position = volume.headers.get("temporal_position")
    if position is None or None in positions or len(set(positions)) < len(positions):
        return None
    return float(position)
