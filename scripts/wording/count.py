"""Count private words in names, docstrings and comments, token by token."""

from __future__ import annotations

import ast
import io
import keyword
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

WORDS = ("asked", "held", "holds", "kept", "left", "looked", "stands", "told")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Za-z][a-z]*")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def count(source: str) -> Counter[str]:
    """Return how often each of `WORDS` is in a source."""
    return Counter(word for _, word in places(source))


def places(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the word where one of `WORDS` is part of a name, a docstring or a comment.

    Other texts are messages, which are not counted here. A name after a dot counts where it is defined.
    """
    docstrings = set(_docstrings(source))
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        is_name = (
            token.type == tokenize.NAME and not keyword.iskeyword(token.string) and before != "."
        )
        before = token.string
        is_docstring = token.type == tokenize.STRING and token.start in docstrings
        if is_name or is_docstring or token.type == tokenize.COMMENT:
            for number, line in enumerate(token.string.split("\n"), token.start[0]):
                words = (word.lower() for word in _WORD.findall(line))
                yield from ((number, word) for word in words if word in WORDS)


def _docstrings(source: str) -> Iterator[tuple[int, int]]:
    """Yield where the docstrings begin, those below a constant or field too."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for before, here in zip([None, *body], body):
            opens = before is None and isinstance(node, _DOCUMENTED)
            if (
                isinstance(here, ast.Expr)
                and isinstance(here.value, ast.Constant)
                and isinstance(here.value.value, str)
                and (opens or isinstance(before, (ast.Assign, ast.AnnAssign)))
            ):
                yield (here.lineno, here.col_offset)


def by_package(root: Path, tops: tuple[str, ...]) -> dict[str, int]:
    """Return the count of each directory with Python files below `root`/`tops`."""
    found: Counter[str] = Counter()
    for top in tops:
        for path in sorted((root / top).rglob("*.py")):
            package = str(path.parent.relative_to(root))
            found[package] += sum(count(path.read_text(encoding="utf-8")).values())
    return dict(found)
