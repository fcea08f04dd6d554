"""Write the relay host into main.cf, read it back, and remove it.

It has a block of its own, which a relay that was set by hand does not have. The password is only
in a table (`wizard.postfix.sasl_passwd`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Optional

from wizard.answers.model import Answers
from wizard.answers.sections.relay import SMTPS, Relay
from wizard.answers.unsaid import Unsaid, UnsaidText
from wizard.paths import SASL_PASSWD
from wizard.postfix.lines import content
from wizard.postfix.main_cf import MainCf, comment_out, is_blank

RELAY = "relay"
HEADING = "# Relay host"

_RELAYHOST = re.compile(r"\[([A-Za-z0-9.-]+)\](?::([0-9]{1,5}|smtp|submission|smtps))?")
_PORTS = {"smtp": 25, "submission": 587, "smtps": SMTPS, None: 25}
_LEVEL = re.compile(r"inline:\{ *\{ *(\S+) *= *(encrypt|secure|may) *\} *\}")
_LEVELS = {"": "may", "none": "may", "may": "may", "encrypt": "encrypt", "secure": "secure"}
"""The answers' values of smtp_tls_security_level; no answer expresses verify, dane and others."""
_OFF = (None, "", "no")
"""Values of a parameter that is surely off; other values (`YES`, `$name`) may mean on."""
_TABLES = re.compile(r"(?:\{[^{}]*\}|[^\s,{}])+")
_WITH_PASSWORD = ("static", "inline")
_MAPS = re.compile(
    rf"(?:[a-z]+|\$default_database_type|\$\{{default_database_type\}}):{SASL_PASSWD}"
)


def nexthop(relay: Relay) -> str:
    """Return the relay as in main.cf and the tables: in brackets, so without an MX lookup."""
    return f"[{relay.host}]:{relay.port}" if relay.host else ""


def _of(*names: str) -> Callable[[Callable[[Relay], str]], Callable[[Answers], str]]:
    """Make a function for a value of these relay fields; if one is unsaid, the value is unsaid."""

    def make(value: Callable[[Relay], str]) -> Callable[[Answers], str]:
        def found(answers: Answers) -> str:
            fields = (getattr(answers.relay, one) for one in ("host", *names))
            unsaid = [one for one in fields if isinstance(one, Unsaid)]
            return UnsaidText(unsaid[0].live) if unsaid else value(answers.relay)

        return found

    return make


relayhost = _of("port")(nexthop)


def with_user(value: str) -> Callable[[Answers], str]:
    """Return a function for a parameter that is set only if the relay wants a password."""
    return _of("user")(lambda relay: value if relay.host and relay.user else "")


@_of("tls")
def level(relay: Relay) -> str:
    """Return smtp_tls_policy_maps, which sets the level for the relay only."""
    return f"inline:{{ {{ {nexthop(relay)} = {relay.tls} }} }}" if relay.host else ""


@_of("user", "tls")
def plain_options(relay: Relay) -> str:
    """Return smtp_sasl_security_options; only with `may` a password could be sent without TLS."""
    return "noanonymous" if relay.host and relay.user and relay.tls == "may" else ""


@_of("port")
def wrapper(relay: Relay) -> str:
    """Return smtp_tls_wrappermode."""
    return "yes" if relay.host and relay.port == SMTPS else ""


def read_back(main: MainCf, passwords: Mapping[str, str]) -> dict[str, Any]:
    """Return the section's values, with the live text of values that no answer can express.

    `passwords` are the rows of sasl_passwd; only the users are read.
    """
    name = main.value("relayhost") or ""
    if not name:
        return {}
    found = _RELAYHOST.fullmatch(name)
    if not found:
        return {"host": UnsaidText(name)}
    port = _PORTS[found[2]] if found[2] in _PORTS else int(found[2])
    values: dict[str, Any] = {"host": found[1], "port": port, "tls": _level(main)}
    if main.value("smtp_sasl_auth_enable") not in _OFF:
        maps = main.value("smtp_sasl_password_maps") or ""
        user, colon, _ = passwords.get(name.lower(), "").partition(":")
        values["user"] = user if colon and _MAPS.fullmatch(maps) else _unsaid_user(maps)
    return values


def _unsaid_user(maps: str) -> UnsaidText:
    """Return the tables of users and passwords, without those parts that contain a password."""
    shown = [
        f"{kind}:..." if kind in _WITH_PASSWORD else one
        for one in _TABLES.findall(maps)
        for kind in [one.partition(":")[0]]
    ]
    return UnsaidText(", ".join(shown))


def foreign_passwords(main: MainCf) -> str:
    """Return another smtp_sasl_password_maps than the wizard's, without passwords; else ""."""
    maps = main.value("smtp_sasl_password_maps") or ""
    return "" if not maps or _MAPS.fullmatch(maps) else _unsaid_user(maps).live


def own_level(main: MainCf) -> str:
    """Return the level in smtp_tls_policy_maps for the relay host, "" for another map."""
    found = _LEVEL.fullmatch(main.value("smtp_tls_policy_maps") or "")
    is_own = found and found[1].lower() == (main.value("relayhost") or "").lower()
    return found[2] if found and is_own else ""


def _level(main: MainCf) -> str:
    """Return the level for the relay host, the live text if no answer can express it."""
    maps = main.value("smtp_tls_policy_maps")
    if maps:
        return own_level(main) or UnsaidText(maps)
    enforced = main.value("smtp_enforce_tls")
    if enforced not in _OFF:
        return UnsaidText(f"smtp_enforce_tls = {enforced}")
    live = main.value("smtp_tls_security_level") or ""
    return _LEVELS.get(live) or UnsaidText(live)


def without_parameter(cf: MainCf, name: str, why: str, *, everywhere: bool) -> MainCf:
    """Remove a parameter from the wizard's block; with `everywhere` comment out all others."""
    start = _heading(cf)
    lines = cf.lines
    for entry in reversed(cf.entries):
        if start is not None and entry.name == name and entry.lines[0] > start:
            lines = lines.replace(entry.lines[0], entry.end, []).mark(entry.lines[0] - 1, why)
    cf = MainCf(lines)
    return comment_out(cf, name, why) if everywhere else cf


def without_heading(cf: MainCf, names: Collection[str], why: str) -> MainCf:
    """Remove the block's comment line if none of its parameters remains below it."""
    start = _heading(cf)
    if start is None or any(one.name in names and one.lines[0] > start for one in cf.entries):
        return cf
    end = start + (2 if is_blank(cf, start + 1) else 1)
    return MainCf(cf.lines.replace(start, end, []).mark(start - 1, why))


def is_ours(cf: MainCf) -> bool:
    """True if the wizard wrote a relay host into this main.cf."""
    return _heading(cf) is not None


def _heading(cf: MainCf) -> Optional[int]:
    begun = (at for at, text in enumerate(cf.lines.texts) if text.startswith(HEADING))
    return next((at for at in begun if content(cf.lines.texts[at]).rstrip() == HEADING), None)
