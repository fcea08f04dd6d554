"""The indexed sender_access against its text."""

from __future__ import annotations

import pytest

from tests.unit.check.results import told
from wizard.answers.sections.blocklists import Blocklists
from wizard.check.tables import sender_access
from wizard.finding import RIGHT, WRONG
from wizard.postfix.sender_access import table_in_use

ACCESS = "# example.com OK\nExample.COM\tOK\nexample.net\n  REJECT\n"


@pytest.mark.parametrize(
    ("rows", "wanted", "verdict", "seen"),
    [
        ("example.com\tOK\nexample.net\tREJECT\n", Blocklists(), RIGHT, "2 rows alike"),
        ("example.com\tOK\n", Blocklists(), WRONG, "example.net: no row instead of REJECT"),
        (
            "example.com\tREJECT\nexample.net\tREJECT\n",
            Blocklists(),
            WRONG,
            "example.com: REJECT instead of OK",
        ),
        (
            "example.com\tOK\nexample.net\tREJECT\nold.example\tOK\n",
            Blocklists(),
            WRONG,
            "old.example: OK instead of no row",
        ),
        (
            "example.com\tOK\nexample.net\tREJECT\n",
            Blocklists(allow_senders=("friend.example",)),
            WRONG,
            "friend.example: no row instead of OK",
        ),
    ],
)
def test_the_table(rows: str, wanted: Blocklists, verdict: str, seen: str) -> None:
    name = "hash:/etc/postfix/sender_access"
    (finding,) = sender_access.judge_table(name, told(rows), ACCESS, wanted)
    assert (finding.verdict, finding.seen) == (verdict, seen)
    assert finding.advice == ("" if verdict == RIGHT else f"Run `postmap {name}`.")


def test_a_table_that_cannot_be_opened() -> None:
    broken = told("", 1, "postmap: fatal: open /etc/postfix/sender_access.db: No such file\n")
    (finding,) = sender_access.judge_table(
        "hash:/etc/postfix/sender_access", broken, "", Blocklists()
    )
    assert finding.verdict == WRONG
    assert "No such file" in finding.seen


def test_the_table_is_the_one_that_is_looked_up() -> None:
    restrictions = "permit_mynetworks, check_sender_access lmdb:/etc/postfix/sender_access, reject"
    assert table_in_use(restrictions) == "lmdb:/etc/postfix/sender_access"
    assert table_in_use("check_sender_access hash:/etc/postfix/other") == ""
    assert sender_access.not_in_use().verdict == WRONG
