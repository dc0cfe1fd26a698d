"""Findings read back from JSON, of this format and of earlier ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from MTINetLib.findings.first_format import is_first_format, to_second_format
from MTINetLib.findings.results import StudyFindings
from MTINetLib.findings.wire import decode
from MTINetLib.findings.write import FORMAT
from MTINetLib.study.phase import Phase


def from_json(text: str) -> StudyFindings:
    """Read what :func:`to_json` wrote, now or in an earlier version.

    Raises:
        ValueError: the text is not JSON of that form.

    Example:
        >>> text = mtinet.findings_to_json(analysis.findings)  # what findings.json holds
        >>> mtinet.findings_from_json(text) == analysis.findings
        True
    """
    return from_dict(json.loads(text))


def from_dict(data: Mapping[str, Any]) -> StudyFindings:
    """Read what :func:`to_dict` made.

    Raises:
        ValueError: the values are not of that form; one sentence says what is wrong.
    """
    if not isinstance(data, Mapping):
        raise ValueError("Not MTINet findings: no JSON object.")
    try:
        values = dict(to_second_format(data)) if is_first_format(data) else dict(data)
        _check_format(values.pop("format", None))
        phases = tuple(Phase(said["phase"]) for said in values["study"]["phases"])
        findings: StudyFindings = decode(values, StudyFindings, phases, "findings")
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"Not MTINet findings: {type(error).__name__} {error}.") from error
    except ValueError as error:
        raise ValueError(f"Not MTINet findings: {error}.") from error
    return findings


def _check_format(found: Any) -> None:
    if found is None:
        raise ValueError("they name no format")
    if found != FORMAT:
        raise ValueError(f"they are of format {found}, and this version of MTINet reads 1 and {FORMAT}")
