"""The scene is made in a process of its own: ``python -m MTINetLib.scene.scene_process FOLDER``.

Rendering is native code, and a driver that crashes ends its whole process; the findings must not go with it.
The study comes through standard input; progress and sentences go back through standard output.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from MTINetLib.errors import MissingResourceError
from MTINetLib.interpreter import environment, interpreter
from MTINetLib.process_pool import how_it_ended, name_of
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.report.file_names import PICTURE_FOLDER, SCENE_FILE, SCENE_TITLE
from MTINetLib.study.study import Study

if TYPE_CHECKING:
    from MTINetLib.inference.analysis import Analysis

_SAID, _FULL = "said", "full"


def write_scene_in_process(
    folder: Path, study: Study, analysis: Analysis, *, progress: Progress | None = None
) -> tuple[str, ...]:
    """As :func:`MTINetLib.scene.write_scene.write_scene`, in a scene that is made for it.

    Raises:
        MissingResourceError: the process ended before the scene was whole, or the disk is full.
    """
    process = subprocess.Popen(
        [interpreter(), "-m", __name__, str(folder)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        return _followed(process, (study, analysis), progress or Silent())
    except MissingResourceError:
        (folder / SCENE_FILE).unlink(missing_ok=True)
        shutil.rmtree(folder / PICTURE_FOLDER, ignore_errors=True)
        raise
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            _close(pipe)


def _followed(process: subprocess.Popen[bytes], made: Any, progress: Progress) -> tuple[str, ...]:
    """Hand over what the scene is made of and listen until the last word."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        pickle.dump(made, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        process.stdin.close()
        while True:
            word, *values = pickle.load(process.stdout)
            if word == _SAID:
                return tuple(values)
            if word == _FULL:
                raise MissingResourceError(*values)
            getattr(progress, word)(*values)
    # What is left in the pipes by a process that died half-way.
    except (EOFError, OSError, pickle.UnpicklingError) as error:
        code = process.wait()
        raise MissingResourceError(
            f"the process that makes it {how_it_ended(code).value} ({name_of(code)}); close other programs, "
            "or look whether the graphics driver is whole"
        ) from error


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(OSError):  # it still holds what the dead process did not take
            pipe.close()


class _ProgressBack:
    """Progress told to the process that asked."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def start(self, stage: Stage, total: int) -> None:
        self.tell("start", stage, total)

    def update(self, done: int) -> None:
        self.tell("update", done)

    def finish(self) -> None:
        self.tell("finish")

    def tell(self, *words: Any) -> None:
        pickle.dump(words, self._pipe)
        self._pipe.flush()


def _serve(folder: Path) -> None:
    from MTINetLib.report.left_out import LeftOut
    from MTINetLib.scene.slicer_core import new_scene
    from MTINetLib.scene.write_scene import write_scene

    study, analysis = pickle.load(sys.stdin.buffer)
    # Libraries print what they like; the answers have a pipe of their own.
    back = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    progress = _ProgressBack(back)
    left_out = LeftOut(folder)
    try:
        with left_out.unless_it_fails(SCENE_TITLE):
            for sentence in write_scene(new_scene(), folder, study, analysis, progress=progress):
                left_out.say(sentence)
    except (MissingResourceError, OSError) as error:
        progress.tell(_FULL, str(error))
    else:
        progress.tell(_SAID, *left_out.sentences)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
