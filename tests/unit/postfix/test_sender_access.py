"""sender_access: rows as postmap reads them; what was written by hand stays."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import Blocklists
from wizard.host.postfix import BEGIN, END
from wizard.postfix.sender_access import owned_rows, propose_sender_access, rows

READINGS = {
    "keys in lower case": (b"Example.COM OK\n", (("example.com", "OK"),)),
    "tabs and blanks": (b"a.example \t REJECT  \t\n", (("a.example", "REJECT"),)),
    "folded": (b"a.example REJECT go\n\t# no\n  away\n", (("a.example", "REJECT go  away"),)),
    "comments": (b"# x OK\n\n   # y OK\nz OK\n", (("z", "OK"),)),
    "a key alone is no row": (b"a.example\nb.example OK\n", (("b.example", "OK"),)),
    "a row must not begin with a blank": (b" a OK\nb OK\n", (("b", "OK"),)),
    "the first of duplicates": (b"a OK\nA REJECT\n", (("a", "OK"),)),
    "quoted": (b'"j d"@example.com OK\n', (('"j d"@example.com', "OK"),)),
    "unbalanced": (b'"j d@example.com OK\nb OK\n', (("b", "OK"),)),
    "quotes in the action": (b'a OK "b" c\\d\n', (("a", 'OK "b" c\\d'),)),
    "quotes and a fold": (b'"j d"@a OK\n x\nb OK\n', (('"j d"@a', "OK x"), ("b", "OK"))),
    "crlf": (b"a OK\r\n", (("a", "OK"),)),
    "no last newline": (b"a OK", (("a", "OK"),)),
    "wide blanks are no blanks": ("a\u3000OK\nb OK\n".encode(), (("b", "OK"),)),
}


@pytest.mark.parametrize(("text", "expected"), READINGS.values(), ids=READINGS.keys())
def test_rows_are_what_the_table_answers(
    text: bytes, expected: tuple[tuple[str, str], ...]
) -> None:
    assert rows(text) == expected


def with_senders(answers: Answers, allow: tuple[str, ...], reject: tuple[str, ...]) -> Answers:
    return replace(answers, blocklists=Blocklists(allow_senders=allow, reject_senders=reject))


def test_a_new_file_says_how_to_use_it(answers: Answers) -> None:
    proposal = propose_sender_access(
        None, with_senders(answers, ("Friend@example.com",), ("bad.example",))
    )
    text = proposal.text.decode()
    assert "example.com      OK" in text
    assert "example.net      REJECT" in text
    assert rows(proposal.text) == (("friend@example.com", "OK"), ("bad.example", "REJECT"))
    assert owned_rows(proposal.text) == rows(proposal.text)
    assert proposal.changed == ("sender_access",)
    assert [(one.first_line, one.last_line) for one in proposal.reasons] == [(1, text.count("\n"))]


@pytest.mark.promise(13)
def test_rows_come_and_go_with_the_answers_and_hand_written_ones_stay(answers: Answers) -> None:
    first = propose_sender_access(None, with_senders(answers, ("a.example",), ()))
    by_hand = first.text + b"mine.example REJECT\n"
    then = propose_sender_access(by_hand, with_senders(answers, ("b.example",), ()))
    assert rows(then.text) == (("b.example", "OK"), ("mine.example", "REJECT"))
    assert then.warnings == (
        "sender_access has rows of your own that the answers do not name: mine.example. They stay.",
    )


@pytest.mark.promise(17)
def test_other_sections_leave_it_alone(answers: Answers) -> None:
    some = with_senders(answers, ("a.example",), ())
    assert propose_sender_access(b"x OK", some, ["limits"]).text == b"x OK"
    assert propose_sender_access(None, some, ["limits"]).changed == ()


@pytest.mark.promise(21)
@given(st.text())
def test_no_sender_makes_a_second_row(answers: Answers, sender: str) -> None:
    try:
        proposal = propose_sender_access(b"mine OK\n", with_senders(answers, (sender,), ()))
    except ValueError:
        return
    assert rows(proposal.text) == tuple({"mine": "OK", sender.lower(): "OK"}.items())


@pytest.mark.parametrize("bad", ["a\nb OK", "a b", "#a", "", "a\x1b", "a\0", '"a', "alias:"])
def test_what_is_no_sender_is_refused(answers: Answers, bad: str) -> None:
    with pytest.raises(ValueError, match=r"not a sender|control character"):
        propose_sender_access(None, with_senders(answers, (), (bad,)))


def test_both_allowed_and_refused_is_refused(answers: Answers) -> None:
    with pytest.raises(ValueError, match="both"):
        propose_sender_access(None, with_senders(answers, ("A.example",), ("a.example",)))


PIECES = ["a OK\n", "b REJECT\n", "A OK\n", "# c\n", "  more\n", "\n", "c\n", "\r\n", "d DUNNO"]
PIECES += [
    "# Rows from postfix-wizard's answers: change them there.\n",
    "# Your own rows go below this line.\n",
]


@pytest.mark.promise(18)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
@example(f"{BEGIN}\nd OK\nd OK\n{END}\nd OK\n")
@example(f"a OK\n{BEGIN}\nc\n  more\na OK\n{END}\n  more\n")
def test_twice_is_once(answers: Answers, text: str) -> None:
    some = with_senders(answers, ("a", "e"), ("b",))
    first = propose_sender_access(text.encode(), some)
    again = propose_sender_access(first.text, some)
    assert (again.text, again.changed, again.reasons) == (first.text, (), ())
    table = dict(rows(first.text))
    assert [table[key].split()[0] for key in "aeb"] == ["OK", "OK", "REJECT"]
    assert table["e"] == "OK"


@pytest.mark.promise(45)
@pytest.mark.parametrize(
    "row", ["sender%d@example.com OK\n", '"sender %d"@a REJECT\n', "s%d\n OK\n"]
)
def test_rows_by_hand_are_read_one_at_a_time(answers: Answers, row: str) -> None:
    """Of a million rows nothing stays but their keys: no lines, and no objects of their own."""
    live = "".join(row % number for number in range(20_000)).encode()
    tracemalloc.start()
    proposal = propose_sender_access(live, answers)
    assert owned_rows(live) == ()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert proposal.text is live
    assert "and 19995 more" in proposal.warnings[0]
    assert peak < 20_000 * 250


@pytest.mark.slow
def test_a_hundred_thousand_rows_stay_linear(
    answers: Answers, effort: Callable[[Callable[[], object]], int]
) -> None:
    def calls(count: int) -> int:
        senders = tuple(f"sender{number}@example.com" for number in range(count))
        live = propose_sender_access(None, with_senders(answers, senders, ())).text
        more = with_senders(answers, (*senders[1:], "new.example"), ())
        return effort(lambda: propose_sender_access(live, more))

    assert calls(100_000) < 100 * calls(1_000)
