"""New UIDs for a de-identified export, the same one each time for the same old one."""

from __future__ import annotations

import uuid


class NewUids:
    """One mapping for one export; it is never written, and no new UID can be derived from an old one."""

    def __init__(self) -> None:
        self._new: dict[str, str] = {}

    def __call__(self, uid: str) -> str:
        """The UID that stands for ``uid`` in this export: random, under the root for UUIDs (PS3.5 B.2)."""
        if uid not in self._new:
            self._new[uid] = f"2.25.{uuid.uuid4().int}"
        return self._new[uid]
