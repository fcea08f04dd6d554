"""What people expect of a form: of its lists, its fields, its choices and its windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from screens.desk import Wish
from screens.widgets.choice import Choice
from screens.widgets.entry import Entry
from screens.widgets.field import fields_in
from screens.widgets.rows import FieldRows, Lines, Rows
from screens.widgets.scrolling import position
from tests.screens.hosts import answers, fresh_host, set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import clear, in_sight, opened, type_text, walk_to
from tests.screens.standin import StandIn

LAN, LOOPBACK = "192.168.1.0/24", "127.0.0.0/8"


def entry_of(pilot: Pilot[int]) -> Entry:
    focused = pilot.app.screen.focused
    assert isinstance(focused, Entry)
    return focused


def body_words(shown: str) -> str:
    """The words of the body, on one line."""
    return " ".join(line[20:].strip() for line in shown.splitlines())


def line_of(shown: str, words: str) -> int:
    # Without the head line, which says "none yet" of the run.
    return next(at for at, line in enumerate(shown.splitlines()) if at and words in line)


async def test_a_new_item_comes_into_sight() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        for number in range(1, 10):
            await type_text(pilot, f"10.0.{number}.0/24")
            await pilot.press("enter")
            shown = await in_sight(pilot, f"[x] 10.0.{number}.0/24")
        assert "line 7-11 of 11" in shown
        assert "Add network:" in shown, "the line that was typed into stays in sight"


async def test_up_from_the_line_below_goes_to_the_last_item_and_down_comes_back() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("up")
        rows = pilot.app.screen.focused
        assert isinstance(rows, Rows)
        assert rows.cursor == 1
        await pilot.press("down")
        assert entry_of(pilot).value == ""


async def test_the_host_itself_is_left_out_with_a_second_key_only_and_stays_in_the_list() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("up", "delete")
        shown = await in_sight(pilot, "CAUTION: 127.0.0.0/8 is this host itself")
        assert f"[x] {LOOPBACK}" in shown
        await pilot.press("up")
        shown = await in_sight(pilot, "Computers here may send mail")
        await pilot.press("down", "space")
        shown = await in_sight(pilot, "CAUTION: ")
        assert f"[x] {LOOPBACK}" in shown, "the warning was forgotten when the cursor moved"
        await pilot.press("delete")
        await in_sight(pilot, f"[ ] {LOOPBACK}  this host itself")
        await pilot.press("space")
        await in_sight(pilot, f"[x] {LOOPBACK}")


async def test_the_network_of_the_login_is_not_taken_out_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.168.1.7 50000 192.168.1.2 22")
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("up", "up", "space")
        shown = await in_sight(pilot, "You are logged in from 192.168.1.7")
        assert f"[x] {LAN}" in shown
        await pilot.press("space")
        await in_sight(pilot, f"[ ] {LAN}")


async def test_what_was_typed_is_removed_and_what_was_suggested_is_left_out() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await type_text(pilot, "b.zeke.ne.jp")
        await pilot.press("enter")
        await in_sight(pilot, "[x] b.zeke.ne.jp")
        await pilot.press("up", "delete")
        await pilot.pause(0.1)
        assert "b.zeke.ne.jp" not in picture(pilot.app)
        await pilot.press("space")
        await in_sight(pilot, "[x] ace.zeke.ne.jp")
        await pilot.press("delete")
        await in_sight(pilot, "[ ] ace.zeke.ne.jp")


async def test_ipv6_needs_a_row_that_is_offered_and_named_at_the_cursor() -> None:
    host = fresh_host()
    host = replace(host, network=replace(host.network, has_ipv6_loopback=True))
    async with opened(StandIn(the_host=host)) as pilot:
        await walk_to(pilot, "Networks")
        pilot.app.screen.query(Choice).first().focus()
        await pilot.press("right")
        shown = await in_sight(pilot, "WRONG now: Trusted networks.")
        assert "[ ] [::1]/128  this host itself, by IPv6" in shown
        await pilot.press("down")
        await clear(pilot)
        await type_text(pilot, "nozone")
        shown = await in_sight(pilot, "firewalld has no zone nozone")
        assert "Trusted networks - WRONG" in shown, "both have the mark"


async def test_a_pair_of_files_is_read_in_its_form() -> None:
    session = StandIn(pair_problem="the key does not belong to the certificate")
    async with opened(session) as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("down", "down", "down", "enter")
        await in_sight(pilot, "> Certificate file")
        await type_text(pilot, "/etc/pki/mail.pem")
        await pilot.press("tab")
        await type_text(pilot, "/etc/pki/mail.key")
        await pilot.press("tab")
        shown = await in_sight(pilot, "WRONG")
        assert "Certificate wrong" in shown
        await pilot.press("ctrl+n")
        shown = body_words(await in_sight(pilot, "> WRONG"))
        assert "the pair cannot be used: the key does not belong to the certificate" in shown
        session.pair_problem = ""
        await type_text(pilot, "x")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Blocklists")


async def test_a_list_has_the_same_rows_at_each_visit() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await type_text(pilot, "b.zeke.ne.jp")
        await pilot.press("enter")
        before = await in_sight(pilot, "[x] b.zeke.ne.jp")
        assert line_of(before, "[ ] ace.zeke.ne.jp") < line_of(before, "b.zeke.ne.jp")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")
        await pilot.press("ctrl+p")
        again = await in_sight(pilot, "[x] b.zeke.ne.jp")
        assert line_of(again, "[ ] ace.zeke.ne.jp") < line_of(again, "b.zeke.ne.jp")
        await pilot.press("up", "delete")
        await pilot.pause(0.1)
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")
        await pilot.press("ctrl+p")
        again = await in_sight(pilot, "[ ] ace.zeke.ne.jp")
        assert "b.zeke.ne.jp" not in again, "what was removed stays so"
        await pilot.press("ctrl+p")
        await in_sight(pilot, "wizard  Hostname")
        await clear(pilot)
        await type_text(pilot, "ace.zeke.ne.jp")
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "wizard  Domains")
        assert "[ ] ace.zeke.ne.jp" not in shown, "the name of this host is none for the list"


async def test_a_long_text_shows_its_head_or_a_mark() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("down", "down", "down", "enter")
        await in_sight(pilot, "> Certificate file")
        await type_text(pilot, "/etc/letsencrypt/archive/zeke.ne.jp/fullchain17.pem")
        await pilot.press("left", "end")
        await in_sight(pilot, "Certificate file       <")
        await pilot.pause(1.2)
        said = "".join(line[20:].strip() for line in picture(pilot.app).splitlines())
        assert "cert_file =/etc/letsencrypt/archive/zeke.ne.jp/fullchain17.pem" in said
        assert "ullchain17.pem" in picture(pilot.app)
        await pilot.press("tab")
        await in_sight(pilot, "Certificate file       /etc/letsencrypt/")
        await pilot.press("up")
        await in_sight(pilot, "Certificate file       <")


async def test_up_and_down_stay_in_the_form() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        first = entry_of(pilot)
        await pilot.press("up", "up")
        assert entry_of(pilot) is first
        await pilot.press(*["down"] * 5)
        assert entry_of(pilot) is list(pilot.app.screen.query(Entry))[-1]
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Domains")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Networks")
        await pilot.press(*["up"] * 6)
        assert isinstance(pilot.app.screen.focused, FieldRows)
        await pilot.press(*["down"] * 9)
        assert entry_of(pilot) is list(pilot.app.screen.query(Entry))[-1]


async def test_enter_on_a_choice_that_is_the_last_field_goes_to_the_next_screen() -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session, Wish(sections=("hardening",))) as pilot:
        await pilot.press("down")
        assert isinstance(pilot.app.screen.focused, Choice)
        await pilot.press("enter")
        await in_sight(pilot, "wizard  Review")


async def test_the_cursor_of_the_list_needs_no_colour() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("escape", "down")
        shown = await in_sight(pilot, ">Networks")
        assert "*Domains" in shown, "the open section has a mark of its own"
        await pilot.press("escape")
        shown = await in_sight(pilot, ">Domains")
        assert " Networks" in shown


async def test_page_down_and_up_go_through_a_long_form() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "More")
        first = entry_of(pilot)
        await pilot.press("pagedown")
        await in_sight(pilot, "> Errors in a session")
        await pilot.press("pagedown")
        await in_sight(pilot, "^v line")
        await pilot.press(*["pagedown"] * 8)
        fields = [one for one in fields_in(pilot.app.screen) if one.display]
        assert fields[-1].has_focus_within
        await pilot.press(*["pageup"] * 12)
        assert entry_of(pilot) is first


async def test_page_down_in_a_list_goes_on_with_the_form() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press(*["up"] * 3, "pagedown")
        rows = pilot.app.screen.focused
        assert isinstance(rows, Rows)
        assert rows.cursor == 1
        await pilot.press("pagedown")
        assert entry_of(pilot) is list(pilot.app.screen.query(Entry))[-1]


async def test_enter_in_the_last_empty_line_goes_to_the_next_screen() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("enter")
        await in_sight(pilot, "Add network:")
        await pilot.press(*["tab"] * 4)
        await pilot.press("enter")
        await in_sight(pilot, "Where it comes from")


async def test_right_words_are_added_and_wrong_ones_stay_with_what_is_wrong() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await type_text(pilot, "a.zeke.ne.jp bad")
        await pilot.press("enter")
        shown = await in_sight(pilot, "[x] a.zeke.ne.jp")
        assert entry_of(pilot).value == "bad"
        await type_text(pilot, " c_1.zeke.ne.jp")
        await pilot.press("enter")
        shown = body_words(await in_sight(pilot, "WRONG: bad: "))
        assert entry_of(pilot).value == "bad c_1.zeke.ne.jp"
        assert "bad: The name has no dot." in shown
        assert "c_1.zeke.ne.jp: A host name cannot contain '_'" in shown


async def test_a_letter_in_a_list_goes_to_its_line_and_q_is_one() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("up", "q", "x")
        assert entry_of(pilot).value == "qx"


async def test_the_field_in_focus_has_a_mark_that_needs_no_colour() -> None:
    async with opened() as pilot:
        shown = await walk_to(pilot, "Hostname")
        assert "> Name of this mail server" in shown
        await pilot.press("down")
        shown = await in_sight(pilot, "> Domain")
        assert "> Name" not in shown


@pytest.mark.parametrize("text", ["", "x", "a.example.org"])
async def test_a_field_is_underlined_from_end_to_end(text: str) -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await clear(pilot)
        await type_text(pilot, text)
        entry = entry_of(pilot)
        strip = entry.render_line(0)
        assert strip.cell_length == entry.size.width
        plain = [one for one in strip if one.text.strip() != text and not one.style]
        assert plain == []
        assert all(one.style and (one.style.underline or one.style.reverse) for one in strip)


async def test_a_form_and_a_list_say_what_is_out_of_sight() -> None:
    async with opened() as pilot:
        shown = await walk_to(pilot, "More")
        assert " v line 1-" in shown
        await pilot.press(*["tab"] * 25)
        await pilot.pause(0.2)
        assert " ^" in picture(pilot.app)


@pytest.mark.parametrize(
    ("top", "height", "total", "text"),
    [(0, 15, 40, "  v line 1-15 of 40"), (5, 15, 40, " ^v line 6-20 of 40")],
)
def test_the_words_of_a_position(top: int, height: int, total: int, text: str) -> None:
    assert position(top, height, total) == text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (132, 43)])
async def test_a_window_shows_its_lines_whole_and_nothing_beside_itself(
    size: tuple[int, int],
) -> None:
    async with opened(size=size) as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press("f1")
        shown = await in_sight(pilot, "Help: Hostname")
        lines = pilot.app.screen.query_one(Lines)
        assert max(len(row.text) + len(row.tail) for row in lines.rows) <= lines.size.width
        outside = [line for line in shown.splitlines() if line.strip() and "|" not in line]
        assert all(set(line.strip()) <= set("+-") for line in outside), shown
        framed = [line.split("|") for line in shown.splitlines() if "|" in line]
        assert all(not one[0].strip() and not one[-1].strip() for one in framed)
