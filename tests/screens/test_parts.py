"""A relay host is pasted with its port, as Postfix and providers write it."""

from __future__ import annotations

from typing import Any

import pytest

from screens.widgets.field import TextField
from tests.screens.hosts import answers, set_up_host
from tests.screens.pilots import clear, in_sight, opened, point_at, type_text
from tests.screens.standin import StandIn


def texts(screen: Any) -> dict[str, object]:
    """Return what is in the fields of the relay host."""
    return {
        one.field.name: one.text
        for one in screen.query(TextField)
        if one.field.section == "relay" and one.field.name in {"host", "port"}
    }


@pytest.mark.parametrize(
    ("pasted", "taken", "port"),
    [
        ("[smtp.example.net]:465", "smtp.example.net, port 465", "465"),
        ("SMTP.example.net:submission", "smtp.example.net, port 587", "587"),
        ("[smtp.example.net]", "smtp.example.net", "2525"),
    ],
)
async def test_host_and_port_go_to_their_fields(pasted: str, taken: str, port: str) -> None:
    session = StandIn(the_host=set_up_host(), saved=answers())
    async with opened(session) as pilot:
        await in_sight(pilot, "as found")
        await point_at(pilot, "relay")
        await pilot.press("enter")
        await in_sight(pilot, "> Relay host")
        await pilot.press("down")
        await clear(pilot)
        await type_text(pilot, "2525")
        await pilot.press("up")
        await type_text(pilot, pasted)
        shown = await in_sight(pilot, f"Taken as {taken}. ")
        assert f"relayhost = [smtp.example.net]:{port}" in shown
        assert texts(pilot.app.screen)["port"] == port
        await pilot.press("down")
        await in_sight(pilot, "> Port")
        await pilot.pause(0.1)
        own = pasted if port == "2525" else "smtp.example.net"
        assert texts(pilot.app.screen) == {"host": own, "port": port}
        await pilot.press("f10")
        await in_sight(pilot, "Nothing has been written yet.")
        given, sections = session.planned[-1]
        assert sections == ("relay",)
        assert (given.relay.host, given.relay.port) == ("smtp.example.net", int(port))


async def test_a_port_that_is_none_is_refused_at_its_field() -> None:
    async with opened(StandIn(the_host=set_up_host(), saved=answers())) as pilot:
        await in_sight(pilot, "as found")
        await point_at(pilot, "relay")
        await pilot.press("enter")
        await in_sight(pilot, "> Relay host")
        await type_text(pilot, "smtp.example.net:99999")
        await pilot.press("down")
        await in_sight(pilot, "WRONG: Write a number between 1 and 65535.")
