"""A pilot that waits for what is to come into sight, and the switch that rewrites goldens."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.screens.picture import picture

GOLDENS = Path(__file__).parent / "goldens"

Seen = Callable[[str], None]


async def in_sight(pilot: Pilot[int], words: str, seconds: float = 5) -> str:
    """Wait until the words are on the screen; return the whole picture."""
    until = time.monotonic() + seconds
    while True:
        await pilot.pause(0.02)
        shown = picture(pilot.app)
        if words in shown:
            return shown
        assert time.monotonic() < until, f"{words!r} did not come into sight:\n{shown}"


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Type each character as a key."""
    for character in text:
        await pilot.press(character)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--new-goldens", action="store_true", help="write the screens' goldens anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[App[int], str], None]:
    """Compare a screen with its golden, a text file that a reviewer can read."""

    def compare(app: App[int], name: str) -> None:
        path = GOLDENS / f"{name}.txt"
        shown = picture(app)
        if request.config.getoption("--new-goldens"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert shown == path.read_text(encoding="utf-8")

    return compare
