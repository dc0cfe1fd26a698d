"""Findings without what could lead back to the patient: for teaching, sharing and publishing.

What the profile of DICOM PS3.15 Annex E would remove or clean from such data goes: UIDs, which are left out
or replaced, free text from the scanner or from people, dates and times of day. Times relative to the bolus or
the first phase stay, for they are the measurement. Evidence and notes are kept where their code says that it
quotes nothing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from MTINetLib.findings import WITHHELD, LiverFinding, PhaseSummary, Provenance, StudyFindings, notes
from MTINetLib.report.new_uids import NewUids
from MTINetLib.study.evidence import quotes
from MTINetLib.study.phase import Phase

#: Settings that are words; all other words are left out, for they may be paths or names.
_PLAIN_WORD = re.compile(r"(" + "|".join(phase.value for phase in Phase) + r"|auto|off|force|none)")


def random_token() -> str:
    """A study reference that says nothing, such as ``MTI-4F9A21C07B3E``."""
    return f"MTI-{secrets.token_hex(6).upper()}"


@dataclass(frozen=True)
class Disguise:
    """What stands for patient and images in all files of one de-identified export; made anew for each."""

    token: str = field(default_factory=random_token)
    uids: NewUids = field(default_factory=NewUids)


def deidentified(findings: StudyFindings, token: str, uids: NewUids | None = None) -> StudyFindings:
    """The findings without descriptions, notes and dates; ``token`` stands for the study.

    Args:
        uids: replaces each UID, so that the findings agree with DICOM objects of the same export; None
            leaves UIDs out.
    """
    phases = tuple(_phase(said, uids) for said in findings.study.phases)
    return replace(
        findings,
        study=replace(findings.study, phases=phases),
        provenance=_provenance(findings.provenance, token, uids),
        liver=None if findings.liver is None else _liver(findings.liver),
    )


def _liver(liver: LiverFinding) -> LiverFinding:
    """A file or a node may be named after the patient."""
    return replace(liver, source=WITHHELD if liver.source else "")


def _phase(said: PhaseSummary, uids: NewUids | None) -> PhaseSummary:
    kept = tuple(item for item in said.evidence if not quotes(item))
    return replace(
        said,
        description=WITHHELD,
        evidence=kept or (WITHHELD,),
        series_uid=None if uids is None or not said.series_uid else uids(said.series_uid),
        instance_uids=() if uids is None else tuple(map(uids, said.instance_uids)),
        frame_numbers=None if uids is None else said.frame_numbers,
    )


def _provenance(provenance: Provenance, token: str, uids: NewUids | None) -> Provenance:
    series = () if uids is None else tuple(uids(uid) for uid in provenance.input_series_uids if uid)
    return replace(
        provenance,
        input_series_uids=series,
        settings=_harmless_settings(provenance.settings),
        created_utc="",
        notes=(
            *(item for item in provenance.notes if not notes.quotes(item)),
            notes.note(notes.DEIDENTIFIED, token),
        ),
    )


def _harmless_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            kept[name] = _harmless_settings(value)
        elif value is None or isinstance(value, bool | int | float) or _is_plain(value):
            kept[name] = value
    return kept


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and _PLAIN_WORD.fullmatch(value) is not None
