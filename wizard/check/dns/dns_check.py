"""Findings about the DNS: what is right was seen at the zone's own servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wizard.dns.asking import Answer
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.text import printable

NO_SUCH_NAME = "no such name"
"""What was seen of a name that the DNS does not have at all."""

UNSEEN = "as a resolver has it; the zone's own servers were not seen to agree on it"
_ORDER = (WRONG, WARNING, UNKNOWN, RIGHT)
_FEW = 3


@dataclass(frozen=True)
class DnsCheck(Check):
    """A check of what the DNS says, which fails no run.

    `is_observed` is True if the servers of the zone answer, and all the same. Without
    that nothing is right: a resolver has what was published an hour ago.
    """

    fatal: bool = False
    is_observed: bool = True

    def says(self, seen: str, verdict: str, advice: str = "") -> Finding:
        """Return a finding, with what was seen cleaned."""
        if verdict == RIGHT and not self.is_observed:
            verdict, seen = UNKNOWN, f"{seen}, {UNSEEN}"
        return self.finding(verdict, printable(seen), shown(advice))

    def not_known(self, answer: Answer) -> Finding:
        """Return that there was no answer."""
        return self.unknown(printable(answer.why))


_LONGEST = 1200
"""Characters: a whole SPF record may be in an advice."""


def shown(text: str) -> str:
    """Return a text with a whole record in it, without control characters."""
    return printable(text, _LONGEST)


def together(check: Check, found: Mapping[str, Finding]) -> Finding:
    """Return one finding for those of several domains: nobody reads a line for each of many.

    It has the worst verdict, and the advice of the first such domain.
    """
    worst = min((one.verdict for one in found.values()), key=_ORDER.index)
    named = {name: one for name, one in found.items() if one.verdict == worst}
    first = next(iter(named.values()))
    if len(found) == 1:
        return _as(check, first)
    if worst == RIGHT:
        return check.right(f"{len(found)} of them: {_listed(list(named))}")
    seen = "; ".join(f"{name}: {one.seen}" for name, one in list(named.items())[:_FEW])
    more = f" and {len(named) - _FEW} more" if len(named) > _FEW else ""
    return replace(_as(check, first), expected=check.expected, seen=f"{seen}{more}")


def _as(check: Check, finding: Finding) -> Finding:
    """Return a finding under the ID and the subject of a check."""
    empty = check.right("")
    return replace(empty, **{name: getattr(finding, name) for name in _OWN})


_OWN = ("seen", "expected", "verdict", "advice", "fatal", "cure")
"""What a finding of one domain has of its own."""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return f"{', '.join(names[:_FEW])}{more}"
