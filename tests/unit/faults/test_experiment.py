"""What a fault may leave of a file: the old one, the new one, or a zone that some steps opened."""

from __future__ import annotations

import pytest

from tests.faults.experiment import KILL, RESUME, Fault, files
from tests.faults.points import Point, Recording
from tests.faults.rig import Etc, Reference, State

NONE = Recording((), {})
ZONE, MAIN = "/etc/firewalld/zones/public.xml", "/etc/postfix/main.cf"
FAULT = Fault(Point("firewall", "fsync", "", 1), KILL, RESUME)


def etc(path: str, content: str) -> Etc:
    return {path: ("file", 0o644, 0, 0, content, 7)}


def wanted(path: str) -> Reference:
    before, after = etc(path, "dns\nssh"), etc(path, "dns\nimaps\nsmtp\nssh")
    return Reference(State(before, {}), State(after, {}), NONE, NONE)


@pytest.mark.parametrize(
    ("content", "right"),
    [
        ("dns\nssh", True),
        ("dns\nimaps\nsmtp\nssh", True),
        ("dns\nsmtp\nssh", True),
        ("dns\nsmtp", False),
        ("dns\nssh\ntelnet", False),
        ("", False),
    ],
)
def test_a_zone_has_all_or_some_of_the_services(content: str, right: bool) -> None:
    assert (list(files(etc(ZONE, content), wanted(ZONE), FAULT)) == []) == right


def test_any_other_file_is_old_or_new() -> None:
    assert list(files(etc(MAIN, "dns\nsmtp\nssh"), wanted(MAIN), FAULT)) != []
    assert list(files({}, wanted(ZONE), FAULT)) != [], "and a zone is never gone"
