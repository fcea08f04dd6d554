"""Blocklists: the catalogue, lists of the operator's own, and the way back from main.cf."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab import blocklists
from tests.factories import FRESH
from tests.unit.plan.live import chosen, of_main_cf
from wizard.answers.catalogue import ADDRESS_POINTS, CATALOGUE, KINDS, Blocklist
from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.dns.blocklists import matches
from wizard.host.facts import Postfix
from wizard.paths import MAIN_CF
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back as answers_of
from wizard.postfix.blocklists import (
    custom_restriction,
    in_use,
    read_back,
    zones_to_test,
)
from wizard.postfix.restrictions import split_restrictions, wanted
from wizard.secrets import MASK

FACTS = Postfix(None, "3.8.5", "lmdb")


def test_the_catalogue_has_the_seeds_three() -> None:
    assert [entry.name for entry in CATALOGUE[:3]] == ["spamcop", "spamhaus-zen", "spamhaus-dbl"]
    assert [len(entry.rejects) + len(entry.warns) for entry in CATALOGUE[:3]] == [1, 2, 3]
    assert all(entry.weakness.endswith(".") for entry in CATALOGUE)


def test_custom_lists_stand_before_the_warning(answers: Answers) -> None:
    lists = Blocklists(use=("spamhaus-zen",), custom=(CustomBlocklist("bl.example", "helo"),))
    texts = [one.text for one in wanted(replace(answers, blocklists=lists), FACTS)]
    assert texts[4:] == [
        "check_sender_access lmdb:/etc/postfix/sender_access",
        "reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]",
        "reject_rhsbl_helo bl.example",
        "warn_if_reject reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]",
    ]


def test_what_is_written_reads_back(answers: Answers) -> None:
    lists = Blocklists(
        use=("spamcop", "spamhaus-dbl"),
        custom=(
            CustomBlocklist("a.example", "client", "127.0.0.[2;4]"),
            CustomBlocklist("b.example", "reverse_client"),
        ),
    )
    texts = [one.text for one in wanted(replace(answers, blocklists=lists), FACTS)]
    assert read_back(texts) == (lists.use, lists.custom)


def test_an_unknown_name_or_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no such blocklist: nixspam"):
        in_use(Blocklists(use=("nixspam",)))
    with pytest.raises(ValueError, match="no such kind"):
        custom_restriction(CustomBlocklist("a.example", "recipient"))


@pytest.mark.promise(21)
@pytest.mark.parametrize("zone", ["a b", "a,b", "$a", "", "a=b", "hash:/x", "#a", "{a", "a\n"])
def test_a_zone_is_one_word(zone: str) -> None:
    with pytest.raises(ValueError, match=r"not |control"):
        custom_restriction(CustomBlocklist(zone))


def test_restrictions_keep_their_prefix_and_argument() -> None:
    words = "warn_if_reject reject_rbl_client z permit check_policy_service { inet:x } reject"
    assert [one.text for one in split_restrictions(words.split(" "))][:2] == [
        "warn_if_reject reject_rbl_client z",
        "permit",
    ]


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_an_entry_says_the_same_in_all_its_parts(entry: Blocklist) -> None:
    filtered = entry.zone + (f"={entry.replies}" if entry.replies else "")
    assert entry.rejects == tuple(f"{KINDS[kind]} {filtered}" for kind in entry.kinds)
    assert all(line.endswith(f"{entry.zone}={entry.errors}") for line in entry.warns)
    assert all(matches(entry.errors, f"127.255.255.{last}") for last in (252, 254, 255))
    assert entry.label
    assert entry.weakness
    assert "https://" in entry.terms
    assert entry.page.startswith("https://")
    assert entry.by_address == (entry.kinds == ("client",))
    assert entry.by_address == (entry.points == ADDRESS_POINTS)
    assert not entry.replies or matches(entry.replies, blocklists.reply(entry))


@pytest.mark.parametrize(
    "entry", [one for one in CATALOGUE if MASK not in one.zone], ids=lambda entry: entry.name
)
def test_a_list_of_ones_own_that_the_catalogue_has_too_is_the_same_list(entry: Blocklist) -> None:
    """As after an upgrade that brings the entry: the saved answers have it as a custom list."""
    own = [{"zone": entry.zone, "kind": one, "replies": entry.replies} for one in entry.kinds]
    saved = chosen("blocklists", {"use": [], "custom": own})
    lines = ", ".join(one.text for one in wanted(saved, FRESH.postfix))
    assert all(lines.count(line) == 1 for line in entry.rejects)
    host = of_main_cf(f"smtpd_recipient_restrictions = {lines}\n")
    today = answers_of(host)
    assert today is not None
    assert (today.blocklists.use, today.blocklists.custom) == ((entry.name,), ())
    plan = build_plan(saved, host, ("blocklists",))
    change = next(one for one in plan.files if one.path == MAIN_CF)
    assert change.proposed == change.live
    assert not [one for one in plan.warnings if "taken out" in one]


@pytest.mark.promise(21)
def test_the_seeds_lines_stand_to_the_byte() -> None:
    lines = [line for entry in CATALOGUE[:3] for line in (*entry.rejects, *entry.warns)]
    assert lines == [
        "reject_rbl_client bl.spamcop.net",
        "reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]",
        "warn_if_reject reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]",
        "reject_rhsbl_sender dbl.spamhaus.org=127.0.1.[2..99]",
        "reject_rhsbl_helo dbl.spamhaus.org=127.0.1.[2..99]",
        "reject_rhsbl_reverse_client dbl.spamhaus.org=127.0.1.[2..99]",
    ]


def test_all_lists_in_use_are_asked_each_by_its_kind() -> None:
    lists = Blocklists(
        use=("spamhaus-dbl",),
        custom=(
            CustomBlocklist("a.example", "client", "127.0.0.2"),
            CustomBlocklist("b.example", "helo"),
        ),
    )
    asked = zones_to_test(lists)
    assert [(one.zone, *one.points) for one in asked] == [
        ("dbl.spamhaus.org", "dbltest.com", "invalid"),
        ("a.example", "2.0.0.127", "1.0.0.127"),
        ("b.example", "test", "invalid"),
    ]
    assert asked[1].replies == "127.0.0.2"
