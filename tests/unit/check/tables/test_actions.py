"""What tables do with ordinary mail, by lookups of lines and addresses that all mail has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.tables.actions import judge_actions
from wizard.door import Door, Running
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings


class Postmap(Door):
    """A door whose tables have one action for each key that a pattern finds, as grep(1) does."""

    def __init__(self, pattern: str, action: str) -> None:
        super().__init__(Path("/"))
        self._pattern, self._action = pattern, action

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[:3] == ("postmap", "-q", "-")
        shell = 'grep -iE -- "$1" | sed "s/$/\\t$2/"'
        words = ("sh", "-c", shell, "sh", self._pattern, self._action)
        return Door().start(words, timeout=timeout, data=data)


def judged(pattern: str, action: str, **own: str) -> Finding:
    settings = Settings({"mydomain": "here.example", **own})
    (found,) = judge_actions(Postmap(pattern, action), settings, (), ("taro",))
    return found


@pytest.mark.parametrize(
    ("pattern", "action", "verdict"),
    [
        ("^Subject:", "DISCARD", WRONG),
        ("^From:", "REDIRECT spy@x.example", WRONG),
        ("^Received:", "FILTER smtp:[127.0.0.1]:10024", WARNING),
        ("^Content-Type:.*text", "REJECT", WRONG),
        ("^From:", "BCC spy@x.example", WARNING),
        ("^(Date|Message-ID):", "IGNORE", WARNING),
        ("^X-Virus: yes", "REJECT", RIGHT),
        ("^Subject:.*viagra", "DISCARD", RIGHT),
        ("^Received:", "INFO", RIGHT),
    ],
)
def test_header_checks(pattern: str, action: str, verdict: str) -> None:
    found = judged(pattern, action, header_checks="regexp:/etc/postfix/patterns")
    assert found.verdict == verdict
    assert verdict == RIGHT or "/etc/postfix/patterns" in found.advice


def test_body_checks_of_every_line() -> None:
    assert judged(".", "REJECT", body_checks="regexp:/b").verdict == WRONG


@pytest.mark.parametrize(
    ("listed", "pattern", "action", "verdict"),
    [
        ("check_client_access cidr:/c", "^198", "HOLD", WRONG),
        ("check_client_access cidr:/c", "^198", "BCC spy@x.example", WARNING),
        ("check_recipient_access hash:/r", "^here.example", "DISCARD", WRONG),
        ("check_sender_access hash:/s", "^spam.example", "DISCARD", RIGHT),
        # A refusal is seen when a stranger tries; here one address may be meant.
        ("check_recipient_access hash:/r", "^taro", "REJECT has gone", RIGHT),
        ("reject_unauth_destination", ".", "DISCARD", RIGHT),
    ],
)
def test_access_tables(listed: str, pattern: str, action: str, verdict: str) -> None:
    found = judged(pattern, action, smtpd_recipient_restrictions=listed)
    assert found.verdict == verdict
