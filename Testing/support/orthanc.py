"""A real archive for tests: Debian's Orthanc as a process of its own, on this machine only.

It has its own configuration and storage, and ports that are free. Orthanc cannot bind its ports to one
address, so it is told to answer no other machine: HTTP by RemoteAccessAllowed, DICOM by known modalities at
127.0.0.1.
Debian's service of the same name, on 8042 and 4242, is neither used nor disturbed.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

TITLE, CALLER = "MTITEST", "MTINET"
_STARTS_WITHIN_S, _STOPS_WITHIN_S = 60.0, 10.0
_PLUGINS = (
    Path("/usr/share/orthanc/plugins"),
    Path("/usr/lib/orthanc"),
    Path("/usr/local/share/orthanc/plugins"),
)
_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True)
class Orthanc:
    """An archive that runs.

    Args:
        web: address of its DICOMweb service, None without the plugin.
    """

    http: int
    dicom: int
    web: str | None

    def get(self, path: str) -> Any:
        """An answer of its REST interface, read as JSON."""
        with _open(f"http://127.0.0.1:{self.http}{path}", timeout=120) as answer:
            return json.load(answer)

    def find(self, level: str, query: Mapping[str, str]) -> list[str]:
        """Orthanc's identifiers of what a query finds."""
        body = json.dumps({"Level": level, "Query": dict(query)}).encode()
        with _open(Request(f"http://127.0.0.1:{self.http}/tools/find", data=body), timeout=120) as answer:
            return list(json.load(answer))

    def file(self, sop_instance: str) -> bytes:
        """An object as it is stored."""
        (found,) = self.find("Instance", {"SOPInstanceUID": sop_instance})
        with _open(f"http://127.0.0.1:{self.http}/instances/{found}/file", timeout=120) as answer:
            return bytes(answer.read())

    def forget(self) -> None:
        """Empty the archive."""
        for patient in self.get("/patients"):
            request = Request(f"http://127.0.0.1:{self.http}/patients/{patient}", method="DELETE")
            _open(request, timeout=120).close()


def program() -> str:
    """Path of Orthanc; skips the test where there is none."""
    found = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("Orthanc is not installed: Debian, Ubuntu: apt-get install orthanc orthanc-dicomweb")
    return found


def web_of(orthanc: Orthanc) -> str:
    """The address of its DICOMweb service; skips the test where the plugin is missing."""
    if orthanc.web is None:
        pytest.skip("Orthanc speaks no DICOMweb here: Debian, Ubuntu: apt-get install orthanc-dicomweb")
    return orthanc.web


@contextmanager
def running_orthanc(folder: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Orthanc]:
    """Start Orthanc with its storage in ``folder``, and stop it at the end.

    Args:
        settings: of Orthanc's configuration, on top of ours.
    """
    binary, plugin = program(), _web_plugin()
    for _ in range(3):  # a free port may be taken before Orthanc has it
        http, dicom = free_port(), free_port()
        path = folder / "orthanc.json"
        path.write_text(json.dumps({**_configuration(folder, http, dicom, plugin), **(settings or {})}))
        with (folder / "orthanc.log").open("wb") as log:
            process = subprocess.Popen([binary, str(path)], stdout=log, stderr=log, cwd=folder)
        try:
            if _is_up(process, http):
                web = None if plugin is None else f"http://127.0.0.1:{http}/dicom-web"
                yield Orthanc(http, dicom, web)
                return
        finally:
            _stop(process)
    raise AssertionError(
        "Orthanc did not start: " + (folder / "orthanc.log").read_text(errors="replace")[-2000:]
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _configuration(folder: Path, http: int, dicom: int, plugin: Path | None) -> dict[str, Any]:
    return {
        "Name": "MTINet tests",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "StorageCompression": False,
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "HttpServerEnabled": True,
        "DicomPort": dicom,
        "DicomAet": TITLE,
        "DicomCheckCalledAet": True,
        "DicomCheckModalityHost": True,
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "DicomModalities": {"us": [CALLER, "127.0.0.1", 1]},
        "Plugins": [] if plugin is None else [str(plugin)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "HttpThreadsCount": 4,
        "SaveJobs": False,
    }


def _web_plugin() -> Path | None:
    found = [path for folder in _PLUGINS for path in sorted(folder.glob("libOrthancDicomWeb.so*"))]
    return found[0] if found else None


def _is_up(process: subprocess.Popen[bytes], http: int) -> bool:
    end = time.monotonic() + _STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < end:
        try:
            with _open(f"http://127.0.0.1:{http}/system", timeout=2):
                return True
        except OSError:
            time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
