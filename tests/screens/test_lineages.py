"""The list of lineages: what is broken of the one under the cursor is said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens.hosts import fresh_host, lineage
from tests.screens.pilots import in_sight, opened, walk_to
from tests.screens.standin import StandIn


async def test_an_expired_one_is_refused_with_the_ways_on() -> None:
    """Also when the list has the focus: the foot is about the field that is wrong then."""
    expired = replace(lineage("zeke.ne.jp", ("mail.zeke.ne.jp",)), not_after=1_600_000_000)
    host = replace(fresh_host(), lineages=(expired,), read_at=1_764_000_000)
    async with opened(StandIn(host)) as pilot:
        await walk_to(pilot, "Certificate")
        await pilot.press("left", "left", "tab")
        await in_sight(pilot, "It covers mail.zeke.ne.jp.")
        await pilot.press("ctrl+n")
        shown = await in_sight(pilot, "WRONG: ")
        said = " ".join(line[20:].strip() for line in shown.splitlines())
        assert "the certificate of zeke.ne.jp expired on 2020-09-13; renew it, copy" in said
        assert "or choose another source" in said


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
