from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.run.sanitize import MAX_LINE_BYTES, Cleaner, clean

PIECES = (
    *(b"\x1b", b"[", b"]0;", b"\x07", b"\x9b", b"\xc2\x9b", b"6n", b"\r", b"\n", b"\t", b"P"),
    *(b"\x1b\\", b"31m", b"\xe3\x80", b"\xe2\x80\xae", b"\x7f", b"\0", b"a", b"#8", b" "),
)
NASTY = st.lists(
    st.sampled_from(PIECES) | st.binary(max_size=5),
    max_size=30,
).map(b"".join)


@pytest.mark.promise(25)
@given(NASTY)
@example(b"\x1b\x1b[[31mx")
@example(b"\x1b]0;evil\x1b[31m\x07")
def test_nothing_is_left_that_a_terminal_would_obey(data: bytes) -> None:
    for line in clean(data):
        assert not [one for one in line if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}]
        assert "\u202e" not in line


@pytest.mark.promise(25)
@given(st.lists(st.binary(max_size=30), max_size=10), NASTY)
def test_lines_do_not_depend_on_how_the_bytes_arrive(cuts: list[bytes], nasty: bytes) -> None:
    parts = [*cuts, nasty]
    cleaner = Cleaner()
    lines = [line for part in parts for line in cleaner.feed(part)]
    assert (*lines, *cleaner.flush()) == clean(b"".join(parts))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")))))
def test_plain_text_stays(lines: list[str]) -> None:
    assert clean("".join(f"{line}\n" for line in lines).encode()) == tuple(lines)


@pytest.mark.promise(25)
@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", ()),
        (b"a\nb", ("a", "b")),
        (b"a\r\nb\r\n", ("a", "b")),
        (b"\n\n", ("", "")),
        (b"\x1b[1;31mred\x1b[0m\n", ("red",)),
        (b"\x1b]0;title\x07text\n", ("text",)),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", ("link",)),
        (b"\x1bPq#0\x1b\\sixel\n", ("sixel",)),
        (b"ask \x1b[6n\n", ("ask ",)),
        (b"\xc2\x9b31mC1\n", ("C1",)),
        (b"\x1b]0;no end\nnext\n", ("", "next")),
        (b"10%\r50%\r100%\n", ("100%",)),
        (b"100%\r\r\n", ("100%",)),
        (b"a\tb\n", ("a       b",)),
        (b"\xff\xfe\n", ("\ufffd\ufffd",)),
        ("\u202egnp.exe\n".encode(), ("\ufffdgnp.exe",)),
        ("\u061cgnp.exe\n".encode(), ("\ufffdgnp.exe",)),
        (b"\x1b\x00[31mred\n", ("[31mred",)),
        (b"\x1b" + b"x" * 5000 + b"\n", ("x" * 4094, "x" * 905)),
        ("\u3000\u6f22\u5b57\n".encode(), ("\u3000\u6f22\u5b57",)),
    ],
)
def test_cases(data: bytes, lines: tuple[str, ...]) -> None:
    assert clean(data) == lines


def test_a_very_long_line_comes_in_pieces_and_no_character_is_cut() -> None:
    text = "\u6f22" * 5000
    pieces = clean(text.encode())
    assert "".join(pieces) == text
    assert max(len(piece.encode()) for piece in pieces) <= MAX_LINE_BYTES
    waiting = Cleaner()
    shown = [line for _ in range(100) for line in waiting.feed(b"x" * 1000)]
    assert len("".join(shown)) > 100_000 - 2 * MAX_LINE_BYTES
