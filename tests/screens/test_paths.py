"""How many keys a first set-up and one changed section take, besides what is typed."""

from __future__ import annotations

from tests.screens.paths import first_set_up, one_section

MOST_OF_A_FIRST_SET_UP = 16
MOST_OF_ONE_SECTION = 6


async def test_a_first_set_up_takes_few_keys_and_shows_each_screen() -> None:
    path = await first_set_up()
    assert len(path.keys) <= MOST_OF_A_FIRST_SET_UP, path.keys
    assert path.screens == [
        *("Host", "Hostname", "Domains", "Networks", "Certificate", "Blocklists", "More"),
        *("Review", "Run", "Result"),
    ]


async def test_one_section_takes_few_keys() -> None:
    path = await one_section()
    assert len(path.keys) <= MOST_OF_ONE_SECTION, path.keys
    assert path.screens == ["Sections", "Hostname", "Review", "Run", "Result"]
