"""The names of a page's files."""

from __future__ import annotations

from MTINetLib.study.phase import Phase

PAGE_FILE = "page.html"
PAGE_FOLDER = "page"
#: What the findings say, the label map, and a picture of each lesion side by side.
FINDINGS_SCRIPT, LABELS_SCRIPT, THUMBNAILS_FILE = "findings.js", "labels.js", "thumbnails.jpg"
#: Of ``static/``: in the order in which a page of one study loads them.
STUDY_SCRIPTS = (
    "niivue.js",
    "load.js",
    "marks.js",
    "curve.js",
    "panes.js",
    "gestures.js",
    "study.js",
    "page.js",
)
#: In the order in which a cohort's page loads them.
COHORT_SCRIPTS = (*STUDY_SCRIPTS[:-1], "cohort.js")
STYLE = "page.css"
LICENCE = "niivue.LICENSE.txt"
_STATIC = (*STUDY_SCRIPTS, STYLE, LICENCE)


def image_script(phase: Phase) -> str:
    """The script that holds a phase's images."""
    return f"image-{phase.value}.js"


#: All files that a page of one study may leave, by their place in its folder of results.
PAGE_FILES = (
    PAGE_FILE,
    *(
        f"{PAGE_FOLDER}/{name}"
        for name in (
            FINDINGS_SCRIPT,
            LABELS_SCRIPT,
            THUMBNAILS_FILE,
            *map(image_script, Phase),
            *_STATIC,
        )
    ),
)
