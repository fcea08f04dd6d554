"""Blocklists in places that answers do not own."""

from __future__ import annotations

import pytest

from tests.unit.plan.live import chosen, of_main_cf, planned
from wizard.host.main_cf import own_parameters
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.other_lists import other_lists, warnings
from wizard.postfix.settings import Settings
from wizard.sections.blocklists import BLOCKLISTS

OWN = "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination"
PLACES = {
    "clients": ("smtpd_client_restrictions = reject_rbl_client bl.spamcop.net\n", "smtpd_client_"),
    "HELO": ("smtpd_helo_restrictions = reject_rhsbl_helo bl.spamcop.net\n", "smtpd_helo_"),
    "senders, with a reply": (
        "smtpd_sender_restrictions = reject_rhsbl_sender BL.spamcop.net=127.0.0.2\n",
        "smtpd_sender_",
    ),
    "DATA": ("smtpd_data_restrictions = reject_rbl_client bl.spamcop.net\n", "smtpd_data_"),
    "a name of one's own": (
        f"{OWN}, $mine\nmine = reject_rbl_client bl.spamcop.net\n",
        "a parameter",
    ),
    "a name in braces": (
        f"{OWN},\n ${{mine}}\nmine = reject_rbl_client bl.spamcop.net\n",
        "a param",
    ),
    "a class": (
        "smtpd_restriction_classes = spammy\nspammy = reject_rbl_client bl.spamcop.net\n",
        "the class spammy",
    ),
    "postscreen": ("postscreen_dnsbl_sites = bl.spamcop.net=127.0.0.[2..3]*2\n", "postscreen_"),
    "the relay rules": (
        "smtpd_relay_restrictions = permit_mynetworks, reject_rbl_client BL.SpamCop.net.,\n reject\n",
        "smtpd_relay_",
    ),
    "a name in another list": (
        "smtpd_helo_restrictions = $mine\nmine = reject_rhsbl_helo bl.spamcop.net\n",
        "smtpd_helo_",
    ),
    "only the zone by a name": (
        f"{OWN}, reject_rbl_client $zone\nzone = bl.spamcop.net\n",
        "a parameter that smtpd_recipient_",
    ),
    "a class of a class": (
        (
            "smtpd_restriction_classes = a, b\na = b\nb = $c\nc = reject_rbl_client bl.spamcop.net\n"
            "smtpd_client_restrictions = check_client_access hash:/x, a\n"
        ),
        "the class b",
    ),
    "one that only warns": (
        f"{OWN}, warn_if_reject reject_rbl_client bl.spamcop.net\n",
        "smtpd_recipient_restrictions (warn_if_reject reject_rbl_client)",
    ),
    "a kind that no answer has": (
        f"{OWN},\n reject_rhsbl_client bl.spamcop.net\n",
        "smtpd_recipient_restrictions (reject_rhsbl_client)",
    ),
    "a name of Postfix 2.3": ("maps_rbl_domains = bl.spamcop.net\n", "maps_rbl_domains"),
}
NONE = {
    "the list of the answers": f"{OWN}, reject_rbl_client bl.spamcop.net\n",
    "a list of friends": "smtpd_client_restrictions = permit_dnswl_client list.dnswl.org\n",
    "a policy server": "smtpd_client_restrictions = check_policy_service unix:private/rbl\n",
    "a table": "smtpd_client_restrictions = check_client_access hash:/etc/postfix/reject_rbl_client\n",
}


def found(main: str, master: str = "") -> list[tuple[str, str]]:
    services = MasterCf.parse(master.encode()).services
    return [
        (one.where, one.zone)
        for one in other_lists(Settings(own_parameters(main.encode())), services)
    ]


@pytest.mark.parametrize(("main", "where"), PLACES.values(), ids=PLACES)
def test_a_list_in_another_place_is_named(main: str, where: str) -> None:
    ((place, zone),) = found(main)
    assert place.startswith(where)
    assert zone == "bl.spamcop.net"


@pytest.mark.parametrize("main", NONE.values(), ids=NONE)
def test_what_is_no_blocklist_or_is_the_answers_own_is_not_named(main: str) -> None:
    assert found(main) == []


def test_an_option_of_port_25_counts_and_one_of_587_does_not() -> None:
    options = " -o { smtpd_client_restrictions =\n  reject_rbl_client bl.spamcop.net }\n"
    assert found("", f"smtp inet n - n - - smtpd\n{options}") == [
        ("-o smtpd_client_restrictions of smtp/inet in master.cf", "bl.spamcop.net")
    ]
    assert found("", f"submission inet n - n - - smtpd\n{options}") == []


