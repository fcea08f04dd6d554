"""Blocklists: the catalogue, lists of the operator's own, and the way back from main.cf."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.answers.model import Answers, Blocklists, CustomBlocklist
from wizard.host.facts import Postfix
from wizard.postfix.blocklists import CATALOGUE, custom_restriction, in_use, read_back
from wizard.postfix.restrictions import standing, wanted

FACTS = Postfix(None, "3.8.5", "lmdb")


def test_the_catalogue_has_the_seeds_three() -> None:
    assert [entry.name for entry in CATALOGUE] == ["spamcop", "spamhaus-zen", "spamhaus-dbl"]
    assert [len(entry.rejects) + len(entry.warns) for entry in CATALOGUE] == [1, 2, 3]
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
    assert [one.text for one in standing(words.split(" "))][:2] == [
        "warn_if_reject reject_rbl_client z",
        "permit",
    ]
