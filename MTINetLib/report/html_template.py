"""Templates of pages that are one file each: pictures and styles are inside, nothing is loaded."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


def html_template(room: str, name: str) -> Template:
    """A template of a room's folder ``templates``; every word from outside is escaped.

    Its filters ``png_uri`` and ``jpeg_uri`` put a picture's bytes into the page.

    Args:
        room: a package, such as ``MTINetLib.report``.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(room, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"png_uri": _uri_of("png"), "jpeg_uri": _uri_of("jpeg")}
    return environment.get_template(name)


def _uri_of(kind: str) -> Callable[[bytes], str]:
    return lambda picture: f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"
