"""Compare the host with the expected state: an item for each file, table, link or service. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Optional

from wizard.certificates.dates import day
from wizard.certificates.lineage import relink_targets
from wizard.certificates.model import Lineage
from wizard.certificates.self_signed import MARGIN
from wizard.host.facts import Host
from wizard.host.firewall_facts import CLOSED, OPEN
from wizard.host.units import UNKNOWN
from wizard.paths import LINEAGES
from wizard.plan.diff import hunks, unified
from wizard.plan.firewall import IMAPS
from wizard.postfix.sender_access import rows_by_key
from wizard.run.changed import EDITED, GONE, Change, lineage_of, verdict
from wizard.run.history import RunSummary
from wizard.run.path_state import MISSING
from wizard.secrets import masked_file
from wizard.sections.registry import FILES
from wizard.sections.section import Table
from wizard.status.expected import ExpectedState, Mark

CERT = "smtpd_tls_cert_file"
DAY = 86400
PART = 10
"""A certificate drifted if less than 1/PART of its lifetime remains. certbot renews at a third."""


@dataclass(frozen=True)
class DriftItem:
    """One thing that a run wrote: its expected state (`left`), its state now, and if they differ.

    The fields are those of --json, and `id` is stable. `run` is the run that wrote it, "" for none.
    """

    id: str
    looked_at: str
    left: str
    now: str
    drifted: bool
    run: str = ""
    advice: str = ""
    diff: tuple[str, ...] = ()
    """The lines of a unified diff from the expected file to the live file."""


@dataclass(frozen=True)
class Now:
    """The host as it is now.

    `paths` has the states of the paths in `ExpectedState.paths` and `ExpectedState.links`. `texts`
    has the bytes of those that are files. `older` has the paths of texts that are newer than
    their indexed table.
    """

    host: Host
    paths: Mapping[str, str]
    texts: Mapping[str, bytes] = field(default_factory=dict)
    older: frozenset[str] = frozenset()
    modes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By path: what is wrong with the file's owner or mode, and what to do; "" for nothing."""


def items(expected: ExpectedState, now: Now, open_run: Optional[RunSummary]) -> Iterator[DriftItem]:
    """Yield all items, in a stable order; `open_run` is the newest run if it is not done."""
    if open_run is not None:
        message, advice = open_run.summary, open_run.ways_on
        yield DriftItem("run", "the last run", "done", message, True, open_run.run, advice)
    for run, why in sorted(expected.unreadable.items()):
        advice = f"What it left is not known; its files are in /var/lib/postfix-wizard/runs/{run}."
        yield DriftItem(f"run.{run}", f"run {run}", "readable", why, True, run, advice)
    refused = now.host.postfix.refusal
    if refused:
        advice = "Set that right, until `postconf -n` prints the parameters."
        yield DriftItem(
            "postfix", "main.cf, as Postfix reads it", "read", refused, True, "", advice
        )
    yield from (_path(expected, path, mark, now) for path, mark in sorted(expected.paths.items()))
    yield from (_table(path, mark, now) for path, mark in sorted(expected.tables.items()))
    yield from (
        _links(expected, name, mark, now) for name, mark in sorted(expected.lineages.items())
    )
    yield from _unit(expected, now.host)
    yield from _sendmail(expected, now.host)
    yield from _firewall(expected, now.host)
    yield from _certificate(now.host)


def _path(expected: ExpectedState, path: str, mark: Mark, now: Now) -> DriftItem:
    state = now.paths.get(path, MISSING)
    item = DriftItem(f"path.{path}", path, _words(mark.state), "the same", False, mark.run)
    if state == mark.state:
        fault, advice = now.modes.get(path, ("", ""))
        seen = f"the same, but {fault}" if fault else "the same"
        return replace(item, now=seen, drifted=bool(fault), advice=advice)
    return replace(
        item, now=_changed(mark.state, state), drifted=True, diff=_diff(expected, path, now)
    )


