"""Judge who may relay without a login: each network of mynetworks by itself (postconf(5)).

Lists in files and tables are opened. A network that saved answers name was chosen; all others are
judged by their own size, on a server that others set up too.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Collection, Iterator, Sequence
from typing import Union

from wizard.answers.rules.networks import is_public
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import UNKNOWN, Check, Finding
from wizard.host.facts import Network as HostNetwork
from wizard.host.main_cf import words
from wizard.host.postmap import look_up
from wizard.postfix.settings import Settings
from wizard.text import counted, printable

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

STRANGERS = ("198.51.100.77", "233.252.0.77", "2001:db8::77")
"""Nobody's addresses (RFC 5737, RFC 6676, RFC 3849), to look up in tables."""

MOST_OF_ONE = {4: 20, 6: 32}
"""A public range with a shorter prefix is a provider's, with strangers in it, by IP version."""

_CHECK = Check("networks.trusted", "main.cf: mynetworks", "no network with strangers in it")


def expanded(door: Door, listed: Sequence[str]) -> tuple[str, ...]:
    """Return a list with the items of the files that it names (postconf(5): `/file/name`).

    The networks of a cidr table (cidr_table(5)) are items too. What cannot be read stays as it is.
    """
    found: list[str] = []
    for word in listed:
        path = word.lstrip("!")
        if path.startswith("cidr:/"):
            found += _of_cidr(door, path) or [word]
            continue
        text = None
        if path.startswith("/"):
            with contextlib.suppress(Trouble):
                text = door.read_text(path)
        if text is None:
            found.append(word)
            continue
        mark = word[: len(word) - len(path)]
        rows = (row for row in text.splitlines() if not row.lstrip().startswith("#"))
        found += [f"{mark}{one}" for row in rows for one in words(row)]
    return tuple(found)


def _of_cidr(door: Door, table: str) -> list[str]:
    """Return the networks of a table, [] if it cannot be read or has patterns in blocks."""
    text = door.readable_text(table.partition(":")[2])
    rows = [row.split() for row in text.splitlines() if row.strip() and row[0] not in "# \t"]
    names = [row[0] for row in rows]
    return names if all(map(network_of, names)) else []


def networks_of(listed: Sequence[str]) -> frozenset[str]:
    """Return the items of mynetworks by their meaning: equal networks are equal texts."""
    found = set()
    for word in listed:
        parsed = network_of(word)
        found.add(str(parsed) if parsed else word)
    return frozenset(found)


def network_of(word: str) -> Union[Network, None]:
    """Return an item of mynetworks as a network, None for a table, a file or a name."""
    try:
        return ipaddress.ip_network(word.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def judge_trusted(
    door: Door, settings: Settings, host: HostNetwork, chosen: Collection[str]
) -> Iterator[Finding]:
    """`networks.trusted`: nothing where mynetworks is not set. `chosen` are those of saved answers."""
    if not settings.own.get("mynetworks"):
        return
    listed = expanded(door, settings.words("mynetworks"))
    agreed = networks_of(tuple(chosen))
    networks = [(one, network_of(one)) for one in listed if not one.startswith("!")]
    own = {ipaddress.ip_address(one.partition("%")[0]) for one in host.addresses}
    doubts: list[str] = []
    for word, parsed in networks:
        if parsed is None:
            fault = _table(door, word)
            if fault:
                yield fault
                return
            continue
        if str(parsed) in agreed or not is_public(parsed):
            continue
        if parsed.prefixlen < MOST_OF_ONE[parsed.version]:
            yield _CHECK.wrong(
                printable(
                    f"{word}{_source(door, settings, word)}: "
                    f"{counted(parsed.num_addresses, 'address', 'addresses')}"
                ),
                printable(
                    f"Strangers in {word} relay without a password: name only your own hosts."
                ),
            )
            return
        if parsed.num_addresses > 1 or parsed.network_address not in own:
            doubts.append(word)
    if doubts:
        yield _CHECK.warning(
            printable(f"{', '.join(doubts)}: public addresses that are not this host's"),
            "All hosts there relay without a password: is each of them yours?",
        )
    else:
        yield _CHECK.right(f"{counted(len(networks), 'network')} of this host's own")


def _source(door: Door, settings: Settings, word: str) -> str:
    """Return the file or table of mynetworks that has a network, as ` (of FILE)`, "" for main.cf."""
    for one in settings.words("mynetworks"):
        if one != word and word in expanded(door, (one,)):
            return f" (of {one})"
    return ""


def _table(door: Door, word: str) -> Union[Finding, None]:
    """Return the finding about a table that lets strangers in, or cannot be opened."""
    if ":" not in word:
        return None
    try:
        found = look_up(door, word, STRANGERS)
    except Trouble as trouble:
        return _CHECK.finding(UNKNOWN, printable(f"not known: {word}: {trouble.wrong}"))
    if not found:
        return None
    return _CHECK.wrong(
        printable(f"{word} has {', '.join(found)}"),
        printable(f"It lets strangers relay without a password: correct {word}."),
    )
