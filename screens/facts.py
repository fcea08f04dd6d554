"""Describe the host's facts for the first screen. No Textual in here."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator, Sequence

from wizard.certificates.dates import day
from wizard.certificates.model import Lineage
from wizard.host.facts import FileFacts, Host
from wizard.paths import PARTED, SENDER_ACCESS
from wizard.text import counted

if TYPE_CHECKING:
    from screens.desk import Desk

FEW = 3
MAX_MESSAGE = 130
"""Characters of a failed run's message: two lines of 80 columns. The result shows it whole."""

_UNTESTED, _NOT_FOUND = "untested", "NOT FOUND"
_UNUSABLE, _NOT_SET_UP = "UNUSABLE", "not set up yet"


@dataclass(frozen=True)
class Fact:
    """One line: the subject, the fact, and its look."""

    label: str
    text: str
    look: str = ""
    words: str = ""
    """The words of the text that have the look, "" for all. They are at its beginning."""


def facts(host: Host) -> Iterator[Fact]:
    """Yield the facts of the host."""
    system = host.distribution
    if system.is_el:
        yield Fact("System", system.name or f"{system.id} {system.version}")
    else:
        said = f"{_UNTESTED}: {system.name or system.id} is not of the EL 9 or 10 family"
        yield Fact("System", said, "caution", _UNTESTED)
    yield _postfix(host)
    yield Fact("Files", ", ".join(_file(host.files[one]) for one in (*PARTED, SENDER_ACCESS)))
    yield from _lineages(host.lineages)
    yield _firewall(host)
    network = host.network
    named = f"{network.hostname}: " if network.hostname else "no name of its own: "
    yield Fact("Addresses", named + (", ".join(filter(_is_reachable, network.addresses)) or "none"))
    yield _dovecot(host)


def run_facts(desk: Desk) -> Iterator[Fact]:
    """Yield the outcome of the last run, or that one is in progress."""
    runs = desk.runs
    if desk.running:
        yield Fact("Run", f"{desk.running} is in progress: a shows it, and its questions", "strong")
        return
    last = runs[-1] if runs else None
    if last is None:
        return
    done = f"{last.done} of {counted(last.steps, 'step')}"
    what = f", undo of {last.undoes}" if last.undoes else ""
    if last.outcome == "done":
        since = "; undone since" if last.undone else ""
        yield Fact("Last run", f"{last.run}{what}: done, {done}{since}")
        return
    where = f" in the step {last.step!r}" if last.step else ""
    how = _OUTCOMES.get(last.outcome, last.outcome.upper())
    yield Fact("Last run", f"{last.run}{what}: {how}{where}, {done} done.", "strong")
    if last.message:
        message = " ".join(last.message.split())
        rest = "..." if len(message) > MAX_MESSAGE else ""
        yield Fact("", message[: MAX_MESSAGE - len(rest)].rstrip() + rest)
    if last.can_resume:
        ways = "g continues the run" + (", u undoes it" if last.run == desk.to_undo else "")
        yield Fact(
            "", f"Each file is the old or the new one, none is half written: {ways}.", "strong"
        )


_OUTCOMES = {"died": "CUT OFF", "failed": "FAILED", "stopped": "STOPPED"}


def _postfix(host: Host) -> Fact:
    package = host.postfix.package
    if package is None:
        said = f"{_NOT_FOUND}: no package is installed or offered by dnf"
        return Fact("Postfix", said, "wrong", _NOT_FOUND)
    if package.candidate:
        return Fact("Postfix", f"not installed; dnf will install {package.nevra}")
    unit = host.unit
    return Fact("Postfix", f"{package.nevra}, {unit.active}, {unit.enabled} at boot")


def _file(file: FileFacts) -> str:
    name = file.path.rpartition("/")[2]
    if file.from_package:
        return f"{name} from the package"
    if file.live is None:
        return f"no {name}"
    return f"{name} (.orig kept)" if file.original is not None else name


def _lineages(lineages: Sequence[Lineage]) -> Iterator[Fact]:
    if not lineages:
        yield Fact("Certificates", "none in /etc/letsencrypt/live")
    for number, one in enumerate(lineages[:FEW]):
        label = "Certificates" if number == 0 else ""
        if one.problem:
            yield Fact(label, f"{_UNUSABLE}: {one.name}, {one.problem}", "wrong", _UNUSABLE)
            continue
        date = day(one.not_after)
        links = "" if one.linked else "; copied without its links"
        yield Fact(label, f"{one.name}, until {date}{links}")
    if len(lineages) > FEW:
        yield Fact("", f"and {len(lineages) - FEW} more")


def _firewall(host: Host) -> Fact:
    firewall = host.firewall
    if firewall.state != "running":
        said = {"stopped": "firewalld is stopped", "absent": "no firewalld here"}
        return Fact("Firewall", said.get(firewall.state, firewall.state), "caution")
    zone = firewall.zone(firewall.default_zone)
    services = ", ".join(sorted(zone.permanent)) if zone else ""
    return Fact("Firewall", f"zone {firewall.default_zone} opens {services or 'nothing'}")


def _is_reachable(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return True
    return not (parsed.is_loopback or parsed.is_link_local)


def _dovecot(host: Host) -> Fact:
    sockets = host.dovecot
    if sockets.auth_socket and sockets.lmtp_socket:
        return Fact("Dovecot", "its sockets for passwords and delivery are there")
    waits = [
        words
        for there, words in (
            (sockets.lmtp_socket, "mail waits in the queue"),
            (sockets.auth_socket, "users cannot log in"),
        )
        if not there
    ]
    is_masked = sockets.version and not sockets.usable
    if is_masked:
        waits.append("its unit is masked, so nothing starts it")
    said = f"{_NOT_SET_UP}: {', '.join(waits)}. Postfix can be set up now."
    return Fact("Dovecot", said, "caution", _NOT_SET_UP)
