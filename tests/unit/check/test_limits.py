"""Each probe ends after two seconds, whatever the other side does, and is unknown then."""

from __future__ import annotations

import inspect
import socket
import time

import pytest

from wizard.check.commands import start_command
from wizard.check.log.stolen import read_recent
from wizard.check.paths.rewrite import resolve
from wizard.check.prove import prove
from wizard.check.smtp import recipients
from wizard.dns.asking import FOUND, Answer, Question
from wizard.door import Door
from wizard.host.facts import Network
from wizard.host.relay import relay_targets
from wizard.limits import PROBE_SECONDS
from wizard.postfix.settings import Settings


def test_the_one_limit() -> None:
    assert PROBE_SECONDS == 2.0
    for probe in (prove, start_command, read_recent, resolve):
        limits = [
            one.default
            for name, one in inspect.signature(probe).parameters.items()
            if name in {"seconds", "timeout"}
        ]
        assert limits == [PROBE_SECONDS], probe


def test_commands_that_hang_take_their_time_together() -> None:
    begun = time.monotonic()
    pending = [start_command(Door(), ("sleep", "60"), timeout=0.4) for _ in range(5)]
    results = [one() for one in pending]
    assert time.monotonic() - begun < 1.5
    assert all("no answer within 0.4 seconds" in one.failure for one in results)


def test_a_command_that_has_ended_is_not_late() -> None:
    pending = start_command(Door(), ("seq", "100000"), timeout=0.0)
    time.sleep(2)  # more than it needs, so that it waits for its output to be read
    result = pending()
    assert not result.failure
    assert result.text.endswith("100000\n")
    again = pending()
    assert (again.failure, again.outcome.code) == ("", 0)


def test_many_next_hops_and_a_mute_resolver_take_the_time_of_one() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.53", 0))
        begun = time.monotonic()
        names = [(f"relay{number}.example", True) for number in range(100)]
        found = relay_targets(names, ["127.0.0.53"], seconds=0.4)
        assert time.monotonic() - begun < 3
    assert set(found.values()) == {()}


def test_many_relay_domains_are_looked_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One query for all of them: their time is that of one."""
    rounds: list[int] = []

    def ask(questions: list[Question], *_: object, **__: object) -> dict[Question, Answer]:
        rounds.append(len(questions))
        return {
            one: Answer(one, FOUND, ("198.51.100.7",) if one.name == "mx1.example" else ())
            for one in questions
        }

    def ask_all(questions: list[Question], *_: object, **__: object) -> tuple[Answer, ...]:
        return tuple(
            Answer(one, FOUND, (f"10 mx{number}.example",)) for number, one in enumerate(questions)
        )

    monkeypatch.setattr(recipients, "ask_within", ask)
    monkeypatch.setattr(recipients, "ask_all", ask_all)
    monkeypatch.setattr(recipients, "SENDERS", ("postfix.org",))
    domains = [f"d{number}.example" for number in range(8)]
    settings = Settings({"relay_domains": ", ".join(domains), "myhostname": "mx2.example"}, {})
    tried = recipients.choose(settings, (), "zeke.ne.jp", Network(addresses=("198.51.100.7",)))
    leads = [tried.others[f"{recipients.NOBODY}@{one}"] for one in domains]
    assert leads == [True, True, *[False] * 6]
    assert rounds == [14]
