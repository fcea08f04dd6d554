"""What cleanup(8) makes of a recipient, by tables of a test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.paths.tables import MOST_STEPS, rewritten
from wizard.door import Door, Running
from wizard.postfix.settings import Settings

_POSTMAP = """
import json, sys
rows = json.loads(sys.argv[1])
keys = sys.stdin.read().splitlines()
sys.stdout.writelines(f"{key}\\t{rows[key]}\\n" for key in keys if key in rows)
sys.exit(not any(key in rows for key in keys))
"""


class Tables(Door):
    """A door behind which postmap has these rows, by table; a missing table does not open."""

    def __init__(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(Path("/"))
        self._rows = rows

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[:3] == ("postmap", "-q", "-")
        if argv[3] not in self._rows:
            broken = "echo 'postmap: fatal: open database: No such file' >&2; exit 1"
            return Door().start(("sh", "-c", broken), timeout=timeout, data=data)
        row = json.dumps(self._rows[argv[3]])
        return Door().start(("python3", "-c", _POSTMAP, row), timeout=timeout, data=data)


OWN = {
    "myorigin": "here.example",
    "mydestination": "here.example, localhost",
    "recipient_delimiter": "+",
    "virtual_alias_maps": "hash:v",
}


@pytest.mark.parametrize(
    ("rows", "address", "ends"),
    [
        ({}, "taro@here.example", ["taro@here.example"]),
        ({"taro": "jiro"}, "taro@here.example", ["jiro@here.example"]),
        (
            {"taro": "jiro, hana@x.example"},
            "taro+a@here.example",
            ["jiro@here.example", "hana@x.example"],
        ),
        # A bare name is a key of local domains alone.
        ({"taro": "jiro"}, "taro@x.example", ["taro@x.example"]),
        ({"@x.example": "@y.example"}, "taro@x.example", ["taro@y.example"]),
        (
            {"@x.example": "all@x.example", "all@x.example": "all@x.example"},
            "a@x.example",
            ["all@x.example"],
        ),
        (
            {"taro@here.example": "taro@here.example, copy@x.example"},
            "taro@here.example",
            ["taro@here.example", "copy@x.example"],
        ),
    ],
)
def test_virtual_aliases_are_followed(rows: dict[str, str], address: str, ends: list[str]) -> None:
    found = rewritten(Tables({"hash:v": rows}), Settings(OWN), address)
    assert list(found.ends) == ends
    assert not found.fault


def test_a_canonical_row_comes_first() -> None:
    own = {**OWN, "canonical_maps": "proxy:hash:c"}
    rows = {
        "hash:c": {"@here.example": "@x.example"},
        "hash:v": {"taro@x.example": "end@z.example"},
    }
    found = rewritten(Tables(rows), Settings(own), "taro@here.example")
    assert found.ends == ("end@z.example",)
    assert [one.parameter for one in found.steps] == ["canonical_maps", "virtual_alias_maps"]


def test_a_circle_has_no_end() -> None:
    rows = {"a@x.example": "b@x.example", "b@x.example": "a@x.example"}
    found = rewritten(Tables({"hash:v": rows}), Settings(OWN), "a@x.example")
    assert found.has_no_end
    assert "round" in found.fault
    assert len(found.steps) <= 3


def test_a_table_that_does_not_open_is_no_answer() -> None:
    found = rewritten(Tables({}), Settings(OWN), "a@x.example")
    assert (found.ends, found.has_no_end) == ((), False)
    assert "No such file" in found.fault


def test_addresses_that_name_each_other_do_not_multiply() -> None:
    names = ["a@x.example", "b@x.example", "c@x.example"]
    rows = {one: ", ".join(other for other in names if other != one) for one in names}
    found = rewritten(Tables({"hash:v": rows}), Settings(OWN), names[0])
    assert found.has_no_end
    wide = {f"a{number}@x.example": f"a{number + 1}@x.example" for number in range(99)}
    assert (
        len(rewritten(Tables({"hash:v": wide}), Settings(OWN), "a0@x.example").steps) == MOST_STEPS
    )


def test_a_row_without_an_address_loses_its_mail() -> None:
    found = rewritten(Tables({"hash:v": {"a@x.example": ","}}), Settings(OWN), "a@x.example")
    assert (found.has_no_end, "no address" in found.fault) == (True, True)
