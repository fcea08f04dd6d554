"""The list of lineages: what is broken of the one under the cursor is said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens.pilots import in_sight, opened, walk_to
from tests.screens.standin import StandIn, fresh_host, lineage


@pytest.mark.parametrize(("state", "broken"), [("file", True), ("link", False)])
async def test_the_foot_names_what_is_broken(state: str, broken: bool) -> None:
    names = ("mail.zeke.ne.jp",)
    host = replace(fresh_host(), lineages=(lineage("zeke.ne.jp", names, state),))
    async with opened(StandIn(host)) as pilot:
        await walk_to(pilot, "Certificate")
        shown = await in_sight(pilot, "zeke.ne.jp  until 2039-01-01")
        assert ("without its links" in shown) == broken
        await pilot.press("tab")
        shown = await in_sight(pilot, "It covers mail.zeke.ne.jp.")
        assert ("a file in place of" in shown) == broken