CLIENTS = "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net\n"
SITES = "postscreen_dnsbl_sites = zen.spamhaus.org*2, bl.spamcop.net=127.0.0.2\n"
SMTP, SCREEN, SMTPD = (
    "smtp inet n - n - - smtpd",
    "smtp inet n - n - 1 postscreen",
    "smtpd pass - - n - - smtpd",
)
IN_FORCE = {
    "postscreen serves nothing": (SITES, f"{SMTP}\n", []),
    "postscreen serves 25": (SITES, f"{SCREEN}\n{SMTPD}\n", ["zen.spamhaus.org", "bl.spamcop.net"]),
    "postscreen with its own sites": (
        SITES,
        f"{SCREEN} -o postscreen_dnsbl_sites=b.barracudacentral.org\n{SMTPD}\n",
        ["b.barracudacentral.org"],
    ),
    "postscreen on loopback": (SITES, f"127.0.0.1:{SCREEN[5:]}\n{SMTP}\n", []),
    "an option replaces the list": (CLIENTS, f"{SMTP} -o smtpd_client_restrictions=\n", []),
    "an option of one of two addresses": (
        CLIENTS,
        f"192.0.2.1:25{SMTP[4:]} -o smtpd_client_restrictions=\n192.0.2.2:25{SMTP[4:]}\n",
        ["bl.spamcop.net"],
    ),
    "an option of each of two addresses": (
        CLIENTS,
        (
            f"192.0.2.1:25{SMTP[4:]} -o smtpd_client_restrictions=\n"
            f"192.0.2.2:smtp{SMTP[4:]} -o smtpd_client_restrictions=\n"
        ),
        [],
    ),
    "an option behind postscreen": (
        CLIENTS,
        f"{SCREEN}\n{SMTPD} -o smtpd_client_restrictions=\n",
        [],
    ),
    "the whole list by an option": (
        f"{OWN}\n",
        f"{SMTP} -o {{ smtpd_recipient_restrictions = reject_rbl_client bl.spamcop.net }}\n",
        ["bl.spamcop.net"],
    ),
}


@pytest.mark.parametrize(("main", "master", "zones"), IN_FORCE.values(), ids=IN_FORCE)
def test_what_port_25_reads(main: str, master: str, zones: list[str]) -> None:
    services = MasterCf.parse(master.encode()).services
    listed = other_lists(Settings(own_parameters(main.encode())), services)
    assert [one.zone for one in listed if one.in_force] == zones


@pytest.mark.parametrize(
    "main",
    [
        CLIENTS + "smtpd_helo_restrictions = reject_rbl_client bl.spamcop.net\n",
        CLIENTS + f"{OWN}, warn_if_reject reject_rbl_client bl.spamcop.net\n",
        CLIENTS + "maps_rbl_domains = BL.spamcop.net\n",
    ],
)
def test_two_places_that_query_the_same_list_are_said_without_a_plan_for_it(main: str) -> None:
    found_now = other_lists(Settings(own_parameters(main.encode())), ())
    assert len(found_now) == 2
    assert all("bl.spamcop.net would be queried twice" in one for one in warnings(found_now, ()))


def test_a_key_is_not_shown() -> None:
    key = "abcdefghijklmnopqrstuvwx12"
    main = (
        f"smtpd_client_restrictions = reject_rbl_client {key}.zen.dq.spamhaus.net=127.0.0.[2..11]\n"
    )
    (one,) = other_lists(Settings(own_parameters(main.encode())), ())
    assert key not in one.zone
    assert one.zone.endswith(".zen.dq.spamhaus.net")


@pytest.mark.parametrize("name", ["clients", "only the zone by a name", "postscreen"])
def test_the_list_of_sections_counts_them(name: str) -> None:
    host = of_main_cf(f"{OWN}\n{PLACES[name][0]}")
    shown = BLOCKLISTS.value(host, chosen("blocklists", {"use": []}))
    assert shown == ("no lists" if name == "postscreen" else "no lists, 1 elsewhere")


@pytest.mark.parametrize(("main", "where"), PLACES.values(), ids=PLACES)
def test_the_plan_says_it_and_what_would_be_asked_twice(main: str, where: str) -> None:
    main = main if OWN in main else f"{OWN}\n{main}"
    plan, after = planned(main, "blocklists", {"use": []})
    (sentence,) = [one for one in plan.warnings if one.startswith(where)]
    assert "queried twice" not in sentence
    plan, after = planned(main, "blocklists", {"use": ["spamcop"]})
    (sentence,) = [one for one in plan.warnings if one.startswith(where)]
    assert "bl.spamcop.net would be queried twice" in sentence
    before = [one for one in main.splitlines() if not one.startswith(OWN)]
    assert set(before) <= set(bytes(after).decode().splitlines())
    assert not any("blocklists too" in one for one in planned(main, "limits", {})[0].warnings)
