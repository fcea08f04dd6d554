"""Find the DNS blocklists that smtpd(8) queries elsewhere than in smtpd_recipient_restrictions.

Answers own the items of that list alone. The other places are other restriction lists, parameters
and restriction classes that a list names, postscreen, and `-o` of port 25 (postconf(5)).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from wizard.host.main_cf import words
from wizard.postfix.service_entry import Service, port_of_entry
from wizard.postfix.settings import Settings

_OWN = "smtpd_recipient_restrictions"
_LISTS = tuple(
    f"smtpd_{one}_restrictions"
    for one in ("client", "helo", "sender", "relay", "data", "end_of_data", "etrn")
)
_POSTSCREEN = "postscreen_dnsbl_sites"
_CLASSES = "smtpd_restriction_classes"
_OLD = "maps_rbl_domains"
_PORT_25 = 25


class OtherList(NamedTuple):
    """A blocklist's zone, without replies, and where Postfix finds it."""

    where: str
    zone: str


def other_lists(settings: Settings, services: Sequence[Service]) -> tuple[OtherList, ...]:
    """Return the blocklists of the other places, each once, in the order of the places."""
    found = [*_in_main_cf(settings)]
    for service in services:
        options = service.values
        if service.command == "smtpd" and port_of_entry(service.key) == _PORT_25 and options:
            own = settings.of(options)
            for name in (_OWN, *_LISTS):
                where = f"-o {name} of {service.key} in master.cf"
                found += [OtherList(where, zone) for zone in _zones(own, name) if name in options]
    return tuple(dict.fromkeys(found))


def _in_main_cf(settings: Settings) -> Iterator[OtherList]:
    for name in _LISTS:
        yield from (OtherList(name, zone) for zone in _zones(settings, name))
    direct = set(_in_words(words(settings.raw(_OWN))))
    for zone in _zones(settings, _OWN):
        if zone not in direct:
            yield OtherList(f"a parameter that {_OWN} names", zone)
    for name in settings.words(_CLASSES):
        yield from (OtherList(f"the class {name}", zone) for zone in _zones(settings, name))
    for site in settings.words(_POSTSCREEN):
        yield OtherList(_POSTSCREEN, _zone(site.partition("*")[0]))
    yield from (OtherList(_OLD, _zone(one)) for one in settings.words(_OLD))


def _zones(settings: Settings, name: str) -> Iterator[str]:
    return _in_words(settings.words(name))


def _in_words(listed: Sequence[str]) -> Iterator[str]:
    """Yield the zone after each reject_rbl_* and reject_rhsbl_*."""
    for one, zone in zip(listed, listed[1:]):
        if one.lower().startswith(("reject_rbl_", "reject_rhsbl_")):
            yield _zone(zone)


def _zone(text: str) -> str:
    return text.partition("=")[0].lower()


def warnings(found: Collection[OtherList], planned: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each place; `planned` are the restrictions of the answers."""
    queried = set(_in_words([word for one in planned for word in one.split()]))
    for where in dict.fromkeys(one.where for one in found):
        zones = [one.zone for one in found if one.where == where]
        twice = [zone for zone in zones if zone in queried]
        more = f" {', '.join(twice)} would be queried twice: choose one place." if twice else ""
        yield (
            f"{where} has blocklists too: {', '.join(zones)}. No answer can express them there, so"
            f" they stay.{more}"
        )
