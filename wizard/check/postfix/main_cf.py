"""main.cf as Postfix itself reads it (postconf(1) -n)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.complaints import complaints as new_complaints
from wizard.text import printable

_MISSPELT = "A misspelt name is ignored by Postfix and only named here: correct the line."
_TWICE = "It is set twice, and the last line counts: take the others out."


def value(text: str) -> str:
    """A value with its blanks and commas made alike; Postfix takes both between list items."""
    return " ".join(re.split(r"[,\s]+", text.strip(" ,\t\r\n")))


def judge_main_cf(
    live: Mapping[str, str],
    complaints: Sequence[str],
    expected: Sequence[tuple[str, str]],
    tolerated: Sequence[str] = (),
) -> Iterator[Finding]:
    """`main.cf.NAME` for each parameter that differs, `main.cf` when none does, then stderr.

    `tolerated` are complaints that were there before: they stay a warning.
    """
    differing = _differing(live, expected)
    for name, planned in differing:
        yield Finding(
            id=f"main.cf.{name}",
            looked_at=f"main.cf: {name}",
            seen=printable(live[name]) if name in live else "not set",
            expected=planned,
            verdict=WRONG,
            advice="Set it so in main.cf, then check again: "
            "the last line of a name is the one that counts.",
        )
    if not differing:
        yield Finding(
            "main.cf", "main.cf: parameters", f"{len(expected)} as planned", "as planned", RIGHT
        )
    new = new_complaints(complaints, tolerated)
    shown = "; ".join(printable(line) for line in new or complaints)
    yield Finding(
        id="main.cf.complaints",
        looked_at="postconf -n complains",
        seen=shown or "of nothing",
        expected="of nothing",
        verdict=WRONG if new else WARNING if complaints else RIGHT,
        advice=(_TWICE if "overriding earlier" in shown else _MISSPELT) if complaints else "",
    )


def judge_policy(live: Mapping[str, str], policy: Sequence[tuple[str, str]]) -> Finding:
    """`main.cf.policy`: what differs from the policy on a server that others set up by theirs."""
    names = [name for name, _ in _differing(live, policy)]
    return Finding(
        "main.cf.policy",
        "main.cf: the policy's own lines",
        printable(", ".join(names)) or f"{len(policy)} alike",
        "as the policy has them, or as you chose",
        WARNING if names else RIGHT,
        "`postfix-wizard plan --section policy` shows what would change." if names else "",
        fatal=False,
    )


def _differing(
    live: Mapping[str, str], expected: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    return [pair for pair in expected if value(live.get(pair[0], "")) != value(pair[1])]


def unreadable(complaints: Sequence[str]) -> Finding:
    """`postconf -n` printed no parameter at all, and every Postfix program dies likewise."""
    words = (printable(line) for line in complaints)
    return Finding(
        "main.cf",
        "main.cf: parameters",
        "; ".join(words) or "postconf -n prints nothing",
        "as planned",
        WRONG,
        "Correct main.cf until `postconf -n` prints it: Postfix cannot start so.",
    )
