"""The documents name files that exist, and their links lead to files and headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from tests.factories import FRESH, ROOT, ZEKE
from wizard.planning.build import build_plan

TOPS = ("wizard", "screens", "scripts", "tests", "docs", "templates", "examples")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *(one for top in TOPS for one in (ROOT / top).rglob("*.md")))
)
PAST = {"CHANGELOG.md", "docs/promises.md", "docs/performance.md"}
"""Documents that report what was, with the names of that time."""

FOR_OPERATORS = {"README.md", "SECURITY.md"}
"""Documents in which the name of a Python file alone is a file of the operator's."""

_CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
_PATH = re.compile(rf"(?<![\w/.*<-])(?:{'|'.join(TOPS)})/[\w./*-]*")
_MODULE = re.compile(r"(?<![\w/.*-])\w+(?:/\w+)*\.py\b")
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"(?<![A-Za-z])[A-Z]{3,}(?![A-Za-z]|\.md)")


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def paths_in(text: str) -> Iterator[str]:
    """Yield the paths below `TOPS` that the code of a document names."""
    for code in _CODE.findall(text):
        yield from (path.rstrip("./") for path in _PATH.findall(code))


def modules_in(text: str) -> Iterator[str]:
    """Yield the names of Python files, whole or the last parts of a path."""
    for code in _CODE.findall(text):
        yield from (name for name in _MODULE.findall(code) if not _PLACEHOLDER.search(name))


@cache
def modules() -> tuple[str, ...]:
    """Return the path of each Python file, with a slash before it."""
    return tuple(
        f"/{path.relative_to(ROOT).as_posix()}"
        for top in TOPS
        for path in (ROOT / top).rglob("*.py")
    )


def is_module(name: str) -> bool:
    """Return True if a name is the whole path of a Python file, or the last parts of one."""
    return any(path.endswith(f"/{name}") for path in modules())


def exists(path: str) -> bool:
    """Return True if a path is a file or directory, a module without its suffix, or a placeholder."""
    if _PLACEHOLDER.search(path) and not (ROOT / path).exists():
        return True
    return any(any(ROOT.glob(name)) for name in (path, f"{path}.py"))


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    counts: Counter[str] = Counter()
    anchors = set()
    for heading in _HEADING.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        shown = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        anchors.add(f"{anchor}-{counts[anchor]}" if counts[anchor] else anchor)
        counts[anchor] += 1
    return anchors


def wrong_links(document: str) -> Iterator[str]:
    """Yield the relative links of a document that lead nowhere."""
    for link in _LINK.findall(text_of(document)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = ((ROOT / document).parent / name).resolve() if name else ROOT / document
        if not target.exists():
            yield f"{link}: no such file"
        elif anchor and anchor not in anchors_of(target.read_text(encoding="utf-8")):
            yield f"{link}: no such heading"


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if one not in PAST])
def test_each_file_that_a_document_names_exists(document: str) -> None:
    text = text_of(document)
    wrong = [path for path in paths_in(text) if not exists(path)]
    if document not in FOR_OPERATORS:
        wrong += [name for name in modules_in(text) if not is_module(name)]
    assert not wrong, f"{document} names files that do not exist: {', '.join(dict.fromkeys(wrong))}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_relative_link_leads_to_a_file_and_a_heading(document: str) -> None:
    assert list(wrong_links(document)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`wizard/host/read.py` reads", ["wizard/host/read.py"]),
        ("`wizard/host`, `scripts/lab vm`", ["wizard/host", "scripts/lab"]),
        ("```\nscripts/lab/lab push ace dist/x\n```", ["scripts/lab/lab"]),
        ("`/usr/lib/docs/x` and `https://example.com/docs/y`", []),
        ("`tests/unit/run/test_*label*.py`", ["tests/unit/run/test_*label*.py"]),
        ("wizard/host/nothing.py in a sentence", []),
    ],
)
def test_paths_are_found_in_code(text: str, expected: list[str]) -> None:
    assert list(paths_in(text)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("wizard/host/read.py", True),
        ("wizard/host/read", True),
        ("wizard/host", True),
        ("wizard/sections/NAME/plan.py", True),
        ("tests/unit/test_doc*.py", True),
        ("wizard/host/nothing.py", False),
        ("docs/NOTHING.md", False),
    ],
)
def test_a_path_exists(path: str, expected: bool) -> None:
    assert exists(path) is expected


def test_the_architecture_has_the_golden_order_of_a_first_set_up() -> None:
    steps = [step.id for step in build_plan(ZEKE, FRESH).pending]
    shown = re.findall(r"\*\*`([\w.-]+)`\*\*", text_of("ARCHITECTURE.md"))
    assert shown == [re.sub(r"^links-.*", "links-NAME", step) for step in steps]


def test_the_index_has_each_page() -> None:
    """Those of docs/contributing are tasks of CONTRIBUTING.md."""
    for index, below in (("docs/index.md", "docs"), ("CONTRIBUTING.md", "docs/contributing")):
        home = (ROOT / index).parent
        linked = {
            (home / link.partition("#")[0]).resolve() for link in _LINK.findall(text_of(index))
        }
        pages = {*(ROOT / below).glob("*.md"), *(ROOT / below / "howto").glob("*.md")}
        assert sorted(pages - linked - {ROOT / index}) == []


def test_a_heading_has_the_anchor_that_github_makes() -> None:
    text = "# `plan --json`, version 1\n## The way\n```\n# no heading\n```\n## The way\n"
    assert anchors_of(text) == {"plan---json-version-1", "the-way", "the-way-1"}
