"""Write plain data as YAML 1.1 for Ansible. A string is written as in JSON, which is YAML, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Keys that YAML 1.1 does not read as strings."""
_UNPRINTABLE = re.compile(
    "[^ -~\xa0-\u2027\u2030-\u2065\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_TEMPLATE = re.compile(r"\{[{%#]")
_WIDTH = 80
"""Characters of a list that is written on one line."""


def document(data: Mapping[str, Any], *comments: str) -> str:
    """Return a document of a mapping. Comments come first, each on a line of its own.

    Values are str, bool, int, None, lists and mappings. Ansible does not expand a string of it as a
    template.
    """
    head = (f"# {line}".rstrip() for line in comments)
    return "".join(f"{line}\n" for line in ("---", *head, *_mapping(data, "")))


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in data.items():
        plain = _KEY.fullmatch(name) and name.lower() not in _WORDS
        yield from _entry(f"{indent}{name if plain else _scalar(name)}:", value, f"{indent}  ")


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    """Yield a key or a dash with its value; `indent` is that of lines below it."""
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent)
    elif isinstance(value, list) and (any(_is_nested(one) for one in value) or _is_long(value)):
        yield head
        for one in value:
            yield from _item(one, indent)
    else:
        yield f"{head} {_flow(value)}"


def _item(value: Any, indent: str) -> Iterator[str]:
    """Yield an item of a list. The first line of a mapping is next to the dash."""
    if not isinstance(value, Mapping) or not value:
        yield f"{indent}- {_flow(value)}"
        return
    lines = list(_mapping(value, f"{indent}  "))
    yield f"{indent}- {lines[0].lstrip()}"
    yield from lines[1:]


def _is_nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list)) and bool(value)


def _is_long(value: list[Any]) -> bool:
    return len(_flow(value)) > _WIDTH


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return "{}" if isinstance(value, Mapping) else _scalar(value)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    text = _UNPRINTABLE.sub(_escape, json.dumps(value, ensure_ascii=False))
    return f"!unsafe {text}" if _TEMPLATE.search(value) else text


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
