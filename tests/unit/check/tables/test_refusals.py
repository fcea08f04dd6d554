"""Tables that refuse people, postmaster, the LAN or every server, and those that refuse some for a reason."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Optional

import pytest

from wizard.check.tables.hits import Tables
from wizard.check.tables.refusals import SERVERS, Ours, refusals
from wizard.door import Door
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

STOPS, CHOICE = "stops", "choice"
SMTP = "smtp inet n - n - - smtpd\n"
SUBMISSION = "submission inet n - n - - smtpd\n"
OWN = f"{SUBMISSION}  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"


class Rows(Tables):
    """Tables of rows; a key of a cidr table is a network."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(Door())
        self._tables = tables

    def rows(self, table: str, keys: Sequence[str]) -> dict[str, str]:
        rows = self._tables[table]
        if table.startswith("cidr:"):
            return {one: action for one in keys for action in [_in_cidr(rows, one)] if action}
        return {one: rows[one] for one in keys if one in rows}


def _in_cidr(rows: Mapping[str, str], address: str) -> Optional[str]:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return next((rows[one] for one in rows if parsed in ipaddress.ip_network(one)), None)


def found(
    listed: str, rows: Mapping[str, str], *, master: str = SMTP, people: str = "taro hanako"
) -> list[tuple[str, str]]:
    settings = Settings({"smtpd_client_restrictions": listed, "mydomain": "here.example"})
    networks = [ipaddress.ip_network("192.168.1.0/24"), ipaddress.ip_network("10.0.0.5/32")]
    ours = Ours(people.split(), "here.example", networks)
    services = MasterCf.parse(master.encode()).services
    table = listed.rsplit(maxsplit=1)[-1]
    hits = dict.fromkeys(refusals(Rows({table: rows}), settings, services, ours))
    return [(one.key, STOPS if one.stops else CHOICE) for one in hits]


POSTMASTER = ("postmaster@here.example", STOPS)


@pytest.mark.parametrize(
    ("rows", "people", "expected"),
    [
        ({"taro@here.example": "REJECT has gone"}, "taro", [("taro@here.example", STOPS)]),
        ({"taro@": "550 5.1.1 gone"}, "taro", [("taro@here.example", STOPS)]),
        ({"taro@here.example": "DEFER"}, "taro hanako", [("taro@here.example", CHOICE)]),
        ({"postmaster@": "REJECT"}, "taro", [POSTMASTER]),
        ({"postmaster@here.example": "450 later"}, "taro", [POSTMASTER]),
        ({"here.example": "REJECT"}, "taro", [("taro@here.example", STOPS), POSTMASTER]),
        ({"here.example": "REJECT", "taro@here.example": "OK"}, "taro", [POSTMASTER]),
        ({"taro@here.example": "DUNNO"}, "taro", []),
        ({"taro@here.example": "reject_unverified_sender"}, "taro", []),
        ({"jiro@here.example": "REJECT"}, "taro", []),
        ({"taro@here.example": "permit_mynetworks, reject"}, "taro", []),
    ],
)
def test_people(rows: Mapping[str, str], people: str, expected: list[tuple[str, str]]) -> None:
    assert found("check_recipient_access hash:/r", rows, people=people) == expected


@pytest.mark.parametrize(
    "before", ["permit,", "reject,", "warn_if_reject", "permit_mynetworks, defer,"]
)
def test_what_stands_before_decides(before: str) -> None:
    assert found(f"{before} check_recipient_access hash:/r", {"here.example": "REJECT"}) == []


LAN = "192.168.1.0/24 of mynetworks"


@pytest.mark.parametrize(
    ("listed", "rows", "master", "expected"),
    [
        ("check_client_access cidr:/c", {"192.168.1.0/24": "REJECT"}, SMTP, [(LAN, CHOICE)]),
        (
            "check_client_access cidr:/c",
            {"192.168.1.0/24": "REJECT"},
            SMTP + SUBMISSION,
            [(LAN, CHOICE), (LAN, STOPS)],
        ),
        (
            "check_client_access hash:/c",
            {"192.168": "550 no"},
            SUBMISSION,
            [(LAN, CHOICE), (LAN, STOPS)],
        ),
        (
            "check_client_access cidr:/c",
            {"10.0.0.5/32": "554 no"},
            SMTP,
            [("10.0.0.5/32 of mynetworks", CHOICE)],
        ),
        # Who logs in, or is in mynetworks, is not asked; and one host of a network is refused for a reason.
        ("check_client_access cidr:/c", {"192.168.1.0/24": "REJECT"}, SMTP + OWN, [(LAN, CHOICE)]),
        ("permit_mynetworks, check_client_access cidr:/c", {"0.0.0.0/0": "REJECT"}, SMTP, []),
        ("check_client_access cidr:/c", {"192.168.1.7/32": "REJECT"}, SMTP + SUBMISSION, []),
        ("check_client_access cidr:/c", {"192.168.1.0/25": "REJECT"}, SMTP + SUBMISSION, []),
        ("check_client_access cidr:/c", {"198.51.100.0/24": "REJECT"}, SMTP + SUBMISSION, []),
    ],
)
def test_our_own_networks(
    listed: str, rows: Mapping[str, str], master: str, expected: list[tuple[str, str]]
) -> None:
    assert found(listed, rows, master=master) == expected


