"""Find what certbot would run, read or write because of a file from another server.

An option is foreign unless the tables of `certbot_options` list it as harmless. So an option of a
new plugin, a shortened name (argparse takes `deploy-h`) and a misspelt one are shown, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from wizard.certificates.certbot_options import is_harmless, key_of, plain, use
from wizard.certificates.model import ForeignItem
from wizard.certificates.modes import is_program
from wizard.certificates.settings import Option, options, without
from wizard.paths import LETSENCRYPT
from wizard.text import counted

CLI_INI = f"{LETSENCRYPT}/cli.ini"
MAX_SHOWN_LINES = 100
"""Lines of a program that a plan shows."""
MAX_SHOWN_CHARACTERS = 8000
MAX_NAME_CHARACTERS = 120
HASH_DIGITS = 16
"""Hex digits of the hash in a name: too many for a second text that was made to have the same."""

_LETS_ENCRYPT = r"https://[a-z0-9-]+\.api\.letsencrypt\.org(:443)?/.*"
_CERTBOTS_OWN = frozenset({"standalone", "webroot", "manual", "none"})
"""Authenticators that every certbot has."""

_WEBROOT_MAP = "webroot_map"
_SECTIONS = frozenset(
    {(), ("renewalparams",), ("renewalparams", _WEBROOT_MAP), ("acme_renewal_information",)}
)
_SECRET = "token|secret|passw|key|hmac"  # noqa: S105 (a pattern of names)
_ODD = r"[^A-Za-z0-9_./-]"


def is_settings(path: str) -> bool:
    """True for a file whose options certbot reads."""
    return path == CLI_INI or bool(
        re.fullmatch(rf"{LETSENCRYPT}/renewal/[^/]+\.conf", path, re.DOTALL)
    )


def is_for_web_server(path: str) -> bool:
    """True for a file that certbot's plugin has a web server include. Each plugin brings its own."""
    return bool(re.fullmatch(rf"{LETSENCRYPT}/options-ssl-[a-z]+\.conf", path))


def foreign_items(path: str, text: bytes, mode: int) -> tuple[ForeignItem, ...]:
    """Return what is foreign in a file. `mode` is the file's mode on the other server."""
    if is_program(path, mode):
        when = "certbot runs it as root at each renewal"
        in_hooks = path.startswith(f"{LETSENCRYPT}/renewal-hooks/")
        use = when if in_hooks else "a program, which a hook may run as root"
        return (_whole(path, text, use),)
    if is_for_web_server(path):
        return (_whole(path, text, "certbot's plugin has the web server read it"),)
    if not is_settings(path):
        return ()
    found = options(path, text)
    if found is None:
        return (_whole(path, text, "certbot's settings, which this program cannot read safely"),)
    return tuple(_of_options(path, found))


def without_items(text: bytes, items: Iterable[ForeignItem]) -> bytes:
    """Return the text of a settings file without these items of it."""
    return without(text, tuple((item.first, item.last) for item in items))


def remarks(path: str, text: bytes) -> Iterator[str]:
    """Yield what else a renewal needs: another ACME server, a plugin."""
    for one in (options(path, text) or ()) if is_settings(path) else ():
        name, value = key_of(one.name), plain(one.value)
        if name == "server" and not re.fullmatch(_LETS_ENCRYPT, value):
            yield f"{path}: certbot renews at {value}"
        elif name == "authenticator" and value.lower() not in _CERTBOTS_OWN:
            yield f"{path}: certbot needs its plugin {value} to renew"


def other_server(path: str, text: bytes) -> str:
    """Return the URL of the ACME server that a renewal file names, "" for Let's Encrypt's."""
    for one in options(path, text) or ():
        if key_of(one.name) == "server" and _is_harmless(one):
            server = plain(one.value)
            return "" if re.fullmatch(_LETS_ENCRYPT, server) else server
    return ""


def _of_options(path: str, found: tuple[Option, ...]) -> Iterator[ForeignItem]:
    for one in found:
        if not _is_harmless(one):
            label = ".".join((*one.section[1:], one.name)) or "option"
            name = _name(path, f":{label}", f"{one.name}={one.value}".encode())
            yield ForeignItem(name, path, _use(one), _shown(one), one.first, one.last)


def _is_harmless(one: Option) -> bool:
    if one.section not in _SECTIONS or one.section[-1:] == (_WEBROOT_MAP,):
        return False
    return is_harmless(one.name, one.value)


def _use(one: Option) -> str:
    return use(_WEBROOT_MAP if one.section[-1:] == (_WEBROOT_MAP,) else one.name)


def _shown(one: Option) -> str:
    is_secret = re.search(_SECRET, key_of(one.name)) and not one.value.strip().startswith(
        ("/", "~")
    )
    return _cut(f"{one.name} = {'(not shown)' if is_secret else one.value}")


def _whole(path: str, text: bytes, use: str) -> ForeignItem:
    try:
        shown = text.decode("utf-8")
    except UnicodeDecodeError:
        shown = ""
    if "\0" in shown or not shown:
        shown = f"({counted(len(text), 'byte')}, not text)" if text else "(empty)"
    lines = shown.splitlines()
    more = len(lines) - MAX_SHOWN_LINES
    lines = [*lines[:MAX_SHOWN_LINES], *([f"... {counted(more, 'more line')}"] if more > 0 else [])]
    return ForeignItem(_name(path, "", text), path, use, _cut("\n".join(lines)))


def _cut(text: str) -> str:
    more = len(text) - MAX_SHOWN_CHARACTERS
    return (
        f"{text[:MAX_SHOWN_CHARACTERS]}\n... {counted(more, 'more character')}"
        if more > 0
        else text
    )


def _name(path: str, label: str, text: bytes) -> str:
    """Return a name that fits into a list with commas on a command line.

    The hash covers the path as well, since two long or odd paths can give the same name.
    """
    label = (
        re.sub(_ODD, "_", path[len(LETSENCRYPT) + 1 :]) + label[:1] + re.sub(_ODD, "_", label[1:])
    )
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape") + b"\0" + text).hexdigest()
    return f"{label[:MAX_NAME_CHARACTERS]}@{digest[:HASH_DIGITS]}"
