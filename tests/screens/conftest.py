"""Goldens: the screens as text files that a reviewer can read; NEW_GOLDENS=1 writes them anew."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest
from textual.app import App

from screens.keeper import Keeper
from tests.screens.picture import picture

GOLDENS = Path(__file__).parent / "goldens"
EVERY_LANDING = frozenset({"test_flow.py", "test_keys.py", "test_look.py"})
"""Modules that are in each landing: the way through the screens, each key, each golden."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take half of the other modules' tests by turns: a screen takes half a second of a core each time."""
    here = Path(__file__).parent
    for item in items:
        is_mine = item.path.is_relative_to(here) and item.path.name not in EVERY_LANDING
        if is_mine and item.get_closest_marker("by_turns") is None:
            item.add_marker(pytest.mark.by_turns(2, single=True))


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys in sight depend on what the terminal can do, and times on where the host is."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture(autouse=True)
def _threads_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End the threads that write drafts, as the end of the program does.

    Each holds its program, and a collection at each screen goes through all that is held: after some
    hundred programs a test took ten times as long.
    """
    made: list[Keeper] = []
    begin = Keeper.__init__

    def begun(self: Keeper, *args: object) -> None:
        begin(self, *args)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(Keeper, "__init__", begun)
    yield
    for one in made:
        one.flush(0.1)


@pytest.fixture
def golden() -> Callable[[App[int], str], None]:
    """Compare the screen with its golden."""

    def compare(app: App[int], name: str) -> None:
        path = GOLDENS / f"{name}.txt"
        shown = picture(app)
        if os.environ.get("NEW_GOLDENS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert shown == path.read_text(encoding="utf-8")

    return compare
