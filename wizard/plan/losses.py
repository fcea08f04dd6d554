"""What a plan takes away: the networks and names that it removes from main.cf.

The first lines of a plan show it, since somebody can no longer send or receive mail afterwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Optional

from wizard.answers.rules.networks import Network, bracketed, parse_network
from wizard.host.main_cf import words
from wizard.paths import MAIN_CF
from wizard.plan.conflicts import readable
from wizard.plan.model import FileChange, Plan
from wizard.postfix.main_cf import MainCf
from wizard.postfix.meaning import Own, own_names
from wizard.postfix.parameters import DEFAULTS, NAMES, NETWORKS
from wizard.text import shortened

_LISTS = (
    ("mynetworks", NETWORKS, *("can no longer relay without a password",) * 2),
    ("mydestination", NAMES, "is no longer local here", "are no longer local here"),
)
"""Each list with its kind, and the text for one item and for several."""
_MAX_NAMES = 5


def losses(plan: Plan) -> Iterator[str]:
    """Yield a sentence for each list of main.cf that loses items, by their meaning."""
    for change in plan.files:
        if change.path == MAIN_CF and change.live is not None and change.proposed != change.live:
            # A first set-up plans all sections: nobody could use the package's own main.cf.
            yield from _of_main_cf(change, tells_unset=bool(plan.sections))


def _of_main_cf(change: FileChange, *, tells_unset: bool) -> Iterator[str]:
    before, after = MainCf.parse(change.live or b""), MainCf.parse(change.proposed)
    for name, kind, of_one, of_many in _LISTS:
        old, new = before.value(name), after.value(name)
        if old is None and new is not None and kind == NETWORKS and tells_unset:
            yield (
                f"Taken away: {name} was not set, so Postfix's own networks could relay; now only"
                f" {readable(shortened(words(new), _MAX_NAMES))} can."
            )
            continue
        if kind == NAMES and tells_unset:
            old, new = (DEFAULTS[name] if value is None else value for value in (old, new))
        if old is None:
            continue
        own, was = own_names(after, {}), own_names(before, {})
        if old == new and (kind == NETWORKS or own == was):
            continue
        keys = frozenset(own.key(kind, word) for word in words(new or ""))
        remains = _contains(keys) if kind == NETWORKS else keys.__contains__
        gone = [shown for shown, key in _items(kind, old, was) if not remains(key)]
        if gone:
            what = of_one if len(gone) == 1 else of_many
            yield f"Taken away: {readable(shortened(gone, _MAX_NAMES))} {what} ({name})."


def _items(kind: str, value: str, own: Own) -> Iterator[tuple[str, str]]:
    """Yield each item as it is shown, and its key.

    A `$name` of the host is shown as the name that it was, since that may change. Nobody elsewhere
    writes to a name such as localhost.example.com. A name that is not known is skipped.
    """
    for word in words(value):
        key = own.key(kind, word)
        if "$" not in word or kind == NETWORKS:
            yield word, key
        elif "$" not in key and not key.startswith("localhost."):
            yield key, key


def _contains(known: frozenset[str]) -> Callable[[str], bool]:
    """Return a function that is True for one of these networks and for a part of one.

    If there are exclusions (`!`), it is True only for the same network, since the order decides.
    """
    if any(key.startswith("!") for key in known):
        return known.__contains__
    sizes = {one.prefixlen for one in map(_network, known) if one is not None}

    def contains(key: str) -> bool:
        network = _network(key)
        if network is None or key in known:
            return key in known
        return any(
            bracketed(network.supernet(new_prefix=size)) in known
            for size in sizes
            if size < network.prefixlen
        )

    return contains


def _network(key: str) -> Optional[Network]:
    with contextlib.suppress(ValueError):
        return parse_network(key)
    return None
