"""The folder in which MTINet keeps what belongs to the user: kept models and the list of training runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Another folder instead, for tests and for machines whose users share theirs.
USER_FOLDER_VARIABLE = "MTINET_USER_FOLDER"


def user_folder() -> Path:
    """Where the system wants such data; it may not exist yet."""
    told = os.environ.get(USER_FOLDER_VARIABLE)
    if told:
        return Path(told)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "MTINet"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "MTINet"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "MTINet"
