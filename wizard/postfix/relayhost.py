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
from wizard.host.main_cf import words
from wizard.paths import SASL_PASSWD
from wizard.postfix.lines import content
from wizard.postfix.main_cf import MainCf, comment_out, is_blank
from wizard.postfix.settings import Settings

RELAY = "relay"
HEADING = "# Relay host"

_RELAYHOST = re.compile(r"\[([A-Za-z0-9.-]+)\](?::([0-9]{1,5}|smtp|submission|smtps))?")
_PORTS = {"smtp": 25, "submission": 587, "smtps": SMTPS, None: 25}
_LEVEL = re.compile(r"inline:\{ *\{ *(\S+) *= *(encrypt|secure|may) *\} *\}")
_LEVELS = {"": "may", "none": "may", "may": "may", "encrypt": "encrypt", "secure": "secure"}
"""The answers' values of smtp_tls_security_level; no answer expresses verify, dane and others."""
_OFF = ("", "no")
"""Values of a switch that is surely off, in lower case; another one (`$name`) may mean on."""
_LOGIN = {
    "smtp_sasl_tls_security_options": "$smtp_sasl_security_options",
    "smtp_sasl_security_options": "noplaintext, noanonymous",
}
"""What keeps Postfix's client from mechanisms, under TLS and without, with the defaults."""
_WRAPPER = "smtp_tls_wrappermode"
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


@_of("port", "tls")
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
    level = _level(main, port)
    values: dict[str, Any] = {"host": found[1], "port": port, "tls": level}
    if not _is_off(main, "smtp_sasl_auth_enable"):
        maps = main.value("smtp_sasl_password_maps") or ""
        user, colon, _ = passwords.get(name.lower(), "").partition(":")
        is_read = colon and _MAPS.fullmatch(maps)
        values["user"] = _user(main, user, level) if is_read else _unsaid_user(maps)
    return values


def _is_off(main: MainCf, name: str) -> bool:
    return (main.value(name) or "").lower() in _OFF


def _user(main: MainCf, user: str, level: str) -> str:
    """Return the user, as unsaid if the client never sends the password as PLAIN or LOGIN."""
    settings = Settings({one.name: one.value for one in main.entries}, _LOGIN)
    names = tuple(_LOGIN) if level == "may" else tuple(_LOGIN)[:1]
    shown = (f"{name} = {settings.value(name)}" for name in names)
    barred = (UnsaidText(one) for one in shown if "noplaintext" in words(one.lower()))
    return next(barred, user)


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


def _level(main: MainCf, port: int) -> str:
    """Return the level for the relay host, the live text if no answer can express it."""
    wrapped = (main.value(_WRAPPER) or "no").lower()
    if wrapped != ("yes" if port == SMTPS else "no"):
        return UnsaidText(f"{_WRAPPER} = {wrapped}")
    maps = main.value("smtp_tls_policy_maps")
    if maps:
        return own_level(main) or UnsaidText(maps)
    if not _is_off(main, "smtp_enforce_tls"):
        return UnsaidText(f"smtp_enforce_tls = {main.value('smtp_enforce_tls')}")
    live = main.value("smtp_tls_security_level") or ""
    return _LEVELS.get(live.lower()) or UnsaidText(live)


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
