"""opendkim as a signer: its settings and tables (opendkim.conf(5)).

The socket is a file, so that no other local user can take its place or have mail signed. Only
mail of our own domains is signed: from a login, from this host and from mynetworks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Optional

from wizard.postfix.proposal import Proposal
from wizard.sections.dkim.conf import INCLUDE, Setting, propose_conf, settings
from wizard.sections.dkim.rows import has_part, own_rows, propose_rows, rows, rows_before
from wizard.sections.dkim.signer import Key, Retired, Setup, Signer, Texts
from wizard.text import printable, shortened

CONF = "/etc/opendkim.conf"
KEY_TABLE = "/etc/opendkim/KeyTable"
SIGNING_TABLE = "/etc/opendkim/SigningTable"
TRUSTED_HOSTS = "/etc/opendkim/TrustedHosts"
KEYS = "/etc/opendkim/keys"
SOCKET = "/run/opendkim/opendkim.sock"

SETTINGS = (
    Setting("Mode", "s", "It signs only; it does not judge the mail of others."),
    Setting(
        "Socket",
        f"local:{SOCKET}",
        "A file: a port could be taken by any user of this host while opendkim is down.",
    ),
    Setting("UMask", "007", "Only members of its group, such as Postfix, may open the socket."),
    Setting(
        "Canonicalization",
        "relaxed/simple",
        "A server on the way may fold a header anew without harm to the signature.",
        only_if_unset=True,
    ),
    Setting(
        "OversignHeaders",
        "From",
        "A second From line that is added on the way makes the signature invalid.",
        only_if_unset=True,
    ),
    Setting("KeyTable", KEY_TABLE, "The keys, one a domain.", also=(f"file:{KEY_TABLE}",)),
    Setting("SigningTable", f"refile:{SIGNING_TABLE}", "Which sender is signed with which key."),
    Setting(
        "InternalHosts",
        f"refile:{TRUSTED_HOSTS}",
        "Mail of these hosts is signed without a login: the same as mynetworks of Postfix.",
    ),
)
_WHY = {
    KEY_TABLE: "Each key: its domain, its selector and its file.",
    SIGNING_TABLE: "The first row that matches counts, so sub-domains come before the domain above.",
    TRUSTED_HOSTS: "The networks in mynetworks, as opendkim writes them.",
}
_MARK = "withdraw-"
_MARKED = re.compile(rf"{_MARK}([0-9]{{8}})\.")
"""A row of KeyTable that no row of SigningTable names: from that day on a key is to be withdrawn."""
_STOCK_KEY = "/etc/opendkim/keys/default.private"
_ANY_SENDER = "probe"
_SHOWN = 3


def _key_path(key: Key) -> str:
    return f"{KEYS}/{key.domain}/{key.selector}.private"


def _propose(
    texts: Texts, setup: Setup, protected: Mapping[str, frozenset[str]]
) -> dict[str, Proposal]:
    # The program may start before SigningTable is written: its rows must find the old key, too.
    keys = {one.name: one for one in (*setup.keys, *(old.key for old in setup.retired))}
    marks = {f"{_MARK}{one.due}.{one.key.name}": one.key for one in setup.retired}
    wanted = {
        KEY_TABLE: [
            (name, f"{one.domain}:{one.selector}:{_key_path(one)}")
            for name, one in {**keys, **marks}.items()
        ],
        SIGNING_TABLE: [
            (pattern.format(one.domain), one.name)
            for one in setup.signing
            for pattern in ("*@{}", "*@*.{}")
        ],
        TRUSTED_HOSTS: [(one, "") for one in setup.networks],
    }
    tables = {
        path: propose_rows(texts(path), pairs, _WHY[path], protected.get(path, frozenset()))
        for path, pairs in wanted.items()
    }
    conf = propose_conf(texts(CONF), SETTINGS, protected.get(CONF, frozenset()))
    return {**tables, CONF: conf}


def _set_up(texts: Texts) -> Optional[Setup]:
    if not has_part(texts(KEY_TABLE)):
        return None
    key_rows = own_rows(texts(KEY_TABLE))
    keys = {row.key: key for row in key_rows if (key := _key_of(row.value)) is not None}
    signing = tuple(
        dict.fromkeys(
            keys[row.value]
            for row in own_rows(texts(SIGNING_TABLE))
            if row.key.startswith("*@") and row.value in keys
        )
    )
    retired = tuple(
        Retired(key, mark[1])
        for row_name, key in keys.items()
        if (mark := _MARKED.match(row_name)) and key not in signing
    )
    old = {one.key for one in retired}
    return Setup(
        tuple(dict.fromkeys(key for key in keys.values() if key not in old)),
        signing,
        tuple(one.key for one in own_rows(texts(TRUSTED_HOSTS))),
        retired,
    )


def _key_of(value: str) -> Optional[Key]:
    words = value.split(":")
    return Key(words[0], words[1]) if len(words) > 1 and all(words[:2]) else None


def _by_hand(texts: Texts) -> str:
    conf = settings(texts(CONF))
    if INCLUDE in conf:
        return f"{CONF} includes {printable(conf[INCLUDE])}, so what counts is not in it alone"
    if has_part(texts(KEY_TABLE)):
        return ""
    key_rows = rows(texts(KEY_TABLE))
    if key_rows:
        return f"{KEY_TABLE} has keys: {shortened([printable(one) for one in key_rows], _SHOWN)}"
    # The stock file verifies only, and names a key that nobody has made.
    if "s" in conf.get("mode", "") and conf.get("keyfile", _STOCK_KEY) != _STOCK_KEY:
        return f"{CONF} signs with {printable(conf['keyfile'])}"
    for name in ("keytable", "signingtable"):
        setting = next(one for one in SETTINGS if one.name.lower() == name)
        if name in conf and not setting.accepts(conf[name]):
            return f"{CONF} has {setting.name} {printable(conf[name])}"
    return ""


def _warnings(proposals: Mapping[str, Proposal]) -> tuple[str, ...]:
    """Return warnings about rows of the operator that count instead of the wizard's."""
    text = proposals[SIGNING_TABLE].text
    found = []
    for one in own_rows(text):
        sender = one.key.replace("*", _ANY_SENDER)
        first = next((each.key for each in rows_before(text) if _matches(each.key, sender)), "")
        if first:
            found.append(f"{printable(first)} before {printable(one.key)}")
    if not found:
        return ()
    return (
        (
            f"{SIGNING_TABLE}: rows of your own count first: {shortened(found, _SHOWN)}. Put them below the "
            "wizard's, or take them out"
        ),
    )


def _matches(pattern: str, sender: str) -> bool:
    """True if a row of a `refile:` matches a sender; only `*` is special in it."""
    expression = ".*".join(re.escape(one) for one in pattern.split("*"))
    return re.fullmatch(expression, sender, re.IGNORECASE) is not None


OPENDKIM = Signer(
    package="opendkim",
    program="/usr/sbin/opendkim",
    unit="opendkim",
    user="opendkim",
    socket=SOCKET,
    # The program reads all of them when it starts.
    files=(KEY_TABLE, SIGNING_TABLE, TRUSTED_HOSTS, CONF),
    key_path=_key_path,
    propose=_propose,
    set_up=_set_up,
    by_hand=_by_hand,
    warnings=_warnings,
)
