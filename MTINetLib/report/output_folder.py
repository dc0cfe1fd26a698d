"""A folder of results that appears whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.output_place import clear_disk_errors, refuse_unusable_folder
from MTINetLib.reading.volumes.itk_name import itk_name
from MTINetLib.unfinished import Begun, noted

_TEMPORARY, _LETTERS = ".mtinet-", 12


def check_output_folder(out: Path, *, overwrite: bool) -> None:
    """Refuse a folder that is in use or cannot be written, before the work begins.

    Raises:
        InputError: ``out`` is a file, cannot be made or may not be written to, its name is no text, or it
            holds something and ``overwrite`` was not asked for.
    """
    itk_name(out)
    refuse_unusable_folder(out)
    held = [] if overwrite else _held(out)
    if held:
        shown = ", ".join(held[:3]) + (", ..." if len(held) > 3 else "")
        raise InputError(
            f"{out} is not empty (it holds {shown}): name another folder, or add --overwrite, "
            "which replaces earlier results there and keeps all other files."
        )


def holds_something(out: Path) -> bool:
    """Whether ``out`` is a folder with anything in it but our own temporary folders.

    Raises:
        InputError: it cannot be read.
    """
    return bool(_held(out))


@contextmanager
def new_results(out: Path, *, overwrite: bool, earlier: tuple[str, ...] = ()) -> Iterator[Path]:
    """A temporary folder on the same disk; its files move into ``out`` at the end of the block.

    When anything fails, ``out`` is left as it was. Files of the same names are replaced; others stay. Where
    another run has filled ``out`` in the meantime, neither result is lost: this one moves beside it.

    Args:
        earlier: names inside ``out`` (with /) of files of earlier results; they go when they were not made
            again, so that old and new results never stand side by side.

    Raises:
        InputError: ``out`` is in use, see :func:`check_output_folder`, or may not be written to; or it was
            filled in the meantime, and the sentence names the folder beside it.
        MissingResourceError: the disk is full.
    """
    check_output_folder(out, overwrite=overwrite)
    temporary = _temporary_folder(out)
    with noted(Begun.TREE, temporary):
        try:
            with clear_disk_errors(out):
                temporary.mkdir(parents=True)
                yield temporary
                if overwrite:
                    _move_into_place(temporary, out, earlier)
                else:
                    _move_if_still_free(temporary, out)
        except MTINetError as error:
            # What failed inside names the temporary folder; the user knows only ``out``.
            said = str(error)
            if str(temporary) not in said:
                raise
            raise type(error)(said.replace(str(temporary), str(out))) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _temporary_folder(out: Path) -> Path:
    """Inside a folder that is there, for its parent may be another disk; else beside the new one."""
    name = f"{_TEMPORARY}{uuid.uuid4().hex[:_LETTERS]}"
    return out / name if out.is_dir() else out.absolute().parent / name


def _move_if_still_free(temporary: Path, out: Path) -> None:
    if not _held(out):
        try:
            _move_into_place(temporary, out, ())
        except OSError:
            if not _held(out):
                raise
        else:
            return
    number = 2
    while (beside := out.with_name(f"{out.name}-{number}")).exists():
        number += 1
    temporary.replace(beside)
    raise InputError(f"Another run has written to {out} in the meantime: these results are in {beside}.")


def _move_into_place(temporary: Path, out: Path, earlier: tuple[str, ...]) -> None:
    if not out.exists():
        temporary.replace(out)
        return
    made = [path.relative_to(temporary) for path in sorted(temporary.rglob("*")) if path.is_file()]
    stale = [Path(name) for name in earlier if Path(name) not in made and (out / name).is_file()]
    undo: list[tuple[Path, Path]] = []
    kept = out / f"{_TEMPORARY}{uuid.uuid4().hex[:_LETTERS]}"
    try:
        for name in [*made, *stale]:
            if (out / name).exists():
                _move(out / name, kept / name, undo)
        for name in made:
            _move(temporary / name, out / name, undo)
    except BaseException:  # also when the work is interrupted here
        for source, target in reversed(undo):
            target.replace(source)
        raise
    finally:
        shutil.rmtree(kept, ignore_errors=True)


def _move(source: Path, target: Path, undo: list[tuple[Path, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    undo.append((source, target))


def _held(out: Path) -> list[str]:
    if not out.is_dir():
        return []
    return sorted(entry.name for entry in _listed(out) if not entry.name.startswith(_TEMPORARY))


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be read: choose another folder for the results.") from error
