"""Bad input shows what is wrong and what to do, and Next is refused."""

from __future__ import annotations

import re

import pytest
from textual import events

from screens.widgets.choice import ChoiceList
from screens.widgets.entry import Entry
from tests.screens.picture import picture
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.test_forms import body_words


async def paste(pilot: object, text: str) -> None:
    focused = pilot.app.screen.focused  # type: ignore[attr-defined]
    assert isinstance(focused, Entry)
    focused.post_message(events.Paste(text))
    await pilot.pause(0.1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "The name is empty"),
        ("mail", "The name has no dot. Write the full name"),
        ("a b", "A host name cannot contain a blank"),
        ("$myhostname", "A host name cannot contain '$'"),
        ("mail..zeke.ne.jp", "Remove the extra dot"),
        ("mail_1.zeke.ne.jp", "A host name cannot contain '_'"),
        ("192.168.1.5", "This is an IP address"),
        ("user@zeke.ne.jp", "This is a mail address. Write the name of a host"),
        ("\uff4dail.zeke.ne.jp", "The text contains the full-width character U+FF4D where 'm'"),
        ("mail.zeke.ne.jp\u3000", "a blank that is not a plain space (U+3000"),
        ("mail。zeke.ne.jp", "full-width full stop U+3002"),
        ("-mail.zeke.ne.jp", "A name cannot begin with '-'"),
        ("mail.zeke.ne.jp\x1b[31m", "The text contains the control character U+001B"),
    ],
)
async def test_a_bad_hostname_is_told_and_holds_next(typed: str, message: str) -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Hostname")
        await clear(pilot)
        await paste(pilot, typed)
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "WRONG: ")
        assert message in body_words(shown)
        assert "wizard  Hostname" in shown
        assert "Hostname    wrong" in shown
        assert "Name of this mail server - WRONG" in shown


async def test_the_message_comes_when_the_typing_pauses_and_goes_when_it_is_right() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Hostname")
        await pilot.press("_")
        await in_sight(pilot, "WRONG: A host name cannot contain '_'")
        await pilot.press("backspace")
        await in_sight(pilot, "The full name that other servers see")


async def test_a_name_in_its_own_script_is_shown_both_ways() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Hostname")
        await clear(pilot)
        await type_text(pilot, "mail.例え.jp")
        shown = await in_sight(pilot, "myhostname = mail.xn--r8jz45g.jp")
        assert "(mail.例え.jp)" in shown


async def test_the_domain_follows_the_name_until_it_is_typed() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "mydomain = zeke.ne.jp")
        await clear(pilot)
        await type_text(pilot, "mx.example.org")
        await in_sight(pilot, "mydomain = example.org")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("0.0.0.0/0", "This network would let strangers send mail"),
        ("192.168.1.5/24", "with a network's length. Write 192.168.1.0/24"),
        ("2001:db8::/64", "An IPv6 network needs brackets. Write [2001:db8::]/64"),
        ("[2001:db8::/64]", "An IPv6 network needs brackets. Write [2001:db8::]/64"),
        ("192.168.1.0/24\u3000", "a blank that is not a plain space"),
        ("lan", "This is not a network"),
    ],
)
async def test_a_bad_network_is_not_added(typed: str, message: str) -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await type_text(pilot, typed)
        await pilot.press("enter", "ctrl+n")
        shown = await in_sight(pilot, "WRONG: ")
        assert message in " ".join(line[20:].strip() for line in shown.splitlines())
        assert "wizard  Networks" in shown
        assert f"[x] {typed}" not in shown


async def test_a_list_is_pasted_at_once_and_its_wrong_item_named() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await paste(pilot, "a.zeke.ne.jp\nb.zeke.ne.jp, c_1.zeke.ne.jp\r\n")
        shown = await in_sight(pilot, "[x] b.zeke.ne.jp")
        assert "Add domain: c_1.zeke.ne.jp" in shown
        await in_sight(pilot, "WRONG: A host name cannot contain '_'")
        await pilot.press("ctrl+n")
        assert "wizard  Domains" in await in_sight(pilot, "WRONG: ")
        await clear(pilot)
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")


async def test_a_suggestion_is_taken_with_the_space_bar_and_left_again() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("shift+tab")
        await pilot.press("space")
        await in_sight(pilot, "[x] ace.zeke.ne.jp")
        await in_sight(pilot, "localhost, $mydomain, ace.zeke.ne.jp")
        await pilot.press("space")
        await in_sight(pilot, "[ ] ace.zeke.ne.jp")


