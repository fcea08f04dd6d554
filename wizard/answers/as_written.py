"""Read a value as people write it: `50M`, `mail.example.com.`, `http://mail.example.com/`.

Only the screens do this, where the operator sees at once what the text becomes. The answers file is
strict: nobody looks at it while a program reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable

from wizard.answers.field import BYTES, Field
from wizard.answers.fields import field_of

_SIZE = re.compile(r"([0-9]+) ?([KMG])(?:i?B)?", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3}
_ROOT = re.compile(r"(?:root)?@", re.IGNORECASE)
"""What is before a host in a call of ssh(1), or before a domain; another user makes it a mail address."""

_SCHEME = re.compile(r"(?:https?|ssh)://", re.IGNORECASE)
_WEB_PORT = re.compile(r"(?<=[^:]):[0-9]{1,5}$")
_SERVICES = {"smtp": "25", "submission": "587", "smtps": "465", "submissions": "465"}
"""Ports by the names that services(5) and RFC 8314 give them."""
_MAIL_SCHEME = re.compile(rf"({'|'.join(_SERVICES)})://(?:[^@/]*@)?", re.IGNORECASE)
_HOST_AND_PORT = re.compile(
    r"(?:\[([^\[\]]+)\]|([^\[\]:]+))(?::([0-9]{1,5}|[a-z]+))?", re.IGNORECASE
)
"""`[host]:port` or `host:port`, also without a port; not an IPv6 address without brackets."""


def _size(text: str) -> str:
    found = _SIZE.fullmatch(text)
    return str(int(found[1]) * 1024 ** _POWERS[found[2].upper()]) if found else text


def _url(text: str) -> str:
    """Return the host of a URL, any other text as it is. The port of ssh means something: it stays."""
    found = _SCHEME.match(text)
    if not found:
        return text
    host = text[found.end() :].partition("/")[0]
    return host if found[0].lower().startswith("ssh") else _WEB_PORT.sub("", host)


def _relay(text: str) -> tuple[str, str]:
    """Return host and port of `[host]:port`, `host:port` or a URL such as `smtps://host`.

    postconf(5) relayhost. The port is "" where the text names none. Any other text is the host.
    """
    scheme = _MAIL_SCHEME.match(text)
    rest = text[scheme.end() :].partition("/")[0] if scheme else text
    found = _HOST_AND_PORT.fullmatch(rest)
    port = (found[3] or "").lower() if found else ""
    port = _SERVICES.get(port, port)
    if not found or port.isalpha():
        return _server(text), ""
    if scheme and not port and scheme[1].lower() != "smtp":
        port = _SERVICES[scheme[1].lower()]
    return _server(found[1] or found[2]), port


def _domain(text: str) -> str:
    """Return a name in lower case and without the root's dot; an address or `$name` as it is."""
    if not text.isascii() or "$" in text:
        return text
    return text[:-1].lower() if text.endswith(".") and text[:-1] else text.lower()


def _name(text: str) -> str:
    """Return the name of a host, without `root@`, the parts of a URL and the root's dot."""
    name = _url(text)
    found = _ROOT.match(name)
    return _domain(name[found.end() :] if found and name[found.end() :] else name)


def _server(text: str) -> str:
    """Return the name of another server, also of any `user@host`."""
    return _name(_url(text).rpartition("@")[2])


def _mail(text: str) -> str:
    """Return the mail address in `<user@host>`, or a domain; the part before the '@' is as it is."""
    local, at, domain = text.strip("<>").rpartition("@")
    return f"{local}{at}{_domain(domain)}" if at else text


def _sender(text: str) -> str:
    """Do the same. `@example.com` is all senders of a domain, which is written without the '@'."""
    found = _mail(text).removeprefix("@")
    return found if "@" in found else _domain(found)


def _ssh(text: str) -> str:
    """Return [user@]host of a URL or a name with the root's dot."""
    user, at, host = _url(text).rpartition("@")
    return f"{user}{at}{_domain(host)}"


def _word(text: str) -> str:
    return text.lower()


def _time(text: str) -> str:
    """Return a time without a blank before its unit."""
    return text.lower().replace(" ", "")


def _as_it_is(text: str) -> str:
    return text


KINDS: Mapping[str, Callable[[str], str]] = {
    "fqdn": _name,
    "relay_host": lambda text: _relay(text)[0],
    "server_or_none": _server,
    "origin": _name,
    "sender": _sender,
    "email": _mail,
    "mail_reader": _mail,
    "ssh_host": _ssh,
    "time_unit": _time,
    "interfaces": _word,
}
"""By the name of a field's rule: how its text is read. Other texts only lose blanks at their ends."""


def as_written(field: Field, text: str) -> str:
    """Return what a typed text becomes in a field, the text itself where that is unchanged.

    The field's rule judges the result. Blanks at either end are dropped: no value has any there.
    """
    read = _size if field.unit == BYTES else KINDS.get(field.rule, _as_it_is)
    return read(text.strip(" "))


def also_written(field: Field, text: str) -> dict[str, str]:
    """Return by name the texts of other fields of the section that a typed text contains as well.

    `[smtp.example.net]:587` in the field of the relay host has the port, too.
    """
    if field.rule != "relay_host" or field_of(field.section, "port") is None:
        return {}
    port = _relay(text.strip(" "))[1]
    return {"port": port} if port else {}
