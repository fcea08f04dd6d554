"""The blocklists that port 25 queries, wherever they stand: each is tested, and trials are named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Optional

import pytest

from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.check.dns import blocklists as check
from wizard.dns.blocklists import WORKS, Health
from wizard.finding import RIGHT, WARNING
from wizard.host.facts import Network
from wizard.host.main_cf import own_parameters
from wizard.postfix.blocklists import custom_zone
from wizard.postfix.lists_in_force import InForce, lists_in_force, trials, with_others
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

OWN = "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination"
SMTP, SCREEN = "smtp inet n - n - - smtpd", "smtp inet n - n - 1 postscreen"
KEY = "abcdefghijklmnopqrstuvwx12"


def found(main: str, master: str = "") -> tuple[InForce, ...]:
    services = MasterCf.parse(master.encode()).services
    return lists_in_force(Settings(own_parameters(main.encode())), services)


PLACES: dict[str, tuple[str, str, list[tuple[str, str, str]]]] = {
    "the list of the answers": (
        f"{OWN}, reject_rbl_client bl.example.org\n",
        "",
        [("bl.example.org", "client", "")],
    ),
    "a list of clients": (
        "smtpd_client_restrictions = reject_rbl_client BL.example.org.=127.0.0.2\n",
        "",
        [("bl.example.org", "client", "127.0.0.2")],
    ),
    "of names, of another kind than answers have": (
        f"{OWN}, reject_rhsbl_recipient d.example.org\n",
        "",
        [("d.example.org", "sender", "")],
    ),
    "by a name of old": (
        f"{OWN}, reject_rbl bl.example.org\n",
        "",
        [("bl.example.org", "client", "")],
    ),
    "by a parameter": (
        f"{OWN}, $mine\nmine = reject_rbl_client $zone\nzone = bl.example.org\n",
        "",
        [("bl.example.org", "client", "")],
    ),
    "a class": (
        "smtpd_restriction_classes = strict\nstrict = reject_rbl_client bl.example.org\n",
        "",
        [("bl.example.org", "client", "")],
    ),
    "after the message": (
        "smtpd_end_of_data_restrictions = reject_rbl_client bl.example.org\n",
        "",
        [("bl.example.org", "client", "")],
    ),
    "an option of port 25": (
        "",
        f"{SMTP} -o {{ smtpd_client_restrictions = reject_rbl_client bl.example.org }}\n",
        [("bl.example.org", "client", "")],
    ),
    "an option that takes the list away": (
        "smtpd_client_restrictions = reject_rbl_client bl.example.org\n",
        f"{SMTP} -o smtpd_client_restrictions=\n",
        [],
    ),
    "of people's port alone": (
        "",
        f"{SMTP}\nsubmission{SMTP[4:]} -o {{ smtpd_client_restrictions = reject_rbl_client b.example }}",
        [],
    ),
    "postscreen's": (
        "postscreen_dnsbl_sites = bl.example.org=127.0.0.[2..3]*2 d.example.org\n",
        f"{SCREEN}\nsmtpd pass - - n - - smtpd\n",
        [("bl.example.org", "client", "127.0.0.[2..3]"), ("d.example.org", "client", "")],
    ),
    "postscreen's, where it serves nothing": ("postscreen_dnsbl_sites = b.example\n", SMTP, []),
    "with a key": (f"{OWN}, reject_rbl_client {KEY}.zen.dq.spamhaus.net\n", "", []),
    "a name that no host may have": (f"{OWN}, reject_rbl_client $none\n", "", []),
    "a list of friends": ("smtpd_client_restrictions = permit_dnswl_client w.example\n", "", []),
    "nothing behind it": (f"{OWN}, reject_rbl_client\n", "", []),
}


@pytest.mark.parametrize(("main", "master", "zones"), PLACES.values(), ids=PLACES)
def test_a_list_is_found_where_it_stands(
    main: str, master: str, zones: list[tuple[str, str, str]]
) -> None:
    assert [(one.zone, one.kind, one.replies) for one in found(main, master)] == zones


def test_those_of_the_answers_are_tested_once_and_the_others_as_well() -> None:
    chosen = Blocklists(use=("spamcop",), custom=(CustomBlocklist("a.example.org", "client"),))
    main = (
        f"{OWN}, reject_rbl_client bl.spamcop.net, reject_rbl_client A.example.org,"
        " reject_rbl_client b.example.org=127.0.0.2, reject_rhsbl_helo b.example.org\n"
        "smtpd_client_restrictions = reject_rbl_client b.example.org\n"
    )
    both = with_others(chosen, found(main))
    assert both.use == chosen.use
    assert both.custom == (
        *chosen.custom,
        CustomBlocklist("b.example.org", "client"),
        CustomBlocklist("b.example.org", "sender"),
    )
    assert with_others(chosen, found("")) == chosen


ERRORS = "reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]"
TRIED = {
    "before a list": (f"{OWN}, warn_if_reject reject_rbl_client bl.example.org\n", True),
    "in capitals": (f"{OWN}, WARN_IF_REJECT Reject_RBL_Client bl.example.org\n", True),
    "before a list of names": (f"{OWN}, warn_if_reject reject_rhsbl_helo bl.example.org\n", True),
    "in another list": (
        "smtpd_client_restrictions = warn_if_reject reject_rbl_client bl.example.org\n",
        True,
    ),
    "in each of two lists": (
        (
            f"{OWN}, warn_if_reject reject_rbl_client bl.example.org\n"
            "smtpd_helo_restrictions = warn_if_reject reject_rbl_client bl.example.org\n"
        ),
        True,
    ),
    "twice in front": (
        f"{OWN}, warn_if_reject warn_if_reject reject_rbl_client bl.example.org\n",
        True,
    ),
    "in one of two lists": (
        (
            f"{OWN}, warn_if_reject reject_rbl_client bl.example.org\n"
            "smtpd_client_restrictions = reject_rbl_client bl.example.org\n"
        ),
        False,
    ),
    "before another restriction": (
        f"{OWN}, warn_if_reject reject_non_fqdn_sender, reject_rbl_client bl.example.org\n",
        False,
    ),
    "before errors, which are never a listing": (f"{OWN}, warn_if_reject {ERRORS}\n", False),
}


@pytest.mark.parametrize(("main", "is_tried"), TRIED.values(), ids=TRIED)
def test_a_list_that_only_warns_is_named(main: str, is_tried: bool) -> None:
    """Also where nobody saved answers: what was read back is no witness of what was meant."""
    tried = trials(found(main))
    assert bool(tried) == is_tried
    zone = custom_zone(CustomBlocklist("bl.example.org", "client"))
    (health,) = check.judge_lists([Health(zone, WORKS, "")], (), trials=tried)
    assert health.verdict == (WARNING if is_tried else RIGHT)
    if is_tried:
        assert "_restrictions has warn_if_reject before it" in health.seen
        assert "Take warn_if_reject out" in health.advice


@pytest.mark.parametrize("network", [None, Network()])
def test_all_of_them_have_a_finding(network: Optional[Network]) -> None:
    lists = with_others(Blocklists(use=()), found(f"{OWN}, reject_rbl_client bl.example.org\n"))
    with ThreadPoolExecutor(1) as pool:
        (one,) = check.begin_lists(lists, network, pool)()
    assert one.id == "blocklist.bl.example.org"
