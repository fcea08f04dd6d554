"""What certbot itself does not know, and what takes port 80 from it at the next boot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from wizard.certificates.certbot_options import key_of
from wizard.check.certificates.hooks import CLI_INIS, cli_options
from wizard.check.commands import start_command
from wizard.door import Door
from wizard.paths import LETSENCRYPT

HELP = ("certbot", "--help", "all")
"""It lists the options of certbot and of its plugins, before it reads cli.ini."""

BUILT_IN = frozenset({"", "standalone", "webroot", "manual"})
"""Authenticators that certbot has without a plugin."""

WEB_SERVERS = ("httpd", "nginx", "caddy", "lighttpd", "apache2", "haproxy", "varnish", "traefik")
"""Units that listen on port 80 as their packages have them."""

_UNITS = "/etc/systemd/system"
_WANTS = (f"{_UNITS}/multi-user.target.wants", f"{_UNITS}/graphical.target.wants")
_PRE = f"{LETSENCRYPT}/renewal-hooks/pre"
_OPTION = re.compile(r"(?<![\w-])--([a-z0-9][\w-]*)")


class Unknown(NamedTuple):
    """What this certbot does not know, with the advice; `why` says why that could not be seen."""

    seen: str = ""
    advice: str = ""
    why: str = ""


ALL_KNOWN = Unknown()


def unknown_to_certbot(door: Door, authenticator: str) -> Unknown:
    """Return an option of cli.ini or a plugin that this certbot lacks.

    certbot is run only where there is such an option or plugin. Raises Trouble.
    """
    named = [(path, one) for path in CLI_INIS for one in cli_options(door, path)]
    is_plugin = authenticator not in BUILT_IN
    if not (named or is_plugin):
        return ALL_KNOWN
    result = start_command(door, HELP)()
    known = {key_of(one) for one in _OPTION.findall(result.text)}
    if result.failure or not known:
        return Unknown(why=result.failure or "`certbot --help all` lists no options")
    for path, option in named:
        if option not in known and not _is_negated(option, known):
            return Unknown(
                f"{path} has {option}, which certbot does not know: it stops there",
                f"Correct it, or take it out of {path}.",
            )
    prefix = f"{key_of(authenticator.rpartition(':')[2])}_"
    if is_plugin and not any(one.startswith(prefix) for one in known):
        return Unknown(
            f"its authenticator is {authenticator}, and certbot has no such plugin",
            f"`dnf install python3-certbot-{authenticator}`, or issue it anew by another one.",
        )
    return ALL_KNOWN


def _is_negated(option: str, known: set[str]) -> bool:
    return option.startswith("no_") and option[len("no_") :] in known


def web_server_at_boot(door: Door) -> str:
    """Return a web server that takes port 80 at the next boot, "" for none or where a hook stops it."""
    if door.readable_names(_PRE):
        return ""
    links: Sequence[str] = [one for wants in _WANTS for one in door.readable_names(wants)]
    return next((one for one in WEB_SERVERS if f"{one}.service" in links), "")
