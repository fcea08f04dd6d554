"""The head line, and what is shown by what the terminal can do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from screens.app import WizardApp
from screens.desk import Wish
from screens.terminal import Capabilities, capabilities
from screens.widgets.keyline import SECOND
from screens.widgets.seat import Seat
from tests.screens.hosts import set_up_host
from tests.screens.picture import picture
from tests.screens.pilots import in_sight, opened
from tests.screens.plans import RUN
from tests.screens.standin import StandIn, make_app
from wizard.run.caller import Caller

HERE = Seat("mail.example.jp", "sudo: taro", "run: 20251124-031500-1")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, "mail.example.jp  sudo: taro  run: 20251124-031500-1"),
        (50, "mail.example.jp  run: 20251124-031500-1"),
        (30, "mail.example.jp"),
        (14, "mail.e...le.jp"),
        (11, ""),
    ],
)
def test_the_user_goes_first_and_the_host_last(width: int, shown: str) -> None:
    assert HERE.text(width) == shown
    assert cell_len(shown) <= width


def test_a_name_with_control_sequences_is_drawn_as_text() -> None:
    assert "\x1b" not in Seat("mail\x1b[31m.jp").text(40)


@pytest.mark.parametrize(
    ("caller", "said"),
    [
        (Caller(sudo_user="taro"), "sudo: taro"),
        (Caller(loginuid=1000, login_user="taro"), "root (taro)"),
        (Caller(loginuid=0, login_user="root"), "root"),
        (Caller(), "root"),
    ],
)
def test_the_user_is_named_by_how_they_became_root(caller: Caller, said: str) -> None:
    assert caller.as_root == said


@pytest.mark.parametrize(
    ("hostname", "shown"),
    [("ace.zeke.ne.jp", "ace.zeke.ne.jp"), ("", "host without a name"), ("a\x1b[31mb.jp", "ab.jp")],
)
async def test_a_run_that_is_joined_at_the_start_names_host_and_user(
    hostname: str, shown: str
) -> None:
    """The host is not read for it. Its result names them, too."""
    host = set_up_host()
    session = StandIn(the_host=replace(host, network=replace(host.network, hostname=hostname)))
    app = make_app(session)
    app._watch_run = RUN
    async with app.run_test(size=(100, 24)) as pilot:
        seat = f"{shown}  sudo: taro  run: {RUN}\n"
        await in_sight(pilot, seat)
        session.went_on.set()
        await in_sight(pilot, "The run is over: DONE")
        await pilot.press("ctrl+n")
        assert seat in await in_sight(pilot, "wizard  Result")
    assert not session.hosts_read


XTERM = Capabilities(has_shades=True, has_mouse=True, erases=True)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-256color"}, XTERM),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, XTERM),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, replace(XTERM, has_shades=False)),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, XTERM),
        ({"TERM": "screen"}, Capabilities(has_mouse=True)),
        ({"TERM": "screen-256color"}, Capabilities(has_shades=True, has_mouse=True)),
        ({"TERM": "linux"}, Capabilities(has_f_keys=False, erases=True)),
        ({"TERM": "vt220"}, Capabilities(has_f_keys=False)),
    ],
)
def test_what_the_environment_says_of_the_terminal(
    environment: dict[str, str], expected: Capabilities
) -> None:
    assert capabilities(environment) == expected


async def test_a_console_without_f_keys_is_told_the_second_keys() -> None:
    app = WizardApp(StandIn, Wish(), terminal=Capabilities(has_f_keys=False))  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await in_sight(pilot, "not set up before")
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "wizard  Hostname")
        assert "^L Found here" in shown
        assert "^G Help" in shown
        assert "F1" not in shown
        await pilot.press("ctrl+g")
        assert "Help: Hostname" in await in_sight(pilot, "Help:")


async def test_each_f_key_has_its_second_key() -> None:
    async with opened() as pilot:
        await pilot.press("ctrl+n")
        await in_sight(pilot, "wizard  Hostname")
        keys = {
            key: active.binding.action for key, active in pilot.app.screen.active_bindings.items()
        }
        for key, action in keys.items():
            if key[0] == "f" and key[1:].isdigit():
                second = SECOND[key.upper()].replace("^", "ctrl+").lower()
                assert keys[second] == action


async def test_the_shades_change_no_cell_of_the_text() -> None:
    shown = []
    for shades in (False, True):
        app = WizardApp(StandIn, Wish(), terminal=Capabilities(has_shades=shades))  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            await in_sight(pilot, "not set up before")
            await pilot.press("ctrl+n")
            await in_sight(pilot, "F2: 2 found")
            shown.append(picture(app))
    plain = shown[0].replace("-" * 60, "").splitlines()
    assert [line.rstrip() for line in plain] == shown[1].splitlines()
