"""The vocabulary of results: what MTINet says of a study, and how it is kept as JSON."""

from MTINetLib.findings.read import from_dict, from_json
from MTINetLib.findings.results import (
    WITHHELD,
    CurveKind,
    Enhancement,
    EnhancementCurve,
    LesionFinding,
    LesionPlace,
    LiverFinding,
    PhaseSummary,
    Provenance,
    StudyFindings,
    StudySummary,
)
from MTINetLib.findings.schema import findings_schema
from MTINetLib.findings.wire import PerPhase
from MTINetLib.findings.write import FORMAT, to_dict, to_json

__all__ = [
    "FORMAT",
    "WITHHELD",
    "CurveKind",
    "Enhancement",
    "EnhancementCurve",
    "LesionFinding",
    "LesionPlace",
    "LiverFinding",
    "PerPhase",
    "PhaseSummary",
    "Provenance",
    "StudyFindings",
    "StudySummary",
    "findings_schema",
    "from_dict",
    "from_json",
    "to_dict",
    "to_json",
]
