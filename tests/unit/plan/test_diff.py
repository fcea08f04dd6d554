"""Our unified diff is diff(1)'s: patch(1) makes the new file of the old one with it."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.plan.diff import hunks, unified
from wizard.postfix.proposal import Reason

FEW_LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"d d", b"", b"#e"]), max_size=12)


def text_of(old: bytes, new: bytes) -> bytes:
    lines = unified("f.orig", "f", hunks(old, new))
    return b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines)


@settings(max_examples=150)
@given(FEW_LINES, FEW_LINES, st.booleans(), st.booleans())
def test_patch_makes_new_of_old(
    tmp_path_factory: pytest.TempPathFactory,
    old: list[bytes],
    new: list[bytes],
    old_cut: bool,
    new_cut: bool,
) -> None:
    before = b"\n".join(old) + (b"" if old_cut or not old else b"\n")
    after = b"\n".join(new) + (b"" if new_cut or not new else b"\n")
    if before == after:
        assert text_of(before, after) == b""
        return
    place = tmp_path_factory.mktemp("patch") / "f"
    place.write_bytes(before)
    subprocess.run(
        ["patch", "-s", "-u", "--posix", str(place)], input=text_of(before, after), check=True
    )
    assert (place.read_bytes() if place.exists() else b"") == after


def test_it_reads_as_diff_u_does(tmp_path: Path) -> None:
    before = b"".join(b"line %d\n" % n for n in range(60))
    after = before.replace(b"line 10\n", b"ten\nten and a half\n").replace(b"line 40\n", b"")
    (tmp_path / "f.orig").write_bytes(before)
    (tmp_path / "f").write_bytes(after)
    said = subprocess.run(
        ["diff", "-u", "f.orig", "f"], cwd=tmp_path, capture_output=True, check=False
    ).stdout
    assert text_of(before, after).split(b"\n")[2:] == said.split(b"\n")[2:]


def test_each_hunk_has_its_reasons() -> None:
    before = b"".join(b"line %d\n" % n for n in range(40))
    after = before.replace(b"line 3\n", b"three\n").replace(b"line 30\n", b"thirty\nmore\n")
    reasons = (Reason(4, 4, "first"), Reason(31, 32, "second"), Reason(20, 20, "neither"))
    assert [hunk.why for hunk in hunks(before, after, reasons)] == [("first",), ("second",)]


def test_ten_thousand_changed_lines_are_quick() -> None:
    before = b"".join(b"name%d.example.com,\n" % n for n in range(20000))
    after = b"".join(
        b"name%d.example.com,\n" % n if n % 2 else b"other%d.example.com,\n" % n
        for n in range(20000)
    )
    started = time.process_time()
    assert hunks(before, after)
    assert time.process_time() - started < 5, "difflib alone would take minutes"
