"""opendkim.conf and the tables of opendkim: what is read, and what an edit leaves as it was."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.sections.dkim.conf import Setting, propose_conf, settings
from wizard.sections.dkim.rows import (
    BEGIN,
    END,
    has_part,
    own_rows,
    propose_rows,
    rows,
    rows_before,
)

MODE = Setting("Mode", "s", "Signs only.")
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            (
                *(
                    "Mode\tsv",
                    "mode s # x",
                    "#Mode s",
                    "# Mode s",
                    "Mode",
                    "",
                    " \t",
                    "\tMODE  v\r",
                ),
                *("Include /etc/x", "KeyTable a#b", "a\0b c", BEGIN, END, "*@a.b k", "x", "#", "é"),
            )
        ),
        st.text(alphabet=" \t\r#aM*@\0é", max_size=12),
    ),
    max_size=8,
)
TEXTS = st.builds(
    lambda lines, last: ("\n".join(lines) + last).encode(), LINES, st.sampled_from(("", "\n"))
)


READINGS = {
    "tabs and blanks": (b"Mode \t sv \t\n", {"mode": "sv"}),
    "any case, and the last counts": (b"Mode v\nMODE s\n", {"mode": "s"}),
    "comments": (b"#Mode v\n  # Mode x\nMode s # signs\n", {"mode": "s"}),
    "CR ends a line": (b"Mode s\r\n", {"mode": "s"}),
    "no value": (b"Mode\n", {"mode": ""}),
    "a value of two words": (b"SigningTable refile:/a b\n", {"signingtable": "refile:/a b"}),
    "not UTF-8": (b"Mode \xff\n", {"mode": "\udcff"}),
    "NUL ends a line": (b"Mo\0de s\n", {"mo": ""}),
}


@pytest.mark.parametrize(("text", "expected"), READINGS.values(), ids=READINGS.keys())
def test_settings(text: bytes, expected: dict[str, str]) -> None:
    assert settings(text) == expected


EDITS = {
    "the last one is changed, its comment stays": (
        b"Mode v\nMode\tv  # why\nX y\n",
        b"Mode v\nMode\ts  # why\nX y\n",
    ),
    "a comment without a blank": (b"Mode v#why\n", b"Mode s #why\n"),
    "without a value": (b"Mode\n", b"Mode s\n"),
    "an example with the same value": (b"# text\n#Mode\ts\nX y\n", b"# text\nMode\ts\nX y\n"),
    "below an example": (b"#Mode\tv\nX y\n", b"#Mode\tv\nMode s\nX y\n"),
    "at the end": (b"X y", b"X y\nMode s\n"),
    "no file": (b"", b"Mode s\n"),
    "CR LF": (b"X y\r\nMode v\r\n", b"X y\r\nMode s\r\n"),
    "it is there already": (b"  MODE   s\r\n", b"  MODE   s\r\n"),
}


@pytest.mark.parametrize(("text", "expected"), EDITS.values(), ids=EDITS.keys())
def test_a_setting_is_changed_at_its_place(text: bytes, expected: bytes) -> None:
    assert propose_conf(text, (MODE,)).text == expected


def test_other_values_are_accepted_where_that_is_said() -> None:
    unset = Setting("Canonicalization", "relaxed/simple", "why", only_if_unset=True)
    also = Setting("OversignHeaders", "From", "why", also=("From,To",))
    text = b"Canonicalization simple\nOversignHeaders From,To\n"
    assert propose_conf(text, (unset, also)).text == text
    assert propose_conf(text, (MODE,), {"mode"}).text == text


@given(TEXTS)
@example(b"Mode v\0\n")
@example(b"#Mode s")
def test_an_edit_of_opendkim_conf_sets_one_thing_and_keeps_all_others(text: bytes) -> None:
    before, after = settings(text), propose_conf(text, (MODE,))
    now = settings(after.text)
    assert now.pop("mode") == "s"
    before.pop("mode", None)
    assert now == before
    assert propose_conf(after.text, (MODE,)).text == after.text
    others = [line.strip() for line in text.split(b"\n") if b"mode" not in line.lower()]
    assert set(others) <= {line.strip() for line in after.text.split(b"\n")} | {b""}


WANTED = (("*@a.b", "k"), ("*@*.a.b", "k"))


def test_the_rows_come_at_the_end_in_their_order() -> None:
    live = b"# stock\n*@mine x\n"
    after = propose_rows(live, WANTED, "why").text
    assert after == b"".join((live, BEGIN.encode(), b"\n*@a.b k\n*@*.a.b k\n", END.encode(), b"\n"))
    assert [(one.key, one.value) for one in own_rows(after)] == list(WANTED)
    assert [one.key for one in rows_before(after)] == ["*@mine"]


def test_rows_that_are_not_wanted_go_and_rows_of_the_operator_count() -> None:
    first = propose_rows(b"", WANTED, "why").text + b"*@*.a.b mine\n"
    after = propose_rows(first, (("*@c", "k"),), "why").text
    assert rows(after) == {"*@c": "k", "*@*.a.b": "mine"}
    assert rows(propose_rows(after, WANTED, "why").text) == {"*@a.b": "k", "*@*.a.b": "mine"}


def test_a_protected_row_stays() -> None:
    edited = propose_rows(b"", WANTED, "why").text.replace(b"*@a.b k", b"*@a.b other")
    after = propose_rows(edited, WANTED, "why", {"*@a.b"}).text
    assert rows(after) == {"*@a.b": "other", "*@*.a.b": "k"}


@pytest.mark.parametrize(
    ("key", "value"),
    [("a b", "k"), ("a\n", "k"), ("a", "k\x1b"), ("a#", "k"), ("", "k"), ("a", "k" * 1100)],
)
def test_what_would_not_be_one_row_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be|control character"):
        propose_rows(b"", ((key, value),), "why")


@given(TEXTS)
@example(f"{BEGIN}\n*@a.b old\n".encode())
@example(f"{END}\n{BEGIN}\nx\n{END}".encode())
def test_an_edit_of_a_table_keeps_each_row_of_the_operator(text: bytes) -> None:
    mine = {one.key for one in own_rows(text)}
    before = {key: value for key, value in rows(text).items() if key not in mine}
    after = propose_rows(text, WANTED, "why").text
    assert has_part(after)
    now = rows(after)
    assert {key: now[key] for key in before} == before
    assert set(now) - set(before) <= {key for key, _ in WANTED} | mine
    assert propose_rows(after, WANTED, "why").text == after
    head = text.split(BEGIN.encode())[0] if has_part(text) else text
    assert after.startswith(head.rstrip(b"\n"))
