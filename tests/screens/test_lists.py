"""The blocklists' health on their screen: told in words, never waited for, asked back about."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from screens.desk import Wish
from tests.screens.hosts import answers, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.standin import StandIn
from tests.screens.test_forms import body_words
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist

DEAD = ("lists everything", "1.0.0.127.bl.spamcop.net is listed: 127.0.0.2", "Leave the list out.")
OPEN = ("refuses", "127.255.255.254: it does not answer public resolvers", "Use your own.")
MUTE = ("silent", "no answer in time", "Look at /etc/resolv.conf.")
SPAMCOP, ZEN, DBL = "bl.spamcop.net", "zen.spamhaus.org", "dbl.spamhaus.org"


def used(pilot: object) -> tuple[str, ...]:
    held = pilot.app.desk.draft.text("blocklists", "use")  # type: ignore[attr-defined]
    return tuple(held)


async def test_each_list_says_in_words_how_it_is() -> None:
    session = StandIn(ill={SPAMCOP: DEAD, ZEN: OPEN, DBL: MUTE})
    async with opened(session) as pilot:
        await walk_to(pilot, "Blocklists")
        shown = await in_sight(pilot, "lists everything")
        assert "[x] SpamCop: addresses of reported spam  lists everything" in shown
        assert "refuses" in shown
        assert "silent" in shown
        await in_sight(pilot, "list out.")
        await pilot.press("down")
        await in_sight(pilot, "does not answer public resolvers")


LIVE = {
    "clients": (
        "smtpd_client_restrictions = reject_rbl_client bl.spamcop.net",
        "client_restrictions",
    ),
    "a class": (
        "smtpd_restriction_classes = mine\nmine = reject_rbl_client bl.spamcop.net",
        "the class mine",
    ),
    "only a warning": (
        (
            "smtpd_recipient_restrictions = reject_unauth_destination,"
            " warn_if_reject reject_rbl_client bl.spamcop.net"
        ),
        "(warn_if_reject reject_rbl_client)",
    ),
}


@pytest.mark.parametrize(("lines", "where"), LIVE.values(), ids=LIVE)
async def test_lists_in_other_places_are_shown_and_doubled_ones_are_named(
    lines: str, where: str
) -> None:
    text = f"myhostname = mail.zeke.ne.jp\n{lines}\n".encode()
    host = set_up_host().with_file("/etc/postfix/main.cf", live=text)
    session = StandIn(host, answers())
    async with opened(session, Wish(("blocklists",), given=session.saved)) as pilot:
        await in_sight(pilot, "Also in")
        shown = " ".join((await in_sight(pilot, "used here too")).split())
        assert f"{where} (stays): bl.spamcop.net" in shown
        assert f"{where}: used here too, it is queried twice." in shown
        await pilot.press("down")
        await in_sight(pilot, "Queries through a public or busy resolver")
        assert "queried twice" not in picture(pilot.app)


async def test_nothing_waits_for_the_answers_and_next_goes_on_by_itself() -> None:
    session = StandIn(lists_wait=threading.Event())
    async with opened(session) as pilot:
        await walk_to(pilot, "Blocklists")
        assert picture(pilot.app).count("asking...") >= 3
        await pilot.press("down", "space")
        await in_sight(pilot, "[ ] Spamhaus ZEN")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "a moment, please")
        assert "wizard  Blocklists" in picture(pilot.app)
        session.lists_wait.set()
        await in_sight(pilot, "wizard  More")
        assert used(pilot) == ("spamcop", "spamhaus-dbl")


async def test_an_unhealthy_list_needs_a_yes_and_enter_is_none() -> None:
    session = StandIn(ill={SPAMCOP: DEAD})
    async with opened(session) as pilot:
        await walk_to(pilot, "Blocklists")
        await in_sight(pilot, "lists everything")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Use this list all the same?")
        await pilot.press("enter")
        assert "Use this list" in picture(pilot.app)
        await pilot.press("y")
        await in_sight(pilot, "wizard  More")
        assert "spamcop" in used(pilot)
        await pilot.press("ctrl+p")
        await in_sight(pilot, "wizard  Blocklists")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  More")


async def test_a_no_takes_the_lists_out_and_goes_on_and_esc_decides_nothing() -> None:
    session = StandIn(ill={SPAMCOP: DEAD, ZEN: OPEN})
    async with opened(session) as pilot:
        await walk_to(pilot, "Blocklists")
        await in_sight(pilot, "lists everything")
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "Use these lists all the same?")
        assert "spamhaus-zen: 127.255.255.254" in shown
        await pilot.press("escape")
        await in_sight(pilot, "[x] SpamCop")
        assert "wizard  Blocklists" in picture(pilot.app)
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Use these lists all the same?")
        await pilot.press("n")
        await in_sight(pilot, "wizard  More")
        assert used(pilot) == ("spamhaus-dbl",)


async def test_a_list_of_ones_own_is_asked_when_it_is_added() -> None:
    session = StandIn(ill={"dead.example": MUTE})
    async with opened(session) as pilot:
        await walk_to(pilot, "Blocklists")
        await in_sight(pilot, "works")
        await pilot.press("tab")
        await type_text(pilot, "dead.example=127.0.0.2")
        await pilot.press("enter")
        await in_sight(pilot, "[x] dead.example=127.0.0.2  silent")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "dead.example=127.0.0.2: no answer in time")
        await pilot.press("n")
        await in_sight(pilot, "wizard  More")
        await pilot.press("ctrl+p")
        await in_sight(pilot, "[ ] dead.example=127.0.0.2")
        assert session.asked.count("dead.example") == 1


async def test_what_is_in_use_already_is_told_and_not_asked_about() -> None:
    lists = Blocklists(use=("spamcop",), custom=(CustomBlocklist("dead.example"),))
    session = StandIn(
        set_up_host(),
        replace(answers(), blocklists=lists),
        ill={SPAMCOP: DEAD, ZEN: OPEN, "dead.example": MUTE},
    )
    async with opened(session, Wish(("blocklists",), given=session.saved)) as pilot:
        await in_sight(pilot, "lists everything")
        await pilot.press("down", "space")
        await in_sight(pilot, "Use this list all the same?")
        await pilot.press("n")
        await in_sight(pilot, "[ ] Spamhaus ZEN")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Review")


async def test_one_that_lists_this_host_says_so() -> None:
    async with opened(StandIn(listed={ZEN: ("203.0.113.25",)})) as pilot:
        await walk_to(pilot, "Blocklists")
        await in_sight(pilot, "works; lists us")
        await pilot.press("down")
        await in_sight(pilot, "It lists this host (203.0.113.25)")


async def test_an_ok_row_for_ones_own_domain_is_refused_with_the_reason() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Blocklists")
        await pilot.press("tab", "tab")
        await type_text(pilot, "zeke.ne.jp")
        await pilot.press("enter", "ctrl+n")
        shown = await in_sight(pilot, "WRONG: ")
        assert "Whoever forges it would pass every blocklist" in body_words(shown)
        assert "wizard  Blocklists" in shown


async def test_a_keyed_list_asks_for_its_key_file_and_no_other_does() -> None:
    session = StandIn()
    async with opened(session) as pilot:
        await walk_to(pilot, "Blocklists")
        shown = await in_sight(pilot, "needs a key")
        assert "Key file for DQS" not in shown
        await pilot.press("down", "down", "down", "space")
        await in_sight(pilot, "Use this list all the same?")
        await pilot.press("y")
        shown = await in_sight(pilot, "Key file for DQS")
        assert "/etc/postfix-wizard/dqs.key" in shown
        await pilot.press("tab")
        await clear(pilot)
        await type_text(pilot, "-x")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "WRONG: Write the full path of a file")
        asked = session.asked.count("(key).zen.dq.spamhaus.net")
        await clear(pilot)
        await type_text(pilot, "/root/k")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  More")
        assert session.asked.count("(key).zen.dq.spamhaus.net") > asked
        draft = pilot.app.desk.draft  # type: ignore[attr-defined]
        assert draft.answers().blocklists.dqs_key_file == "/root/k"
