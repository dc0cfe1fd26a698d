"""Who the archive is, and who we are: certificates and credentials.

Passwords and tokens are never options of the command line, where every user of the machine could read them.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from MTINetLib.errors import InputError

TOKEN, USER, PASSWORD = "token", "user", "password"
#: The environment variables of the same meaning.
VARIABLES = {
    TOKEN: "MTINET_DICOMWEB_TOKEN",
    USER: "MTINET_DICOMWEB_USER",
    PASSWORD: "MTINET_DICOMWEB_PASSWORD",
}


def tls_context(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """TLS that checks the archive's certificate and name.

    Args:
        ca: certificates to trust (PEM) instead of the system's own.
        certificate, key: our own (PEM), where the archive asks for them.

    Raises:
        InputError: a file cannot be used.
    """
    if key is not None and certificate is None:
        raise InputError("--key needs --cert: name the certificate that the key belongs to.")
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"{ca} holds no certificate that can be used: name a PEM file.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"{certificate} and its key cannot be used: name PEM files that belong together."
            ) from error
    return context


def authorization(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The Authorization header from a file of ``name=value`` lines, or from the environment; None for none.

    Raises:
        InputError: the file cannot be read, or says too much or too little.
    """
    if file is None:
        source, told = "the environment", {name: environment.get(key) for name, key in VARIABLES.items()}
    else:
        source, told = str(file), _told_by(file)
    token, user, password = told.get(TOKEN), told.get(USER), told.get(PASSWORD)
    if not (token or user or password):
        if file is None:
            return None
        raise InputError(
            f"{file} names no {TOKEN} and no {USER} and {PASSWORD}: write lines such as user=..."
        )
    if token and (user or password):
        raise InputError(f"There is a token and a user or password in {source}: leave one of them out.")
    if token:
        return f"Bearer {token}"
    if not (user and password):
        raise InputError(f"A user and a password belong together; {source} names only one of them.")
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def _told_by(file: Path) -> dict[str, str | None]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: name a text file with lines such as user=...") from error
    told: dict[str, str | None] = {}
    for line in lines:
        name, found, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not found or name.strip() not in VARIABLES:
            raise InputError(
                f"{file} may hold lines with {', '.join(f'{name}=' for name in VARIABLES)} only."
            )
        told[name.strip()] = value.strip()
    return told
