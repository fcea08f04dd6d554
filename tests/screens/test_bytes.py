"""What a slow line has to carry: the bytes of a screen and of a key, at 80x24 with 256 colours."""

from __future__ import annotations

import pytest

from tests.screens.costs import changes, presses

MOST_PAINTS = 1.2
"""Of a screen change, in full paints of the new screen."""

MOST_OF_A_PAINT = 2600
"""Bytes of a full paint, so that nobody gets below MOST_PAINTS by larger paints."""

MOST_OF_A_KEY = 200
MOST_OF_AN_EXPLANATION = 300
"""For the foot, when the cursor rests: two or three lines on a field, a row, or what is wrong."""


async def test_each_screen_is_sent_once() -> None:
    found = await changes()
    assert [one for one in found if not 0 < one.whole <= MOST_OF_A_PAINT] == []
    assert [(one, one.paints) for one in found if one.paints > MOST_PAINTS] == []
    assert min(one.paints for one in found) >= 1, "a screen was in sight before its key"


@pytest.mark.parametrize(
    ("rests", "most"),
    [(False, MOST_OF_A_KEY), (True, MOST_OF_A_KEY + MOST_OF_AN_EXPLANATION)],
    ids=["repeats", "rests"],
)
async def test_a_key_sends_few_bytes(rests: bool, most: int) -> None:
    """While a key repeats, its bytes alone are sent; when it rests, the explanation too."""
    found = await presses(rests=rests)
    over = [(one, one.sent - most) for one in found if one.sent > most]
    assert over == []
    assert max(one.sent for one in found) > most / 2, "nothing was measured"
