"""The log as a screen: what it shows at each size, from when on, and that leaving ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Callable

import pytest

from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened
from tests.screens.plans import RUN
from tests.screens.standin import StandIn, make_app
from wizard.errors import Trouble
from wizard.log.rules import COMPLAINTS, CONNECTED, DEFERRED, LOGINS, REFUSED
from wizard.log.tally import Tally
from wizard.run.history import RunSummary

STARTED = 1_795_000_000.0
DONE = RunSummary(RUN, STARTED, "done", 9, 9)


def a_log() -> Tally:
    found = Tally(lines=9, first=time.time())
    for _ in range(1234):
        found.count(CONNECTED)
    for number in range(30):
        found.count(REFUSED, b"Relay access denied" if number % 3 else b"\x1b[31m[red]%d" % number)
    found.count(LOGINS, b"203.0.113.5")
    found.count(DEFERRED, b"connect to mail[private/dovecot-lmtp]: No such file or directory " * 4)
    found.count(COMPLAINTS, b"postfix/smtpd: hash:/etc/postfix/sender_access is unavailable")
    return found


@dataclass
class Logging(StandIn):
    """A session whose log takes as long to read as it is `wanted`, where `held` is set."""

    held: bool = False
    asked: list[float] = field(default_factory=list)  # type: ignore[assignment]
    ended: threading.Event = field(default_factory=threading.Event)

    def log(self, since: float, _now: float, wanted: Callable[[], bool]) -> tuple[str, Tally]:
        self.asked.append(since)
        while self.held and wanted():
            time.sleep(0.01)
        self.ended.set()
        return "the journal", self.logged

    def pflogsumm(self, _lines: Iterable[bytes]) -> Iterator[str]:
        yield from ("Grand Totals", "      1   received")


def a_host(**changes: object) -> Logging:
    return Logging(
        the_host=set_up_host(),
        saved=answers(),
        past=(DONE,),
        logged=a_log(),
        **changes,  # type: ignore[arg-type]
    )


async def test_the_counts_from_the_list_of_sections() -> None:
    async with opened(a_host()) as pilot:
        await in_sight(pilot, "l Log")
        await pilot.press("l")
        shown = await in_sight(pilot, "1,234 connections")
        assert "( ) an hour  (x) today  ( ) a week  ( ) the last run" in shown
        assert "Refused, by reason: 30" in shown
        assert "20  Relay access denied" in shown
        assert "pflogsumm" not in shown
        await pilot.press("tab", "end")
        shown = await in_sight(pilot, "Warnings of this server's own: 1")
        assert "`postfix-wizard log` prints the same" in shown
        await pilot.press("escape")
        await in_sight(pilot, "postfix-wizard  Sections")


async def test_since_when_is_chosen() -> None:
    session = a_host()
    async with opened(session) as pilot:
        await pilot.press("l")
        await in_sight(pilot, "connections")
        for words in ("(x) a week", "(x) the last run", "(x) an hour"):
            await pilot.press("right")
            await in_sight(pilot, words)
            await in_sight(pilot, "connections")
        today, week, run, hour = session.asked
        assert run == STARTED
        now = time.time()
        assert now - week == pytest.approx(7 * 86400, abs=60)
        assert now - hour == pytest.approx(3600, abs=60)
        assert now - today <= 86400 + 3600


@pytest.mark.parametrize("leave", ["escape", "right"])
async def test_leaving_or_another_time_ends_the_reading(leave: str) -> None:
    """Meanwhile the keys answer."""
    session = a_host(held=True)
    async with opened(session) as pilot:
        await pilot.press("l")
        await in_sight(pilot, "Reading the log")
        assert not session.ended.is_set()
        await pilot.press(leave)
        assert session.ended.wait(5)
        await in_sight(pilot, "wizard  Sections" if leave == "escape" else "(x) a week")


async def test_pflogsumm_where_the_host_has_it() -> None:
    async with opened(a_host(has_pflogsumm=True)) as pilot:
        await pilot.press("l")
        await in_sight(pilot, "x pflogsumm")
        await pilot.press("x")
        assert "Refused" not in await in_sight(pilot, "      1   received")
        await pilot.press("x")
        await in_sight(pilot, "1,234 connections")


async def test_a_log_that_cannot_be_read_is_said() -> None:
    class Ill(StandIn):
        def log(self, _since: float, _now: float, _wanted: Callable[[], bool]) -> tuple[str, Tally]:
            raise Trouble("reading Postfix's log", "there is no journal", "See syslog.")

    async with opened(Ill(the_host=set_up_host(), saved=answers())) as pilot:
        await pilot.press("l")
        await in_sight(pilot, "While reading Postfix's log: there is no journal.")


@pytest.mark.promise(28)
@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 10), (20, 5), (1, 1)])
async def test_what_strangers_wrote_fits_every_size(size: tuple[int, int]) -> None:
    async with opened(a_host()) as pilot:
        await pilot.press("l")
        await in_sight(pilot, "connections")
        await pilot.resize_terminal(*size)
        await pilot.press("tab", "end", "right", "pagedown", "home")
        shown = picture(pilot.app)
        assert not [one for one in shown if one < " " and one != "\n"]
        await pilot.resize_terminal(80, 24)
        await in_sight(pilot, "Refused, by reason")


async def test_from_a_result() -> None:
    session = Logging(logged=a_log())
    session.went_on.set()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "l Log")
        await pilot.press("l")
        await in_sight(pilot, "1,234 connections")