@pytest.mark.parametrize(
    ("kind", "rows", "is_named"),
    [
        ("sender_mx", {"0.0.0.0/0": "REJECT bogus MX"}, True),
        ("sender_ns", {"0.0.0.0/1": "REJECT", "128.0.0.0/1": "550 no"}, True),
        ("helo_a", {"0.0.0.0/0": "DEFER"}, True),
        ("client_ns", {"0.0.0.0/0": "reject"}, True),
        (
            "sender_mx",
            {"10.0.0.0/8": "REJECT", "127.0.0.0/8": "REJECT", "224.0.0.0/3": "REJECT"},
            False,
        ),
        ("sender_mx", {"8.0.0.0/5": "REJECT"}, False),
        ("sender_mx", {"0.0.0.0/0": "reject_unverified_sender"}, False),
        # Where everybody is refused but the provider's filter, that is meant.
        (
            "client",
            {"198.51.100.0/24": "OK", "0.0.0.0/1": "REJECT", "128.0.0.0/2": "REJECT"},
            False,
        ),
    ],
)
def test_every_server(kind: str, rows: Mapping[str, str], *, is_named: bool) -> None:
    hits = found(f"check_{kind}_access cidr:/c", rows)
    assert [one for one, _ in hits if one.startswith("every address")] == (
        ["every address that was tried, such as 9.9.9.9,"] if is_named else []
    )


@pytest.mark.parametrize(
    ("listed", "rows", "expected"),
    [
        ("permit_mynetworks, check_sender_access hash:/s", {"here.example": "REJECT"}, STOPS),
        ("check_sender_access hash:/s", {"taro@here.example": "550 no"}, STOPS),
        ("reject_unknown_sender_domain, check_sender_access hash:/s", {"taro@": "REJECT"}, STOPS),
        ("permit_sasl_authenticated, check_sender_access hash:/s", {"here.example": "REJECT"}, ""),
        ("check_sender_access hash:/s", {"there.example": "REJECT"}, ""),
        ("check_sender_access hash:/s", {"here.example": "DUNNO"}, ""),
        ("warn_if_reject check_sender_access hash:/s", {"here.example": "REJECT"}, ""),
    ],
)
def test_people_as_senders(listed: str, rows: Mapping[str, str], expected: str) -> None:
    """Strangers on port 25 are another thing: they are refused with our own address."""
    assert found(listed, rows, master=SMTP, people="taro") == []
    hits = found(listed, rows, master=SUBMISSION, people="taro")
    assert [kind for _, kind in hits] == ([expected] if expected else [])


SCREEN = "smtp inet n - n - 1 postscreen\n"


@pytest.mark.parametrize(
    ("rows", "action", "is_named"),
    [
        ({"192.168.1.0/24": "permit", "0.0.0.0/0": "reject"}, "drop", True),
        ({"0.0.0.0/1": "reject", "128.0.0.0/1": "reject"}, "enforce", True),
        ({"0.0.0.0/0": "reject"}, "ignore", False),
        ({"8.0.0.0/6": "permit", "0.0.0.0/0": "reject"}, "drop", False),
        ({"203.0.113.66/32": "reject"}, "drop", False),
        ({"0.0.0.0/0": "dunno"}, "drop", False),
    ],
)
def test_postscreen(rows: Mapping[str, str], action: str, *, is_named: bool) -> None:
    own = {
        "postscreen_access_list": "permit_mynetworks, cidr:/p",
        "postscreen_blacklist_action": action,
    }
    services = MasterCf.parse(SCREEN.encode()).services
    ours = Ours((), "here.example", ())
    hits = list(refusals(Rows({"cidr:/p": rows}), Settings(own), services, ours))
    assert [one.stops for one in hits] == ([True] if is_named else [])
    assert not is_named or SERVERS[0] in hits[0].key
