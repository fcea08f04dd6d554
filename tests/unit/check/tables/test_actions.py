"""What tables do with ordinary mail, by lookups of lines and addresses that all mail has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check import in_time
from wizard.check.tables.actions import judge_actions
from wizard.door import Door, Running
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.postfix.master_cf import MasterCf
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
        ("^Received:", "FILTER smtp:[127.0.0.1]:1", WRONG),
        ("^Received:", "FILTER smtp:[192.0.2.7]:10024", WARNING),
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
        # Nobody here gets mail of strangers; `test_refusals` has a server of several people.
        ("check_recipient_access hash:/r", "^taro", "REJECT has gone", WRONG),
        ("warn_if_reject check_recipient_access hash:/r", "^taro", "REJECT has gone", RIGHT),
        ("reject_unauth_destination", ".", "DISCARD", RIGHT),
    ],
)
def test_access_tables(listed: str, pattern: str, action: str, verdict: str) -> None:
    found = judged(pattern, action, smtpd_recipient_restrictions=listed)
    assert found.verdict == verdict


class Failing(Door):
    """A door whose tables fail, after `seconds`, but those of the kind `good`; it counts lookups."""

    def __init__(self, seconds: float = 0, good: str = "none:") -> None:
        super().__init__()
        self._script = f"sleep {seconds}; echo 'fatal: no such table' >&2; exit 1"
        self._good = good
        self.queried: list[str] = []

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        self.queried.append(argv[-1])
        script = "true" if argv[-1].startswith(self._good) else self._script
        return super().start(("sh", "-c", f"cat >/dev/null; {script}"), timeout=timeout, data=data)


def looked_up(door: Failing, **own: str) -> Finding:
    (found,) = judge_actions(door, Settings(own), (), ("taro",))
    return found


def test_tables_that_all_fail_prove_nothing_and_are_queried_once() -> None:
    door = Failing()
    found = looked_up(door, header_checks="regexp:/h", body_checks="regexp:/h")
    assert (found.verdict, "no such table" in found.seen) == (UNKNOWN, True)
    assert door.queried == ["regexp:/h"]


def test_one_table_of_two_fails() -> None:
    found = looked_up(Failing(good="pcre:"), header_checks="regexp:/h pcre:/h")
    assert (found.verdict, found.seen) == (RIGHT, "it does, by 1 of 2 tables")


def test_slow_tables_share_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_time, "PROBE_SECONDS", 0.3)
    door = Failing(seconds=9)
    found = looked_up(door, header_checks="ldap:/a ldap:/b ldap:/c", body_checks="ldap:/d")
    assert found.verdict == UNKNOWN
    assert door.queried == ["ldap:/a"]


@pytest.mark.parametrize(
    ("name", "pattern", "action", "verdict"),
    [
        ("smtp_reply_filter", "^250", "450 try later", WRONG),
        ("smtp_reply_filter", "^451.*greylist", "450 try later", RIGHT),
        ("smtp_dns_reply_filter", " MX ", "IGNORE", WRONG),
        ("smtp_dns_reply_filter", " AAAA ", "IGNORE", RIGHT),
    ],
)
def test_what_other_servers_say(name: str, pattern: str, action: str, verdict: str) -> None:
    assert judged(pattern, action, **{name: "regexp:/etc/postfix/patterns"}).verdict == verdict


@pytest.mark.parametrize(("service", "verdict"), [("cleanup", WRONG), ("subclean", RIGHT)])
def test_checks_of_a_service(service: str, verdict: str) -> None:
    """All mail goes through cleanup; another service of its kind may be made for one purpose."""
    entry = f"{service} unix n - n - 0 cleanup -o header_checks=regexp:/etc/postfix/x\n"
    services = MasterCf.parse(entry.encode()).services
    (found,) = judge_actions(Postmap("^Subject:", "DISCARD"), Settings({}), services, ())
    assert found.verdict == verdict
