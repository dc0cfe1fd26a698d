"""Below this room codes travel: what is found, noted and doubted gets its words here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import MTINetLib

PACKAGE = Path(MTINetLib.__file__).parent
BELOW = ("study", "findings", "inference", "phases", "registration", "reading", "network", "models")
#: Rooms and files that say nothing to people but by an error that names what to do.
CODES_ONLY = ("study/evidence.py", "inference", "phases/evidence.py", "phases/doubts.py", "findings/notes.py")
WORDS = 4


def files(*places: str) -> Iterator[Path]:
    for place in places:
        path = PACKAGE / place
        yield from [path] if path.suffix else sorted(path.rglob("*.py"))


def is_sentence(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value.split()) >= WORDS


def sentences(path: Path) -> Iterator[ast.AST]:
    """All but docstrings, what an error or the log says, and lists of words."""
    tree = ast.parse(path.read_text("utf-8"))
    told: set[ast.AST] = set()
    for node in ast.walk(tree):
        logs = isinstance(node, ast.Call) and ast.unparse(node.func).lower().startswith(("logger.", "_log."))
        if logs or isinstance(node, (ast.Raise, ast.Assert, ast.Expr)):
            told |= {*ast.walk(node)} if not isinstance(node, ast.Expr) else {node.value}
        if isinstance(node, ast.Attribute) and node.attr == "split":
            told.add(node.value)
    yield from (node for node in ast.walk(tree) if is_sentence(node) and node not in told)


def test_what_finds_notes_and_doubts_holds_codes_and_no_sentences() -> None:
    made = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in files(*CODES_ONLY)
        for node in sentences(path)
    ]
    assert made == []


def test_no_table_of_sentences_stands_below_this_room() -> None:
    tables = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in files(*BELOW)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict) and sum(map(is_sentence, node.values)) > 1
    ]
    assert tables == []
