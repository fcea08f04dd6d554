"""The state of a field if no answer can express the host's value. It equals no answer.

`wizard.planning.read_back` puts it into the answers. A form shows its text, and a plan does not
change the live value. If the operator chooses an answer instead, it is written, also the policy's
default.
"""

from __future__ import annotations

from typing import Any


class Unsaid:
    """A host's value of one field. It is false, and equals only another one with the same text."""

    live: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unsaid) and self.live == other.live

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Unsaid, self.live))

    def __bool__(self) -> bool:
        return False


class UnsaidText(Unsaid, str):
    """A text that is not a valid value of its field; as a text it is the live one."""

    __slots__ = ()

    @property
    def live(self) -> str:  # type: ignore[override]
        """Return the text as a plain one."""
        return str.__str__(self)


class UnsaidNumber(Unsaid, int):
    """A live value that is not a number, or is out of bounds; as a number it is 0."""

    def __new__(cls, live: str) -> UnsaidNumber:  # noqa: PYI034 (typing.Self is newer than Python 3.9)
        """Keep the live text."""
        made = super().__new__(cls, 0)
        made.live = live
        return made


class UnsaidItems(Unsaid, tuple):  # type: ignore[type-arg]  # noqa: SLOT001 (it has its text)
    """A live list without an item that an answer can express; as a list it is empty."""

    def __new__(cls, live: str) -> UnsaidItems:  # noqa: PYI034 (as above)
        """Keep the live text."""
        made = super().__new__(cls, ())
        made.live = live
        return made


_KINDS = {"number": UnsaidNumber, "list": UnsaidItems}


def unsaid(kind: str, live: str) -> Any:
    """Return the state for a field of this kind (`wizard.answers.fields`)."""
    return _KINDS.get(kind, UnsaidText)(live)


def is_unsaid(value: object) -> bool:
    """True if no answer expresses this value."""
    return isinstance(value, Unsaid)
