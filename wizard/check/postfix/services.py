"""Check the rest of master.cf: needed services, other ports, comments, chroots and process limits.

master(8) starts what is configured, and `postfix check` reads none of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from wizard.check.network.ports import PORTS
from wizard.check.postfix.columns import judge_columns
from wizard.check.postfix.restrictions import LISTS, relays_for_all
from wizard.door import Door
from wizard.finding import Check, Cure, Finding
from wizard.paths import QUEUE
from wizard.postfix import smtpd_entries
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings
from wizard.text import printable

NEEDED = {
    "pickup": "mail that programs of this host send is not picked up",
    "cleanup": "no mail at all is taken",
    "qmgr": "no mail is delivered",
    "rewrite": "no address can be resolved, so that nothing is taken or delivered",
    "bounce": "no sender learns of an error",
    "defer": "mail that must wait is tried without end",
    "trace": "no delivery is reported",
    "tlsmgr": "TLS has no source of randomness and no sessions",
    "anvil": "no limit of rates counts",
    "error": "mail that cannot be delivered stays",
    "retry": "mail that must wait stays in its way",
    "showq": "mailq and postqueue show nothing",
    "proxymap": "local users cannot be looked up",
}
"""Services that Postfix calls by name (master(5)), and what fails without them."""

FOR_PROBES = {"verify": "reject_unverified_sender and _recipient get no answer, so mail gets 450"}
"""A service that smtpd(8) calls for addresses that it asks other servers about (verify(8))."""

OPTIONAL = {
    "flush": "no mail of one domain can be sent at once (ETRN, `postqueue -s`)",
    "scache": "no connection is used for a second message",
}
"""Services without which mail is slower."""

FOR_POSTSCREEN = (
    ("tlsproxy", "smtpd_tls_security_level", "strangers meet no TLS"),
    ("dnsblog", "postscreen_dnsbl_sites", "no list is queried"),
)
"""Services that postscreen(8) calls, the parameter that is set if it does, what fails without them."""

TRANSPORTS = (
    ("local_transport", "mydestination"),
    ("mailbox_transport", "mailbox_transport"),
    ("default_transport", "default_transport"),
    ("relay_transport", "relay_domains"),
    ("virtual_transport", "virtual_mailbox_domains"),
    ("fallback_transport", "fallback_transport"),
    ("content_filter", "content_filter"),
)
"""Parameters that name a service of master.cf, and the parameter that is set if it is in use."""

MIN_PROCESSES = 5
"""With fewer processes, a few slow clients lock out everybody else."""

_ENCRYPTED = (
    ("smtpd_tls_auth_only", "yes"),
    ("smtpd_tls_wrappermode", "yes"),
    ("smtpd_tls_security_level", "encrypt"),
)
"""Values with which no password is taken before TLS."""
_IN_CHROOT = frozenset({"smtpd", "smtp", "lmtp"})
_COLUMN_CHROOT, _COLUMN_MAXPROC = 4, 6


def smtpds(services: Sequence[Service]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return the smtpd services by name, with their options."""
    return tuple((one.name, one.values) for one in services if one.command == "smtpd")


