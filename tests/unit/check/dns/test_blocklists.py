"""Findings of blocklists: never fatal, each with what to do, and nothing without a network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from wizard.answers.catalogue import ListZone
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.check.dns.blocklists import begin_lists, judge_lists
from wizard.dns.blocklists import Health
from wizard.host.facts import Network

ZEN = ListZone("zen", "zen.example", page="https://example.org/why")
NAMES = ListZone("names", "n.example", kinds=("sender",))
OWN = ("203.0.113.9",)


def test_a_list_that_works_is_right_and_says_whether_we_are_on_it() -> None:
    found = list(judge_lists([Health(ZEN, "works", "as it should")], OWN))
    assert [(one.id, one.verdict, one.seen) for one in found] == [
        ("blocklist.zen", "right", "works"),
        ("blocklist.zen.own", "right", "203.0.113.9 not listed"),
    ]


def test_a_list_that_only_warns_works_and_refuses_nobody() -> None:
    place = {"zen.example": "smtpd_recipient_restrictions"}
    works, own = judge_lists([Health(ZEN, "works", "")], OWN, trials=place)
    assert (works.verdict, works.fatal, own.verdict) == ("warning", False, "right")
    assert works.seen == (
        "works, and refuses nobody: smtpd_recipient_restrictions has warn_if_reject before it"
    )
    # One that does not work has that to say first.
    (dead,) = judge_lists([Health(ZEN, "silent", "no answer", "Do this.")], OWN, trials=place)
    assert dead.advice == "Do this."


def test_a_listing_of_our_own_is_a_warning_with_the_lists_page() -> None:
    _, own = judge_lists([Health(ZEN, "works", "", own=OWN)], OWN)
    assert (own.verdict, own.fatal) == ("warning", False)
    assert own.seen == "203.0.113.9 is listed"
    assert "https://example.org/why" in own.advice


def test_one_that_does_not_work_says_nothing_of_us() -> None:
    (found,) = judge_lists([Health(ZEN, "refuses", "127.255.255.254: it", "Do this.")], OWN)
    assert (found.verdict, found.fatal, found.advice) == ("warning", False, "Do this.")
    assert found.seen == "refuses: 127.255.255.254: it"


def test_lists_that_fail_for_one_cause_follow_from_the_first() -> None:
    third = ListZone("third", "third.example")
    found = judge_lists(
        [
            Health(ZEN, "silent", "2.0.0.127.zen.example: 127.0.0.1 does not answer", "Do this."),
            Health(NAMES, "silent", "test.n.example: 127.0.0.1 does not answer", "Do that."),
            Health(third, "refuses", "2.0.0.127.third.example: 127.255.255.254", "Do it."),
        ],
        OWN,
    )
    assert [(one.id, one.follows) for one in found] == [
        ("blocklist.zen", ""),
        ("blocklist.names", "blocklist.zen"),
        ("blocklist.third", ""),
    ]


def test_names_and_hosts_behind_nat_are_not_asked_about() -> None:
    assert len(list(judge_lists([Health(NAMES, "works", "")], OWN))) == 1
    assert len(list(judge_lists([Health(ZEN, "works", "")], ()))) == 1


def test_without_resolvers_each_list_once_and_no_exception() -> None:
    twice = CustomBlocklist("a.example", "helo"), CustomBlocklist("a.example", "sender")
    lists = Blocklists(use=("spamcop",), custom=twice)
    with ThreadPoolExecutor(1) as pool:
        unread = list(begin_lists(lists, None, pool)())
        none = list(begin_lists(lists, Network(), pool)())
    assert [one.id for one in unread] == ["blocklist.spamcop", "blocklist.a.example:names"]
    assert {one.verdict for one in unread} == {"unknown"}
    assert [one.seen for one in none] == [
        "failed: 2.0.0.127.bl.spamcop.net: /etc/resolv.conf names no resolver",
        "failed: test.a.example: /etc/resolv.conf names no resolver",
    ]
    assert not any(one.fatal for one in (*unread, *none))


def test_a_reply_that_is_no_listing_is_not_called_one() -> None:
    _, own = judge_lists([Health(ZEN, "works", "", odd=("203.0.113.99",))], OWN)
    assert own.verdict == "warning"
    assert "203.0.113.99" in own.seen
    assert "no listing" in own.advice


def test_a_list_of_names_tells_of_our_domain() -> None:
    listed = Health(NAMES, "works", "", own=("here.example",))
    _, own = judge_lists([listed], OWN, ("here.example",))
    assert (own.id, own.verdict) == ("blocklist.names.own", "warning")
    assert (own.looked_at, own.seen) == ("its domain in n.example", "here.example is listed")
    _, own = judge_lists([Health(NAMES, "works", "")], OWN, ("here.example",))
    assert own.verdict == "right"
