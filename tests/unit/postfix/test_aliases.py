"""aliases(5): any bytes survive, a row is what postalias reads, an edit touches nothing else."""

from __future__ import annotations

from typing import Optional

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from wizard.postfix.aliases import (
    Aliases,
    end_of,
    propose_aliases,
    read_reader,
    table_rows,
    text_rows,
)

PIECES = [
    *("root", "postmaster", "abuse", "taro", "john doe", "@example.com", ":include:/x", "|/bin/x"),
    *(":", ": ", ":\t", ",", ", ", '"', "\\", "(", ")", "\n", "\r\n", "\n ", "\n\t", "#", "\n#"),
    *("\n\n", "\0", "\f", "\u3000", "\udca4", "#root:\tmarc\n", "\nroot: a, b", "\nabuse: root\n"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map(
    lambda pieces: "".join(pieces).encode("utf-8", "surrogateescape")
)


@pytest.mark.promise(13)
@given(st.binary() | TEXTS)
@example(b"")
@example(b' orphan\r\nroot: "a \\" b", c')
@example("管理者: taro\n".encode("euc-jp"))
def test_any_bytes_come_back(data: bytes) -> None:
    assert bytes(Aliases.parse(data)) == data
    assert propose_aliases(data, "").text == data, "without a reader nothing changes"


@pytest.mark.promise(13, 18)
@given(st.binary() | TEXTS)
def test_the_reader_is_read_back_and_twice_is_once(data: bytes) -> None:
    assume(all(one.closed for one in Aliases.parse(data).entries))
    once = propose_aliases(data, "hiro").text
    rows = Aliases.parse(once).rows
    assert {"postmaster", "abuse"} <= rows.keys()
    assert "hiro" in [one.text for one in rows["root"].targets]
    assert propose_aliases(once, "hiro").text == once
    others = Aliases.parse(data).rows
    for name, row in others.items():
        kept = [one.text for one in row.targets]
        now = [one.text for one in rows[name].targets]
        gone = [text for text in kept if text not in now]
        assert gone == [] if name != "root" else len(gone) <= 1


@pytest.mark.promise(13)
@given(TEXTS)
def test_no_line_of_the_operator_is_lost(data: bytes) -> None:
    once = [one.rstrip(b"\r") for one in propose_aliases(data, "hiro").text.split(b"\n")]
    root = Aliases.parse(data).rows.get("root")
    own = set(root.logical.lines) if root else set()
    for index, line in enumerate(data.split(b"\n")):
        assert line.rstrip(b"\r") in once or index in own or line.lower().startswith(b"#")


STOCK = b"postmaster:\troot\nabuse:\t\troot\n\n# Person who should get root's mail\n"
CASES: dict[str, tuple[bytes, bytes]] = {
    "an example of the same": (STOCK + b"#root:\t\ttaro\n", STOCK + b"root:\t\ttaro\n"),
    "an example of another": (
        STOCK + b"#root:\t\tmarc\n",
        STOCK + b"#root:\t\tmarc\nroot:\t\ttaro\n",
    ),
    "root itself": (STOCK + b"root: root\n", STOCK + b"root: taro\n"),
    "root itself and a command": (
        STOCK + b'root: "|/bin/x", root\n',
        STOCK + b'root: "|/bin/x", taro\n',
    ),
    "no example": (STOCK, STOCK + b"root: taro\n"),
    "no last newline": (STOCK + b"a: b", STOCK + b"a: b\nroot: taro\n"),
    "an example in a folded row": (
        STOCK + b"a: b,\n#root: marc\n c\n",
        STOCK + b"a: b,\n#root: marc\n c\nroot: taro\n",
    ),
    "another reader": (STOCK + b"Root :  marc # x\n", STOCK + b"Root :  marc # x, taro\n"),
    "in place": (STOCK + b"root:  marc\r\n", STOCK + b"root:  taro\r\n"),
    "own items": (
        STOCK + b'root: "|/usr/bin/x -a, b",\n  # ours\n  marc (the boss), hana@x.example\n',
        STOCK + b'root: "|/usr/bin/x -a, b",\n  # ours\n  taro (the boss), hana@x.example\n',
    ),
    "a command alone": (
        STOCK + b'root: "|/usr/bin/x"\n',
        STOCK + b'root: "|/usr/bin/x", taro\n',
    ),
    "a list": (
        STOCK + b"root: :include:/etc/people\n# end\n",
        STOCK + b"root: :include:/etc/people, taro\n# end\n",
    ),
    "read already": (STOCK + b"root: marc, taro\n", STOCK + b"root: marc, taro\n"),
    "the first of two counts": (
        STOCK + b"root: marc\nroot: other\n",
        STOCK + b"root: taro\nroot: other\n",
    ),
    "postmaster is missing": (
        b"root: taro\n# \xe9\n",
        b"root: taro\n# \xe9\npostmaster: root\nabuse: root\n",
    ),
    "postmaster has a reader": (
        b'Postmaster: hana\n\'abuse\': x\n"abuse": "|/bin/y"\nroot: taro\n',
        b'Postmaster: hana\n\'abuse\': x\n"abuse": "|/bin/y"\nroot: taro\n',
    ),
    "an empty file": (b"", b"postmaster: root\nabuse: root\nroot: taro\n"),
    "EUC-JP": (
        STOCK + "# 管理者\nroot: marc\n".encode("euc-jp"),
        STOCK + "# 管理者\nroot: taro\n".encode("euc-jp"),
    ),
}


@pytest.mark.promise(13)
@pytest.mark.parametrize("name", CASES)
def test_edits(name: str) -> None:
    before, after = CASES[name]
    proposal = propose_aliases(before, "taro")
    assert proposal.text == after
    assert bool(proposal.reasons) == (before != after)
    assert propose_aliases(after, "taro").text == after


def test_a_missing_file_is_made() -> None:
    assert propose_aliases(None, "taro").text == b"postmaster: root\nabuse: root\nroot: taro\n"


@pytest.mark.promise(17)
def test_what_is_kept_stays() -> None:
    text = b"root: hana\n"
    assert propose_aliases(text, "taro", protected={"root", "abuse", "postmaster"}).text == text


@pytest.mark.promise(21)
@pytest.mark.parametrize("bad", ["a\nb", "|sh", "-x", "$x", ":include:/x", "/tmp/x", "a, b", "a b"])
def test_no_reader_can_be_more_than_one(bad: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        propose_aliases(STOCK, bad)


@pytest.mark.parametrize(
    ("text", "reader"),
    [
        (b"root: taro\n", "taro"),
        (b"ROOT: Hana@Example.COM, x\n", "Hana@example.com"),
        (b'root: "|/x", hana\n', "hana"),
        (b'root: "|/x"\n', ""),
        (b"root: root\n", ""),
        (b"#root: marc\n", ""),
    ],
)
def test_the_reader_today(text: bytes, reader: str) -> None:
    assert read_reader(text) == reader


ENDS: list[tuple[str, str, Optional[str]]] = [
    ("root: taro", "taro", "taro"),
    ("", "root", "root"),
    ("root: admin\nadmin: taro", "taro", "taro"),
    ("root: taro+root", "taro", "taro"),
    ("root: Taro@example.com", "taro", "taro"),
    ("root: taro@elsewhere.example", "taro@elsewhere.example", ""),
    ('root: "|/bin/x"', '"|/bin/x"', ""),
    ("root: a, b", "a, b", ""),
    ("root: \\root", "\\root", "root"),
    ("root: postmaster\npostmaster: root", "root", None),
    # As local(8) delivers: a name in its own row is the user's mailbox.
    ("root: root", "root", "root"),
    ("root: root@example.com", "root@example.com", "root"),
    ("root: root+x", "root", None),
]


@pytest.mark.parametrize(("text", "last", "name"), ENDS)
def test_where_mail_for_root_ends(text: str, last: str, name: Optional[str]) -> None:
    end = end_of("root", Aliases.parse(text.encode()), {"example.com"})
    assert (end.last, end.circle) == (last, name is None)
    assert name is None or end.name == name


def test_a_table_has_the_rows_of_its_text() -> None:
    """As postalias -s of EL9 and EL10 prints them."""
    text = (
        b'# c\nRoot: taro,\n  "|/usr/bin/x -a b" , h@example.com (boss)\n"john doe": :include:/x\n'
    )
    dump = (
        b"@:\t@\nYP_LAST_MODIFIED:\t1795547803\nYP_MASTER_NAME:\tace.zeke.ne.jp\n"
        b'root:\ttaro, "|/usr/bin/x -a b", h@example.com (boss)\njohn doe:\t:include:/x\n'
    )
    assert table_rows(dump) == text_rows(text)


@pytest.mark.parametrize(
    ("text", "dump"),
    [
        ("list: a, b,\n", "list:\ta, b,\n"),
        ("list: a,\n# b\n", "list:\ta,\n"),
        ("list: ,, a,, b\n", "list:\t,, a,, b\n"),
        ("none: ,\nnobody:\n", "none:\t,\n"),
        ('empty: ""\n', 'empty:\t""\n'),
        ("The  Boss: a\n", "the boss:\ta\n"),
        ('"The  Boss": a\n', "the  boss:\ta\n"),
        ('user%host: a\n"user%here": b\n', "user%here:\tb\n"),
    ],
)
def test_rows_that_are_written_oddly(text: str, dump: str) -> None:
    """As postalias -s of EL9 prints them: else the run would call each such table stale."""
    assert table_rows(dump.encode()) == text_rows(text.encode())


@pytest.mark.promise(45)
def test_a_chain_that_local_does_not_follow_is_a_circle() -> None:
    rows = b"".join(b"a%d: a%d\n" % (n, n + 1) for n in range(1000))
    found = end_of("a0", Aliases.parse(rows))
    assert found.circle
    assert len(found.way) < 110
