"""The table of screens and keys whose bytes are counted, by test_bytes.py and by scripts/bench."""

from __future__ import annotations

from dataclasses import dataclass
from unittest import mock

import screens.frame
from tests.screens.hosts import answers, set_up_host
from tests.screens.meter import Meter, measured
from tests.screens.picture import picture
from tests.screens.plans import CAUTION
from tests.screens.standin import StandIn


@dataclass(frozen=True)
class Change:
    """What a key sent that opened a screen, and what the whole screen takes, sent once."""

    name: str
    sent: int
    whole: int

    @property
    def paints(self) -> float:
        """The full paints that the change is worth."""
        return self.sent / self.whole


@dataclass(frozen=True)
class Press:
    """What one key sent on a screen."""

    screen: str
    key: str
    sent: int


FIRST_SET_UP = (
    *(("ctrl+n", f"postfix-wizard  {name}") for name in ("Hostname", "Domains", "Networks")),
    *(("ctrl+n", f"postfix-wizard  {name}") for name in ("Certificate", "Blocklists", "More")),
    ("ctrl+n", "postfix-wizard  Review"),
    ("f1", "Help: Review"),
    ("escape", "postfix-wizard  Review"),
    ("ctrl+p", "postfix-wizard  More"),
    ("ctrl+q", "Quit?"),
)
"""Keys, and what they bring into sight."""

ONE_SECTION = (
    ("enter", "postfix-wizard  Hostname"),
    ("x", "mail.zeke.ne.jpx"),
    ("f10", "postfix-wizard  Review"),
    ("r", "Run the plan?"),
)

KEYS = {
    "Hostname": ("x", "backspace", "down", "down", "up", "up", "left"),
    "Domains": ("a", "backspace", "up", "space", "space", "down"),
    "Networks": ("up", "space", "space", "space", "up", "down", "down", "down", "down", "down"),
    "Certificate": ("down", "down", "down", "up", "tab"),
    "Blocklists": ("down", "space", "down", "up", "tab"),
    "More": ("x", "backspace", "down", "down", "down", "up"),
    "Review": ("up", "tab", "tab"),
}
"""Keys that change the place or a value, and do not show another text."""

IN_LIST = (*["down"] * 6, "up", "end", "home")


async def changes() -> list[Change]:
    """Open each screen; return what that sent."""
    found: list[Change] = []
    for session, path in (
        (StandIn(cautions=(CAUTION,)), FIRST_SET_UP),
        (StandIn(the_host=set_up_host(), saved=answers()), ONE_SECTION),
    ):
        async with measured(session) as meter:
            found += [await _change(meter, *one) for one in path]
    return [one for one in found if one.name != "mail.zeke.ne.jpx"]


async def _change(meter: Meter, key: str, name: str) -> Change:
    sent = await meter.key(key, 0.4)
    shown = picture(meter.pilot.app)
    assert name in shown, shown
    return Change(name.rpartition("  ")[2], sent, await meter.full_paint())


async def presses(*, rests: bool) -> list[Press]:
    """Press each key; return what it sent. With `rests` the explanation in the foot is part of it.

    Without, it is as if the key repeated.
    """
    found: list[Press] = []
    with mock.patch.object(screens.frame, "REST", screens.frame.REST if rests else 60.0):
        async with measured(StandIn(cautions=(CAUTION,))) as meter:
            for name, keys in KEYS.items():
                await meter.key("ctrl+n")
                assert f"postfix-wizard  {name}" in picture(meter.pilot.app)
                found += [Press(name, key, await meter.key(key)) for key in keys]
        async with measured(StandIn(the_host=set_up_host(), saved=answers())) as meter:
            found += [Press("Sections", key, await meter.key(key)) for key in IN_LIST]
    return found
