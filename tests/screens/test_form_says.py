"""What a form says of its fields: previews, explanations, old values and errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from screens.widgets.choice import Choice
from screens.widgets.field import TextField
from tests.screens.hosts import answers, fresh_host, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import HEADINGS, clear, in_sight, opened, type_text, walk_to
from tests.screens.plans import make_plan
from tests.screens.standin import StandIn
from tests.screens.test_forms import LOOPBACK, body_words, entry_of, line_of
from wizard.answers.model import SECTIONS, Problem


async def test_what_is_in_the_way_of_a_plan_is_shown_in_the_list_and_in_its_form() -> None:
    obstacle = Problem("domains", "local", "The domains are in the way.")
    plan = replace(make_plan(fresh_host()), obstacles=(obstacle,))
    async with opened(StandIn(plan_made=plan)) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "This plan cannot run: 1 problem, which the summary (1) shows.")
        await pilot.press("escape")
        await in_sight(pilot, "Domains     wrong")
        await pilot.press(*["up"] * 5, "enter")
        await in_sight(pilot, "WRONG: The domains are in the way.")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")
        await pilot.press("ctrl+p")
        await in_sight(pilot, "wizard  Domains")
        await type_text(pilot, "b.zeke.ne.jp")
        await pilot.press("enter")
        shown = await in_sight(pilot, "[x] b.zeke.ne.jp")
        assert "WRONG" not in shown, "only another plan can tell now"


@pytest.mark.parametrize("key", ["enter", "ctrl+n"])
async def test_a_form_that_is_not_left_says_what_to_repair(key: str) -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await type_text(pilot, "10.1")
        await in_sight(pilot, "WRONG: ")
        await pilot.press("escape", "down", key)
        shown = body_words(await in_sight(pilot, "Repair this"))
        assert "Repair this or clear it (^U) first." in shown
        assert entry_of(pilot).value == "10.1"
        await clear(pilot)
        shown = await in_sight(pilot, "Computers here may send mail")
        assert "Repair" not in shown


async def test_a_wrong_label_keeps_its_distance() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        pilot.app.screen.query(Choice).first().focus()
        await pilot.press("down")
        await clear(pilot)
        await type_text(pilot, "nozone")
        await pilot.press("tab")
        await in_sight(pilot, "  WRONG Firewall zone... nozone")


async def test_no_label_of_a_field_is_cut() -> None:
    async with opened() as pilot:
        for heading in HEADINGS[:-1]:
            await pilot.press("ctrl+n")
            await in_sight(pilot, f"postfix-wizard  {heading}")
            await pilot.pause(0.1)
            for one in pilot.app.screen.query(TextField).results(TextField):
                # A hidden one has no width: another choice above it shows it.
                width = one.query_one("#label").size.width
                label = "".join(text for text, _ in one.label)
                assert not width or len(label) <= width, label


@pytest.mark.parametrize("size", [(80, 24), (132, 43)])
async def test_each_line_names_its_list_and_stands_below_it(size: tuple[int, int]) -> None:
    async with opened(size=size) as pilot:
        shown = await walk_to(pilot, "Networks")
        assert line_of(shown, "Add network:") == line_of(shown, LOOPBACK) + 1
        assert line_of(shown, "Add address:") == line_of(shown, "none yet") + 1


async def test_a_long_error_is_whole_and_the_foot_is_small_again_after_it() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await type_text(pilot, "192.168.1.5/24 lan")
        await pilot.press("enter")
        await in_sight(pilot, "WRONG: 192.168.1.5/24: ")
        shown = body_words(picture(pilot.app))
        assert "lan: This is not a network. Write one such as 192.168.1.0/24 or [2001:" in shown
        height = pilot.app.screen.query_one("#form").size.height
        await clear(pilot)
        await in_sight(pilot, "Computers here may send mail")
        assert pilot.app.screen.query_one("#form").size.height > height


async def test_a_changed_field_shows_its_old_value() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        assert "(was " not in picture(pilot.app)
        await type_text(pilot, "x")
        await pilot.press("down")
        await in_sight(pilot, "Name of this mail server   (was mail.zeke.ne.jp)")
        await pilot.press("up", "backspace", "down")
        await pilot.pause(0.1)
        assert "(was " not in picture(pilot.app)


async def test_a_changed_choice_shows_its_old_value_in_the_foot() -> None:
    async with opened(StandIn(the_host=set_up_host(), saved=answers())) as pilot:
        await pilot.press(*["down"] * SECTIONS.index("certificate"), "enter")
        shown = await in_sight(pilot, "(x) letsencrypt")
        assert "(was " not in shown
        await pilot.press("down", "space")
        await in_sight(pilot, "(x) remote")
        assert "(was letsencrypt)" in body_words(await in_sight(pilot, "(was"))
        await pilot.press("left")
        await in_sight(pilot, "(x) letsencrypt")
        await pilot.pause(0.1)
        assert "(was " not in picture(pilot.app)


async def test_a_message_goes_with_the_first_key() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await type_text(pilot, "_")
        await in_sight(pilot, "WRONG: ")
        await pilot.press("backspace")
        assert "WRONG" not in picture(pilot.app), "before the pause is over"


async def test_a_source_has_a_sentence_and_the_best_one_its_reason() -> None:
    async with opened() as pilot:
        shown = await walk_to(pilot, "Certificate")
        assert "(x) letsencrypt  Use one already in /etc/letsencrypt." in shown
        assert "( ) self-signed  Make one for a trial; nobody trusts it." in shown
        found = "Found here: zeke.ne.jp, covers mail.zeke.ne.jp, until 2039-01-01."
        assert found in body_words(shown)
        assert shown.count("already in /etc/letsencrypt") == 1, "its row has the sentence"
        await pilot.press("down")
        await pilot.pause(0.5)
        shown = picture(pilot.app)
        assert "Found here: " not in shown, "it speaks for the first source alone"
        assert "(x) letsencrypt" in shown, "the cursor alone takes nothing"
        await pilot.press("enter")
        shown = await in_sight(pilot, "> Present server")
        assert "(x) remote" in shown


async def test_without_a_certificate_a_new_one_is_the_best() -> None:
    session = StandIn(replace(fresh_host(), lineages=()))
    async with opened(session) as pilot:
        shown = await walk_to(pilot, "Certificate")
        assert "(x) certbot" in shown
        assert "No certificate of this host covers mail.zeke.ne.jp." in body_words(shown)


async def test_a_chosen_word_is_explained() -> None:
    host = fresh_host()
    host = replace(host, network=replace(host.network, has_ipv6_loopback=True))
    async with opened(StandIn(the_host=host)) as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("tab", "tab", "right")
        shown = body_words(await in_sight(pilot, "all: IPv4 and IPv6"))
        assert "all: IPv4 and IPv6; other servers refuse IPv6" in shown


async def test_what_is_typed_as_people_write_it_is_shown_as_what_it_becomes() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await clear(pilot)
        await type_text(pilot, "http://MX.zeke.ne.jp./")
        await in_sight(pilot, "Taken as mx.zeke.ne.jp.")
        await in_sight(pilot, "myhostname = mx.zeke.ne.jp")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "Add domain:")
        await type_text(pilot, "root@B.zeke.ne.jp.")
        await pilot.press("enter")
        await in_sight(pilot, "[x] b.zeke.ne.jp  typed as root@B.zeke.ne.jp.")


async def test_a_size_is_typed_as_50m_and_its_old_value_is_told() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "More")
        await pilot.press(*["tab"] * 11)
        await in_sight(pilot, "> Largest message")
        await clear(pilot)
        await type_text(pilot, "50M")
        await in_sight(pilot, "message_size_limit = 52428800")
        shown = body_words(await in_sight(pilot, "Taken as 52428800."))
        assert "(was 10485760)" in shown
        await clear(pilot)
        await type_text(pilot, "1.5G")
        await in_sight(pilot, "WRONG: This is not a whole number.")
        assert "such as 120 or 50M." in body_words(picture(pilot.app))


async def test_of_a_wrong_field_one_word_is_red() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press(*"..x", "tab")
        await in_sight(pilot, "WRONG")
        for one in pilot.app.screen.query(TextField).results(TextField):
            assert [text for text, look in one.label if look == "wrong"] in ([], ["WRONG"])
        first = pilot.app.screen.query(TextField).first()
        assert ("WRONG", "wrong") in first.label
