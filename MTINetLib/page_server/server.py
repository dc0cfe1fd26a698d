"""Serves the files of a folder of results to this machine only."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from MTINetLib.errors import InputError, MTINetError
from MTINetLib.report.file_names import FINDINGS_FILE, STUDIES_FOLDER
from MTINetLib.report.page.names import FINDINGS_SCRIPT, PAGE_FOLDER

HOST = "127.0.0.1"
#: The same each time, so that a browser finds the marks again, which it keeps by host and port.
PORT = 8642
#: Ports after it that are tried where others use it.
_MORE_PORTS = 20
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".pdf": "application/pdf",
    ".txt": "text/plain; charset=utf-8",
}

#: Makes the page of a study in its folder; an MTINetError says why it cannot.
MakePage = Callable[[Path], None]


class PageServer:
    """Serves as long as its block lasts.

    Args:
        out: the folder of results.
        port: None for the usual one, or the next that is free; 0 for any.
        make: called for a study of a cohort that has no page.

    Raises:
        InputError: the port is in use.
    """

    def __init__(self, out: Path, port: int | None = None, *, make: MakePage) -> None:
        self._secret = secrets.token_urlsafe(16)
        self._server = _listening(
            partial(_Handler, out.resolve(), self._secret, make, threading.Lock()), port
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, file: str) -> str:
        """The address of a file of the folder."""
        return f"http://{HOST}:{self.port}/{self._secret}/{file}"

    def __enter__(self) -> PageServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: Nobody else may listen on the same port, which Windows would allow.
    allow_reuse_address = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a connection is nothing to tell."""


def _listening(handler: Any, port: int | None) -> _Server:
    tried = range(PORT, PORT + _MORE_PORTS) if port is None else (port,)
    for each in tried:
        with suppress(OSError):
            return _Server((HOST, each), handler)
    named = f"The ports {PORT} to {PORT + _MORE_PORTS - 1} are" if port is None else f"The port {port} is"
    raise InputError(f"{named} in use or not allowed: name another one with --port.")


class _Handler(SimpleHTTPRequestHandler):
    """GET and HEAD of files inside one folder, under a secret."""

    server_version = "MTINet"
    sys_version = ""

    def __init__(self, root: Path, secret: str, make: MakePage, one: threading.Lock, *rest: Any) -> None:
        self._root, self._secret, self._make, self._one = root, secret, make, one
        super().__init__(*rest, directory=str(root))

    def send_head(self) -> Any:
        host = self.headers.get("Host", "")
        port = self.connection.getsockname()[1]
        if host not in (f"{HOST}:{port}", f"localhost:{port}"):
            return self._refuse(HTTPStatus.FORBIDDEN)
        parts = [part for part in unquote(urlsplit(self.path).path).split("/") if part]
        if not parts or not secrets.compare_digest(parts[0].encode(), self._secret.encode()):
            return self._refuse(HTTPStatus.NOT_FOUND)
        path = self._inside(parts[1:])
        if path is None:
            return self._refuse(HTTPStatus.NOT_FOUND)
        problem = self._missing_page(parts[1:], path)
        if problem:
            return self._said(problem)
        if not path.is_file():
            return self._refuse(HTTPStatus.NOT_FOUND)
        return self._file(path)

    def _inside(self, parts: list[str]) -> Path | None:
        """The file that is meant; None for what lies outside, also by a link."""
        if any(part in ("..", ".") or "\\" in part or ":" in part or "\0" in part for part in parts):
            return None
        try:
            path = self._root.joinpath(*parts).resolve()
        except (OSError, RuntimeError):  # a link in a circle
            return None
        return path if path.is_relative_to(self._root) and path != self._root else None

    def _missing_page(self, parts: list[str], path: Path) -> str:
        """Make the page of a study that is asked for and has none; why it cannot be made, or nothing."""
        asked = len(parts) == 4 and (parts[0], *parts[2:]) == (STUDIES_FOLDER, PAGE_FOLDER, FINDINGS_SCRIPT)
        folder = path.parent.parent
        if not asked or path.is_file() or not (folder / FINDINGS_FILE).is_file():
            return ""
        with self._one:
            if path.is_file():  # another request has waited for the same
                return ""
            try:
                self._make(folder)
            except (MTINetError, OSError) as error:
                return " ".join(str(error).split())
        return ""

    def _file(self, path: Path) -> IO[bytes] | None:
        try:
            file = path.open("rb")
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return None
        self._start(_TYPES.get(path.suffix.lower(), "application/octet-stream"), path.stat().st_size)
        return file

    def _said(self, problem: str) -> IO[bytes]:
        """A script that hands a sentence over in the place of findings."""
        from io import BytesIO

        content = f"mtinetTake({json.dumps({'problem': problem})});\n".encode()
        self._start(_TYPES[".js"], len(content))
        return BytesIO(content)

    def _start(self, kind: str, size: int) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_error(status)

    def log_message(self, *_: Any) -> None:
        """Addresses hold the secret, and names of studies."""
