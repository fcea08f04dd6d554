"""Check that certbot renews the served certificate, and then reloads Postfix (certbot's manual)."""

from __future__ import annotations

import configparser
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from wizard.certificates.lineage import name_problem
from wizard.door import Door
from wizard.finding import Check, Finding
from wizard.host.units import properties
from wizard.paths import LETSENCRYPT, LINEAGES, RENEWAL_HOOK
from wizard.text import printable

TIMERS = ("certbot-renew.timer", "certbot.timer", "snap.certbot.renew.timer")
"""The timers of EL's package, of Debian's and of the snap."""

PROGRAMS = ("/usr/bin/certbot", "/usr/local/bin/certbot", "/snap/bin/certbot")

SHOW = ("systemctl", "show", "-p", "Id,ActiveState,UnitFileState", *TIMERS)

HTTP = 80


@dataclass(frozen=True)
class Renewal:
    """What renews a lineage: `text` is its renewal/NAME.conf, None if there is none.

    `has_certbot` is True if the program is installed. `timers` are those that run or start at boot.
    `hook` is the mode of the deploy hook, None if there is none. `there` has the web roots and
    credentials of the conf that exist.
    """

    name: str
    text: Optional[str]
    has_certbot: bool
    timers: tuple[str, ...]
    hook: Optional[int]
    there: frozenset[str] = frozenset()


def lineage_of(path: str) -> str:
    """Return the lineage of a certificate's path, "" for none."""
    if not path.startswith(f"{LINEAGES}/"):
        return ""
    name = path[len(LINEAGES) + 1 :].partition("/")[0]
    return "" if name_problem(name) else name


def read_renewal(door: Door, name: str, timers: str) -> Renewal:
    """Read what renews a lineage; `timers` is the output of SHOW. Raises Trouble."""
    text = door.read_text(f"{LETSENCRYPT}/renewal/{name}.conf")
    hook = door.stat(RENEWAL_HOOK)
    named = _named(parameters(text or ""))
    return Renewal(
        name,
        text,
        any(door.stat(path) is not None for path in PROGRAMS),
        _running(timers),
        None if hook is None else stat.S_IMODE(hook.st_mode),
        frozenset(path for path in named if door.stat(path) is not None),
    )


def _running(text: str) -> tuple[str, ...]:
    return tuple(
        rows.get("Id", "")
        for rows in properties(text)
        if rows.get("ActiveState") == "active" or rows.get("UnitFileState") == "enabled"
    )


def parameters(text: str) -> Mapping[str, str]:
    """Return the [renewalparams] of a renewal conf; empty if it cannot be parsed.

    The lines before the first section name the lineage's files and are ignored.
    """
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    try:
        parser.read_string("[files]\n" + text)
    except configparser.Error:
        return {}
    return dict(parser["renewalparams"]) if parser.has_section("renewalparams") else {}


def _named(said: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths that an authenticator needs: web roots and credentials."""
    roots = [path.strip() for path in said.get("webroot_path", "").split(",")]
    credentials = [value for name, value in said.items() if name.endswith("_credentials")]
    return tuple(path for path in (*roots, *credentials) if path.startswith("/"))


def judge_renewal(
    renewal: Renewal, listeners: Mapping[int, str], open_services: Optional[Collection[str]]
) -> Iterator[Finding]:
    """`certificate.renewal` and `certificate.hook`: only warnings, because nothing fails yet.

    `listeners` has the program by port. `open_services` are those of the firewall's zone, None if
    they are unknown.
    """
    check = check_of(renewal.name)
    problem, advice = _problem(renewal, listeners, open_services)
    authenticator = parameters(renewal.text or "").get("authenticator", "")
    seen = f"certbot by {authenticator}, {', '.join(renewal.timers)}"
    yield check.warning(printable(problem), advice) if problem else check.right(printable(seen))
    hook = Check("certificate.hook", "certificate: reload after it", RENEWAL_HOOK, fatal=False)
    advice = "`postfix-wizard apply --section policy` writes it; else reload Postfix yourself."
    if renewal.hook is None:
        yield hook.warning("missing", advice)
    elif not renewal.hook & stat.S_IXUSR:
        yield hook.warning("it cannot be executed", advice)
    else:
        yield hook.right("certbot has Postfix reload")


def check_of(name: str) -> Check:
    """Return the check that certbot renews a lineage."""
    expected = f"certbot renews {name} here"
    return Check("certificate.renewal", "certificate: renewal", expected, fatal=False)


def _problem(
    renewal: Renewal, listeners: Mapping[int, str], open_services: Optional[Collection[str]]
) -> tuple[str, str]:
    """Return why certbot does not renew it, and the advice, or two empty texts."""
    conf = f"{LETSENCRYPT}/renewal/{renewal.name}.conf"
    said = parameters(renewal.text or "")
    authenticator = said.get("authenticator", "")
    absent = [path for path in _named(said) if path not in renewal.there]
    is_by_http = authenticator in {"standalone", "webroot"}
    is_closed = open_services is not None and "http" not in open_services
    dry_run = "`certbot renew --dry-run` tells more."
    faults = (
        (
            not renewal.has_certbot,
            "certbot is not installed",
            "Install certbot (EPEL has it), or renew it elsewhere and copy it here.",
        ),
        (
            renewal.text is None,
            f"there is no {conf}",
            f"Issue it here: certbot certonly --cert-name {renewal.name}",
        ),
        (not authenticator, f"{conf} names no authenticator", dry_run),
        (not renewal.timers, "no timer runs certbot", "systemctl enable --now certbot-renew.timer"),
        (bool(absent), f"{conf} names {', '.join(absent)}, which is not there", dry_run),
        (
            authenticator == "manual" and "manual_auth_hook" not in said,
            "its authenticator is manual",
            "Somebody must renew it by hand, or issue it anew.",
        ),
        (
            authenticator == "standalone" and HTTP in listeners,
            f"its authenticator needs port 80, which {listeners.get(HTTP, '')} holds",
            f"Issue it by webroot instead. {dry_run}",
        ),
        (
            is_by_http and is_closed and "pre_hook" not in said,
            "port 80 is closed in the firewall, through which it is proven",
            "Open http in the zone, or give certbot a pre- and a post-hook that do.",
        ),
    )
    return next(((what, advice) for applies, what, advice in faults if applies), ("", ""))
