"""What a table does with a key, and lookups that query a failed table once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wizard.check.in_time import InTime
from wizard.check.postfix.backends import next_hops, why_silent
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.postmap import look_up

DNS_FILTER = "smtp_dns_reply_filter"
STOPS = re.compile(r"(DISCARD|HOLD|REJECT|REDIRECT|DEFER\w*|[45]\d\d\b)", re.IGNORECASE)
CHANGES = re.compile(r"(BCC|FILTER|IGNORE|REPLACE|PREPEND|STRIP)", re.IGNORECASE)


class Hit(NamedTuple):
    """The parameter and table, the key, and what the table does with it.

    `is_choice` is True where others are not concerned, so that somebody may have meant it.
    """

    where: str
    key: str
    action: str
    is_choice: bool = False

    @property
    def stops(self) -> bool:
        """True if mail ends there: it is refused, lost, or goes to a filter that does not answer."""
        word, _, target = self.action.partition(" ")
        if word.upper() == "FILTER":
            return any(map(why_silent, next_hops("FILTER", target.strip())))
        is_hidden = self.where.startswith(DNS_FILTER) and word.upper() == "IGNORE"
        return is_hidden or (STOPS.match(self.action) is not None and not self.is_choice)


class Tables:
    """Look tables up; one that failed is not queried again, and `failed` says why by its name."""

    def __init__(self, door: Door) -> None:
        """All lookups together have the time of one probe, from now on."""
        self._door = InTime(door)
        self._known: dict[tuple[str, ...], dict[str, str]] = {}
        self.queried: set[str] = set()
        self.failed: dict[str, str] = {}

    def rows(self, table: str, keys: Sequence[str]) -> dict[str, str]:
        """Return the rows for keys, by the key in lower case; nothing for a table that fails."""
        self.queried.add(table)
        query = (table, *keys)
        if table in self.failed or query in self._known:
            return self._known.get(query, {})
        try:
            self._known[query] = look_up(self._door, table, keys)
        except Trouble as trouble:
            self.failed[table] = trouble.wrong
            return {}
        return self._known[query]

    def hits(self, where: str, table: str, keys: Sequence[str]) -> Iterator[Hit]:
        """Yield what a table does with keys; nothing for one that fails."""
        lines = {key.lower(): key for key in keys}
        for key, action in self.rows(table, keys).items():
            if STOPS.match(action) or CHANGES.match(action):
                yield Hit(where, lines.get(key, key), action)
