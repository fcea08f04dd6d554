"""What stands in the way of a plan: things to mend first, and things to accept by name."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Sequence

from wizard.answers import rules, whole
from wizard.answers.model import Answers, Caution, Networks, Problem
from wizard.answers.saved import with_saved
from wizard.certificates.dates import day
from wizard.certificates.names import covers
from wizard.host.facts import FileFacts, Host, Lineage
from wizard.paths import LINEAGES
from wizard.plan.part import Request
from wizard.planning import other_mta
from wizard.sections.certificate import laying

_START_FIREWALLD = (
    "run `systemctl start firewalld` (make sure that the zone lets ssh in first), or, where another "
    'firewall filters this host, `systemctl disable firewalld` or firewall_zone = ""'
)
_NO_FIREWALLD = "without systemd nothing starts it here: filter the ports outside this container"


def obstacles(request: Request) -> tuple[Problem, ...]:
    """Return what must be mended before this plan can run; `section` is "" for the host itself."""
    answers, host, scope = request.answers, request.host, request.scope
    found = [*_host(host), *_files(host), *other_mta.obstacles(host, scope)]
    if "networks" in scope:
        found += _networks(answers, host)
    if "certificate" in scope and answers.certificate.source in whole.OF_A_LINEAGE:
        found += _lineage(answers, host)
    if "certificate" in scope and answers.certificate.source == "files":
        found += _own_pair(host)
    return tuple(found)


def between_fields(request: Request) -> tuple[Problem, ...]:
    """Return the rules between fields that the answers break and that the host does not.

    What was read back from it is never refused. A section that is not planned also has what only
    stored answers can say.
    """
    found = whole.problems(request.answers)
    if not found or request.current is None:
        return found
    here = frozenset(whole.problems(request.current))
    elsewhere = frozenset(whole.problems(with_saved(request.current, request.answers)))
    return tuple(
        one for one in found if one not in (here if one.section in request.scope else elsewhere)
    )


def cautions(request: Request) -> tuple[Caution, ...]:
    """Return what the operator must accept by name before this plan runs."""
    answers, host, scope = request.answers, request.host, request.scope
    found = list(whole.cautions(answers)) if "networks" in scope else []
    lineage = _to_be(answers, host)
    name = answers.hostname.myhostname
    if (
        scope.has_any("certificate", "hostname")
        and answers.certificate.source in whole.OF_A_LINEAGE
        and lineage is not None
        and lineage.names
        and not covers(lineage.names, name)
    ):
        found.append(_not_for(lineage.name, lineage.names, name))
    pair = host.own_pair
    if "certificate" in scope and pair is not None and pair.names and not covers(pair.names, name):
        found.append(_not_for(pair.cert_file, pair.names, name))
    return tuple(found)


def _not_for(certificate: str, names: Sequence[str], name: str) -> Caution:
    return Caution(
        "certificate-name",
        f"The certificate {certificate} is for {', '.join(names)} and not for {name}: mail programs "
        "will warn their users, and some servers will not deliver.",
        (name,),
    )


def loopback_caution(entries: Sequence[str]) -> tuple[Caution, ...]:
    """Say which service entries of master.cf, `name/type`, only this host can reach."""
    if not entries:
        return ()
    return (
        Caution(
            "submission-loopback",
            f"In master.cf {', '.join(entries)} listens on this host's loopback only. It is left "
            "as it is, so people elsewhere cannot send through it; remove the address from the "
            "entry where that is not what you want.",
            tuple(entries),
        ),
    )


def masked(unit: str) -> Problem:
    """Say that systemd refuses to start, reload and enable a unit."""
    return Problem(
        "",
        "",
        f"{unit}.service is masked, so systemd neither starts nor reloads it; run "
        f"`systemctl unmask {unit}` first",
    )


def reload_caution(host: Host) -> tuple[Caution, ...]:
    """Say what a firewall reload would drop: rules that are there only at run time."""
    lost = host.firewall.until_reload
    if not lost:
        return ()
    return (
        Caution(
            "firewall-reload",
            f"Reloading firewalld drops what is there only until then: {', '.join(lost)}. "
            "If your SSH connection rests on one of these, you would be locked out; "
            "`firewall-cmd --runtime-to-permanent` keeps them.",
            tuple(lost),
        ),
    )


def _host(host: Host) -> Iterator[Problem]:
    distribution = host.distribution
    if host.root == "/" and not distribution.is_el:
        yield Problem(
            "",
            "",
            f"this is {distribution.name or 'an unknown system'}, not a RHEL 9 or 10 or one of "
            "its family; the steps are made for those only",
        )
    refused = host.postfix.refusal
    if refused:
        yield Problem(
            "",
            "",
            f"Postfix itself refuses main.cf as it is ({refused}); set that right first, until "
            "`postconf -n` prints the parameters",
        )
    if host.postfix.instances:
        yield Problem(
            "",
            "",
            "this Postfix has several instances (multi_instance_directories = "
            f"{' '.join(host.postfix.instances)}), which another tool manages; this wizard "
            "sets up single ones only and leaves it alone",
        )


def _files(host: Host) -> Iterator[Problem]:
    for file in (host.main_cf, host.master_cf, host.sender_access):
        what = _unusual(file)
        if what:
            yield Problem("", "", f"{file.path} is {what}; put a plain file there first")


def _unusual(file: FileFacts) -> str:
    if file.is_link:
        return "a symbolic link, which replacing would cut"
    if file.links > 1:
        return "a hard link to another file, which replacing would part"
    return ""


def _networks(answers: Answers, host: Host) -> Iterator[Problem]:
    networks = answers.networks
    if (
        networks.inet_protocols != "ipv4"
        and host.root == "/"
        and not host.network.has_ipv6_loopback
    ):
        yield Problem(
            "networks",
            "inet_protocols",
            f"{networks.inet_protocols} names IPv6, but this host has no ::1 on lo and every "
            "Postfix program would refuse to start; write ipv4 or turn IPv6 on",
        )
    yield from _interfaces(networks, host)
    firewall = host.firewall
    if not networks.firewall_zone or firewall.is_given_up:
        return
    if firewall.state == "stopped":
        yield Problem(
            "",
            "",
            "firewalld is installed but stopped, so its zones cannot be opened; "
            + (_START_FIREWALLD if host.systemd else _NO_FIREWALLD),
        )
    if firewall.state == "unknown" and host.root == "/" and host.systemd:
        yield Problem(
            "",
            "",
            "firewalld runs and does not answer on D-Bus, so its zones cannot be opened; "
            "`busctl status` and `systemctl status dbus-broker firewalld` show why",
        )
    if firewall.state == "running" and firewall.zone(networks.firewall_zone) is None:
        names = ", ".join(zone.name for zone in firewall.zones)
        yield Problem(
            "networks",
            "firewall_zone",
            f"firewalld has no zone {networks.firewall_zone}; its zones are {names}",
        )


def _interfaces(networks: Networks, host: Host) -> Iterator[Problem]:
    """Yield the addresses of inet_interfaces with which no program of Postfix starts."""
    here = {rules.plain_address(one) for one in host.network.addresses}
    if not here:
        return
    unspoken = {"ipv4": 6, "ipv6": 4}.get(networks.inet_protocols)
    for text in re.split(r"[,\s]+", networks.inet_interfaces):
        if not rules.is_address(text):
            continue
        one = rules.plain_address(text)
        if one not in here:
            why = f"{text} is no address of this host; `ip address` lists them"
        elif one.version == unspoken:
            why = f"{text} is no address for inet_protocols = {networks.inet_protocols}"
        else:
            continue
        yield Problem(
            "networks", "inet_interfaces", f"{why}. Every Postfix program would refuse to start"
        )


def _lineage(answers: Answers, host: Host) -> Iterator[Problem]:
    name = answers.certificate.name
    lineage = _to_be(answers, host)
    if lineage is None:
        known = ", ".join(one.name for one in _lineages(answers, host)) or "none"
        yield Problem(
            "certificate",
            "name",
            f"{LINEAGES}/{name} does not exist; the lineages here: {known}",
        )
    else:
        yield from _whole(lineage, host.read_at)


def _own_pair(host: Host) -> Iterator[Problem]:
    pair = host.own_pair
    if pair is None:
        yield Problem("certificate", "cert_file", "neither of the two files is there")
    elif pair.problem:
        yield Problem("certificate", "cert_file", f"the pair cannot be used: {pair.problem}")
    elif pair.not_after < host.read_at:
        date = day(pair.not_after)
        yield Problem("certificate", "cert_file", f"the certificate expired on {date}")


def _lineages(answers: Answers, host: Host) -> tuple[Lineage, ...]:
    """Return the lineages of the host as they are once what was gathered is in place."""
    gathered = laying.current(answers, host)
    return host.lineages if gathered is None else laying.to_be(answers, host, gathered)


def _to_be(answers: Answers, host: Host) -> Optional[Lineage]:
    name = answers.certificate.name
    return next((one for one in _lineages(answers, host) if one.name == name), None)


def _whole(lineage: Lineage, now: int) -> Iterator[Problem]:
    if lineage.number is None or lineage.problem:
        why = lineage.problem or "none of its archive files make a whole set"
        yield Problem("certificate", "name", f"lineage {lineage.name} cannot be used: {why}")
    elif lineage.not_after and lineage.not_after < now:
        date = day(lineage.not_after)
        yield Problem(
            "certificate",
            "name",
            f"the certificate of {lineage.name} expired on {date}; renew it, or copy a newer one",
        )
    elif lineage.not_before > now:
        date = day(lineage.not_before)
        yield Problem(
            "certificate",
            "name",
            f"the certificate of {lineage.name} is valid only from {date}; is the clock right?",
        )
