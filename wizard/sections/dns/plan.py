"""The DNS zone's part of a plan: MX records in a zone file of this host's named (named(8)).

A zone that cannot be edited is an obstacle, so the plan does not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.answers.model import Answers, Caution, Problem
from wizard.dns.zone import LARGEST, MOST_LINES, ZoneFault
from wizard.host.facts import FileFacts, Host, NamedZone
from wizard.plan.actions import CheckZone, KeepOriginal, ReloadZone, ReplaceFile, ReplaceZone
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import FileChange, Step
from wizard.plan.part import Part, Request
from wizard.postfix.proposal import Reason
from wizard.text import shortened

if TYPE_CHECKING:
    from wizard.dns.zone_edits import Edited

NAMED = ("named.service", "named-chroot.service")
"""EL's two units of BIND."""

SERVER = "127.0.0.1"
"""The address for queries to this host's named. It listens there by default."""

MAX_NAMES = 8
"""Names that a warning lists at most; the review shows all."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")


def plan(request: Request) -> Part:
    """Return what the section adds to a plan; nothing without a zone file.

    The run loads the new zone first. If that fails, the run stops before it changes anything.
    """
    answers, host = request.answers, request.host
    path = answers.dns.zone_file
    if "dns" not in request.scope or not path:
        return Part()
    found = tuple(one for one in host.zones if one.path == path)
    why_not = _why_not(path, found, host)
    file = found[0].file if found else None
    if why_not or file is None or file.live is None:
        return _refused(why_not or f"{path} is not there")
    # Importing dnspython takes 70 ms, so it is imported only if there is a zone.
    from wizard.dns.key_records import unmade_paths  # noqa: PLC0415
    from wizard.dns.zone_edits import Wanted, edit  # noqa: PLC0415
    from wizard.sections.dns.further import further  # noqa: PLC0415

    dns, name = answers.dns, found[0].name
    wanted = Wanted(name, answers.hostname.myhostname, host.read_at, dns.move_from, dns.move_to)
    try:
        edited = edit(file.live, replace(wanted, further=further(answers, host)))
    except ZoneFault as fault:
        return _refused(f"{path} cannot be edited: {fault}")
    except RecursionError:
        return _refused(f"{path} cannot be read")
    done = edited.text == file.live
    new = _next(file, edited)
    keys = unmade_paths(host.signing.publics.values(), edited.text)
    return Part(
        first=(_check(name, new, done=done),),
        after_service=tuple(
            _steps(found, file, new, edited, host, mail_host=answers.hostname.myhostname, keys=keys)
        ),
        own_files=(
            FileChange(
                path,
                file.original if file.original is not None else file.live,
                file.live,
                edited.text,
                new.reasons,
            ),
        ),
        cautions=tuple(_cautions(edited)),
        warnings=tuple(_warnings(answers, host, edited, name)),
    )


def _refused(message: str) -> Part:
    return Part(obstacles=(Problem("dns", "zone_file", message),))


def _why_not(path: str, found: tuple[NamedZone, ...], host: Host) -> str:
    """Return why a zone cannot be edited, apart from its records, "" if it can."""
    if not found:
        known = shortened([one.path for one in host.zones], MAX_NAMES) or "none"
        return (
            f"{path} is not the file of a primary zone in /etc/named.conf (there: {known}); where "
            "the zone is kept elsewhere, leave this empty and publish the records that `check` lists"
        )
    zone, names = found[0], sorted({one.name for one in found})
    file = zone.file
    lines = 0 if file is None or file.live is None else file.live.count(b"\n")
    faults = (
        (len(names) > 1, f"{path} is the file of several zones: {', '.join(names)}"),
        (not _NAME.fullmatch(zone.name), f"{zone.name!r} is no name of a zone to be edited here"),
        (
            zone.size > LARGEST,
            f"{path} is too large ({zone.size} bytes; up to {LARGEST} are edited here)",
        ),
        (
            lines > MOST_LINES,
            f"{path} is too large ({lines} lines; up to {MOST_LINES} are edited here)",
        ),
        (bool(zone.why), f"{path} cannot be read: {zone.why}"),
        (
            bool(zone.managed),
            (
                f"named itself writes or signs {zone.name} ({zone.managed}): an edit of its file "
                "would be lost, or break it; add the MX records with nsupdate or the signer"
            ),
        ),
        (
            file is not None and (file.is_link or file.links > 1),
            f"{path} is a link, which replacing would cut; name the plain file",
        ),
    )
    return next((words for wrong, words in faults if wrong), "")


def _next(file: FileFacts, edited: Edited) -> NewFile:
    before = None if file.live is None else sha256(file.live)
    reasons = tuple(Reason(*one) for one in edited.reasons)
    return NewFile(file.path, edited.text, before, file.mode, reasons)


def _check(name: str, new: NewFile, *, done: bool) -> Step:
    return Step(
        "zone-staged",
        f"Let named-checkzone read the new zone {name}",
        "First of all, and staged aside: what named would not load replaces nothing.",
        CheckZone(name, new),
        (("named-checkzone", "-i", "local", name, "STAGED"),),
        done=done,
    )


def _steps(
    found: tuple[NamedZone, ...],
    file: FileFacts,
    new: NewFile,
    edited: Edited,
    host: Host,
    *,
    mail_host: str,
    keys: tuple[str, ...],
) -> Iterator[Step]:
    live, original = file.live or b"", f"{file.path}.orig"
    done = edited.text == live
    short = file.path.rpartition("/")[2]
    yield Step(
        "original-zone",
        f"Keep the original {short}",
        "A copy made once and never written again: `diff FILE FILE.orig` shows every change.",
        KeepOriginal(file.path, original, sha256(live)),
        (("cp", "-p", file.path, original),),
        done=done or file.original is not None,
    )
    yield Step(
        "zone",
        f"Write {short}",
        "What the review showed, and nothing else."
        if not keys
        else "What the review showed. A key that this run makes takes the place of `(public key of PATH)`.",
        ReplaceZone(new, found[0].name, keys) if keys else ReplaceFile(new),
        done=done,
    )
    if _runs_named(host):
        name, argvs = found[0].name, tuple(_reload(one) for one in found)
        # With views, it is unknown which view answers a query from this host.
        server = "" if any(one.view for one in found) else SERVER
        yield Step(
            "zone-reload",
            f"Have named read the zone {name}",
            "Then it is asked for the new serial and the new records.",
            ReloadZone(
                name, file.path, argvs, server, edited.was, edited.serial, edited.added, mail_host
            ),
            (("touch", file.path), *argvs),
            done=done,
        )


def _runs_named(host: Host) -> bool:
    return any(host.unit_of(name).active == "active" for name in NAMED)


def _reload(zone: NamedZone) -> tuple[str, ...]:
    return ("rndc", "reload", zone.name, *(("IN", zone.view) if zone.view else ()))


def _cautions(edited: Edited) -> Iterator[Caution]:
    """Yield a caution for the records that bind more than mail."""
    domains = tuple(dict.fromkeys(one.name for one in edited.written if one.kind == "CAA"))
    if domains:
        allowed = ", ".join(dict.fromkeys(one.data for one in edited.written if one.kind == "CAA"))
        yield Caution(
            "caa",
            f"CAA records ({allowed}) bind all of {', '.join(domains)}: no other authority may issue "
            "a certificate for any name of it, those of a web shop or of a provider included",
            domains,
        )


def _warnings(answers: Answers, host: Host, edited: Edited, zone: str) -> Iterator[str]:
    """Yield warnings on the edited zone."""
    addresses = edited.addresses
    for record in edited.refused[:MAX_NAMES]:
        yield f"the zone does not get the record {record}"
    if answers.dns.publish:
        from wizard.sections.dns.further import absent  # noqa: PLC0415

        yield from absent(answers, host, zone.lower().rstrip("."))
    if edited.reasons and not _runs_named(host) and host.root == "/":
        yield "named does not run here: it reads the changed zone when it is started"
    always = (answers.hostname.myhostname, answers.hostname.mydomain)
    received = {*always, *answers.domains.local}
    refused = [name for name in edited.led if name not in received]
    if refused:
        yield (
            f"the zone leads mail for {shortened(refused, MAX_NAMES)} here, and it would be refused: these names "
            "are not in domains.local"
        )
    dns = answers.dns
    if dns.move_from and not edited.moved and not any(at == dns.move_to for _, at in addresses):
        yield f"no name of the zone has the address {dns.move_from}: nothing is moved"
    own = host.network.addresses
    names_at: dict[str, list[str]] = {}
    for name, at in addresses:
        names_at.setdefault(at, []).append(name)
    elsewhere = [at for name, at in addresses if name in always and own and at not in own]
    for old in list(dict.fromkeys(elsewhere))[:MAX_NAMES]:
        if old != dns.move_to:
            names = names_at[old]
            yield (
                f"{shortened(names, MAX_NAMES)} lead to {old}, which is no address of this host. Behind NAT "
                "that is right; if it is the old server's, dns.move_from and dns.move_to move "
                "these names"
            )
