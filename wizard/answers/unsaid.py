"""A value of the host that no answer can express: a state of its own, which equals no answer.

`wizard.planning.read_back` puts one into its field. It travels with the answers: a form shows its
text, a plan leaves the live value as it is, and an answer that is chosen instead is written,
also where it is the policy's default.
"""

from __future__ import annotations

from typing import Any


class Unsaid:
    """What a host says in one field. It is false, and equals only another one of the same text."""

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
    """A text that is no right value of its field; as a text it is the live one."""

    __slots__ = ()

    @property
    def live(self) -> str:  # type: ignore[override]
        """Return the text as a plain one."""
        return str.__str__(self)


class UnsaidNumber(Unsaid, int):
    """A number's place that has no number in it, or one out of bounds; as a number it is 0."""

    def __new__(cls, live: str) -> UnsaidNumber:  # noqa: PYI034 (typing.Self is newer than Python 3.9)
        """Keep the live text."""
        made = super().__new__(cls, 0)
        made.live = live
        return made


class UnsaidItems(Unsaid, tuple):  # type: ignore[type-arg]  # noqa: SLOT001 (it has its text)
    """A list that must not be empty, and of whose items no answer can express one."""

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
    """True if no answer says this value."""
    return isinstance(value, Unsaid)
