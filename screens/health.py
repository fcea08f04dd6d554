"""The state of a form's blocklists: which were queried, and which do not work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Iterable, Iterator

from screens.desk import Desk
from wizard.answers.build import check_section
from wizard.answers.catalogue import CATALOGUE, ListZone
from wizard.answers.form import CUSTOM, custom_entry
from wizard.drafts.draft import Draft
from wizard.postfix.blocklists import custom_zone
from wizard.secrets import MASK, masked

if TYPE_CHECKING:
    from wizard.dns.blocklists import Health

ASKING = "asking..."


class Lists:
    """The catalogue's lists by name, and the operator's own by their line in the form."""

    def __init__(self, draft: Draft, desk: Desk) -> None:
        self._draft = draft
        self._desk = desk
        self._queried: set[str] = set()
        self._known: dict[str, tuple[str, str]] = {}
        """By name: the state and, if the list does not work, why and what to do."""

    def to_ask(self) -> tuple[ListZone, ...]:
        """Return the lists that were not queried yet, and count them as queried."""
        zones = tuple(one for one in self._zones() if one.name not in self._queried)
        self._queried.update(one.name for one in zones)
        return zones

    def forget_keyed(self) -> None:
        """Have the lists that need a key queried again, after another file was named for it."""
        for entry in CATALOGUE:
            if MASK in entry.zone:
                self._queried.discard(entry.name)
                self._known.pop(entry.name, None)

    def _zones(self) -> Iterator[ListZone]:
        yield from CATALOGUE
        for line in self._draft.text("blocklists", CUSTOM):
            right, wrong = check_section("blocklists", {CUSTOM: (custom_entry(line),)})
            if not wrong:
                yield replace(custom_zone(right[CUSTOM][0]), name=line)

    def record(self, found: Iterable[Health]) -> None:
        """Store the results of a query."""
        for one in found:
            words = "" if one.works else f"{one.said}. {one.advice}"
            self._known[one.zone.name] = (one.state, words)
            if one.own:
                listed = f"It lists this host ({', '.join(one.own)}): {one.zone.page}"
                self._known[one.zone.name] = (f"{one.state}; lists us", listed.rstrip(": "))

    def gave_up(self, why: str) -> None:
        """Mark the lists without a result as failed."""
        for name in self._queried - self._known.keys():
            self._known[name] = ("failed", why)

    @property
    def states(self) -> dict[str, str]:
        """The state to show next to each list, by its name."""
        return {name: self._known.get(name, (ASKING, ""))[0] for name in self._queried}

    def words(self, name: str) -> str:
        """Return why a list does not work and what to do, "" if it works or has no result yet."""
        return masked(self._known.get(name, ("", ""))[1])

    @property
    def _used(self) -> list[str]:
        return [
            str(name) for field in ("use", CUSTOM) for name in self._draft.text("blocklists", field)
        ]

    @property
    def waiting(self) -> bool:
        """True if a list that is new here has no result yet."""
        return any(name in self._queried - self._known.keys() for name in self._new())

    def _new(self) -> list[str]:
        """Return the lists in use that neither the host nor an answers file has already."""
        if self._draft.first and self._desk.wish.given is None:
            return self._used
        began = {
            name
            for field in ("use", CUSTOM)
            for name in self._draft.began_with("blocklists", field)
        }
        return [name for name in self._used if name not in began]

    def doubtful(self, *, begun: bool) -> list[tuple[str, str]]:
        """Return the new lists that do not work, with the reason, without those already confirmed.

        With `begun` False, those from the form's start are skipped. The operator is asked about them
        when the form closes, not while it is filled in.
        """
        began = () if begun else self._draft.began_with("blocklists", "use")
        return [
            (name, self.words(name))
            for name in self._new()
            if name in self._known
            and not self._known[name][0].startswith("works")
            and name not in self._desk.doubted
            and name not in began
        ]
