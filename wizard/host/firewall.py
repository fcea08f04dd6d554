"""Read firewalld's permanent and runtime configuration.

The permanent configuration is in files. The runtime configuration is queried over D-Bus
(firewalld.dbus(5)) with busctl(1), which takes 6 ms a call; firewall-cmd takes 150-300 ms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Optional

from wizard.door import Door, Later, Running
from wizard.errors import Trouble
from wizard.host import firewalld_files as files
from wizard.host.firewall_facts import Firewall, Zone
from wizard.host.firewalld_files import FLAGS, ZoneSettings, forward_port
from wizard.limits import PROBE_SECONDS

RUNNING = "running"
STOPPED = "stopped"
ABSENT = "absent"
UNKNOWN = "unknown"

_BY_NUMBER = {"smtp": 25, "smtps": 465, "smtp-submission": 587, "imaps": 993, "http": 80}
"""Services of mail, and of renewing a certificate, that a zone may open by the number of the port."""
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?/tcp")

PROGRAM = "/usr/sbin/firewalld"

_NAME = "org.fedoraproject.FirewallD1"
_PATH = "/org/fedoraproject/FirewallD1"

LOST_BY_RELOAD = (
    "service",
    "port",
    "protocol",
    "source-port",
    "forward-port",
    "icmp-block",
    "source",
    *FLAGS,
)
"""The kinds of runtime settings that a reload drops; interfaces keep their zone."""


def begin_firewall(door: Door) -> Later[Firewall]:
    """Read the files and query firewalld if it runs; call the result to wait for the facts.

    Only active zones, the default zone and those with a file in /etc are queried. For the others
    `runtime` equals the permanent configuration. A stopped firewalld is not started.
    """
    # After a removal rpm keeps changed files in /etc; a copy of /etc has no program.
    if door.lstat(PROGRAM) is None and (door.is_live or door.list_dir(files.ETC) is None):
        return lambda: Firewall(ABSENT, starts_at_boot=False)
    at_boot = files.starts_at_boot(door)
    default = files.default_zone(door)
    wanted = {default} | files.changed_zones(door)
    # The first question: where firewalld hangs, nobody waits for the answers to the others.
    active = _call(door.within(PROBE_SECONDS), "zone", "getActiveZones")
    direct = _call(door, "direct", "getAllRules")
    replies = {name: _ask_zone(door, name) for name in sorted(wanted)}
    permanent = files.read_zones(door)
    services = files.known_services(door)

    def finish() -> Firewall:
        try:
            bound = _reply(active)
        except Trouble:
            stopped = _from_files(door, default, permanent, services)
            return replace(stopped, state=UNKNOWN, starts_at_boot=at_boot)
        replies.update({name: _ask_zone(door, name) for name in bound or () if name not in replies})
        if bound is None:
            return replace(_from_files(door, default, permanent, services), starts_at_boot=at_boot)
        runtime = {name: _reply(running) for name, running in replies.items()}
        zones = tuple(
            _running_zone(door, name, permanent.get(name, ZoneSettings()), runtime.get(name))
            for name in sorted({*permanent, *(name for name in runtime if runtime[name])})
        )
        direct_rules = _runtime_only_direct(door, direct)
        return Firewall(RUNNING, default, zones, services, direct_rules, at_boot)

    return finish


def open_services(door: Door, zone: str) -> Optional[tuple[str, ...]]:
    """Query the services that a zone opens at run time; None without firewalld or such a zone."""
    reply = _reply(_call(door, "zone", "getServices", "s", zone))
    return None if reply is None else tuple(sorted(reply))


def parse_runtime_zone(settings: Mapping[str, Any]) -> ZoneSettings:
    """Parse the result of getZoneSettings2, as busctl prints it in JSON."""
    values = {key: value["data"] for key, value in settings.items()}
    content = {
        "service": values.get("services", ()),
        "port": ["/".join(pair) for pair in values.get("ports", ())],
        "protocol": values.get("protocols", ()),
        "source-port": ["/".join(pair) for pair in values.get("source_ports", ())],
        "forward-port": [forward_port(*four) for four in values.get("forward_ports", ())],
        "icmp-block": values.get("icmp_blocks", ()),
        "source": values.get("sources", ()),
        "interface": values.get("interfaces", ()),
        "rich rule": values.get("rules_str", ()),
        **{flag: [flag] for flag in FLAGS if values.get(flag.replace("-", "_"))},
    }
    return ZoneSettings(
        values.get("target", "default"), {kind: frozenset(words) for kind, words in content.items()}
    )


def runtime_only(permanent: ZoneSettings, runtime: ZoneSettings) -> tuple[str, ...]:
    """Return what a reload would drop: `service ssh`, `port 8080/tcp`, `masquerade`."""
    return tuple(
        kind if word == kind else f"{kind} {word}"
        for kind in (*LOST_BY_RELOAD, "rich rule")
        for word in sorted(runtime.of(kind) - permanent.of(kind))
    )


def _running_zone(
    door: Door, name: str, permanent: ZoneSettings, reply: Optional[Mapping[str, Any]]
) -> Zone:
    runtime = permanent if reply is None else parse_runtime_zone(reply)
    if runtime.of("rich rule"):
        permanent = ZoneSettings(
            permanent.target,
            {**permanent.content, "rich rule": _permanent_rich_rules(door, name)},
        )
    return _zone(name, permanent, runtime)


def _zone(name: str, permanent: ZoneSettings, runtime: ZoneSettings) -> Zone:
    return Zone(
        name,
        _services(permanent),
        _services(runtime),
        runtime_only(permanent, runtime),
        tuple(sorted(permanent.of("source") | runtime.of("source"))),
        tuple(sorted(permanent.of("interface") | runtime.of("interface"))),
        runtime.target,
        tuple(sorted(runtime.of("interface"))),
        tuple(sorted(runtime.of("icmp-block"))),
    )


def _services(settings: ZoneSettings) -> frozenset[str]:
    ranges = [one.groups() for one in map(_PORTS.fullmatch, settings.of("port")) if one]
    by_number = {
        name
        for name, port in _BY_NUMBER.items()
        if any(int(first) <= port <= int(last or first) for first, last in ranges)
    }
    return settings.of("service") | by_number


def _from_files(
    door: Door, default: str, permanent: Mapping[str, ZoneSettings], services: frozenset[str]
) -> Firewall:
    zones = tuple(
        _zone(name, settings, ZoneSettings(settings.target))
        for name, settings in sorted(permanent.items())
    )
    return Firewall(STOPPED if door.is_live else UNKNOWN, default, zones, services)


def _permanent_rich_rules(door: Door, name: str) -> frozenset[str]:
    # Only firewalld itself converts a rule's XML into the text of the runtime configuration.
    path = _reply(_call(door, "config", "getZoneByName", "s", name, path=f"{_PATH}/config"))
    if not path:
        return frozenset()
    settings = _reply(_call(door, "config.zone", "getSettings2", path=path))
    return parse_runtime_zone(settings or {}).of("rich rule")


def _runtime_only_direct(door: Door, running: Optional[Running]) -> tuple[str, ...]:
    reply = _reply(running) or ()
    runtime = {(ipv, table, chain, str(at), *words) for ipv, table, chain, at, words in reply}
    if not runtime:
        return ()
    permanent = files.parse_direct(door.read_bytes(f"{files.ETC}/direct.xml") or b"<direct/>")
    return tuple(sorted(f"direct rule {' '.join(rule)}" for rule in runtime - permanent))


def _ask_zone(door: Door, name: str) -> Optional[Running]:
    return _call(door, "zone", "getZoneSettings2", "s", name)


def _call(
    door: Door, interface: str, method: str, *arguments: str, path: str = _PATH
) -> Optional[Running]:
    # Without --auto-start=no the call might start a stopped firewalld.
    return door.start(
        (
            *("busctl", "--auto-start=no", "--json=short", "--timeout=10s", "call"),
            *("--", _NAME, path, f"{_NAME}.{interface}", method, *arguments),
        )
    )


def _reply(running: Optional[Running]) -> Any:
    """Return the first value of the answer, None where there is none."""
    outcome = None if running is None else running.outcome()
    if outcome is None or outcome.code != 0:
        return None
    try:
        return json.loads(outcome.stdout)["data"][0]
    except (ValueError, KeyError, IndexError):
        return None
