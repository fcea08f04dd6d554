"""What the tests of the screens do at a keyboard: wait for words, type, walk to a screen."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import AsyncIterator, Optional

from textual.pilot import Pilot

from screens.desk import Wish
from screens.overview_rows import OTHERS
from screens.widgets.entry import Entry
from screens.widgets.rows import Rows
from tests.screens.picture import picture
from tests.screens.standin import StandIn, make_app

SIZE = (80, 24)


@asynccontextmanager
async def opened(
    session: Optional[StandIn] = None,
    wish: Optional[Wish] = None,
    size: tuple[int, int] = SIZE,
) -> AsyncIterator[Pilot[int]]:
    """The wizard over a stand-in session, once the host was read."""
    app = make_app(session, wish)
    async with app.run_test(size=size) as pilot:
        until = time.monotonic() + 20
        while app.desk.draft is None:
            await pilot.pause(0.02)
            assert time.monotonic() < until, picture(app)
        await pilot.pause(0.1)
        yield pilot


async def in_sight(pilot: Pilot[int], words: str, seconds: float = 20) -> str:
    """Wait until the words are on the screen; return the whole picture."""
    until = time.monotonic() + seconds
    while True:
        await pilot.pause(0.02)
        shown = picture(pilot.app)
        if words in shown:
            return shown
        assert time.monotonic() < until, f"{words!r} did not come into sight:\n{shown}"


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Put a text where the cursor is, at once, as fast fingers do."""
    focused = pilot.app.screen.focused
    assert isinstance(focused, Entry)
    focused.insert_text_at_cursor(text)
    await pilot.pause()


async def clear(pilot: Pilot[int]) -> None:
    """Empty the line that is typed into."""
    await pilot.press("end", "ctrl+u")


HEADINGS = ("Hostname", "Domains", "Networks", "Certificate", "Blocklists", "More", "Review")


async def walk_to(pilot: Pilot[int], heading: str) -> str:
    """Press Next from Host until this screen is there."""
    for one in HEADINGS[: HEADINGS.index(heading) + 1]:
        await pilot.press("ctrl+n")
        await in_sight(pilot, f"postfix-wizard  {one}")
    await pilot.pause(0.1)
    return picture(pilot.app)


async def point_at(pilot: Pilot[int], section: str) -> None:
    """Put the list's cursor on a section by keys; among those that are not in use if need be."""
    listed = pilot.app.screen.query_one("#list", Rows)
    await pilot.press("home")
    if section not in [row.key for row in listed.rows]:
        await pilot.press(*["down"] * [row.key for row in listed.rows].index(OTHERS), "enter")
        await pilot.press("home")
    await pilot.press(*["down"] * [row.key for row in listed.rows].index(section))
