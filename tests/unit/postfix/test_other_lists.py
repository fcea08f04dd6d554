"""Blocklists in places that answers do not own."""

from __future__ import annotations

import pytest

from tests.unit.plan.test_live_values import planned
from wizard.host.main_cf import own_parameters
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.other_lists import other_lists
from wizard.postfix.settings import Settings

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
