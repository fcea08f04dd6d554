"""Lists of milters that the operator shares: one more or one less, and all others as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.postfix.main_cf import MainCf
from wizard.postfix.proposal import Proposal
from wizard.sections.dkim.milters import has, joined, networks_table, propose_main, without

OURS = "{unix:/run/opendkim/opendkim.sock,default_action=tempfail}"
JOINED = {
    "none": ("", OURS),
    "one": ("inet:h:1", f"inet:h:1,{OURS}"),
    "blanks": ("inet:h:1 unix:/x", f"inet:h:1,unix:/x,{OURS}"),
    "braces": ("{ inet:h:1, command_timeout = 5s }", f"{{inet:h:1,command_timeout=5s}},{OURS}"),
    "ours already": (f"{OURS}, inet:h:1", f"inet:h:1,{OURS}"),
    "ours with other options": ("{unix:/run/opendkim/opendkim.sock}", OURS),
}


@pytest.mark.parametrize(("listed", "expected"), JOINED.values(), ids=JOINED)
def test_one_more(listed: str, expected: str) -> None:
    assert joined(listed, OURS) == expected
    assert has(joined(listed, OURS), OURS)


def test_one_less() -> None:
    assert without(f"inet:h:1, {OURS}, unix:/x", OURS) == "inet:h:1, unix:/x"
    assert without(OURS, OURS) == ""
    assert not has("unix:/run/opendkim/opendkim.sock2, inet:h:1", OURS)


OTHERS = st.lists(
    st.sampled_from(("inet:h:1", "unix:/x", "{ inet:h:2, command_timeout=5s }", "$smtpd_milters")),
    max_size=3,
    unique=True,
)


@given(OTHERS, st.sampled_from((" ", ", ", ",")))
def test_main_cf_gets_the_milter_and_gives_it_back_to_the_byte(
    others: list[str], separator: str
) -> None:
    line = f"non_smtpd_milters = {separator.join(others)}\n" if others else ""
    text = f"smtpd_milters = inet:h:9\n{line}mail_owner = postfix\n".encode()
    on = propose_main(Proposal(text), OURS, signs=True)
    assert has(MainCf.parse(on.text).value("non_smtpd_milters") or "", OURS)
    assert MainCf.parse(on.text).value("smtpd_milters") == "inet:h:9"
    assert propose_main(on, OURS, signs=True).text == on.text
    off = propose_main(Proposal(on.text), OURS, signs=False)
    if separator == ", ":
        assert off.text == text
    assert MainCf.parse(off.text).value("smtpd_milter_maps") is None
    assert not has(MainCf.parse(off.text).value("non_smtpd_milters") or "", OURS)


def test_a_table_of_milters_by_hand_stays() -> None:
    text = b"smtpd_milter_maps = cidr:/etc/postfix/mine\n"
    on = propose_main(Proposal(text), OURS, signs=True)
    assert MainCf.parse(on.text).value("smtpd_milter_maps") == "cidr:/etc/postfix/mine"
    assert any("cidr:/etc/postfix/mine" in one for one in on.warnings)
    off = propose_main(Proposal(on.text), OURS, signs=False)
    assert off.text == text


def test_the_table_of_networks() -> None:
    main = MainCf.parse(b"smtpd_milters = inet:h:9\n")
    rows = networks_table(("10.0.0.0/8", "2001:db8::/64"), main, OURS).decode().splitlines()
    assert rows[2:] == [f"10.0.0.0/8 inet:h:9,{OURS}", f"2001:db8::/64 inet:h:9,{OURS}"]
