"""The program ends, or another screen takes its place, while a screen is being built.

Textual then mounts none of the widgets that are missing, and sends Mount all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Callable, Iterator

import pytest
from textual.screen import Screen
from textual.widget import Widget

from screens.log import LogScreen
from screens.move import MoveScreen
from screens.places import LIST, PLACES, Place
from screens.records import RecordsScreen
from screens.run import RunScreen
from screens.runs import RunsScreen
from screens.widgets.items import ItemField
from tests.screens.hosts import answers, set_up_host
from tests.screens.pilots import opened
from tests.screens.plans import RUN
from tests.screens.standin import StandIn

Make = Callable[[Any], Screen[Any]]


def form_of(place: Place) -> Make:
    module, _, name = place.load.partition(":")
    make: Make = getattr(import_module(module), name)
    return make


MAKERS: dict[str, Make] = {
    **{one.title: form_of(one) for one in (LIST, *PLACES)},
    "run": lambda desk: RunScreen(desk, RUN),
    "log": LogScreen,
    "runs": lambda desk: RunsScreen(desk, "list"),
    "move": lambda desk: MoveScreen(desk, answers),
    "records": lambda desk: RecordsScreen(desk, answers),
}
"""Each screen and window that does something when it is mounted, but those of a whole run."""


def building(screen: Screen[Any], inside: str, happens: Callable[[], object]) -> None:
    """Let something happen when a screen has made its widgets, or one of them its own."""
    make = getattr(screen, inside)

    def made(*given: Any) -> Iterator[Widget]:
        yield from make(*given)
        happens()

    setattr(screen, inside, made)


def parts(name: str) -> tuple[str, ...]:
    return ("compose",) if name == "run" else ("body", "compose")


@pytest.mark.parametrize(("name", "inside"), [(a, b) for a in MAKERS for b in parts(a)])
@pytest.mark.parametrize("how", ["the program ends", "another screen opens"])
async def test_a_screen_that_is_cut_short_does_no_harm(name: str, inside: str, how: str) -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        app: Any = pilot.app
        screen = MAKERS[name](app.desk)
        happens: dict[str, Callable[[], object]] = {
            "the program ends": lambda: app.exit(0),
            "another screen opens": lambda: app._open("host"),
        }
        building(screen, inside, happens[how])
        app.push_screen(screen)
        await pilot.pause(0.1)
    assert app.crash is None
    assert app.return_code in {0, None}


async def test_a_list_of_items_that_is_cut_short_does_no_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The field itself is mounted, and its rows are not."""
    compose = ItemField.compose

    def cut_short(field: ItemField) -> Iterable[Widget]:
        yield from compose(field)
        field.app.exit(0)

    async with opened() as pilot:
        app: Any = pilot.app
        monkeypatch.setattr(ItemField, "compose", cut_short)
        app._open("networks")
        await pilot.pause(0.1)
    assert app.crash is None