def _diff(expected: ExpectedState, path: str, now: Now) -> tuple[str, ...]:
    was, is_now = expected.texts.get(path), now.texts.get(path)
    if was is None or is_now is None:
        return ()
    return tuple(
        unified(f"{path} (as left)", f"{path} (now)", hunks(was, masked_file(path, is_now)))
    )


def _changed(expected: str, now: str) -> str:
    if now == MISSING:
        return "gone"
    if expected == MISSING:
        return "something stands there"
    return (
        "changed since, by hand or by another program" if now.startswith("file:") else _words(now)
    )


def _words(state: str) -> str:
    kind, _, rest = state.partition(":")
    return {MISSING: "none", "file": "a file"}.get(kind, f"a link to {rest}")


_PASSWORDS = Table(
    dump=lambda host: host.relay_table.dump,
    rows=rows_by_key,
    wanted=rows_by_key,
)
"""The table of the relay host's password. No section owns its file, whose text is secret."""


def _table(path: str, mark: Mark, now: Now) -> DriftItem:
    table = f"{mark.state}:{path}"
    own = (FILES[path].table if path in FILES else None) or _PASSWORDS
    item = DriftItem(f"table.{path}", table, "the rows of its text", "", False, mark.run)
    unknown = "postmap reads main.cf first" if now.host.postfix.refusal else own.unknown(now.host)
    if unknown:
        return replace(item, now=f"not known: {unknown}")
    dump = own.dump(now.host)
    if dump is None:
        said, is_right = "there is no such table, or it cannot be read", False
    elif path in now.older:
        said, is_right = "older than its text", False
    else:
        said, is_right = own.compare(own.rows(dump), own.wanted(now.host.text(path)))
    build = own.command or f"postmap {table}"
    return replace(
        item, now=said, drifted=not is_right, advice="" if is_right else f"Run `{build}`."
    )


def _links(expected: ExpectedState, name: str, mark: Mark, now: Now) -> DriftItem:
    lineage = now.host.lineage(name)
    why = _unlinked(lineage) or _moved(expected, name, now)
    return DriftItem(
        f"links.{name}",
        f"{LINEAGES}/{name}",
        "links into its archive",
        why or f"links to number {lineage.number if lineage else None}",
        bool(why),
        mark.run,
        _links_advice(now.host, name, lineage) if why else "",
    )


def _links_advice(host: Host, name: str, lineage: Optional[Lineage]) -> str:
    """Return what makes the links again: a run does so only for the lineage that Postfix serves."""
    if lineage is None or lineage.problem or lineage.number is None:
        return f"Put {LINEAGES}/{name} and its archive back from a backup."
    targets = relink_targets(lineage)
    if not targets:
        return f"They lead to one number, so no run changes them: see `ls -l {LINEAGES}/{name}`."
    if host.parameters.get(CERT, "").startswith(f"{LINEAGES}/{name}/"):
        return "`postfix-wizard apply --section certificate` makes them again."
    made = (f"`ln -sfn {target} {path}`" for path, target in targets)
    return f"Postfix does not serve it, so no run makes them again: {', '.join(made)}."


def _moved(expected: ExpectedState, name: str, now: Now) -> str:
    """Return which links have a target that neither a run nor a renewal wrote, "" for none."""
    moved = [
        PurePosixPath(path).name
        for path, mark in expected.links.items()
        if lineage_of(path) == name
        and path in now.paths
        and verdict(path, Change("", mark.state, now.paths[path])) in {EDITED, GONE}
    ]
    return f"changed since, and not by a renewal: {', '.join(sorted(moved))}" if moved else ""


def _unlinked(lineage: Optional[Lineage]) -> str:
    if lineage is None:
        return "gone"
    if lineage.problem or lineage.linked:
        return lineage.problem
    broken = [file.name for file in lineage.files if file.state != "link"]
    return f"not linked: {', '.join(broken)}" if broken else "its links lead to several numbers"


