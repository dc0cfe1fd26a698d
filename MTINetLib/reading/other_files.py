"""What to do with a file that no study can be read from."""

from __future__ import annotations

from pathlib import Path

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_ARCHIVES = (".7z", ".rar", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".iso")
WHAT_IS_READ = (
    "a folder of DICOM images, a folder with one NIfTI (.nii, .nii.gz), NRRD (.nrrd) or MetaImage (.mha) "
    "file for each phase, or a .zip archive of either"
)


def is_zip(path: Path) -> bool:
    """By its first bytes: a DICOM file with an archive behind it is a DICOM file."""
    try:
        with path.open("rb") as file:
            return file.read(4) in _ZIP
    except OSError:
        return False


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith((".zip", *_OTHER_ARCHIVES))


def what_of_archive(path: Path) -> str:
    """The next step, without a full stop."""
    if path.name.lower().endswith(".zip"):
        return "give that instead of its folder, or unpack it"
    return "archives of this kind are not opened, unpack it and give the folder"


def not_read(path: Path) -> str:
    """A sentence about a file of another kind."""
    if path.name.lower().endswith(_OTHER_ARCHIVES):
        return f"{path}: archives of this kind are not opened; unpack it and give the folder, or a .zip."
    return f"The file {path} is of no kind that can be read; give {WHAT_IS_READ}."
