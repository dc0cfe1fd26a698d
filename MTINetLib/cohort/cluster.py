"""Where the studies are worked on: this machine, a Dask scheduler that runs, or a batch system."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from MTINetLib.cohort.plan import Plan, gpus_here, plan_for
from MTINetLib.cohort.quiet import quiet
from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.process_pool import THREAD_VARIABLES, THREADS_VARIABLE, usable_cores

#: A study whose process was ended so often is set aside: it is tried three times.
TRIED_AGAIN = 2
#: The process is ended above its memory, and nothing is put on disk or paused before: there is nothing that a
#: study could let go of.
_MEMORY = {
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
}
#: Dask gives up a process that is gone for longer, and a busy machine takes its time to start another one.
_PATIENCE = {"distributed.deploy.lost-worker-timeout": "1 hour"}
#: Dask looks into the thread that works a hundred times a second and at its own loops fifty times: an eighth
#: of the seconds of a study on a busy machine.
_UNWATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",
}
#: Dask logs lost and restarted processes with tracebacks; what they mean is said by the run.
_QUIET = ("distributed", "tornado", "asyncio", "dask_jobqueue")
#: As the classes of dask-jobqueue begin.
_BATCH_SYSTEMS = ("SLURM", "PBS", "SGE", "LSF", "OAR", "HTCondor", "Moab")
_START_S, _STOP_S = 60, 0.3


@dataclass(frozen=True)
class Workers:
    """Workers that are ready.

    Args:
        client: Dask's.
        told: what they are, for people.
        dashboard: address of Dask's page, empty where it has none.
        own: they are of this run alone and go with it.
    """

    client: Any
    told: str
    dashboard: str = ""
    own: bool = True


def plan_here(wanted: int | None, device: str) -> Plan:
    """What this machine, or the part of it that this process may use, is good for.

    Raises:
        InputError: see :func:`plan_for`.
    """
    from distributed.system import MEMORY_LIMIT

    return plan_for(wanted, usable_cores(), int(MEMORY_LIMIT), gpus_here(device))


@contextmanager
def local_workers(plan: Plan, *, processes: bool = True) -> Iterator[Workers]:
    """Processes of this machine, until the end of the block.

    Args:
        processes: False keeps all in this process, for tests and debuggers.

    Raises:
        MissingResourceError: they do not start.
    """
    import dask
    from distributed import Client, LocalCluster

    environment = dict.fromkeys((*THREAD_VARIABLES, THREADS_VARIABLE), str(plan.threads))
    own: dict[str, Any] = {"env": environment} if processes else {}
    if processes and plan.gpus:
        own["worker_class"] = _worker_on_a_gpu(plan)
    settings = {**_MEMORY, **_PATIENCE, **_UNWATCHED, "distributed.comm.timeouts.connect": _START_S}
    with quiet(*_QUIET), dask.config.set(settings):
        try:
            cluster = LocalCluster(
                n_workers=plan.workers,
                threads_per_worker=1,
                processes=processes,
                memory_limit=plan.memory,
                dashboard_address="127.0.0.1:0" if _has_dashboard() else None,
                silence_logs=logging.CRITICAL,
                scheduler_kwargs={"allowed_failures": TRIED_AGAIN},
                **own,
            )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise MissingResourceError(
                f"The workers do not start ({' '.join(str(error).split())}): use fewer with --workers."
            ) from error
        try:
            with Client(cluster, set_as_default=False) as client:
                yield Workers(client, plan.in_words, _dashboard(cluster))
        finally:
            _stop(cluster)


@dataclass(frozen=True)
class SchedulerTls:
    """PEM files for a scheduler that speaks TLS; what is None is told by Dask's own configuration.

    Args:
        ca: certificates that scheduler and workers are trusted by.
        certificate, key: our own.

    Raises:
        InputError: a file cannot be used.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        from MTINetLib.report.sending.secure import tls_context

        tls_context(self.ca, self.certificate, self.key)

    @property
    def security(self) -> Any:
        """As Dask takes it."""
        from distributed.security import Security

        told = {"tls_ca_file": self.ca, "tls_client_cert": self.certificate, "tls_client_key": self.key}
        return Security(**{name: str(path) for name, path in told.items() if path is not None})


@contextmanager
def workers_of(scheduler: str, tls: SchedulerTls | None = None) -> Iterator[Workers]:
    """Those of a scheduler that runs elsewhere; it and they stay.

    Raises:
        MissingResourceError: there is no scheduler that takes us, or it has no workers.
    """
    from distributed import Client

    with quiet(*_QUIET):
        security = (tls or SchedulerTls()).security
        try:
            _ask(scheduler, security)
            client = Client(scheduler, timeout=_START_S / 2, set_as_default=False, security=security)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise MissingResourceError(
                f"No Dask scheduler answers at {scheduler}: start one with `dask scheduler`, and for tls:// "
                "name certificates that it trusts, and that are trusted, with --tls-ca-file, --tls-cert and "
                "--tls-key."
            ) from error
        with client:
            yield Workers(client, _count_workers(client, scheduler), str(client.dashboard_link or ""), False)


