"""A key in a blocklist's zone: masked wherever it is told, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.check.report import as_data, as_table
from wizard.errors import Trouble
from wizard.finding import Finding
from wizard.plan.diff import hunks, unified
from wizard.run import records
from wizard.run.journal import open_journal
from wizard.run.output import StepOutput, open_output
from wizard.run.records import RunFinished
from wizard.secrets import has_key, masked, masked_bytes
from wizard.text import clean

KEY = "0canary7f3a0canary7f3a0can"
ZONE = f"{KEY}.zen.dq.spamhaus.net"
LINE = f"    reject_rbl_client {ZONE}=127.0.0.[2..11],"
RUN = "20261124-034502-1"

pytestmark = pytest.mark.promise(24)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (ZONE, "(key).zen.dq.spamhaus.net"),
        (ZONE.upper(), "(key).ZEN.DQ.SPAMHAUS.NET"),
        (f"name=2.0.0.127.{ZONE} type=A", "name=2.0.0.127.(key).zen.dq.spamhaus.net type=A"),
        (f"{KEY}.combined.mail.abusix.zone;", "(key).combined.mail.abusix.zone;"),
        (f"{ZONE} {ZONE}", "(key).zen.dq.spamhaus.net (key).zen.dq.spamhaus.net"),
        ("zen.dq.spamhaus.net", "zen.dq.spamhaus.net"),
        ("zen.spamhaus.org=127.0.0.2", "zen.spamhaus.org=127.0.0.2"),
        ("", ""),
    ],
)
def test_the_key_goes_and_all_else_stays(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked_bytes(text.encode()) == shown.encode()
    assert has_key(text) == (text != shown)


@pytest.fixture
def output(tmp_path: Path) -> Iterator[StepOutput]:
    with open_output(tmp_path / "output") as made:
        yield made


@pytest.mark.parametrize("size", [1, 2, 7, 26, 27, 64, 1 << 16])
def test_no_output_holds_it_in_whatever_pieces_it_comes(tmp_path: Path, size: int) -> None:
    said = f"postfix: warning: overriding {LINE}\nRBL lookup of 2.0.0.127.{ZONE} and".encode()
    with open_output(tmp_path / "output") as output:
        for at in range(0, len(said), size):
            output.write(said[at : at + size])
    assert (tmp_path / "output").read_bytes() == masked_bytes(said) + b"\n"


@given(st.lists(st.sampled_from([KEY, ".zen", ".dq", ".spamhaus.net", ".", " ", "\n", "x" * 300])))
def test_output_in_pieces_is_what_it_is_in_one(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("said") / "output"
    with open_output(path) as output:
        for piece in pieces:
            output.write(piece.encode())
    whole = "".join(pieces)
    assert KEY + ".zen.dq.spamhaus.net" not in path.read_text()
    if "x" not in whole:
        end = "\n" if whole and not whole.endswith("\n") else ""
        assert path.read_text() == masked(whole) + end


def test_a_question_is_written_before_it_is_asked(tmp_path: Path, output: StepOutput) -> None:
    output.write(b"Is this ok [y/N]: ")
    output.flush()
    assert (tmp_path / "output").read_bytes() == b"Is this ok [y/N]: \n"
    output.write(b"half")
    assert output.tail() == "Is this ok [y/N]:; half"


HOSTILE = {
    "a title": b"a\x1b]0;pwned\x07b\n",
    "a title that nothing ends": b"a\x1b]0;pwned\nb\n",
    "a cursor report": b"\x1b[6n\n",
    "a colour": b"\x1b[31mred\x1b[0m\n",
    "C1 controls": "\x9b31mred\n".encode(),
    "a bell and a backspace": b"a\x07b\x08c\n",
    "a DCS": b"\x1bPq\x1b\\x\n",
    "no end of line": b"\x1b[2J",
    "bytes that are no text": b"\xff\xfe\x1b\n",
    "a turned direction": "a\u202eb\n".encode(),
    "a progress bar": b" 10%\r 50%\r100%\n",
    "a NUL": b"a\0b\n",
}


@pytest.mark.promise(25, 53)
@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize("name", HOSTILE)
def test_the_file_has_no_control_characters(tmp_path: Path, name: str, size: int) -> None:
    said = HOSTILE[name]
    with open_output(tmp_path / "output") as output:
        for at in range(0, len(said), size):
            output.write(said[at : at + size])
    text = (tmp_path / "output").read_bytes().decode("utf-8")
    assert all(one == "\n" or one.isprintable() for one in text), text


@pytest.mark.promise(24)
def test_a_key_that_a_colour_parts_is_no_key_in_the_file(tmp_path: Path) -> None:
    parted = ZONE.replace(KEY, f"{KEY[:4]}\x1b[1m{KEY[4:]}")
    with open_output(tmp_path / "output") as output:
        output.write(f"RBL lookup of {parted}\n".encode())
    assert KEY not in (tmp_path / "output").read_text()


def test_no_journal_holds_it(tmp_path: Path) -> None:
    found = Finding("x", ZONE, LINE, LINE, "wrong", f"Say:\n{ZONE}")
    with open_journal(tmp_path / "journal", RUN) as (journal, _):
        journal.append(RunFinished("failed", f"postconf says:\n{ZONE}: {LINE}"))
        journal.append(records.Found((found,)))
    assert KEY.encode() not in (tmp_path / "journal").read_bytes()


def test_no_diff_trouble_or_finding_shows_it() -> None:
    text = "\n".join(unified("a", "b", hunks(b"", f"x =\n{LINE}\n".encode())))
    assert "reject_rbl_client (key).zen.dq.spamhaus.net=127.0.0.[2..11]," in text
    finding = Finding("x", ZONE, LINE, LINE, "wrong", ZONE)
    for shown in (
        text,
        str(Trouble(f"reading {ZONE}", LINE, ZONE)),
        as_table([finding]),
        json.dumps(as_data([finding])),
        clean(b"x" * 190 + b" " + LINE.encode()),
    ):
        assert KEY not in shown
