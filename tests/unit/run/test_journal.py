from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.run.runs import rewritten
from wizard.errors import NewerTrouble, Trouble
from wizard.finding import Finding
from wizard.run.journal import open_journal, parse, read_journal, set_aside
from wizard.run.records import (
    Found,
    PromptClosed,
    Prompted,
    Record,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    StepStarted,
)

RUN = "20261124-034502-1"
RECORDS: tuple[Record, ...] = (
    RunStarted(RUN, "ab" * 32, 42),
    StepStarted("main.cf"),
    StepIntended("main.cf", {"files": [{"path": "/x", "was": "missing", "now": "file:00"}]}),
    Prompted(1, "main.cf", "Is this ok? \u3000\udcff", echo=True),
    PromptClosed(1, answered=True),
    StepFinished("main.cf", "done", 0.25, "", {"files": []}),
    Found((Finding("smtp.25", "port 25", "open", "open", "right"),)),
    RunFinished("done", ""),
)


def write(path: Path, records: tuple[Record, ...] = RECORDS) -> bytes:
    with open_journal(path, RUN) as (journal, _):
        for record in records:
            journal.append(record)
    return path.read_bytes()


def test_records_come_back_in_order(tmp_path: Path) -> None:
    data = write(tmp_path / "journal")
    reading = parse(data)
    assert reading.records == RECORDS
    assert [entry.n for entry in reading.entries] == list(range(1, 9))
    assert (reading.run, reading.end, reading.torn, reading.corrupt) == (RUN, len(data), False, "")
    assert data.isascii()
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


def test_a_second_worker_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, RECORDS[:3])
    write(path, RECORDS[3:])
    assert parse(path.read_bytes()).records == RECORDS


@pytest.mark.promise(4)
def test_torn_at_every_byte_it_keeps_all_whole_records_and_can_be_gone_on_with(
    tmp_path: Path,
) -> None:
    whole = write(tmp_path / "whole")
    ends = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        reading = parse(whole[:cut])
        good = sum(end <= cut for end in ends)
        assert reading.records == RECORDS[: max(0, good - 1)]
        assert reading.corrupt == ""
        assert reading.torn == (cut not in {0, *ends})
    for cut in range(0, len(whole), 37):
        path = tmp_path / f"cut-{cut}"
        path.write_bytes(whole[:cut])
        kept = parse(whole[:cut]).records
        write(path, RECORDS[:1])
        again = parse(path.read_bytes())
        assert (again.records, again.torn, again.corrupt) == ((*kept, RECORDS[0]), False, "")


@pytest.mark.promise(4)
@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_damaged_at_every_byte_its_record_is_named(tmp_path: Path, flip: int) -> None:
    whole = write(tmp_path / "journal")
    for at in range(len(whole)):
        reading = parse(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
        record = whole[:at].count(b"\n")
        assert reading.records == RECORDS[: max(0, record - 1)]
        assert reading.torn or reading.corrupt.startswith(f"record {record} ")


@pytest.mark.promise(4)
def test_a_line_lost_doubled_or_moved_is_seen(tmp_path: Path) -> None:
    lines = write(tmp_path / "journal").splitlines(keepends=True)
    for changed in (
        lines[:3] + lines[4:],
        [*lines[:3], lines[2], *lines[3:]],
        [*lines[:3], lines[4], lines[3], *lines[5:]],
    ):
        assert parse(b"".join(changed)).corrupt.startswith("record 3 ")


@pytest.mark.promise(4)
def test_a_corrupt_journal_is_refused_and_can_be_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    whole = write(path)
    path.write_bytes(whole.replace(b'"main.cf"', b'"MAIN.cf"', 1))
    with pytest.raises(Trouble, match=r"record 2 .*checksum is wrong"), open_journal(path, RUN):
        pass
    aside = set_aside(path)
    assert Path(aside).exists()
    assert read_journal(path) is None


@pytest.mark.promise(4, 32)
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"version":2', b'"version":9', "record 0: its format is 9, and this program reads up"),
        (b'"version":2', b'"version":1000000000000000000000000000000', "its format is 1000"),
        (b'"kind":"StepStarted"', b'"kind":"StepPostponed"', "record 2: 'StepPostponed'"),
        (b'"pid":42', b'"pid":42,"user":"taro"', "record 1: RunStarted .* user"),
        (b'"verdict":"right"', b'"verdict":"right","weight":3', "record 7: Finding .* weight"),
        (b'"outcome":"done","message":""', b'"outcome":"done","message":"","by":1', "record 8"),
    ],
)
def test_what_a_newer_version_wrote_is_no_damage(
    tmp_path: Path, old: bytes, new: bytes, says: str
) -> None:
    """Also in the last record, which is not taken for one that was cut off."""
    path = tmp_path / "journal"
    data = rewritten(write(path), old, new)
    path.write_bytes(data)
    reading = parse(data)
    assert re.match(says, reading.newer) or says in reading.newer
    assert (reading.corrupt, reading.torn) == ("", False)
    with pytest.raises(NewerTrouble):
        read_journal(path)
    with pytest.raises(NewerTrouble), open_journal(path, RUN):
        pass
    assert path.read_bytes() == data


@pytest.mark.promise(33)
def test_a_journal_of_format_1_is_read_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(rewritten(write(path, RECORDS[:3]), b'"version":2', b'"version":1'))
    write(path, RECORDS[3:])
    assert parse(path.read_bytes()).records == RECORDS
    assert b'"version":1' in path.read_bytes()


@pytest.mark.promise(4)
@pytest.mark.parametrize("version", [b'"2"', b"null", b"0", b"-1", b"2.0", b"true", b"[]", b"{}"])
def test_what_is_no_version_is_damage(tmp_path: Path, version: bytes) -> None:
    data = rewritten(write(tmp_path / "journal"), b'"version":2', b'"version":' + version)
    reading = parse(data)
    assert "its version is" in reading.corrupt
    assert not reading.newer


@pytest.mark.promise(4)
@pytest.mark.parametrize("data", [b"\0" * 100, b"\n\n\n", b"x y\n", b"\xff" * 9 + b"\nmore\n"])
def test_rubbish_never_raises(data: bytes) -> None:
    reading = parse(data)
    assert reading.records == ()
    assert reading.torn or reading.corrupt


@pytest.mark.promise(9)
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root")
def test_a_full_disk_leaves_no_half_record(tmp_path: Path) -> None:
    where = tmp_path / "tiny"
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=0700", "t", where], check=True)
    try:
        path = where / "journal"
        with open_journal(path, RUN) as (journal, _):
            journal.append(RECORDS[0])
            with pytest.raises(Trouble, match=r"journal: No space left"):
                journal.append(RunFinished("failed", "x" * 20_000))
        reading = parse(path.read_bytes())
        assert (reading.records, reading.torn) == ((RECORDS[0],), False)
    finally:
        subprocess.run(["umount", where], check=True)
