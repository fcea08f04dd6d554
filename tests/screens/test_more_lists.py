"""Lists in the form More: a box for each known word."""

from __future__ import annotations

from screens.desk import Wish
from screens.widgets.items import ItemField
from tests.screens.pilots import in_sight, opened


async def test_a_box_of_a_list_is_a_word_of_the_answers() -> None:
    async with opened(wish=Wish(sections=("dns",))) as pilot:
        await in_sight(pilot, "[ ] spf")
        field = next(
            one for one in pilot.app.screen.query(ItemField) if one.field.name == "publish"
        )
        field.query("*").first().focus()
        field.put("spf")
        await in_sight(pilot, "[x] spf")
        assert pilot.app.desk.draft.text("dns", "publish") == ("spf",)  # type: ignore[attr-defined]
