"""The calls of certbot(1): issue a certificate into a separate tree, and renew it later."""

from __future__ import annotations

import re
from pathlib import Path

from wizard.paths import LETSENCRYPT

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
"""certbot's own default for --server."""
PROGRAM = "/usr/bin/certbot"
"""The path in EPEL's package."""
PROGRAMS = (
    "/usr/bin/certbot",
    "/usr/local/bin/certbot",
    "/snap/bin/certbot",
    "/opt/certbot/bin/certbot",
    "/opt/certbot/venv/bin/certbot",
    "/opt/eff.org/certbot/venv/bin/certbot",
    "/root/.local/bin/certbot",
    "/usr/bin/letsencrypt",
)
"""Where packages, the snap, certbot's own instructions for pip and older ones have it."""
PORT = "80/tcp"
"""The port of the http-01 challenge (RFC 8555, 8.3)."""
OPEN_FOR = 600
"""Seconds after which firewalld itself closes a port that was opened for a challenge."""

_OF_THE_TREE = re.compile(r"^(?:config_dir|work_dir|logs_dir|pre_hook) *=.*\n", re.MULTILINE)
_PARAMETERS = "[renewalparams]\n"


def names_for(myhostname: str, lineage: str) -> tuple[str, ...]:
    """Return the names of a certificate: the server's, and the lineage's where that is a domain."""
    domain = "." in lineage.strip(".") and "_" not in lineage
    return tuple(dict.fromkeys((myhostname, *((lineage,) if domain else ()))))


def certonly(
    name: str,
    names: tuple[str, ...],
    *,
    webroot: str = "",
    email: str = "",
    server: str = "",
    tree: str,
    aside: str,
    dry_run: bool,
) -> tuple[str, ...]:
    """Return the argv that issues lineage `name`; webroot "": certbot itself answers on port 80.

    With `dry_run` certbot issues nothing and uses Let's Encrypt's staging server.
    """
    return (
        "certbot",
        "certonly",
        *(("--dry-run",) if dry_run else ()),
        *(("--webroot", "--webroot-path", webroot) if webroot else ("--standalone",)),
        "--cert-name",
        name,
        *(word for one in names for word in ("-d", one)),
        *(("--server", server) if server else ()),
        *(("-m", email, "--no-eff-email") if email else ("--register-unsafely-without-email",)),
        "--agree-tos",
        "--config-dir",
        f"{tree}{LETSENCRYPT}",
        "--work-dir",
        f"{aside}/work",
        "--logs-dir",
        f"{aside}/logs",
    )


def open_port(zone: str) -> tuple[str, ...]:
    """Return the argv that opens port 80 at run time only. firewalld closes it after `OPEN_FOR`."""
    return ("firewall-cmd", f"--zone={zone}", f"--add-port={PORT}", f"--timeout={OPEN_FOR}")


def renewal_of(text: str, tree: Path, zone: str) -> str:
    """Return a renewal file for /etc/letsencrypt, from the text that certbot wrote in `tree`.

    With `zone` certbot opens the port before each renewal. A port that the operator opened stays
    open. Raises ValueError if the text has an unknown form.
    """
    text = _OF_THE_TREE.sub("", text).replace(f"{tree}{LETSENCRYPT}/", f"{LETSENCRYPT}/")
    if str(tree) in text or _PARAMETERS not in text:
        raise ValueError("it is no renewal file of certbot's as this program knows them")
    if not zone:
        return text
    return text.replace(_PARAMETERS, f"{_PARAMETERS}pre_hook = {' '.join(open_port(zone))}\n", 1)


def dry_run(lineage: str, server: str) -> tuple[str, ...]:
    """Return the argv that tries a renewal and stores nothing.

    Without a server named, certbot asks Let's Encrypt's test server for every lineage.
    """
    return (
        "certbot",
        "renew",
        "--dry-run",
        "--non-interactive",
        "--no-random-sleep-on-renew",
        "--cert-name",
        lineage,
        *(("--server", server) if server else ()),
    )
