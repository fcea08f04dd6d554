"""Parse a file into entries by name, so that each can be compared.

main.cf: a parameter by its name, with its value as `postconf -n` prints it. master.cf: a service
entry as `NAME/TYPE` without its options, and each `-o` as `NAME/TYPE/PARAMETER` (postconf(1) -P).
sender_access, sasl_passwd and aliases: a row by its key. Any other file is one entry, named "".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable, Optional

from wizard.host.main_cf import normalised
from wizard.paths import MAIN_CF, MASTER_CF, SASL_PASSWD
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf, same_value
from wizard.postfix.meaning import Own, own_by
from wizard.postfix.parameters import BY_NAME, RESTRICTIONS, SCALAR
from wizard.postfix.restrictions import split_restrictions
from wizard.postfix.sender_access import rows_by_key
from wizard.postfix.service_entry import Service
from wizard.secrets import masked, may_have_key, without_number
from wizard.sections.registry import FILES

_NOBODY = Own()
_BETWEEN = re.compile(r"[,\s]+")


def entries(path: str, text: Optional[bytes]) -> dict[str, str]:
    """Return the entries of a file's text by name, in order; none if there is no file.

    Values may contain any character; bytes that are not UTF-8 are surrogates. All keys of
    blocklists are replaced by the same mark, so that a sealed key equals a live one.
    """
    if text is None:
        return {}
    owned = FILES.get(path)
    parse = owned.entries if owned is not None else _READ.get(path)
    found = (parse or _whole)(text)
    if not may_have_key(text):
        return found
    return {name: masked(without_number(value)) for name, value in found.items()}


def _parameters(text: bytes) -> dict[str, str]:
    return {one.name: normalised(one.value) for one in MainCf.parse(text).entries if one.name}


def _services(text: bytes) -> dict[str, str]:
    found = {}
    services = {one.key: one for one in MasterCf.parse(text).services}
    for key, service in services.items():
        found[key] = _without_options(service)
        found.update({f"{key}/{one.name}": one.value for one in service.options.values()})
    return found


def _without_options(service: Service) -> str:
    own = {id(one.word) for one in service.options.values()}
    words = []
    for word in service.words:
        if id(word) not in own:
            words.append(word.text)
        elif words and words[-1] == "-o":
            words.pop()
    return " ".join(words)


def _whole(text: bytes) -> dict[str, str]:
    return {"": text.decode("utf-8", "surrogateescape")}


_READ: dict[str, Callable[[bytes], dict[str, str]]] = {
    MAIN_CF: _parameters,
    MASTER_CF: _services,
    SASL_PASSWD: rows_by_key,
}


def service_entry_of(path: str, name: str) -> str:
    """Return the service entry that an option of master.cf belongs to, "" for any other entry."""
    parts = name.split("/") if path == MASTER_CF else ()
    return "/".join(parts[:2]) if len(parts) > 2 else ""  # noqa: PLR2004 (NAME/TYPE/PARAMETER)


def items(
    path: str, name: str, value: Optional[str], own: Own = _NOBODY
) -> Optional[tuple[str, ...]]:
    """Return the meaning of each item of a list in main.cf, without duplicates.

    None if the entry is not a list whose items answers can name. `own` are the host's names in the
    same file (`own_of`).
    """
    parameter = BY_NAME.get(name) if path == MAIN_CF else None
    if parameter is None or parameter.kind == SCALAR:
        return None
    words = [word for word in _BETWEEN.split(value or "") if word]
    if parameter.kind == RESTRICTIONS:
        words = [one.key for one in split_restrictions([word.lower() for word in words])]
    else:
        words = [own.key(parameter.kind, word) for word in words]
    return tuple(dict.fromkeys(words))


def own_of(path: str, found: Mapping[str, str]) -> Own:
    """Return the host's names in the entries of main.cf, no names for another file."""
    return own_by(found.get, {}) if path == MAIN_CF else _NOBODY


EntryValue = tuple[Optional[str], Own]
"""The value of an entry, and the host's names in the same file."""


def same(path: str, name: str, one: EntryValue, other: EntryValue) -> bool:
    """True if two values of an entry mean the same. The spelling of list items does not count."""
    (first, _), (second, _) = one, other
    if first is None or second is None or first == second:
        return first == second
    if path == MASTER_CF:
        return same_value(first, second)
    ours = items(path, name, *one)
    return first == second if ours is None else ours == items(path, name, *other)
