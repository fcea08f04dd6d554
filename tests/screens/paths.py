"""The paths of the screens whose keys are counted. Typed answers do not count."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.pilot import Pilot

from tests.screens.hosts import answers, set_up_host
from tests.screens.pilots import in_sight, opened, type_text
from tests.screens.standin import StandIn


@dataclass
class Counted:
    """The keys that were pressed, and the headings of the screens that were in sight."""

    pilot: Pilot[int]
    keys: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)

    async def press(self, key: str, words: str) -> None:
        """Press one key, and wait for what it shows."""
        self.keys.append(key)
        await self.pilot.press(key)
        await self.see(words)

    async def see(self, words: str) -> None:
        """Wait until the words are in sight, and note the heading of the screen."""
        shown = await in_sight(self.pilot, words)
        heading = shown.partition("postfix-wizard  ")[2].split("  ")[0]
        if heading and heading not in self.screens:
            self.screens.append(heading)


async def first_set_up() -> Counted:
    """From the first start on a bare host with a lineage to the unfolded Result."""
    session = StandIn()
    async with opened(session) as pilot:
        path = Counted(pilot)
        await path.see("not set up before")
        for heading in ("Hostname", "Domains", "Networks", "Certificate", "Blocklists", "More"):
            await path.press("ctrl+n", f"postfix-wizard  {heading}")
            if heading == "Domains":
                await type_text(pilot, "ace.zeke.ne.jp")
        await path.press("ctrl+n", "Nothing has been written yet")
        await path.press("r", "Run the plan?")
        await path.press("y", "Is this ok")
        await type_text(pilot, "y")
        await path.press("enter", "The run is over: DONE")
        await path.press("enter", "To look at")
        await path.press("down", "Waiting")
        await path.press("down", "Waiting")
        await path.press("enter", "MX of ace.zeke.ne.jp")
        return path


async def one_section() -> Counted:
    """From the list of sections, with the cursor on Hostname, to the Result of that section."""
    session = StandIn(the_host=set_up_host(), saved=answers())
    session.went_on.set()
    async with opened(session) as pilot:
        path = Counted(pilot)
        await path.see("as found")
        await path.press("enter", "postfix-wizard  Hostname")
        await pilot.press("end", "ctrl+u")
        await type_text(pilot, "mx.zeke.ne.jp")
        await path.press("f10", "Nothing has been written yet")
        await path.press("r", "Run the plan?")
        await path.press("y", "The run is over: DONE")
        await path.press("enter", "postfix-wizard  Result")
        return path
