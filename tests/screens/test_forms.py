"""What people expect of a form: of its lists, its fields, its choices and its windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from screens.desk import Wish
from screens.widgets.choice import Choice
from screens.widgets.entry import Entry
from screens.widgets.field import FormField, TextField
from screens.widgets.rows import FieldRows, Lines, Rows
from screens.widgets.scrolling import position
from tests.screens.picture import picture
from tests.screens.pilots import HEADINGS, clear, in_sight, opened, type_text, walk_to
from tests.screens.standin import StandIn, answers, fresh_host, make_plan, set_up_host
from wizard.answers.model import SECTIONS, Problem

LAN, LOOPBACK = "192.168.1.0/24", "127.0.0.0/8"


def entry_of(pilot: Pilot[int]) -> Entry:
    focused = pilot.app.screen.focused
    assert isinstance(focused, Entry)
    return focused


def told(shown: str) -> str:
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
        shown = told(await in_sight(pilot, "> WRONG"))
        assert "the pair cannot be used: the key does not belong to the certificate" in shown
        session.pair_problem = ""
        await type_text(pilot, "x")
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Blocklists")


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


@pytest.mark.parametrize("key", ["enter", "ctrl+n"])
async def test_a_form_that_is_not_left_says_what_to_repair(key: str) -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await type_text(pilot, "10.1")
        await in_sight(pilot, "WRONG: ")
        await pilot.press("escape", "down", key)
        shown = told(await in_sight(pilot, "Repair this"))
        assert "Repair this or clear it (^U) first." in shown
        assert entry_of(pilot).value == "10.1"
        await clear(pilot)
        shown = await in_sight(pilot, "Computers here may send mail")
        assert "Repair" not in shown


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


async def test_a_wrong_label_keeps_its_distance() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        pilot.app.screen.query(Choice).first().focus()
        await pilot.press("down")
        await clear(pilot)
        await type_text(pilot, "nozone")
        await pilot.press("tab")
        await in_sight(pilot, "  WRONG Firewall zone... nozone")


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
        fields = [one for one in pilot.app.screen.query(FormField) if one.display]
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


async def test_right_words_are_added_and_wrong_ones_stay_with_what_is_wrong() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await type_text(pilot, "a.zeke.ne.jp bad")
        await pilot.press("enter")
        shown = await in_sight(pilot, "[x] a.zeke.ne.jp")
        assert entry_of(pilot).value == "bad"
        await type_text(pilot, " c_1.zeke.ne.jp")
        await pilot.press("enter")
        shown = told(await in_sight(pilot, "WRONG: bad: "))
        assert entry_of(pilot).value == "bad c_1.zeke.ne.jp"
        assert "bad: The name has no dot." in shown
        assert "c_1.zeke.ne.jp: A host name cannot contain '_'" in shown


async def test_a_long_error_is_whole_and_the_foot_is_small_again_after_it() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Networks")
        await type_text(pilot, "192.168.1.5/24 lan")
        await pilot.press("enter")
        await in_sight(pilot, "WRONG: 192.168.1.5/24: ")
        shown = told(picture(pilot.app))
        assert "lan: This is not a network. Write one such as 192.168.1.0/24 or [2001:" in shown
        height = pilot.app.screen.query_one("#form").size.height
        await clear(pilot)
        await in_sight(pilot, "Computers here may send mail")
        assert pilot.app.screen.query_one("#form").size.height > height


async def test_a_letter_in_a_list_goes_to_its_line_and_q_is_one() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Domains")
        await pilot.press("up", "q", "x")
        assert entry_of(pilot).value == "qx"


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
        await in_sight(pilot, "remote: copy")
        await in_sight(pilot, "(was letsencrypt)")
        await pilot.press("left")
        await in_sight(pilot, "(x) letsencrypt")
        await pilot.pause(0.1)
        assert "(was " not in picture(pilot.app)


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
        assert "(x) letsencrypt  Use one already in /etc/letsencrypt here." in shown
        assert "( ) self-signed  Make one for a trial; nobody trusts it." in shown
        found = "Found here: zeke.ne.jp, covers mail.zeke.ne.jp, until 2039-01-01."
        assert found in told(shown)
        await pilot.press("down")
        shown = await in_sight(pilot, "remote: copy them from the present server")
        assert "(x) letsencrypt" in shown, "the cursor alone takes nothing"
        await pilot.press("enter")
        shown = await in_sight(pilot, "> Present server")
        assert "(x) remote" in shown


async def test_without_a_certificate_a_new_one_is_the_best() -> None:
    session = StandIn(replace(fresh_host(), lineages=()))
    async with opened(session) as pilot:
        shown = await walk_to(pilot, "Certificate")
        assert "(x) certbot" in shown
        assert "No certificate of this host covers mail.zeke.ne.jp." in told(shown)


async def test_a_chosen_word_is_explained() -> None:
    host = fresh_host()
    host = replace(host, network=replace(host.network, has_ipv6_loopback=True))
    async with opened(StandIn(the_host=host)) as pilot:
        await walk_to(pilot, "Networks")
        await pilot.press("tab", "tab", "right")
        shown = told(await in_sight(pilot, "all: IPv4 and IPv6"))
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
        shown = told(await in_sight(pilot, "Taken as 52428800."))
        assert "(was 10485760)" in shown
        await clear(pilot)
        await type_text(pilot, "1.5G")
        await in_sight(pilot, "WRONG: This is not a whole number.")
        assert "such as 120 or 50M." in told(picture(pilot.app))


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


async def test_of_a_wrong_field_one_word_is_red() -> None:
    async with opened() as pilot:
        await walk_to(pilot, "Hostname")
        await pilot.press(*"..x", "tab")
        await in_sight(pilot, "WRONG")
        for one in pilot.app.screen.query(TextField).results(TextField):
            assert [text for text, look in one.label if look == "wrong"] in ([], ["WRONG"])
        first = pilot.app.screen.query(TextField).first()
        assert ("WRONG", "wrong") in first.label