def _unit(expected: ExpectedState, host: Host) -> Iterator[DriftItem]:
    for name, mark, now, verb in (
        ("enabled", expected.enabled, host.unit.enabled, "enable"),
        ("active", expected.active, host.unit.active, "start"),
    ):
        if mark is None:
            continue
        drifted = now != mark.state
        silent = now == UNKNOWN
        seen = "not known: systemd does not answer" if silent else now
        wants = mark.state in {"enabled", "active"}
        advice = f"systemctl {verb} postfix" if drifted and wants and not silent else ""
        subject = f"postfix.service, {name}"
        yield DriftItem(f"unit.{name}", subject, mark.state, seen, drifted, mark.run, advice)


def _sendmail(expected: ExpectedState, host: Host) -> Iterator[DriftItem]:
    """Yield an item if a run set Postfix up and sendmail(1) belongs to another server now."""
    found = host.mtas.alternative
    if expected.enabled is None or expected.enabled.state != "enabled" or not found.is_other:
        return
    advice = f"`alternatives --set mta {found.of_postfix}`"
    run = expected.enabled.run
    yield DriftItem("sendmail", "sendmail(1)", found.of_postfix, found.current, True, run, advice)


def _firewall(expected: ExpectedState, host: Host) -> Iterator[DriftItem]:
    state = host.firewall.state
    for (zone, service), mark in sorted(expected.services.items()):
        facts = host.firewall.zone(zone)
        if state != "running":
            why = "does not answer" if state == UNKNOWN else f"is {state}"
            now = f"not known: firewalld {why}"
        elif facts is None:
            now = f"firewalld has no zone {zone}"
        else:
            for_good, at_once = service in facts.permanent, service in facts.runtime
            now = _OPENNESS[for_good, at_once]
        drifted = now != mark.state
        advice = _firewall_advice(state, service) if drifted and mark.state == OPEN else ""
        yield DriftItem(
            f"firewall.{zone}.{service}",
            f"firewall, zone {zone}: {service}",
            mark.state,
            now,
            drifted,
            mark.run,
            advice,
        )


_NOT_RUNNING = {
    "stopped": "A run opens nothing while firewalld is stopped: `systemctl start firewalld` starts it."
}


def _firewall_advice(state: str, service: str) -> str:
    if state != "running":
        return _NOT_RUNNING.get(state, "")
    section = "dovecot" if service == IMAPS else "networks"
    return f"`postfix-wizard apply --section {section}` opens it again."


_OPENNESS = {
    (True, True): OPEN,
    (False, False): CLOSED,
    (True, False): "closed until the next reload",
    (False, True): "open until the next reload",
}


def _certificate(host: Host) -> Iterator[DriftItem]:
    """Yield the days until the certificate in main.cf expires, if the host's facts have it."""
    file = host.parameters.get(CERT, "")
    own = (one for one in host.lineages if file.startswith(f"{LINEAGES}/{one.name}/"))
    lineage = next(own, None)
    pair = host.self_signed
    if lineage is not None and not lineage.problem:
        span = lineage.not_after - lineage.not_before
        renew = "Renew it: `certbot renew`."
        yield _days(lineage.name, lineage.not_after, span // PART, host.read_at, renew)
    elif pair is not None and pair.cert_file == file and not pair.problem:
        again = "`postfix-wizard apply --section certificate` makes a new one."
        yield _days(pair.cert_file, pair.not_after, MARGIN, host.read_at, again)


def _days(name: str, ends: int, least: int, at: int, advice: str) -> DriftItem:
    remaining = ends - at
    date = day(ends)
    drifted = remaining < least
    return DriftItem(
        "certificate",
        f"certificate {name}",
        "valid, renewed in time",
        f"ended on {date}" if remaining <= 0 else f"valid until {date}, {remaining // DAY} days",
        drifted,
        advice=advice if drifted else "",
    )
