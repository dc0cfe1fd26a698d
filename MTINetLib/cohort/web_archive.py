"""A DICOMweb archive that studies are read from (QIDO-RS and WADO-RS, PS3.18 10.6 and 10.4).

Neither a credential nor anything that the archive wrote in its own words gets into a sentence.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from MTINetLib.errors import InputError
from MTINetLib.report.sending.stow import WebArchive

if TYPE_CHECKING:
    from dicomweb_client.api import DICOMwebClient
    from pydicom import Dataset

#: Libraries whose logs hold addresses with UIDs.
LOGGERS = ("dicomweb_client", "urllib3", "requests", "retrying")
#: Answers of a search that are asked for at a time.
PAGE = 200
STUDY, SERIES, PATIENT, NAME, MODALITY, IMAGES = (
    "0020000D",
    "0020000E",
    "00100020",
    "00100010",
    "00080060",
    "00201209",
)
_CONNECT_S, _ANSWER_S = 10.0, 120.0
#: Answers that say: not now (RFC 9110).
_LATER = {408, 425, 429, 502, 503, 504}


class Trouble(Exception):  # noqa: N818
    """Something did not come from the archive.

    Args:
        words: why, for people, after "The archive".
        again: it may come when it is asked for again.
        everyone: every other study would meet the same.
    """

    def __init__(self, words: str, *, again: bool, everyone: bool) -> None:
        super().__init__(words)
        self.words, self.again, self.everyone = words, again, everyone


@dataclass(frozen=True)
class WebSource:
    """Studies of an archive.

    Args:
        queries: attributes and values that a study has, by keyword or tag; one of the queries is enough.
    """

    archive: WebArchive
    queries: tuple[Mapping[str, str], ...]

    def __post_init__(self) -> None:
        if not self.queries:
            raise InputError(
                "Say which studies of the archive with --query, such as StudyDate=20240101-20241231."
            )


def query_of(text: str) -> dict[str, str]:
    """``PatientID=...&StudyDate=...``: conditions that a study meets together.

    Raises:
        InputError: it is something else; the sentence names no value.
    """
    from pydicom.datadict import dictionary_has_tag, tag_for_keyword

    found = {}
    for part in text.split("&"):
        name, equals, value = (each.strip() for each in part.partition("="))
        is_tag = len(name) == 8 and all(letter in "0123456789abcdefABCDEF" for letter in name)
        known = name and (tag_for_keyword(name) is not None or (is_tag and dictionary_has_tag(int(name, 16))))
        if not (equals and value and known):
            raise InputError(
                f"--query {name} is no attribute of DICOM with a value: write such as PatientID=... or "
                "StudyDate=20240101-20241231, several joined by &."
            )
        found[name] = value
    return found


class WebClient:
    """Asks one archive; each thread has a connection of its own."""

    def __init__(self, archive: WebArchive) -> None:
        self.archive = archive
        self._own = threading.local()

    def series(self, study: str | None, conditions: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """The series that meet all conditions, page after page.

        Raises:
            Trouble: the archive did not answer as it should.
        """
        offset = 0
        seen: set[str] = set()
        while True:
            with self._told(searching=study is None):
                page: Sequence[dict[str, Any]] = self._client.search_for_series(
                    study_instance_uid=study,
                    search_filters=dict(conditions),
                    fields=[STUDY, PATIENT, NAME, MODALITY, IMAGES],
                    limit=PAGE,
                    offset=offset,
                )
                new = [one for one in page if value_of(one, SERIES) not in seen]
            if not new:  # an archive that takes no offset sends the same page again
                return
            seen.update(value_of(one, SERIES) for one in new)
            offset += len(page)
            yield from new

    def count(self, found: Mapping[str, Any]) -> int:
        """How many images a series has that was found."""
        told = value_of(found, IMAGES)
        if told.isdigit():
            return int(told)
        offset = 0
        seen: set[str] = set()
        while True:  # the attribute is optional (PS3.18 table 10.6.3-4)
            with self._told(searching=False):
                page = self._client.search_for_instances(
                    value_of(found, STUDY), value_of(found, SERIES), limit=PAGE, offset=offset
                )
                uids = {value_of(one, "00080018") for one in page}
            if uids <= seen:
                return len(seen)
            seen |= uids
            offset += len(page)

    def images(self, study: str, series: str) -> Iterator[Dataset]:
        """The images of a series as they are stored, one after the other.

        Raises:
            Trouble: they did not come.
        """
        with self._told(searching=False):
            yield from self._client.iter_series(study, series, media_types=(("application/dicom", "*"),))

    @property
    def _client(self) -> DICOMwebClient:
        if not hasattr(self._own, "client"):
            self._own.client = _client_of(self.archive)
        client: DICOMwebClient = self._own.client
        return client

    @contextmanager
    def _told(self, *, searching: bool) -> Iterator[None]:
        from requests.exceptions import RequestException
        from urllib3.exceptions import HTTPError

        try:
            yield
        except (RequestException, HTTPError, HTTPException, OSError) as error:
            raise _trouble(error, searching, self.archive) from error
        except (ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
            # What is no JSON, no multipart message or no DICOM.
            if searching:
                raise Trouble(_no_service("200"), again=False, everyone=True) from error
            raise Trouble("sent something that is no DICOM image", again=True, everyone=False) from error


def value_of(found: Mapping[str, Any], tag: str) -> str:
    """The first value of an attribute in DICOM JSON; empty where there is none."""
    values = found.get(tag, {}).get("Value") or [""]
    first = values[0]
    return str(first.get("Alphabetic", "") if isinstance(first, dict) else first).strip()


def _client_of(archive: WebArchive) -> DICOMwebClient:
    from dicomweb_client.api import DICOMwebClient
    from requests import Session
    from requests.utils import should_bypass_proxies

    session = Session()
    session.trust_env = False  # no passwords of ~/.netrc, no other certificates than those that were named
    session.max_redirects = 0  # credentials go where the user said, and nowhere else
    if not (archive.is_here or should_bypass_proxies(archive.url, no_proxy=None)):
        session.proxies = dict(getproxies())
    if archive.authorization:
        session.headers["Authorization"] = archive.authorization
    session.mount("https://", _tls_adapter(archive.tls))
    base = archive.studies.removesuffix("/studies")
    client = DICOMwebClient(base, session=session, timeout=(_CONNECT_S, _ANSWER_S))
    client.set_http_retry_params(retry=False)
    return client


def _tls_adapter(context: ssl.SSLContext) -> Any:
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """Trusts what the context trusts, and not what comes with requests."""

        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **more)

        def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
            return super().proxy_manager_for(proxy, ssl_context=context, **more)

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            conn.cert_reqs = "CERT_REQUIRED"

    return Adapter()


def _trouble(error: Exception, searching: bool, archive: WebArchive) -> Trouble:
    from requests import exceptions

    where = urlsplit(archive.url).netloc
    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return _refusal(error.response.status_code, searching)
    if isinstance(error, exceptions.TooManyRedirects):
        return Trouble("sends us to another address: name that one", again=False, everyone=True)
    if isinstance(error, exceptions.SSLError):
        words = f"at {where} is not trusted, or refused our certificate: name --ca, --cert and --key"
        return Trouble(words, again=False, everyone=True)
    if isinstance(error, exceptions.Timeout):
        return Trouble(f"at {where} did not answer", again=True, everyone=True)
    if isinstance(error, (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError, HTTPException)):
        return Trouble("broke off in the middle", again=True, everyone=searching)
    if isinstance(error, (exceptions.InvalidURL, exceptions.MissingSchema, exceptions.InvalidSchema)):
        return Trouble(f"has no usable address: {where}", again=False, everyone=True)
    return Trouble(f"at {where} cannot be reached", again=True, everyone=True)


def _refusal(status: int, searching: bool) -> Trouble:
    if status in (401, 403):
        return Trouble(f"refused the credentials ({status})", again=False, everyone=True)
    if status in _LATER:
        return Trouble(f"cannot answer now ({status})", again=True, everyone=True)
    if searching:
        words = f"does not take the search ({status})" if status == 400 else _no_service(str(status))
        return Trouble(words, again=status >= 500, everyone=True)
    if status in (404, 410):
        return Trouble(f"does not have the study any more ({status})", again=False, everyone=False)
    return Trouble(f"answered {status}", again=status >= 500, everyone=False)


def _no_service(status: str) -> str:
    return f"has no QIDO-RS service at this address ({status}); name what stands before /studies"
