"""Answer dnf(8)'s prompts: some were answered by the review, the others go to the operator.

dnf asks `Is this ok [y/N]: ` for two things. The operator agreed to the transaction's table by
starting the run. Nobody has agreed yet to trust a new signing key.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from wizard.errors import Trouble
from wizard.run.terminal import Ask, Decision, Lock, Manner, Say

LOCK_PATIENCE = 300.0
"""Seconds that dnf may wait for another dnf or rpm."""

_QUESTION = re.compile(r"\[y/N\]:\s*$")
_WAITING = re.compile(r"Waiting for process with pid")
_KEY = re.compile(r"Importing (?:GPG|OpenPGP) key 0x(?P<id>[0-9A-Fa-f]+)")
_FIELD = re.compile(r"^\s*(?P<name>Userid|Fingerprint|From)\s*:\s*(?P<value>.*\S)")
_TAKES_AWAY = re.compile(r"^(?:Removing|Downgrading|Obsoleting)\b")
_SUMMARY = re.compile(r"^Transaction Summary")


def dnf_manner(
    package: str,
    patience: float = LOCK_PATIENCE,
    blocked: Callable[[int], str] = lambda _pid: "",
) -> Manner:
    """Return how the prompts of `dnf install PACKAGE` are answered.

    `blocked` returns, for dnf's session, the process that has the lock that dnf waits for
    (wizard.run.packages_meanwhile).
    """
    return Manner(
        question=_QUESTION,
        decide=functools.partial(decide, package),
        lock=Lock(_WAITING, blocked, patience, functools.partial(_stuck, package, patience)),
    )


def decide(package: str, lines: tuple[str, ...]) -> Decision:
    """Return the decision on the question at the end of these lines."""
    for mark, make in _RULES:
        at = [number for number, line in enumerate(lines) if mark.search(line)]
        if at:
            return make(package, lines[at[-1] :])
    return _unknown(package, lines)


def _key(package: str, lines: tuple[str, ...]) -> Decision:
    match = _KEY.search(lines[0])
    key = match["id"] if match else "?"
    fields = {found["name"]: found["value"] for found in map(_FIELD.match, lines) if found}
    print_ = fields.get("Fingerprint", "not shown")
    source = fields.get("From", "")
    path = source.removeprefix("file://")
    refusal = Trouble(
        f"installing {package}",
        f"dnf asks whether to trust the signing key 0x{key}, fingerprint {print_}"
        f"{', from ' + source if source else ''}, and nobody answered",
        "Compare the fingerprint with the one your distribution publishes, then trust it: "
        f"`rpm --import {path or 'KEYFILE'}`.",
    )
    return Ask(_text(lines), refusal)


def _takes_away(package: str, lines: tuple[str, ...]) -> Decision:
    return Ask(
        _text(lines),
        Trouble(
            f"installing {package}",
            "dnf would remove or downgrade packages, and nobody answered",
            f"Run `dnf install {package}` yourself, and read its table.",
        ),
    )


def _unknown(package: str, lines: tuple[str, ...]) -> Decision:
    return Ask(
        _text(lines[-20:]),
        Trouble(
            f"installing {package}",
            f"dnf asked something unforeseen, and nobody answered: {lines[-1].strip()}",
            f"Run `dnf install {package}` yourself.",
        ),
    )


_RULES: tuple[tuple[re.Pattern[str], Callable[[str, tuple[str, ...]], Decision]], ...] = (
    (_KEY, _key),
    (_TAKES_AWAY, _takes_away),
    (_SUMMARY, lambda _package, _lines: Say("y")),
)
"""The first pattern that matches a line decides; it gets the lines from its last match on.

A question without a match goes to the operator.
"""


def _text(lines: tuple[str, ...]) -> str:
    return "\n".join(line for line in lines if line.strip())


def _stuck(package: str, patience: float, line: str) -> Trouble:
    return Trouble(
        f"installing {package}",
        f"another program holds dnf's or rpm's lock for more than {patience:g} seconds ({line})",
        "See what it is (ps), and let it end.",
    )
