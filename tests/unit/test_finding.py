"""A check makes its finding with a verdict."""

from __future__ import annotations

import pytest

from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding

CHECK = Check("queue.hold", "mail on hold", "none", fatal=False)


def test_a_verdict_has_its_advice_and_right_has_none() -> None:
    assert CHECK.right("none") == Finding(
        "queue.hold", "mail on hold", "none", "none", RIGHT, fatal=False
    )
    assert CHECK.wrong("2", "Do it.") == Finding(
        "queue.hold", "mail on hold", "2", "none", WRONG, "Do it.", fatal=False
    )
    assert CHECK.warning("2", "Do it.").verdict == WARNING
    assert CHECK.finding(RIGHT, "none", "Do it.").advice == ""


@pytest.mark.parametrize(
    ("why", "advice"),
    [
        ("there is no ss", ""),
        ("open: Permission denied", "Run this as root on the server itself."),
        ("Operation not permitted", "Run this as root on the server itself."),
    ],
)
def test_what_cannot_be_checked_says_why_and_whether_root_can(why: str, advice: str) -> None:
    found = CHECK.unknown(why)
    assert (found.verdict, found.seen, found.advice) == (UNKNOWN, f"not known: {why}", advice)
