"""What the screens send to a terminal, in bytes: the app with a driver that counts."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import AsyncIterator, Optional

from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from screens.app import WizardApp
from screens.terminal import Capabilities
from tests.screens.pilots import SIZE
from tests.screens.standin import StandIn, make_app

QUIET = 0.25
"""Seconds without a byte after which a screen is done."""


class Counter(HeadlessDriver):
    """A terminal that counts what is written to it."""

    sent = ""

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self.sent += data


class Meter:
    """The wizard, with the bytes of what happens to it."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self.pilot = pilot
        driver = pilot.app._driver
        assert isinstance(driver, Counter)
        self._driver = driver

    async def quiet(self, seconds: float = QUIET) -> str:
        """Wait until nothing is sent any more; return what was sent since the last call."""
        until = time.monotonic() + seconds
        size = len(self._driver.sent)
        while time.monotonic() < until:
            await self.pilot.pause(0.01)
            if len(self._driver.sent) != size:
                size = len(self._driver.sent)
                until = time.monotonic() + seconds
        sent, self._driver.sent = self._driver.sent, ""
        return sent

    async def key(self, key: str, seconds: float = QUIET) -> int:
        """Press a key; return its bytes."""
        await self.quiet(0.05)
        await self.pilot.press(key)
        return len((await self.quiet(seconds)).encode())

    async def full_paint(self) -> int:
        """Return the bytes of the whole screen, sent once."""
        await self.quiet(0.05)
        app = self.pilot.app
        assert isinstance(app, WizardApp)
        app._painted.forget()
        app.screen.refresh()
        return len((await self.quiet()).encode())


@asynccontextmanager
async def measured(
    session: Optional[StandIn] = None, size: tuple[int, int] = SIZE
) -> AsyncIterator[Meter]:
    """The wizard over a stand-in session, once the host was read."""
    app = make_app(session, terminal=Capabilities(has_shades=True, erases=True))
    app.driver_class = Counter
    async with app.run_test(headless=False, size=size) as pilot:
        until = time.monotonic() + 20
        while app.desk.draft is None:
            await pilot.pause(0.02)
            assert time.monotonic() < until
        meter = Meter(pilot)
        await meter.quiet()
        yield meter
