"""UIDs by which lesions can be followed from one DICOM export to the next; saved with the scene."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

#: Text attribute of the segmentation: UIDs by lesion number, as JSON. No number is ever used twice.
TRACKING_ATTRIBUTE = "MTINet.TrackingUIDs"


def tracking_uids(segmentation: Any, labels: Iterable[int]) -> dict[int, str]:
    """The UID of each lesion: the one it had in an earlier export, or a new one, which is kept."""
    kept = _kept(segmentation.GetAttribute(TRACKING_ATTRIBUTE))
    found = {label: kept.get(str(label)) or f"2.25.{uuid.uuid4().int}" for label in labels}
    kept |= {str(label): uid for label, uid in found.items()}
    segmentation.SetAttribute(TRACKING_ATTRIBUTE, json.dumps(kept, sort_keys=True))
    return found


def _kept(text: str | None) -> dict[str, str]:
    try:
        data = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(label): str(uid) for label, uid in data.items()} if isinstance(data, dict) else {}
