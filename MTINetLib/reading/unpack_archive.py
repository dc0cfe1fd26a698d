"""Unpacks a .zip archive that may be anything into a private folder that goes when the work is over.

No name from the archive becomes part of a path: its files are numbered in the order of their names.
"""

from __future__ import annotations

import errno
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.private_folder import PrivateFolder
from MTINetLib.progress import Progress, Stage
from MTINetLib.reading.volumes.read import SUFFIXES

_MOST_ENTRIES = 100_000
_LARGEST_UNPACKED = 8 << 30
#: Images pack a few times, and masks in small files a thousand times; archives that are mostly air are bombs.
_LARGEST_RATIO, _SMALL_ENOUGH = 100, 512 << 20
_BLOCK_BYTES = 1 << 20
_PLAIN_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
#: Their voxels lie in another file, by its name.
_REFERRING = (".nhdr", ".mhd")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Unpacked:
    """A folder with the files of an archive.

    Args:
        names: what each file was called in the archive, for people.
    """

    archive: Path
    folder: Path
    names: Mapping[Path, str]

    def place(self, path: Path) -> Path:
        """Where a file of the folder lies for who looks at the archive."""
        return self.archive / self.names[path] if path in self.names else self.archive

    def in_words(self, text: str) -> str:
        """A sentence that names the archive's files instead of the folder's."""
        found = re.compile(re.escape(str(self.folder)) + r"(?:[\\/](\d+(?:\.[a-z.]+)?))?")
        return found.sub(lambda match: str(self._place_of(match.group(1))), text)

    def _place_of(self, name: str | None) -> Path:
        if name is None:
            return self.archive
        # The name may stand at the end of a sentence.
        end = "." if name.endswith(".") else ""
        return Path(f"{self.place(self.folder / name.rstrip('.'))}{end}")


@contextmanager
def unpacked(archive: Path, progress: Progress) -> Iterator[Unpacked]:
    """The files of an archive, as long as they are needed.

    Raises:
        InputError: it is damaged, encrypted, of a kind that is not opened, larger than any study, or holds
            names that lead elsewhere.
        MissingResourceError: the disk has no room for it.
    """
    with closing(PrivateFolder("input")) as private:
        folder = private.path / "files"
        folder.mkdir()
        try:
            with zipfile.ZipFile(archive) as opened:
                entries = _screened(archive, opened)
                _refuse_no_room(archive, folder, entries)
                names = _unpack(opened, entries, folder, progress)
        except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
            raise InputError(
                f"The archive {archive} is damaged or incomplete; copy or make it again."
            ) from error
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _no_room(archive) from error
            raise
        found = Unpacked(archive, folder, names)
        try:
            yield found
        except InputError as error:
            raise InputError(found.in_words(str(error))) from error


def _screened(archive: Path, opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries that are files, after a look at all of them; nothing was unpacked yet."""
    entries = opened.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise InputError(f"The archive {archive} holds {len(entries)} files; give one with a single study.")
    for entry in entries:
        _refuse_entry(archive, entry)
    files = [entry for entry in entries if not entry.is_dir()]
    total = sum(entry.file_size for entry in files)
    if total > _LARGEST_UNPACKED:
        raise InputError(
            f"The archive {archive} unpacks to {total >> 30} GB, more than {_LARGEST_UNPACKED >> 30}; give "
            "one with a single study, or unpack it and give the folder."
        )
    if total > _SMALL_ENOUGH and total > _LARGEST_RATIO * archive.stat().st_size:
        raise InputError(
            f"The archive {archive} would grow more than {_LARGEST_RATIO} times when it is unpacked, as no "
            "images do; if you trust it, unpack it and give the folder."
        )
    return files


def _refuse_entry(archive: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename.replace("\\", "/")
    shown = _shown(name)
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        raise InputError(
            f"The archive {archive} holds a name that leads out of it ('{shown}'), as no study does; unpack "
            "it with care and give the folder."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InputError(
            f"The archive {archive} holds a link ('{shown}') instead of what it leads to; make it again with "
            "the images themselves, or give the folder."
        )
    if entry.flag_bits & _ENCRYPTED:
        raise InputError(
            f"The archive {archive} is encrypted; unpack it with its password and give the folder."
        )
    if not entry.is_dir() and entry.compress_type not in _PLAIN_KINDS:
        raise InputError(
            f"The archive {archive} is packed in a way that is not opened (only deflate is); unpack it and "
            "give the folder."
        )


def _refuse_no_room(archive: Path, folder: Path, entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > shutil.disk_usage(folder).free:
        raise _no_room(archive)


def _no_room(archive: Path) -> MissingResourceError:
    return MissingResourceError(
        f"The disk with the folder for temporary files ({tempfile.gettempdir()}) has no room to unpack "
        f"{archive}; make room, or unpack it elsewhere and give the folder."
    )


def _unpack(
    opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, progress: Progress
) -> dict[Path, str]:
    names: dict[Path, str] = {}
    numbers: dict[str, int] = {}
    wanted = sorted((entry for entry in entries if _is_wanted(entry)), key=lambda entry: entry.filename)
    progress.start(Stage.UNPACKING, len(wanted))
    for done, entry in enumerate(wanted, start=1):
        suffix = _suffix(entry.filename)
        # The two files of a pair keep one name, files of the same name do not.
        stem = entry.filename[: len(entry.filename) - len(suffix)]
        while (path := folder / f"{numbers.setdefault(stem, len(numbers)):06d}{suffix}") in names:
            stem += "/"
        with opened.open(entry) as source, path.open("xb") as target:
            shutil.copyfileobj(source, target, _BLOCK_BYTES)
        names[path] = _shown(entry.filename)
        progress.update(done)
    progress.finish()
    return names


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    """Not what a file manager stores beside the files, and not what needs another file by its name."""
    parts = entry.filename.split("/")
    beside = "__MACOSX" in parts or parts[-1].startswith("._")
    return not beside and not entry.filename.lower().endswith(_REFERRING)


def _suffix(name: str) -> str:
    """The end of the name where it says how to read the file: a word of ours, none of the archive's."""
    fits = [suffix for suffix in (*SUFFIXES, ".zip") if name.lower().endswith(suffix)]
    return max(fits, key=len, default="")


def _shown(name: str) -> str:
    """A name for people, without what a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in name)[:200]
