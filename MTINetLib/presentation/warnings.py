"""What a reader must know of a study before trusting its figures: its flags as sentences.

The same sentences stand in the module, on the command line and in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from MTINetLib.findings import WITHHELD, StudyFindings
from MTINetLib.presentation.words import detail_in_words, flags_in_words, whole_sentence
from MTINetLib.study.phase import Phase, listed

_LACKS = (
    "{Reference} lacks {1} ({2}) of the range of the {0} phase: no lesion is looked for there. Choose a "
    "volume that shows the whole liver, or another reference phase."
)
#: {0}, {1} ... are the flag's details, {volume} is the volume of the phase {0}.
_SENTENCES = {
    "out_of_order": "The {0} phase was acquired {2} after the {1} phase: check their order.",
    "time_points_out_of_order": "The {0} phase is time point {2} and the {1} phase is time point {3} of "
    "their series: check their order.",
    "unusual_step": "{2} lie between the {0} and the {1} phase, which is unusual: check the volumes.",
    "unusual_delay": "The {0} phase was acquired {1} the start of the bolus, which is unusual.",
    "tagged_otherwise": "{Volume} is taken for the {0} phase; its DICOM header says {1}.",
    "named_otherwise": "{Volume} is taken for the {0} phase; its name says {1}.",
    "other_kind": "{Volume} is taken for the {0} phase; it seems to be {1}.",
    "different_studies": "The phases come from different DICOM studies: check that they are of one patient "
    "and one exam.",
    "shared_uids": "Images of the {all} phases have the same SOP Instance UIDs: check that each shows its "
    "own phase; DICOM results cannot refer to them.",
    "reference_short": _LACKS,
    "uncovered": "The {0} phase lacks {1} ({2}) of the range of {reference}: nothing can be measured in it "
    "there.",
    "vessels_darker": "Vessels are darker in another phase than in {pre}: check which volume is the "
    "pre-contrast phase.",
    "arterial_not_brighter": "The vessels in {arterial} are no brighter than before contrast: check which "
    "volume is the arterial phase.",
}
#: Flags that say more than ``phase_contradiction`` of the same phase.
_CONTRADICTIONS = frozenset(
    {
        "out_of_order",
        "time_points_out_of_order",
        "unusual_step",
        "unusual_delay",
        "tagged_otherwise",
        "named_otherwise",
        "other_kind",
    }
)
#: Flags that are warnings; all others are good to know and need nothing done.
WARNINGS = frozenset(
    {
        *_SENTENCES,
        "ambiguous_uids",
        "arterial_spread",
        "display_values",
        "frame_counts",
        "missing_slices",
        "mixed_scale",
        "motion",
        "no_enhancement",
        "offset_doubt",
        "order_assumed",
        "phase_contradiction",
        "phase_doubt",
        "saturated",
        "scaled_apart",
        "several_candidates",
        "unreadable_files",
    }
)

Names = Mapping[Phase, str]


def is_warning(flag: str) -> bool:
    """Whether a reader must know of a study's flag before trusting its figures."""
    return flag.partition(":")[0] in WARNINGS


def warning_sentences(
    flags: Iterable[str], names: Names | None = None, reference: Phase | None = None
) -> tuple[str, ...]:
    """The warnings among a study's flags, a whole sentence each, in their order.

    Args:
        names: of the volumes, where they may be told.
        reference: the phase whose grid the results have.
    """
    given = list(flags)
    said = {phase for flag in given if _name(flag) in _CONTRADICTIONS for phase in flag.split(":")[1:]}
    said_by_another = {"ambiguous_uids"} if any(_name(flag) == "shared_uids" for flag in given) else set()
    said_by_another |= {f"phase_contradiction:{phase}" for phase in said}
    flags_left = [flag for flag in given if is_warning(flag) and flag not in said_by_another]
    sentences: list[str] = []
    for flag in flags_left:
        own = _sentence(flag, names or {}, reference)
        if own is not None:
            sentences.append(own)
            continue
        alike = [other for other in flags_left if _name(other) == _name(flag)]
        sentences += map(whole_sentence, flags_in_words(alike))
    return tuple(dict.fromkeys(sentences))


def study_warnings(findings: StudyFindings) -> tuple[str, ...]:
    """The warnings of a study that was analyzed; de-identified findings name no volume.

    Example:
        >>> mtinet.study_warnings(analysis.findings)
        ()
    """
    phases = findings.study.phases
    names = {said.phase: said.description for said in phases if said.description not in ("", WITHHELD)}
    reference = findings.provenance.settings.get("reference")
    return warning_sentences(findings.study.flags, names, Phase(reference) if reference else None)


def note_sentences(flags: Iterable[str]) -> tuple[str, ...]:
    """The flags that are no warnings, a whole sentence each."""
    return tuple(map(whole_sentence, flags_in_words(flag for flag in flags if not is_warning(flag))))


def _name(flag: str) -> str:
    return flag.partition(":")[0]


def _sentence(flag: str, names: Names, reference: Phase | None) -> str | None:
    """A flag's own sentence; None where it is said in the words of flag_in_words."""
    name, *details = flag.split(":")
    words = [detail_in_words(detail) for detail in details]
    try:
        template = _SENTENCES[name]
        phase = next((phase for phase in Phase if details and phase.value == details[0]), None)
        volume = _volume(phase, names)
        of_reference = f"the {reference.title} phase" if reference else "the reference phase"
        return template.format(
            *words,
            all=listed(words) if words else "",
            Volume=f"{volume[0].upper()}{volume[1:]}",
            reference=of_reference,
            Reference=f"{of_reference[0].upper()}{of_reference[1:]}",
            pre=_of_phase(Phase.PRE, names),
            arterial=_of_phase(Phase.ARTERIAL, names),
        )
    except (KeyError, IndexError):  # another flag, or one without the values that the sentence needs
        return None


def _volume(phase: Phase | None, names: Names) -> str:
    return f"'{names[phase]}'" if phase is not None and phase in names else "a volume"


def _of_phase(phase: Phase, names: Names) -> str:
    return f"'{names[phase]}'" if phase in names else f"the {phase.title} phase"
