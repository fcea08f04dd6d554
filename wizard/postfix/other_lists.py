"""Find the DNS blocklists that port 25 queries and that answers do not own (postconf(5), postscreen(8)).

Answers own those items of smtpd_recipient_restrictions that they can express. The other places are the
other restriction lists, parameters and restriction classes that a list names, postscreen, and `-o`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wizard.host.facts import Host
from wizard.host.main_cf import own_parameters, words
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.restrictions import parted, split_restrictions
from wizard.postfix.service_entry import Service, port_of_entry
from wizard.postfix.settings import Settings
from wizard.secrets import masked, without_number

_OWN = "smtpd_recipient_restrictions"
LISTS = tuple(
    f"smtpd_{one}_restrictions"
    for one in ("client", "helo", "sender", "relay", "recipient", "data", "end_of_data", "etrn")
)
POSTSCREEN = "postscreen_dnsbl_sites"
CLASSES = "smtpd_restriction_classes"
_OLD = "maps_rbl_domains"
_PORT_25 = 25
_ONE = ""
"""The name under which a single word is expanded: no parameter has it."""


Entries = tuple[tuple[str, dict[str, str]], ...]
"""Entries of master.cf by their key, each with its `-o` options."""


@dataclass(frozen=True)
class OtherList:
    """A blocklist's zone, without replies and key, and where Postfix finds it.

    `in_force` is False if nothing on port 25 reads that place.
    """

    where: str
    zone: str
    in_force: bool = True


def of_host(host: Host) -> tuple[OtherList, ...]:
    """Return the blocklists of the other places of a host; none where the package brings main.cf."""
    if host.files[MAIN_CF].from_package:
        return ()
    settings = Settings(own_parameters(host.text(MAIN_CF)), host.postfix.defaults)
    return other_lists(settings, MasterCf.parse(host.text(MASTER_CF)).services)


def other_lists(settings: Settings, services: Sequence[Service]) -> tuple[OtherList, ...]:
    """Return the blocklists of the other places, each once, in the order of the places."""
    options, screens = serving_25(services)
    found = [one for key, own in options for one in _of_smtpd(settings, key, own)]
    has_screen = bool(screens) or not services
    for key, own in screens or [("", {})]:
        for site in settings.of(own).words(POSTSCREEN):
            zone = _zone(site.partition("*")[0])
            found.append(OtherList(place(POSTSCREEN, key, own), zone, has_screen))
    return tuple(dict.fromkeys(found))


def serving_25(services: Sequence[Service]) -> tuple[Entries, Entries]:
    """Return the entries of smtpd and of postscreen that serve port 25, each with its options.

    Without a master.cf there is one of smtpd, and nothing overrides main.cf.
    """
    on_25 = [one for one in services if port_of_entry(one.key) == _PORT_25 and not one.loopback]
    smtpds, screens = (
        tuple((one.key, one.values) for one in on_25 if one.command.rpartition("/")[2] == program)
        for program in ("smtpd", "postscreen")
    )
    return smtpds or (("", {}),), screens


def place(name: str, key: str, options: Collection[str]) -> str:
    """Return where a parameter of an entry is set, in words."""
    return f"-o {name} of {key} in master.cf" if name in options else name


def _of_smtpd(settings: Settings, key: str, options: dict[str, str]) -> Iterator[OtherList]:
    """Yield the lists of one smtpd of port 25; `options` are its `-o`."""
    own = settings.of(options)
    for name in LISTS:
        is_owned = name == _OWN and name not in options
        found = _beside_answers(own) if is_owned else _zones(own.words(name))
        where = place(name, key, options)
        yield from (OtherList(how or where, zone) for how, zone in found)
    for name in own.words(CLASSES):
        yield from (OtherList(f"the class {name}", zone) for _, zone in _zones(own.words(name)))
    yield from (OtherList(place(_OLD, key, options), _zone(one)) for one in own.words(_OLD))


def _zones(listed: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield "" and the zone after each reject_rbl_* and reject_rhsbl_*."""
    for one, zone in zip(listed, listed[1:]):
        if one.lower().startswith(("reject_rbl_", "reject_rhsbl_")):
            yield "", _zone(zone)


def _beside_answers(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the zones of main.cf's own list that no answer can express, each with its place."""
    expanded = [
        (word, "$" in raw)
        for raw in words(settings.raw(_OWN))
        for word in Settings({**settings.own, _ONE: raw}, settings.defaults).words(_ONE)
    ]
    listed = [word for word, _ in expanded]
    owned, _ = parted(listed)
    for one in split_restrictions(listed):
        is_named = any(named for _, named in expanded[one.first : one.last + 1])
        for _, zone in _zones(one.text.split()):
            if is_named:
                yield f"a parameter that {_OWN} names", zone
            elif one.text not in owned:
                yield f"{_OWN} ({one.text.rpartition(' ')[0]})", zone


def _zone(text: str) -> str:
    return masked(without_number(text.partition("=")[0])).rstrip(".").lower()


class Place(NamedTuple):
    """A place with its zones, as text."""

    where: str
    zones: str
    lists: tuple[OtherList, ...]


def by_place(found: Collection[OtherList]) -> Iterator[Place]:
    """Yield each place with its lists."""
    for where in dict.fromkeys(one.where for one in found):
        here = tuple(one for one in found if one.where == where)
        yield Place(where, ", ".join(one.zone for one in here), here)


def warnings(found: Collection[OtherList], planned: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each place; `planned` are the restrictions of the answers."""
    queried = {zone for _, zone in _zones([word for one in planned for word in one.split()])}
    for where, zones, here in by_place(found):
        others = queried | {one.zone for one in found if one.where != where and one.in_force}
        twice = ", ".join(one.zone for one in here if one.zone in others)
        again = f"{twice} would be queried twice: choose one place." if twice else ""
        if here[0].in_force:
            said = f"{where} has blocklists too: {zones}. No answer can express them there, so they stay."
        else:
            said = (
                f"{where} has blocklists: {zones}. They stay, and nothing queries them, because"
                " postscreen does not serve port 25."
            )
            again = f"Where it does, {again}" if again else ""
        yield f"{said} {again}".rstrip()
