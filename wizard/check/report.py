"""Print findings as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from wizard.dns.records import Published, fragment
from wizard.finding import RIGHT, VERDICTS, WRONG, Finding
from wizard.secrets import masked, masked_data

VERSION = 1
"""The version of the JSON. A new field does not change it; a removed or changed field does."""

WORDS = {**dict(zip(VERDICTS, VERDICTS)), WRONG: "WRONG"}
"""The verdict column: words, so that no colour is needed."""

_VERDICT = max(map(len, WORDS.values()))
_GAP = "  "
_SUBJECT = 30
_MIN_SEEN = 9
"""The least number of columns for what was seen; the line has 50 then."""


def failed(findings: Iterable[Finding]) -> bool:
    """True if something is wrong: `check` ends with 1, whoever is to blame. A run has its own rule."""
    return any(finding.verdict == WRONG for finding in findings)


def as_json(findings: Iterable[Finding], records: Iterable[Published] = ()) -> str:
    """Return the JSON of docs/json.md: {"version": 1, "findings": [...], "records": [...]}."""
    rows = [masked_data(asdict(finding)) for finding in findings]
    wanted = [asdict(record) for record in records]
    return json.dumps({"version": VERSION, "findings": rows, "records": wanted}, indent=2)


def to_publish(findings: Iterable[Finding], records: Iterable[Published]) -> tuple[str, ...]:
    """Return the records to publish as lines of a zone file; none if all are published."""
    if all(one.verdict == RIGHT for one in findings if one.id.startswith("dns.")):
        return ()
    return ("", "DNS records to publish, as lines of a zone file:", *fragment(tuple(records)))


def as_table(findings: Iterable[Finding], width: int = 80) -> str:
    """Return the table: verdict, subject and what was seen; below it what was expected, and the advice.

    No line is longer than `width`, which is at least 50. The last line is the summary.
    """
    listed = list(findings)
    lines = [line for finding in listed for line in table_lines(finding, width)]
    return "\n".join([*lines, "", summary(listed)])


def table_lines(finding: Finding, width: int = 80) -> Iterator[str]:
    """Yield the lines of one finding, to show it at once."""
    room = max(width - _VERDICT - _SUBJECT - 2 * len(_GAP), _MIN_SEEN)
    subject = _wrap(finding.looked_at, _SUBJECT)
    outcome = _wrap(finding.seen, room)
    if finding.verdict != RIGHT:
        outcome += _wrap(f"expected: {finding.expected}", room)
    for number in range(max(len(subject), len(outcome))):
        verdict = WORDS[finding.verdict] if number == 0 else ""
        what = subject[number] if number < len(subject) else ""
        seen = outcome[number] if number < len(outcome) else ""
        yield f"{verdict:{_VERDICT}}{_GAP}{what:{_SUBJECT}}{_GAP}{seen}".rstrip()
    if finding.advice and finding.verdict != RIGHT:
        indent = " " * (_VERDICT + len(_GAP))
        for line in _wrap(f"-> {finding.advice}", max(width - len(indent), 10)):
            yield indent + line


def summary(findings: Iterable[Finding]) -> str:
    """Return such as `31 right, 1 WRONG, 2 waits`, in the order of the verdicts."""
    counted = Counter(finding.verdict for finding in findings)
    said = [f"{counted[verdict]} {WORDS[verdict]}" for verdict in VERDICTS if counted[verdict]]
    return ", ".join(said) or "nothing was looked at"


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(masked(text), width, break_on_hyphens=False) or [""]
