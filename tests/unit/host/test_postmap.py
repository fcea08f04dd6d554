"""Lookups by postmap(1): what it complains of, and what is no fault of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import pytest

from wizard.door import Door, Running
from wizard.errors import Trouble
from wizard.host.postmap import look_up
from wizard.host.transports import transports

OF_MAIN_CF = (
    "postmap: warning: /etc/postfix/main.cf, line 9: overriding earlier entry: mynetworks=x"
)
FATAL = "postmap: fatal: open database /etc/postfix/t.db: No such file or directory"
MAIN_FATAL = "postmap: fatal: /etc/postfix/main.cf, line 3: missing '=' after attribute name"


class Postmap(Door):
    """A door whose postmap prints these rows and complaints, and ends with a code or by a signal."""

    def __init__(self, rows: str = "", said: Sequence[str] = (), end: str = "exit 0") -> None:
        super().__init__()
        complaints = "".join(f'echo "{line}" >&2; ' for line in said)
        self._script = f"cat >/dev/null; printf '{rows}'; {complaints}{end}"
        self.argv: Sequence[str] = ()

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        self.argv = argv
        return super().start(("sh", "-c", self._script), timeout=timeout, data=data)


@pytest.mark.parametrize(
    ("door", "rows"),
    [
        (Postmap("A.example\\tsmtp:[b]\\n"), {"a.example": "smtp:[b]"}),
        (Postmap("", [OF_MAIN_CF], "exit 1"), {}),
        (Postmap("a\\tb\\n", [OF_MAIN_CF]), {"a": "b"}),
        (Postmap("", [], "exit 1"), {}),
    ],
)
def test_rows_and_none(door: Postmap, rows: dict[str, str]) -> None:
    assert look_up(door, "proxy:hash:/etc/postfix/t", ["A.example"]) == rows
    assert door.argv == ("postmap", "-q", "-", "hash:/etc/postfix/t")


@pytest.mark.parametrize(
    ("door", "why"),
    [
        (Postmap("", [OF_MAIN_CF, FATAL], "exit 1"), "No such file"),
        (Postmap("", [MAIN_FATAL], "exit 1"), "missing"),
        (Postmap("", [], "exit 75"), "postmap ended with 75"),
        (Postmap("", [OF_MAIN_CF], "kill -9 $$"), "postmap ended with -9"),
    ],
)
def test_a_table_that_fails_is_never_an_empty_one(door: Postmap, why: str) -> None:
    with pytest.raises(Trouble, match=why):
        look_up(door, "hash:/etc/postfix/t", ["a.example"])
    assert transports(door, ["hash:/etc/postfix/t"], ["a.example"]).unknown == (
        "hash:/etc/postfix/t",
    )


def test_a_domain_in_capitals_has_its_transport() -> None:
    door = Postmap("a.example\\terror:closed\\n")
    assert transports(door, ["hash:/t"], ["A.Example"]).away == {"A.Example": "error:closed"}
