"""Get a certificate for this host from an ACME server (RFC 8555), with certbot(1).

It goes into a separate tree, as a copy from another server does. A dry run comes first, which does
not count for Let's Encrypt's limits. Nothing is tried again by itself. Port 80 is opened only at
run time, after a journal record, and closed in any case. If the worker dies, firewalld closes it.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

from wizard.certificates.certbot import OPEN_FOR, PORT, certonly, open_port, renewal_of
from wizard.certificates.lineage import KINDS, read_lineages
from wizard.door import Door
from wizard.errors import Trouble
from wizard.paths import LETSENCRYPT
from wizard.plan.certificate_actions import Obtain
from wizard.plan.undo_actions import ClosePort
from wizard.run import gathering
from wizard.run.action_kind import ActionKind
from wizard.run.certbot import certbot_manner, refused
from wizard.run.context import Context, Undo
from wizard.run.directories import explained
from wizard.run.past_step import Back, PastStep, Slot
from wizard.run.sanitize import clean
from wizard.run.terminal import drive

ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
"""setpriv(1) ends certbot with its worker. Else it would occupy port 80 and issue for nobody."""
_MARGIN = 60.0
_COPIES = ("csr", "keys")
"""Directories next to archive/ in which an older certbot stores the same keys once more."""


def obtain(action: Obtain, context: Context) -> Undo:
    """Get the certificate, validate it, and give its tree the name. Raises Trouble."""
    doing = f"obtaining a certificate for {', '.join(action.names)}"
    earlier = context.earlier or {}
    zone = action.zone if earlier.get("opened") or _must_open_port_80(action.zone, context) else ""
    undo: Undo = {"gathered": action.into}
    context.intend({**undo, "opened": zone} if zone else undo)
    directory = gathering.begin(context.places, action.into)
    config = directory / LETSENCRYPT.lstrip("/")
    try:
        with explained(doing, directory):
            config.mkdir(mode=0o755)
            _bring_accounts(config)
        with _opened(zone, undo, context, doing):
            for dry_run in (True, False):
                _issue(action, directory, context, dry_run=dry_run, doing=doing)
        with explained(doing, directory):
            _settle(config, directory, action.name, zone, doing)
        if not any(one.name == action.name for one in read_lineages(Door(directory))):
            raise Trouble(doing, "certbot was content and left no lineage", "See its words above.")
        gathering.keep(
            context.places,
            action.into,
            directory,
            gathering.judge(action.origin, directory, (), context),
        )
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return undo


def close_port(action: ClosePort, context: Context) -> Undo:
    """Close port 80 again, at run time, after the worker that opened it was killed."""
    undo = context.earlier or context.intend({"zone": action.zone})
    context.require_success(f"closing port {PORT}", "", *_closing(action.zone))
    return undo


def _must_open_port_80(zone: str, context: Context) -> bool:
    """True if port 80 is closed in `zone`. With `zone` "" no firewall has to be opened."""
    if not zone:
        return False
    options = (f"--query-port={PORT}", "--query-service=http")
    answers = [context.run("firewall-cmd", f"--zone={zone}", one) for one in options]
    return all(one.status == 1 for one in answers)


def _closing(zone: str) -> tuple[str, ...]:
    return ("firewall-cmd", f"--zone={zone}", f"--remove-port={PORT}")


@contextlib.contextmanager
def _opened(zone: str, after: Undo, context: Context, doing: str) -> Iterator[None]:
    if not zone:
        yield
        return
    context.require_success(doing, "", *open_port(zone))
    try:
        yield
    finally:
        if context.run(*_closing(zone)).status == 0:
            context.intend(after)  # undo has no port to close


def _bring_accounts(config: Path) -> None:
    """Copy this host's ACME account into the tree, since a server limits new accounts."""
    own = Path(LETSENCRYPT, "accounts")
    if own.is_dir() and not own.is_symlink():
        shutil.copytree(own, config / "accounts", symlinks=True)


def _issue(action: Obtain, directory: Path, context: Context, *, dry_run: bool, doing: str) -> None:
    context.say("A try first, which issues nothing:" if dry_run else "The certificate itself:")
    words = certonly(
        action.name,
        action.names,
        webroot=action.webroot,
        email=action.email,
        server=action.server,
        tree=str(directory),
        aside=str(context.staging()),
        dry_run=dry_run,
    )
    heard = context.output.mark()
    manner = certbot_manner(_watch(context, doing))
    argv = (*ENDS_WITH_US, *words)
    status = drive(argv, context.loop, context.output, manner, context.ask)
    if status != 0:
        raise refused(doing, tuple(clean(context.output.since(heard))))


def _watch(context: Context, doing: str) -> Callable[[], Optional[Trouble]]:
    deadline = time.monotonic() + (OPEN_FOR - _MARGIN) / 2

    def look() -> Optional[Trouble]:
        if context.stopping():
            return Trouble(doing, "stopped as asked", "The next try begins anew.")
        if time.monotonic() > deadline:
            return Trouble(
                doing,
                f"certbot took longer than {(OPEN_FOR - _MARGIN) / 2:.0f} s",
                "See whether the ACME server answers.",
            )
        return None

    return look


def _settle(config: Path, directory: Path, name: str, zone: str, doing: str) -> None:
    """Give the tree the form for /etc/letsencrypt: paths there, and each key only once."""
    for copies in _COPIES:
        shutil.rmtree(config / copies, ignore_errors=True)
    for kind in KINDS:
        # Files, as after scp -pr. The plan that installs the tree makes the links.
        link = config / "live" / name / f"{kind}.pem"
        if link.is_symlink():
            target = link.resolve()
            link.unlink()
            shutil.copy2(target, link)
    conf = config / "renewal" / f"{name}.conf"
    try:
        text = renewal_of(conf.read_text(), directory, zone)
    except ValueError as error:
        raise Trouble(doing, f"{conf.name}: {error}", "Report this with certbot's version.") from (
            error
        )
    conf.write_text(text)


def _close_port(one: PastStep) -> Iterator[Back]:
    zone = one.terms.get("opened")
    if zone:
        yield one.back(
            Slot.CHANGES,
            "Close port 80 again",
            "It was opened for the challenge alone, and the run was cut off before it closed it.",
            ClosePort(zone),
            _closing(zone),
        )


ACTION_KINDS = (
    ActionKind(Obtain, obtain, undo=_close_port),
    ActionKind(ClosePort, close_port),
)
