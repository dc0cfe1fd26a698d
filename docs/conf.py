"""How the pages are made: `make docs`. Nothing is fetched from the network."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS)]

from schema_tables import schema_tables  # noqa: E402

import MTINetLib  # noqa: E402
from MTINetLib.findings import findings_schema  # noqa: E402

project = "MTINet"
author = "The MTINet developers"
copyright = "The MTINet developers, Apache-2.0"
release = version = MTINetLib.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["generated/*.json"]
myst_enable_extensions = ["colon_fence", "html_image"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"MTINet {release}"
html_extra_path = ["generated/findings.schema.json"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "announcement": "Research use only. Not a medical device, not for diagnosis or treatment decisions."
}

#: Pages that are written beside the code; they are copied in, so that they are searched and linked too.
GENERATED = DOCS / "generated"
PAGES = {f"rooms/{path.parent.name}": path for path in sorted((ROOT / "MTINetLib").glob("*/README.md"))}
PAGES |= {
    "contributing": ROOT / "CONTRIBUTING.md",
    "model-card": ROOT / "Resources" / "Models" / "mtinet-phantom" / "README.md",
    "claims": ROOT / "Testing" / "README.md",
    "changelog": ROOT / "CHANGELOG.md",
}


def relinked(text: str, source: Path, target: Path) -> str:
    """A page's text with its links to files of the repository changed to the pages that they are here.

    Args:
        source: the file in the repository.
        target: where the page lies below docs/.
    """
    pages = {path: GENERATED / f"{name}.md" for name, path in PAGES.items()}
    pages |= {path: path for path in DOCS.glob("*.md")}

    def here(link: re.Match[str]) -> str:
        linked = pages.get((source.parent / link.group(1)).resolve())
        return f"]({Path(os.path.relpath(linked, target.parent)).as_posix()})" if linked else link.group(0)

    return re.sub(r"\]\(([^)#:]+)\)", here, text)


def write_if_new(path: Path, text: str) -> None:
    """Leave an unchanged page alone, so that it is not built again."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


for name, source in PAGES.items():
    target = GENERATED / f"{name}.md"
    write_if_new(target, relinked(source.read_text(encoding="utf-8"), source, target))
for old in GENERATED.rglob("*.md"):
    if old.relative_to(GENERATED).with_suffix("").as_posix() not in PAGES:
        old.unlink()
write_if_new(GENERATED / "findings-fields.txt", schema_tables(findings_schema()))
write_if_new(GENERATED / "findings.schema.json", json.dumps(findings_schema(), indent=2) + "\n")


def relink_page(app: Any, name: str, text: list[str]) -> None:
    """The pages of docs/ link to files of the repository, so that they can be read there too."""
    page = DOCS / f"{name}.md"
    if GENERATED not in page.parents:
        text[0] = relinked(text[0], page, page)


def setup(app: Any) -> None:
    app.connect("source-read", relink_page)
