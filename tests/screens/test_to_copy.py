"""Lines for Dovecot on Review: a tab of their own that says that nothing writes them."""

from __future__ import annotations

from dataclasses import replace

from tests.screens.hosts import fresh_host
from tests.screens.pilots import in_sight, opened, walk_to
from tests.screens.plans import make_plan
from tests.screens.standin import StandIn
from wizard.paths import DOVECOT_CONF
from wizard.plan.model import FileChange


async def test_what_is_to_be_copied_has_a_tab() -> None:
    host = fresh_host()
    lines = b"# user-name: why\nauth_username_format = %Ln\n"
    plan = replace(make_plan(host), to_copy=(FileChange(DOVECOT_CONF, None, None, lines),))
    async with opened(StandIn(the_host=host, plan_made=plan)) as pilot:
        await walk_to(pilot, "Review")
        shown = await in_sight(pilot, "dovecot: to copy")
        number = shown[shown.index(" dovecot: to copy") - 1]
        await pilot.press(number)
        shown = await in_sight(pilot, "auth_username_format = %Ln")
        assert "to copy: nothing writes it" in shown
        assert f"Nothing writes this. Copy it into {DOVECOT_CONF}" in " ".join(shown.split())
        # It looks like no change, and is none.
        assert "as planned" not in shown
        assert "+auth" not in shown
        await pilot.press("1", "n", "n", "n")
        await in_sight(pilot, "There is no change after it. Change 2 of 2 against master.cf.orig.")
