"""Read firewalld's permanent configuration from its files: firewalld.zone(5), firewalld.conf(5).

Files of /etc/firewalld override those of the same name in /usr/lib/firewalld.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable, Optional
from xml.parsers import expat

from wizard.door import Door
from wizard.host.units import is_masked

ETC = "/etc/firewalld"
LIB = "/usr/lib/firewalld"

UNIT = "firewalld.service"
UNITS = ("/etc/systemd/system", "/run/systemd/system")
"""Where `systemctl enable` and `mask` put their links: permanent, and until the next boot."""

FALLBACK_ZONE = "public"
"""firewalld.conf(5): the default of DefaultZone."""


@dataclass(frozen=True)
class ZoneSettings:
    """A zone's content by kind, as firewall-cmd writes it (`service`: {"ssh"}, `port`: {"80/tcp"}).

    A kind of FLAGS contains its own name if it is set.
    """

    target: str = "default"
    content: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, kind: str) -> frozenset[str]:
        """Return the content of one kind."""
        return self.content.get(kind, frozenset())


FLAGS = ("masquerade", "forward", "icmp-block-inversion")


def forward_port(port: str, protocol: str, to_port: str, to_address: str) -> str:
    """Return a forward port as firewall-cmd(1) writes it."""
    return f"port={port}:proto={protocol}:toport={to_port}:toaddr={to_address}"


def _source(attributes: dict[str, str]) -> str:
    ipset = attributes.get("ipset")
    return f"ipset:{ipset}" if ipset else attributes.get("address") or attributes.get("mac", "")


_WORDS: dict[str, Callable[[dict[str, str]], str]] = {
    "service": lambda a: a.get("name", ""),
    "port": lambda a: f"{a.get('port', '')}/{a.get('protocol', '')}",
    "protocol": lambda a: a.get("value", ""),
    "source-port": lambda a: f"{a.get('port', '')}/{a.get('protocol', '')}",
    "forward-port": lambda a: forward_port(
        a.get("port", ""), a.get("protocol", ""), a.get("to-port", ""), a.get("to-addr", "")
    ),
    "icmp-block": lambda a: a.get("name", ""),
    "source": _source,
    "interface": lambda a: a.get("name", ""),
}


def parse_zone(text: bytes) -> ZoneSettings:
    """Parse a zone file, without its rich rules. Raises ValueError when it is not a zone file."""
    content: dict[str, set[str]] = {}
    target = ["default"]
    depth: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if depth == [] and name == "zone":
            target[0] = attributes.get("target", "default")
        elif depth == ["zone"]:
            words = _WORDS.get(name)
            if words is not None:
                content.setdefault(name, set()).add(words(attributes))
            elif name in FLAGS:
                content[name] = {name}
        depth.append(name)

    _parse(text, start, lambda _name: depth.pop())
    return ZoneSettings(target[0], {kind: frozenset(words) for kind, words in content.items()})


def parse_direct(text: bytes) -> frozenset[tuple[str, ...]]:
    """Read direct.xml (firewalld.direct(5)): each rule as ipv, table, chain, priority, arguments."""
    rules: set[tuple[str, ...]] = set()
    open_rule: list[dict[str, str]] = []
    words: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "rule":
            open_rule.append(attributes)
            words.clear()

    def end(name: str) -> None:
        if name == "rule":
            a = open_rule.pop()
            where = (a.get(key, "") for key in ("ipv", "table", "chain", "priority"))
            rules.add((*where, *"".join(words).split()))

    _parse(text, start, end, words.append)
    return frozenset(rules)


def read_zones(door: Door) -> dict[str, ZoneSettings]:
    """Read all zones' permanent settings; an invalid file is skipped, as firewalld does.

    So the package's own zone remains where the file in /etc is the invalid one.
    """
    paths = (
        f"{home}/zones/{name}.xml"
        for home in (LIB, ETC)
        for name in _xml_names(door, f"{home}/zones")
    )
    read = ((path.rpartition("/")[2][: -len(".xml")], _read_zone(door, path)) for path in paths)
    return {name: settings for name, settings in read if settings is not None}


def changed_zones(door: Door) -> frozenset[str]:
    """Return the names of the zones that have a file in /etc."""
    return frozenset(_xml_names(door, f"{ETC}/zones"))


def known_services(door: Door) -> frozenset[str]:
    """Return the services that firewalld has a file for (firewall-cmd --get-services)."""
    return frozenset(_files(door, "services"))


def default_zone(door: Door) -> str:
    """Return firewalld.conf's DefaultZone, which is also the one at run time."""
    text = door.read_text(f"{ETC}/firewalld.conf") or ""
    found: list[str] = re.findall(r"^[ \t]*DefaultZone[ \t]*=[ \t]*(\S+)", text, re.MULTILINE)
    return found[-1] if found else FALLBACK_ZONE


def starts_at_boot(door: Door) -> bool:
    """True if a unit starts firewalld at boot, and firewalld is not masked (systemctl(1))."""
    if is_masked(door, "firewalld"):
        return False
    wants = [
        f"{home}/{name}"
        for home in UNITS
        for name in door.list_dir(home) or ()
        if name.endswith((".wants", ".requires"))
    ]
    return any(door.lstat(f"{one}/{UNIT}") is not None for one in wants)


def _read_zone(door: Door, path: str) -> Optional[ZoneSettings]:
    try:
        return parse_zone(door.read_bytes(path) or b"")
    except ValueError:
        return None


def _files(door: Door, kind: str) -> dict[str, str]:
    return {
        name: f"{home}/{kind}/{name}.xml"
        for home in (LIB, ETC)
        for name in _xml_names(door, f"{home}/{kind}")
    }


def _xml_names(door: Door, directory: str) -> list[str]:
    names = door.list_dir(directory) or ()
    return [name[: -len(".xml")] for name in names if name.endswith(".xml")]


def _parse(
    text: bytes,
    start: Callable[[str, dict[str, str]], object],
    end: Callable[[str], object],
    words: Optional[Callable[[str], object]] = None,
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("it declares entities, which firewalld's files never do")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = words
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
