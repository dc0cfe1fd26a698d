"""A small DICOMweb service that fails as it is told, for what a real archive cannot be made to do."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pydicom

#: Gets the path of a request, and says with which status, and after how many bytes, it is answered badly;
#: None for neither. A status of 0 breaks off.
Fault = Callable[[str], "tuple[int, int] | None"]


@dataclass
class WebService:
    """What a service holds and saw.

    Args:
        series: by (study, series) the files.
        requests: path and query of each, in their order.
        headers: of each.
        pages: most series that a search gives at a time.
        fault: see :data:`Fault`.
    """

    series: dict[tuple[str, str], list[Path]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    pages: int = 1000
    fault: Fault = lambda path: None
    url: str = ""
    tells_counts: bool = True

    def add(self, folder: Path) -> None:
        """All files below a folder."""
        for path in sorted(folder.rglob("*.dcm")):
            header = pydicom.dcmread(path, stop_before_pixels=True)
            self.series.setdefault((header.StudyInstanceUID, header.SeriesInstanceUID), []).append(path)

    def fetched(self) -> list[str]:
        """The studies whose images were asked for, in this order."""
        paths = [urlsplit(one) for one in self.requests]
        asked = [one.path.split("/")[3] for one in paths if "/series/" in one.path and not one.query]
        return list(dict.fromkeys(asked))

    def search(self, study: str, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        first, most = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["1000"])[0])
        found = [self._told(*key, paths) for key, paths in self.series.items() if study in ("", key[0])]
        wanted = query.get("PatientID", [""])[0]
        found = [one for one in found if wanted in ("", one["00100020"]["Value"][0])]
        return found[first : first + min(most, self.pages)]

    def _told(self, study: str, series: str, paths: list[Path]) -> dict[str, Any]:
        header = pydicom.dcmread(paths[0], stop_before_pixels=True)
        told: dict[str, Any] = {
            "0020000D": study,
            "0020000E": series,
            "00100020": str(header.PatientID),
            "00080060": str(header.Modality),
        }
        if self.tells_counts:
            told["00201209"] = len(paths)
        return {tag: {"vr": "UI", "Value": [value]} for tag, value in told.items()}


@contextmanager
def running_service(tls: ssl.SSLContext | None = None) -> Iterator[WebService]:
    """A service of this process, on this machine only."""
    service = WebService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            service.requests.append(self.path)
            service.headers.append(dict(self.headers))
            parts = urlsplit(self.path)
            body, kind = self._answer(parts.path.split("/")[2:], parse_qs(parts.query))
            fault = service.fault(self.path)
            status = 200 if fault is None or not fault[0] else fault[0]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status in (301, 302):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            if fault is not None and fault[0]:
                self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = fault is not None
            with suppress(OSError):  # who asked has gone
                self.wfile.write(body if fault is None or fault[0] else body[: fault[1]])

        def _answer(self, words: list[str], query: dict[str, list[str]]) -> tuple[bytes, str]:
            study = words[1] if words[0] == "studies" else ""
            if words[-1] == "series":
                return json.dumps(service.search(study, query)).encode(), "application/dicom+json"
            if words[-1] == "instances":
                own = service.series[study, words[3]][int(query.get("offset", ["0"])[0]) :]
                told = [{"00080018": {"vr": "UI", "Value": [path.name]}} for path in own]
                return json.dumps(told).encode(), "application/dicom+json"
            parts = [path.read_bytes() for path in service.series[study, words[3]]]
            head = b"\r\n--frontier\r\nContent-Type: application/dicom\r\n\r\n"
            body = b"".join(head + part for part in parts) + b"\r\n--frontier--\r\n"
            return body, 'multipart/related; type="application/dicom"; boundary=frontier'

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    service.url = f"http{'s' * (tls is not None)}://127.0.0.1:{server.server_port}/dicom-web"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