async def test_typing_in_a_list_goes_to_the_line_below() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("shift+tab", "b", "e", ".")
        assert isinstance(pilot.app.screen.focused, Entry)
        assert pilot.app.screen.focused.value == "be."


async def test_f2_offers_what_the_host_suggests() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("tab", "tab", "tab")
        await in_sight(pilot, "firewall-cmd --zone=public")
        await clear(pilot)
        await pilot.press("f2")
        await in_sight(pilot, "the default zone")
        await pilot.press("enter")
        await in_sight(pilot, "firewall-cmd --zone=public")


async def test_down_and_enter_take_the_second_suggestion() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f2")
        shown = await in_sight(pilot, "found on this host")
        first, second = re.findall(r"\|  ?(\S+\.\S+) ", shown)[:2]
        await pilot.press("down", "enter")
        await in_sight(pilot, f"myhostname = {second}")
        assert first != second


async def test_the_help_page_goes_down_and_up_again() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f1")
        first = await in_sight(pilot, "Up/Down Scroll")
        await pilot.press("end")
        assert await in_sight(pilot, "Up/Down Scroll") != first
        await pilot.press("home")
        assert await in_sight(pilot, "Up/Down Scroll") == first


async def test_a_lineage_is_chosen_from_the_list() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("tab", "down")
        await in_sight(pilot, "It does NOT cover mail.zeke.ne.jp")
        await pilot.press("space")
        await in_sight(pilot, "/etc/letsencrypt/live/example.net/fullchain.pem")


async def test_a_self_signed_certificate_asks_for_days_instead() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("left")
        shown = await in_sight(pilot, "names the self-signed pair")
        assert "Days until it expires" in shown
        assert "zeke.ne.jp" not in shown.partition("\n")[2], "no lineage is listed"
        await pilot.press("tab")
        await clear(pilot)
        await type_text(pilot, "１２")  # noqa: RUF001 - full-width digits are the case
        await in_sight(pilot, "WRONG: The text contains the full-width character U+FF11")


async def test_a_number_that_is_none_is_told() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "More")
        await pilot.press(*["tab"] * 6)
        await clear(pilot)
        await type_text(pilot, "many")
        await in_sight(pilot, "WRONG: This is not a whole number. Write digits only")
        await clear(pilot)
        await in_sight(pilot, "smtpd_client_connection_rate_limit = 120")


async def test_a_blocklist_tells_its_weakness_and_can_be_left() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Blocklists")
        await in_sight(pilot, "Any reply counts as listed")
        await pilot.press("down")
        await in_sight(pilot, "Queries through a public or busy resolver")
        await pilot.press("up", "space")
        await in_sight(pilot, "[ ] SpamCop")
        await in_sight(pilot, "smtpd_recipient_restrictions: spamhaus-zen, spamhaus-dbl")


async def test_a_list_of_ones_own_is_checked_in_all_its_parts() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Blocklists")
        await pilot.press("tab")
        await type_text(pilot, "bl.example.org=1.2.3")
        await pilot.press("enter")
        await in_sight(pilot, "WRONG: This is not a reply filter")
        await clear(pilot)
        await type_text(pilot, "bl.example.org=127.0.0.2:client")
        await pilot.press("enter")
        await in_sight(pilot, "[x] bl.example.org=127.0.0.2")
        draft = pilot.app.desk.draft  # type: ignore[attr-defined]
        (custom,) = draft.answers().blocklists.custom
        assert (custom.zone, custom.replies) == ("bl.example.org", "127.0.0.2")


async def test_help_names_every_key_of_the_footer() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "F2 Found here")
        footer = picture(pilot.app).splitlines()[-1]
        await pilot.press("f1")
        shown = await in_sight(pilot, "Help: Hostname")
        await pilot.press("pagedown")
        shown += await in_sight(pilot, "Quit (also")
        await pilot.press("end")
        shown += await in_sight(pilot, "The same without screens")
        for key in ("^N", "^P", "F2", "Esc", "F1", "^Q"):
            assert key in footer
            assert f" {key} " in shown


async def test_quick_keys_on_a_choice_each_begin_at_the_word_before() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Certificate")
        chosen = pilot.app.screen.query_one(ChoiceList)
        words = [row.key for row in chosen.rows]
        at = words.index(chosen.value)
        for _ in range(3):
            # As the driver does with keys in one packet: none waits for what the one before caused.
            chosen.action_step(-1)
        await pilot.pause(0.2)
        assert chosen.value == words[at - 3]
        await in_sight(pilot, f"(x) {words[at - 3]}")