def for_people(services: Sequence[Service]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return the smtpd services on which people's programs log in: 587 and 465 (RFC 6409, RFC 8314)."""
    return smtpds([one for one in services if one.port_number in {587, 465} and not one.loopback])


def judge_services(
    services: Sequence[Service], settings: Settings, door: Door
) -> Iterator[Finding]:
    """`master.cf.NAME` and `transport.NAME` for what is missing, then `master.cf.twice` and others."""
    if not services:
        return
    there = {one.name for one in services if one.type != "inet"}
    needed = {**NEEDED, **(FOR_PROBES if _probes(services, settings) else {})}
    missing = [name for name in needed if name not in there]
    for name in missing:
        yield _wrong(
            _master_check(f"master.cf.{name}", name),
            f"no such service: {needed[name]}",
            f"Uncomment `{name}` in master.cf, or copy its line from master.cf.proto; reload.",
        )
    if not missing:
        yield _master_check("master.cf.services", "its services").right(f"all {len(needed)} there")
    yield from _optional(services, there, settings)
    yield from judge_columns(services, settings, door)
    yield from _transports(there, settings)
    yield from _rounds(services, settings)
    yield from judge_smtpds(services, settings)
    yield _chroot(services, settings, door)


def _probes(services: Sequence[Service], settings: Settings) -> bool:
    """True if a list of a port has addresses verified."""
    ports = [settings.of(one.values) for one in services if one.command == "smtpd"]
    lists = (*LISTS, *settings.words("smtpd_restriction_classes"))
    words = (word for port in ports for name in lists for word in port.words(name))
    return any(word.startswith("reject_unverified_") for word in words)


def judge_smtpds(services: Sequence[Service], settings: Settings) -> Iterator[Finding]:
    """`master.cf.twice`, `.others`, `.cleartext`, `.processes`, and `.comments` where options stand below one."""
    yield _twice(services)
    yield _others(services, settings)
    yield from _cleartext(services, settings)
    yield _processes(services)
    yield from _comments(services)


def _optional(
    services: Sequence[Service], there: set[str], settings: Settings
) -> Iterator[Finding]:
    """Warn of services that master.cf lacks and mail can do without."""
    screens = [settings.of(one.values) for one in services if one.command == "postscreen"]
    called = {
        name: loss
        for name, used_by, loss in FOR_POSTSCREEN
        if any(one.value(used_by) not in {"", "none"} for one in screens)
    }
    for name, loss in {**OPTIONAL, **called}.items():
        if name not in there:
            yield _master_check(f"master.cf.{name}", name).warning(
                f"no such service: {loss}",
                f"Uncomment `{name}` in master.cf, or copy its line from master.cf.proto; reload.",
            )


def _transports(there: set[str], settings: Settings) -> Iterator[Finding]:
    for name, used_by in TRANSPORTS:
        transport = settings.value(name).partition(":")[0]
        if transport and settings.value(used_by) and transport not in there:
            yield _transport(
                name,
                f"master.cf has no {transport}",
                f"Add the service {transport} to master.cf, or correct {name} in main.cf; reload.",
            )


def _rounds(services: Sequence[Service], settings: Settings) -> Iterator[Finding]:
    """Find a local(8) that passes its mail to local(8), which never ends."""
    local = {one.name for one in services if one.type != "inet" and one.command == "local"}
    for name in ("mailbox_transport", "fallback_transport"):
        transport = settings.value(name).partition(":")[0]
        if transport in local:
            yield _transport(
                name,
                f"{transport} is local(8) itself: its mail goes round and round",
                f"Name another service in {name}, or empty it; reload.",
            )


def _twice(services: Sequence[Service]) -> Finding:
    check = _master_check("master.cf.twice", "each entry once")
    listed = [
        (one.name.rpartition(":")[0], one.port_number or one.name, one.type) for one in services
    ]
    counted = Counter(listed)
    twice = [one.name for one, key in zip(services, listed) if counted[key] > 1]
    if not twice:
        return check.right("none is there twice")
    names = ", ".join(twice)
    # master(8) knows one entry by its name: two names of a port are two entries.
    why = "only the last counts" if len({*twice}) == 1 else "all are for one port"
    return _wrong(check, names, f"Of {names} {why}: comment the others out; reload.")


def _others(services: Sequence[Service], settings: Settings) -> Finding:
    """Check that no smtpd on another port relays for everybody."""
    check = _master_check("master.cf.others", "other ports")
    for one in services:
        if one.type != "inet" or one.command != "smtpd" or one.loopback or one.port_number in PORTS:
            continue
        own = settings.of(one.values)
        opens = any(fault.is_wrong for fault in smtpd_entries.faults(one, settings))
        if opens or relays_for_all(own) or "0.0.0.0/0" in own.words("mynetworks"):
            return _wrong(
                check,
                f"{one.name} relays for everybody",
                f"Give {one.name} a list with reject_unauth_destination in it, or bind it to "
                "127.0.0.1; reload.",
            )
    return check.right("none relays for everybody")


def _cleartext(services: Sequence[Service], settings: Settings) -> Iterator[Finding]:
    """Find a port besides 25, 587 and 465 that takes passwords without TLS (RFC 4954, 4)."""
    for one in services:
        if one.type != "inet" or one.command != "smtpd" or one.loopback or one.port_number in PORTS:
            continue
        own = settings.of(one.values)
        takes = own.is_on("smtpd_sasl_auth_enable")
        if takes and not any(own.value(name) == value for name, value in _ENCRYPTED):
            argv = ("postconf", "-P", f"{one.key}/smtpd_tls_auth_only=yes")
            check = Check(
                "master.cf.cleartext", "master.cf: passwords without TLS", "on no port", fatal=False
            )
            yield check.warning(
                printable(f"{one.name} takes them"),
                printable(f"`{' '.join(argv)}`, then `systemctl reload postfix`."),
                Cure((argv, ("systemctl", "reload", "postfix"))),
            )
            return


def _comments(services: Sequence[Service]) -> Iterator[Finding]:
    """Find options below an entry that is commented out: they belong to the entry above it."""
    for one in services:
        if one.comment and one.options:
            check = Check("master.cf.comments", "master.cf: its comments", "none", fatal=False)
            yield check.warning(
                printable(
                    f"{one.comment} is commented out, and lines below it belong to {one.name}"
                ),
                printable(
                    f"Take the # away before {one.comment} in master.cf, or comment its -o lines out"
                    " too; reload."
                ),
            )


def _chroot(services: Sequence[Service], settings: Settings, door: Door) -> Finding:
    """Check that a program in a chroot has the files for name lookups below the queue directory."""
    check = _master_check("master.cf.chroot", "chroot")
    # What `-` means depends on the version whose defaults are in force (master(5)).
    yes = {"y"} if settings.is_at_level("1") else {"y", "-"}
    inside = [
        one.name
        for one in services
        if one.words[_COLUMN_CHROOT].text in yes and one.command in _IN_CHROOT
    ]
    if not inside:
        return check.right("none that speaks SMTP")
    needed = f"{QUEUE}/etc/resolv.conf"
    if door.is_there(needed):
        return check.right(printable(f"{', '.join(inside)}, with its files"))
    return replace(check, expected="no chroot, or one with its files").wrong(
        printable(f"{', '.join(inside)}, and no {needed}"),
        f"No name is found there: set chroot to n in master.cf, or copy resolv.conf, hosts and "
        f"services to {QUEUE}/etc.",
    )


def _processes(services: Sequence[Service]) -> Finding:
    check = _master_check("master.cf.processes", "processes")
    few = [
        one.name
        for one in services
        if one.port_number in PORTS
        and one.command == "smtpd"
        and one.words[_COLUMN_MAXPROC].text.isdecimal()
        and 0 < int(one.words[_COLUMN_MAXPROC].text) < MIN_PROCESSES
    ]
    if not few:
        return check.right("enough for each port")
    return replace(check, expected=f"{MIN_PROCESSES} or more").warning(
        printable(f"too few for {', '.join(few)}"),
        f"Set maxproc of {few[0]} to - in master.cf: a slow client or two lock all others out.",
    )


def _master_check(finding_id: str, subject: str) -> Check:
    return Check(finding_id, f"master.cf: {subject}", "as master(5) needs it")


def _transport(name: str, seen: str, advice: str) -> Finding:
    check = Check(f"transport.{name}", f"main.cf: {name}", "as master(5) needs it")
    return _wrong(check, seen, advice)


def _wrong(check: Check, seen: str, advice: str) -> Finding:
    return check.wrong(printable(seen), printable(advice))
