"""The DNS on the screens: the window of records, and the names that Domains offers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from screens.app import WizardApp
from screens.widgets.row import Row
from screens.widgets.rows import Lines
from tests.screens.hosts import fresh_host
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened, type_text, walk_to
from tests.screens.plans import RUN
from tests.screens.standin import StandIn, make_app
from wizard.answers.model import Answers
from wizard.check.dns.records import judge_lookups
from wizard.dns.lookups import Lookups
from wizard.dns.records import Published, to_publish
from wizard.finding import Finding
from wizard.host.facts import FileFacts, Host, NamedZone

ZONE = "/var/named/zeke.ne.jp.zone"
SEED = (Path(__file__).parents[2] / "scripts/lab/tree" / ZONE[1:]).read_bytes()


@dataclass
class Asking(StandIn):
    """A session whose resolvers are silent, for as long as `held` is."""

    held: threading.Event = field(default_factory=threading.Event)

    def look_up(
        self, answers: Answers, _host: Host
    ) -> tuple[tuple[Finding, ...], tuple[Published, ...]]:
        self.held.wait(10)
        found = tuple(judge_lookups(answers, Lookups({}, ())))
        return found, to_publish(answers, ("203.0.113.1",))


async def test_f3_asks_without_holding_the_screen_up() -> None:
    session = Asking()
    async with opened(session) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f3")
        await in_sight(pilot, "Asking this host's resolvers")
        session.held.set()
        shown = await in_sight(pilot, "mail.zeke.ne.jp A")
        assert "should: the address under which others reach this host" in shown
        await pilot.press("end")
        shown = await in_sight(pilot, "postfix-wizard check")
        assert "IN TXT" in shown
        await pilot.press("escape")
        await in_sight(pilot, "postfix-wizard  Hostname")


@pytest.mark.parametrize("size", [(40, 20), (60, 20), (100, 30)])
async def test_its_sentences_are_wrapped_at_the_window_s_width(size: tuple[int, int]) -> None:
    session = Asking()
    session.held.set()
    async with opened(session, size=size) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f3")
        await in_sight(pilot, "should: the address")
        for columns in (size[0], 70):
            await pilot.resize_terminal(columns, size[1])
            await pilot.pause(0.1)
            lines = pilot.app.screen.query_one(Lines)
            # Without the records, which are lines to copy.
            said = [row.whole for row in lines.rows if " IN" not in row.whole]
            assert max(map(len, said)) <= lines.size.width


async def test_a_window_that_was_closed_hears_its_answer_unharmed() -> None:
    session = Asking()
    async with opened(session) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f3")
        await in_sight(pilot, "Asking this host's resolvers")
        await pilot.press("escape")
        session.held.set()
        await pilot.pause(0.2)
        await in_sight(pilot, "postfix-wizard  Hostname")


async def test_result_shows_the_records() -> None:
    session = Asking()
    session.held.set()
    session.went_on.set()
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Result")
        await pilot.press("d")
        await in_sight(pilot, "DNS records")


async def test_domains_offers_the_names_whose_mail_comes_here() -> None:
    zone = NamedZone("zeke.ne.jp", ZONE, FileFacts(ZONE, SEED, None))
    async with opened(StandIn(the_host=replace(fresh_host(), zones=(zone,)))) as pilot:
        await walk_to(pilot, "Domains")
        shown = await in_sight(pilot, "[ ] joeker.zeke.ne.jp  its MX leads here")
        assert "[ ] ns.zeke.ne.jp" in shown
        assert "] zeke.ne.jp" not in shown
        assert "] mail.zeke.ne.jp" not in shown


async def test_typed_names_keep_their_order_among_suggestions() -> None:
    zone = NamedZone("zeke.ne.jp", ZONE, FileFacts(ZONE, SEED, None))
    async with opened(StandIn(the_host=replace(fresh_host(), zones=(zone,)))) as pilot:
        await walk_to(pilot, "Domains")
        await in_sight(pilot, "[ ] joeker.zeke.ne.jp")
        for name in ("myhome.zeke.ne.jp", "x.example", "joeker.zeke.ne.jp"):
            await type_text(pilot, name)
            await pilot.press("enter")
        await pilot.pause(0.1)
        draft = cast("WizardApp", pilot.app).desk.draft
        assert draft is not None
        assert draft.text("domains", "local") == (
            "myhome.zeke.ne.jp",
            "x.example",
            "joeker.zeke.ne.jp",
        )


async def test_the_footer_names_the_keys_for_lines_that_are_cut() -> None:
    async with opened() as pilot:
        await pilot.press("f1")
        await in_sight(pilot, "Help: Host")
        assert "Left/Right Long lines" not in picture(pilot.app)
        lines = pilot.app.screen.query_one(Lines)
        lines.show([Row("x" * 200)])
        await in_sight(pilot, "Left/Right Long lines")
        lines.show([Row("x")])
        await pilot.pause(0.1)
        assert "Left/Right Long lines" not in picture(pilot.app)
