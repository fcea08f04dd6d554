"""`.rpmnew` and `.rpmsave`: read as facts, told as warnings, and never a reason to stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import FRESH, MAIN_TEXT, pending
from tests.factories import ZEKE as ANSWERS
from wizard.door import Door
from wizard.host.facts import Leftover
from wizard.host.files import read_leftovers
from wizard.planning.build import build_plan

MAIN = "/etc/postfix/main.cf"


def test_what_is_there_is_read(tmp_path: Path) -> None:
    """A directory of that name, and a link to nowhere, are told as what cannot be read."""
    at = tmp_path / "etc/postfix"
    at.mkdir(parents=True)
    (at / "main.cf.rpmnew").write_bytes(b"new\xff\n")
    (at / "master.cf.rpmnew").mkdir()
    (at / "master.cf.rpmsave").symlink_to("nowhere")
    master = "/etc/postfix/master.cf"
    assert tuple(read_leftovers(Door(tmp_path), (MAIN, master))) == (
        Leftover(f"{MAIN}.rpmnew", MAIN, b"new\xff\n"),
        Leftover(f"{master}.rpmnew", master, None),
        Leftover(f"{master}.rpmsave", master, None),
    )


@pytest.mark.parametrize(
    ("suffix", "text", "original", "words"),
    [
        (
            ".rpmnew",
            MAIN_TEXT.replace(b"= all", b"= ipv4") + b"new = 1\n",
            MAIN_TEXT,
            (
                "it differs from /etc/postfix/main.cf.orig in 2 places, from line 4 on. "
                "`diff /etc/postfix/main.cf.orig /etc/postfix/main.cf.rpmnew`"
            ),
        ),
        (".rpmnew", MAIN_TEXT, MAIN_TEXT, "it is the same as /etc/postfix/main.cf.orig. Remove it"),
        (
            ".rpmnew",
            b"x" + MAIN_TEXT,
            None,
            "it differs from /etc/postfix/main.cf in 1 place, from",
        ),
        (
            ".rpmsave",
            b"x" + MAIN_TEXT,
            MAIN_TEXT,
            (
                "it differs from /etc/postfix/main.cf in 1 place, from line 1 on. "
                "`diff /etc/postfix/main.cf.rpmsave /etc/postfix/main.cf`"
            ),
        ),
        (".rpmsave", None, MAIN_TEXT, "it cannot be compared"),
    ],
)
def test_each_is_a_warning_and_changes_nothing_else(
    suffix: str, text: bytes | None, original: bytes | None, words: str
) -> None:
    host = FRESH.with_file(MAIN, original=original)
    left = replace(host, leftovers=(Leftover(f"{MAIN}{suffix}", MAIN, text),))
    without, told = build_plan(ANSWERS, host), build_plan(ANSWERS, left)
    (warning,) = set(told.warnings) - set(without.warnings)
    assert warning.startswith(f"{MAIN}{suffix}: ")
    assert words in warning
    assert pending(told) == pending(without)
    assert (told.obstacles, told.cautions) == (without.obstacles, without.cautions)
