"""Review shows what comes from another server, and takes a word for each."""

from __future__ import annotations

from dataclasses import replace
from typing import Collection

from tests.screens.pilots import in_sight, opened, walk_to
from tests.screens.plans import make_plan
from tests.screens.standin import UNDECIDED, StandIn
from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.plan.choices import Choices
from wizard.plan.foreign import ACCEPT
from wizard.plan.model import Foreign, Plan

HOOK, OPTION = "renewal-hooks/deploy/nginx@01234567", "cli.ini:pre-hook@89abcdef"
USE = "certbot runs it as root"


class Copied(StandIn):
    """Two things come along; the plan is what was accepted of them."""

    def plan(
        self,
        given: Answers,
        host: Host,
        sections: Collection[str] = (),
        choices: Choices = UNDECIDED,
    ) -> Plan:
        self.planned.append((given, tuple(sections)))
        accepted = choices.accepted.get(ACCEPT, frozenset())
        things = (
            Foreign(
                HOOK, "/etc/letsencrypt/renewal-hooks/deploy/nginx", USE, "#!/bin/sh\n[/x\x1b]0;"
            ),
            Foreign(OPTION, "/etc/letsencrypt/cli.ini, line 3", USE, "pre-hook = reboot"),
        )
        shown = tuple(replace(one, accepted=one.name in accepted) for one in things)
        return replace(make_plan(host), foreign=shown)


async def test_each_is_left_out_until_it_is_accepted() -> None:
    session = Copied()
    async with opened(session) as pilot:
        await walk_to(pilot, "Review")
        await in_sight(pilot, "r runs the 4 steps")
        await pilot.press("5")
        shown = await in_sight(pilot, f"[ ] {HOOK}")
        assert f"[ ] {OPTION}" in shown
        assert "It is left out: space changes that." in " ".join(shown.split())
        assert "| pre-hook = reboot" in shown
        assert "| [/x\\x1b]0;" in shown
        await pilot.press("space")
        shown = await in_sight(pilot, f"[x] {HOOK}")
        assert f"[ ] {OPTION}" in shown
        await pilot.press("down", "space")
        await in_sight(pilot, f"[x] {OPTION}")
        await pilot.press("space")
        shown = await in_sight(pilot, f"[ ] {OPTION}")
        assert f"[x] {HOOK}" in shown
        await pilot.press("r")
        await in_sight(pilot, "Run the plan?")
        await pilot.press("y")
        await pilot.pause()
        (started,) = session.started
        assert [one.name for one in started.foreign if one.accepted] == [HOOK]
