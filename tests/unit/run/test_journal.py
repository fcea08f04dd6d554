from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from wizard.check.model import Finding
from wizard.errors import Trouble
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


@pytest.mark.promise(4)
def test_another_version_is_named(tmp_path: Path) -> None:
    whole = write(tmp_path / "journal")
    from wizard.run.journal import chained  # noqa: PLC0415

    header = whole.split(b"\n")[0].partition(b" ")[2].replace(b'"version":1', b'"version":9')
    line = chained("", header).encode() + b" " + header + b"\n"
    assert "version 9" in parse(line + b"more\n").corrupt


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
