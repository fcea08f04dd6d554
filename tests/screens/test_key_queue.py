"""Keys that come while a screen is still opening."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, ClassVar, Union

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from screens import key_queue
from screens.app import WizardApp
from screens.frame import WizardScreen
from screens.key_queue import KeyQueue
from tests.screens.pilots import opened

SLOW = key_queue.CHECK_SECONDS + 0.1
TYPED = "10.1.2.0/24"


def typed(app: App[Any], *keys: str) -> None:
    """Hand keys to the app as a terminal does that sends them in one packet."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (WizardApp, "_make"),
        (WizardScreen, "compose"),
        (WizardScreen, "show_states"),
    ],
)
async def test_keys_wait_for_a_screen_that_is_slow_to_open(
    monkeypatch: pytest.MonkeyPatch,
    owner: type[Union[WizardApp, WizardScreen]],
    name: str,
) -> None:
    """10.1.2.0/24 became 0.1.2.0/24 where other programs had the processor."""
    usual: Callable[..., Any] = getattr(owner, name)

    def slow(*arguments: Any) -> Any:
        time.sleep(SLOW)
        return usual(*arguments)

    async with opened() as pilot:
        monkeypatch.setattr(owner, name, slow)
        typed(pilot.app, "ctrl+n", "ctrl+n", *"a.example.jp", "enter", "ctrl+n", *TYPED)
        until = time.monotonic() + 20
        found: list[str] = []
        while time.monotonic() < until and not any(one.endswith(TYPED[1:]) for one in found):
            await asyncio.sleep(0.05)
            found = [one.value for one in pilot.app.screen.query(Input)]
        assert TYPED in found


class Stuck(Widget, can_focus=True):
    """A widget that takes four seconds over a letter."""

    async def key_a(self) -> None:
        """Take them."""
        await asyncio.sleep(4)


async def test_a_widget_that_hangs_delays_the_next_key_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "MAX_WAIT_SECONDS", 0.3)
    monkeypatch.setattr(key_queue, "CHECK_SECONDS", 0.1)
    reached = asyncio.Event()

    class Opening(KeyQueue, inherit_bindings=False):
        BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "reach", priority=True)]

        def compose(self) -> ComposeResult:
            yield Stuck()

        def action_reach(self) -> None:
            reached.set()

    app = Opening(ansi_color=True)
    async with app.run_test() as pilot:
        pilot.app.query_one(Stuck).focus()
        await pilot.pause()
        typed(app, "a", "x")
        await asyncio.wait_for(reached.wait(), 3)
