"""Repair tables of a type that this Postfix does not have, such as hash on EL10 (DATABASE_README).

Postfix defers all mail that needs such a table. The wizard builds its own tables again as a type
that is there, and names the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from wizard.answers.model import POLICY
from wizard.host.facts import Postfix
from wizard.host.postfix import INDEX_SUFFIX, usable_type
from wizard.paths import ALIASES, SASL_PASSWD, SENDER_ACCESS
from wizard.postfix.items import ListEdit, edit, words
from wizard.postfix.main_cf import MainCf, set_value

_DEFAULT = "default_database_type"
_SECTIONS = {ALIASES: "aliases", SENDER_ACCESS: "blocklists", SASL_PASSWD: "relay"}
"""The section of each of our tables; the section policy repairs all of them."""
_WHY = "This Postfix has no tables of the type that was here, and defers mail that needs one."
_TABLE = re.compile(r"((?:proxy:)?)([a-z]+):(/\S*)")


def is_missing(postfix: Postfix, kind: str) -> bool:
    """True if this Postfix has no indexed tables of that type; False if that is not known."""
    return bool(postfix.table_types) and kind in INDEX_SUFFIX and kind not in postfix.table_types


def repaired(
    cf: MainCf, postfix: Postfix, chosen: Collection[str], protected: Collection[str]
) -> tuple[MainCf, tuple[str, ...]]:
    """Give our tables in main.cf a type that is there; return the file and the changed names."""
    changed = []
    kind = usable_type(postfix.default_database_type, postfix.table_types)
    default = cf.value(_DEFAULT)
    is_ours = not {POLICY, *_SECTIONS.values()}.isdisjoint(chosen) and _DEFAULT not in protected
    if is_ours and default and is_missing(postfix, default):
        cf = set_value(cf, _DEFAULT, kind, _WHY)
        changed.append(_DEFAULT)
    for name in dict.fromkeys(one.name for one in cf.entries):
        for entry in () if name in protected else cf.twins(name):
            found = {
                at: f"{table[1]}{kind}:{table[3]}"
                for at, table in enumerate(map(_TABLE.fullmatch, words(cf, entry)))
                if table and is_missing(postfix, table[2]) and _is_chosen(table[3], chosen)
            }
            if found:
                cf = edit(cf, entry, ListEdit(_WHY, replace=found))
                changed.append(name)
    return cf, tuple(dict.fromkeys(changed))


def _is_chosen(path: str, chosen: Collection[str]) -> bool:
    return path in _SECTIONS and not {POLICY, _SECTIONS[path]}.isdisjoint(chosen)


def warnings(cf: MainCf, postfix: Postfix) -> Iterator[str]:
    """Yield a sentence for each table of a missing type that remains."""
    kind = usable_type(postfix.default_database_type, postfix.table_types)
    default = cf.value(_DEFAULT)
    if default and is_missing(postfix, default):
        yield f"{_DEFAULT} = {default}, and this Postfix has no {default} tables: write {kind}."
    for entry in cf.entries:
        for table in filter(None, map(_TABLE.fullmatch, words(cf, entry))):
            if is_missing(postfix, table[2]):
                program = "postalias" if entry.name.startswith("alias_") else "postmap"
                yield (
                    f"{entry.name} names {table[2]}:{table[3]}, and this Postfix has no {table[2]}"
                    f" tables: mail that needs it is deferred. `{program} {kind}:{table[3]}`, and write"
                    f" {kind}: in main.cf."
                )