def _ask(scheduler: str, security: Any) -> None:
    """Whether anybody answers, asked without a Client.

    A Client that cannot connect stays half made; when it is collected later, it waits for a thread, which may
    be the one that collects it.

    Raises:
        OSError, ValueError, TypeError, RuntimeError: nobody, or nobody whom we may trust.
    """
    from distributed.comm import connect

    async def ask() -> None:
        line = await connect(scheduler, timeout=_START_S / 2, **security.get_connection_args("client"))
        await line.close()

    with ThreadPoolExecutor(1) as beside:  # where a notebook runs a loop, this thread can run no other
        beside.submit(lambda: asyncio.run(ask())).result()


@contextmanager
def batch_workers(file: Path, wanted: int | None) -> Iterator[Workers]:
    """Jobs of a batch system, as a YAML file describes them to dask-jobqueue.

    The file has one key, the batch system (``slurm``, ``pbs``, ...), and under it what dask-jobqueue's class
    takes, such as ``cores``, ``memory``, ``queue`` and ``walltime``.

    Raises:
        InputError: the file says something else.
        MissingResourceError: dask-jobqueue is not installed, or no job starts.
    """
    system, options = _batch_options(file)
    try:
        module = importlib.import_module("dask_jobqueue")
    except ImportError as error:
        raise MissingResourceError(
            "--jobqueue needs the package dask-jobqueue: python -m pip install dask-jobqueue."
        ) from error
    from distributed import Client

    with quiet(*_QUIET):
        try:
            cluster = getattr(module, f"{system}Cluster")(**_job_options(options))
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(f"{file} cannot be used: {' '.join(str(error).split()).rstrip('.')}.") from error
        try:
            cluster.scale(jobs=wanted or 1)
            with Client(cluster, set_as_default=False) as client:
                yield Workers(client, _count_workers(client, f"{system}'s jobs"), _dashboard(cluster))
        finally:
            cluster.close()


def _batch_options(file: Path) -> tuple[str, Mapping[str, Any]]:
    import yaml

    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} is no readable YAML file: name one for --jobqueue.") from error
    names = {name.lower(): name for name in _BATCH_SYSTEMS}
    if isinstance(told, dict) and len(told) == 1:
        ((name, options),) = told.items()
        if str(name).lower() in names and isinstance(options or {}, dict):
            return names[str(name).lower()], options or {}
    raise InputError(f"{file} needs one key, one of {', '.join(names)}, and below it what the jobs take.")


def _job_options(told: Mapping[str, Any]) -> dict[str, Any]:
    """As they were told, and what local workers get too: tries, and no pause near a full memory."""
    names = {name: "DASK_" + name.upper().replace(".", "__") for name in _MEMORY}
    exports = [f"export {names[name]}={value}" for name, value in _MEMORY.items()]
    return {
        **told,
        "job_script_prologue": [*exports, *(told.get("job_script_prologue") or ())],
        "scheduler_options": {
            "allowed_failures": TRIED_AGAIN,
            "dashboard_address": "127.0.0.1:0",
            **(told.get("scheduler_options") or {}),
        },
    }


def _count_workers(client: Any, where: str) -> str:
    with suppress(TimeoutError, asyncio.TimeoutError):
        client.wait_for_workers(1, timeout=_START_S)
    threads = client.nthreads()
    if not threads:
        raise MissingResourceError(
            f"{where} has no workers: start some with `dask worker`, then give the command again."
        )
    from MTINetLib.presentation.counts import counted

    at_a_time = counted(sum(threads.values()), "study", "studies")
    return f"{counted(len(threads), 'worker')} of {where}, {at_a_time} at a time"


def _worker_on_a_gpu(plan: Plan) -> type:
    """Workers take turns on the GPUs; each sees only its own."""
    from distributed import Nanny

    class GpuNanny(Nanny):  # type: ignore[misc]
        def __init__(self, *args: Any, name: Any = 0, env: Any = None, **more: Any) -> None:
            gpu = plan.gpus[int(name) % len(plan.gpus)]
            super().__init__(*args, name=name, env={**(env or {}), "CUDA_VISIBLE_DEVICES": gpu}, **more)

    return GpuNanny


def _stop(cluster: Any) -> None:
    """End the processes without waiting for what they work on: it is begun again by the next run."""

    async def end_all() -> None:
        await asyncio.gather(
            *(worker.close(timeout=_STOP_S) for worker in cluster.workers.values()), return_exceptions=True
        )

    with suppress(Exception):  # whatever a process that was killed already answers
        cluster.sync(end_all, callback_timeout=2.0)
    with suppress(Exception):
        cluster.close(timeout=_STOP_S)


def _has_dashboard() -> bool:
    return importlib.util.find_spec("bokeh") is not None


def _dashboard(cluster: Any) -> str:
    return str(cluster.dashboard_link or "") if _has_dashboard() else ""
