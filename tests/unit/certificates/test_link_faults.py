"""What of a lineage's links is broken, in words."""

from __future__ import annotations

import pytest

from wizard.certificates.model import Lineage, LineageFile

FILES = ("cert.pem", "chain.pem", "fullchain.pem", "privkey.pem")


def lineage(*states: tuple[str, int | None]) -> Lineage:
    files = tuple(LineageFile(name, *state) for name, state in zip(FILES, states))
    return Lineage("zeke.ne.jp", files, 2)


WHOLE = ("link", 2)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (lineage(WHOLE, WHOLE, WHOLE, WHOLE), ()),
        (
            lineage(("file", 2), ("file", 2), WHOLE, ("broken", None)),
            (
                "cert.pem, chain.pem: a file in place of a link",
                "privkey.pem: a link that leads nowhere",
            ),
        ),
        (
            lineage(WHOLE, WHOLE, ("missing", None), ("link", 1)),
            ("fullchain.pem: not there", "privkey.pem: a link to another number"),
        ),
        # What cannot be linked at all has its problem instead.
        (Lineage("x", (), None, problem="unreadable"), ()),
    ],
)
def test_each_fault_is_named_once(found: Lineage, said: tuple[str, ...]) -> None:
    assert found.link_faults == said
    assert found.linked == (found.number is not None and not said)
