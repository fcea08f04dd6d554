"""main.cf in force against the plan."""

from __future__ import annotations

import pytest

from tests.unit.check.results import verdicts
from wizard.check.postfix.main_cf import difference, judge_main_cf
from wizard.finding import RIGHT, WARNING, WRONG

PLANNED = (("inet_protocols", "ipv4"), ("mydestination", "$myhostname, localhost, a.example"))


def test_parameters_as_planned() -> None:
    live = {"inet_protocols": "ipv4", "mydestination": "$myhostname,   localhost a.example"}
    assert verdicts(judge_main_cf(live, (), PLANNED)) == {
        "main.cf": RIGHT,
        "main.cf.complaints": RIGHT,
    }


def test_each_parameter_that_differs_is_named() -> None:
    findings = list(judge_main_cf({"mydestination": "\x1b[31m$myhostname"}, (), PLANNED))
    assert [(one.id, one.verdict, one.seen) for one in findings[:2]] == [
        ("main.cf.inet_protocols", WRONG, "not set"),
        (
            "main.cf.mydestination",
            WRONG,
            "\\x1b[31m$myhostname: mail for localhost, a.example is refused",
        ),
    ]


def test_a_complaint_is_wrong_unless_it_was_there_before() -> None:
    line = "postconf: warning: /etc/postfix/main.cf: unused parameter: smtpd_baner=x"
    live = dict(PLANNED)
    assert verdicts(judge_main_cf(live, (line,), PLANNED))["main.cf.complaints"] == WRONG
    assert verdicts(judge_main_cf(live, (line,), PLANNED, (line,)))["main.cf.complaints"] == WARNING


LONG = "permit_mynetworks, reject_unauth_destination, " + ", ".join(
    f"reject_rbl_client list{number}.example.org" for number in range(9)
)


def test_a_long_list_is_shown_by_the_items_that_differ() -> None:
    live = LONG.replace("list8.example.org", "list8.example.com")
    (found, *_) = judge_main_cf(
        {"smtpd_recipient_restrictions": live}, (), (("smtpd_recipient_restrictions", LONG),)
    )
    assert found.seen == "lacks list8.example.org; has list8.example.com"
    assert found.expected == "with list8.example.org; without list8.example.com"
    seen, wanted = difference(
        LONG.replace("list7", "zzz").replace("list8", "list7").replace("zzz", "list8"), LONG
    )
    assert seen.startswith("in another order: list8.example.org")
    assert wanted.startswith("list7.example.org")


ITEMS = [f"reject_rbl_client list{number}.example.org" for number in range(30)]
CHANGED = {
    "the first is gone": (ITEMS[1:], "lacks", "list0.example.org"),
    "one in the middle is gone": (ITEMS[:15] + ITEMS[16:], "lacks", "list15.example.org"),
    "the last is misspelt": ([*ITEMS[:-1], "reject_rbl_clnt x.example"], "has", "reject_rbl_clnt"),
    "one too many": ([*ITEMS, "permit"], "has", "permit"),
    "another reply": ([*ITEMS[:20], f"{ITEMS[20]}=127.0.0.2", *ITEMS[21:]], "has", "=127.0.0.2"),
    "two that changed places": ([*ITEMS[:-2], ITEMS[-1], ITEMS[-2]], "in another order", "list29"),
}


@pytest.mark.parametrize(("live", "how", "item"), CHANGED.values(), ids=CHANGED)
def test_a_list_is_shown_by_its_difference_wherever_it_is(
    live: list[str], how: str, item: str
) -> None:
    seen, wanted = difference(", ".join(live), ", ".join(ITEMS))
    assert how in seen
    assert item in seen
    assert seen != wanted


def test_no_value_is_cut_before_it_differs() -> None:
    long = "x" * 300
    assert difference(f"{long}a", f"{long}b") == (
        f"lacks ...{'x' * 39}b; has ...{'x' * 39}a",
        f"with ...{'x' * 39}b; without ...{'x' * 39}a",
    )
    many = [f"check_sender_access {n}{'y' * 60}" for n in range(40)]
    seen, _ = difference(" ".join(many), LONG)
    assert len(seen) <= 200
    assert "; has " in seen


def test_networks_are_compared_by_their_meaning() -> None:
    planned = (("mynetworks", "127.0.0.0/8, [::1]/128, 10.0.0.5/32"),)
    for live in ("127/8 [::1] 10.0.0.5", "10.0.0.5/32, 127.0.0.0/8, [::1]/128"):
        found = verdicts(
            judge_main_cf({"mynetworks": live.replace("127/8", "127.0.0.0/8")}, (), planned)
        )
        assert found["main.cf"] == RIGHT
    assert "main.cf.mynetworks" in verdicts(
        judge_main_cf({"mynetworks": "127.0.0.0/8"}, (), planned)
    )
