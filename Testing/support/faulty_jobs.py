"""Jobs that go wrong in every way, for a worker that only tests start: ``python faulty_worker.py``."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from MTINetLib.progress import Stage

Arguments = Mapping[str, Any]
JOBS = {
    name: f"support.faulty_jobs:{name}"
    for name in (
        "count",
        "tell",
        "never_looks_up",
        "hang",
        "memory",
        "disk_full",
        "defect",
        "talkative",
        "with_child",
        "modules",
        "dies",
        "know",
        "know_outlines",
        "short_of_memory",
        "full_disk",
        "stuck_writing",
        "waits",
        "count_loads",
        "unspeakable",
        "no_room_for_events",
    )
}


def count(arguments: Arguments, context: Any) -> Arguments:
    """Steps of a hundredth of a second, or of ``pause`` seconds."""
    context.progress.start(Stage.MEASURING_LESIONS, arguments["to"])
    for step in range(arguments["to"]):
        time.sleep(arguments.get("pause", 0.01))
        context.progress.update(step + 1)
    context.progress.finish()
    return {"counted": arguments["to"]}


def tell(arguments: Arguments, context: Any) -> Arguments:
    context.news("metrics", {"epoch": 1, "loss": 0.5})
    return dict(arguments)


def never_looks_up(arguments: Arguments, context: Any) -> Arguments:
    """Python code that never asks whether it was cancelled, and tidies up when it ends."""
    (context.folder / "begun-for-ever").touch()
    try:
        while True:
            time.sleep(0.01)
    finally:
        (context.folder / "tidied").touch()


def hang(arguments: Arguments, context: Any) -> Arguments:
    """C code that holds the interpreter's lock: not even the worker's other thread runs."""
    (context.folder / "hangs").touch()
    if sys.platform == "win32":
        ctypes.PyDLL("kernel32").Sleep(600_000)
    else:
        ctypes.PyDLL(None).sleep(600)
    return {}


def memory(arguments: Arguments, context: Any) -> Arguments:
    raise MemoryError


def disk_full(arguments: Arguments, context: Any) -> Arguments:
    raise OSError(errno.ENOSPC, "No space left on device", "/data/Erika Musterfrau/volumes.npy")


def defect(arguments: Arguments, context: Any) -> Arguments:
    raise KeyError("Musterfrau^Erika")


def talkative(arguments: Arguments, context: Any) -> Arguments:
    """What libraries do: print, and write past Python."""
    sys.stdout.write('{"done": 1, "result": {"forged": true}}\n')
    sys.stdout.flush()
    os.write(1, b'{"failed": 1}\n\xff\xfe no text')
    os.write(2, b"\x00\x01")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    return {"said": "all"}


def with_child(arguments: Arguments, context: Any) -> Arguments:
    """A job with a process of its own, as data loaders have."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    context.news("child", {"pid": child.pid})
    time.sleep(600)
    return {}


def modules(arguments: Arguments, context: Any) -> Arguments:
    """Which of some modules are imported."""
    return {name: name in sys.modules for name in arguments["names"]}


def dies(arguments: Arguments, context: Any) -> Arguments:
    os._exit(3)


def know(arguments: Arguments, context: Any) -> Arguments:
    """From here on every model is the one whose answers are known."""
    from support.small_models import known_model

    model = known_model()
    context.state.model = lambda name: model
    return {}


def know_outlines(arguments: Arguments, context: Any) -> Arguments:
    """From here on boxes are outlined by the network whose answers are known, as if it were installed."""
    from support.outline_network import KnownSlices

    from MTINetLib.outline.outline import Outliner
    from MTINetLib.pipeline import outline
    from MTINetLib.worker import outline_jobs

    outline.installed_outliner = lambda study, _device: Outliner(study, KnownSlices())
    outline_jobs.require_outline_model = lambda: None
    return {}


def short_of_memory(arguments: Arguments, context: Any) -> Arguments:
    """From here on the network takes no more than ``slices`` at once."""
    from MTINetLib.models.batching import Batcher

    tried = Batcher._tried

    def too_small(batcher: Any, work: Any, part: Any) -> Any:
        def hungry(part: Any) -> None:
            if part.stop - part.start > arguments["slices"]:
                raise MemoryError
            work(part)

        return tried(batcher, hungry, part)

    Batcher._tried = too_small  # type: ignore[method-assign]
    return {}


def full_disk(arguments: Arguments, context: Any) -> Arguments:
    """From here on the disk is full for files of certain names: what is opened is /dev/full."""
    open_file, nowhere = Path.open, Path("/dev/full")

    def on_full_disk(path: Path, mode: str = "r", *others: Any, **named: Any) -> Any:
        full = "w" in mode and any(part in path.name for part in arguments["names"])
        if full and not nowhere.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return open_file(nowhere if full else path, mode, *others, **named)

    Path.open = on_full_disk  # type: ignore[method-assign, assignment]
    return {}


def stuck_writing(arguments: Arguments, context: Any) -> Arguments:
    """From here on the file ``name`` is never written: the process dies there, or hangs in C code."""
    open_file = Path.open

    def stuck(path: Path, mode: str = "r", *others: Any, **named: Any) -> Any:
        if "w" in mode and path.name == arguments["name"]:
            _ENDS[arguments["how"]](arguments, context)
        return open_file(path, mode, *others, **named)

    Path.open = stuck  # type: ignore[method-assign, assignment]
    return {}


_ENDS = {"dies": dies, "hangs": hang, "sleeps": never_looks_up}


def waits(arguments: Arguments, context: Any) -> Arguments:
    """A job that is silent until somebody makes the file ``go``."""
    while not (context.folder / "go").exists():
        time.sleep(0.01)
    return {"waited": True}


_loads = {"models": 0, "arrays": 0}


def count_loads(arguments: Arguments, context: Any) -> Arguments:
    """How often models, and studies' arrays, were loaded since this was first asked."""
    import numpy as np

    from MTINetLib.models import store as model_store

    def counted(name: str, function: Any) -> Any:
        def load(*given: Any, **named: Any) -> Any:
            _loads[name] += 1
            return function(*given, **named)

        load.counts = True  # type: ignore[attr-defined]
        return load

    if not hasattr(model_store.load_model, "counts"):
        model_store.load_model = counted("models", model_store.load_model)  # type: ignore[assignment]
        np.load = counted("arrays", np.load)
    return dict(_loads)


def unspeakable(arguments: Arguments, context: Any) -> Arguments:
    """A result that is no JSON."""
    return {"result": object()}


def no_room_for_events(arguments: Arguments, context: Any) -> Arguments:
    """From here on no file can grow, as on a full disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
    return {}
