"""Print findings as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from wizard.dns.records import Published, fragment
from wizard.finding import RIGHT, VERDICTS, WRONG, Cure, Edit, Finding
from wizard.secrets import masked, masked_data
from wizard.text import printable

VERSION = 1
"""The version of the JSON. A new field does not change it; a removed or changed field does."""

WORDS = {**dict(zip(VERDICTS, VERDICTS)), WRONG: "WRONG"}
"""The verdict column: words, so that no colour is needed."""

_VERDICT = max(map(len, WORDS.values()))
_GAP = "  "
_SUBJECT = 30
_MIN_SEEN = 9
"""The least number of columns for what was seen; the line has 50 then."""
_LONGEST_COMMAND = 4000


def failed(findings: Iterable[Finding]) -> bool:
    """True if something is wrong: `check` ends with 1, whoever is to blame. A run has its own rule."""
    return any(finding.verdict == WRONG for finding in findings)


def as_data(findings: Iterable[Finding] = (), records: Iterable[Published] = ()) -> dict[str, Any]:
    """Return the object of docs/json.md: {"version": 1, "findings": [...], "records": [...]}."""
    rows = [masked_data(asdict(finding)) for finding in findings]
    wanted = [asdict(record) for record in records]
    return {"version": VERSION, "findings": rows, "records": wanted}


def from_json(text: str) -> tuple[Finding, ...]:
    """Return the findings of such JSON. Raises ValueError where it has none of this version."""
    try:
        data = json.loads(text)
        if data.get("message"):
            raise ValueError(data["message"])
        if data["version"] != VERSION:
            raise ValueError(f"its version is {data['version']!r:.20}")
        return tuple(_finding(row) for row in data["findings"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it has not the fields of a check ({error!r:.60})") from error


def _finding(row: dict[str, Any]) -> Finding:
    cured = row["cure"]
    cure = Cure(
        tuple(tuple(argv) for argv in cured["commands"]),
        tuple(Edit(**edit) for edit in cured["edits"]),
        cured["reason"],
    )
    return Finding(**{**row, "cure": cure})


def to_publish(findings: Iterable[Finding], records: Iterable[Published]) -> tuple[str, ...]:
    """Return the records to publish as lines of a zone file; none if all are published."""
    if all(one.verdict == RIGHT for one in findings if one.id.startswith("dns.")):
        return ()
    return ("", "DNS records to publish, as lines of a zone file:", *fragment(tuple(records)))


def as_table(findings: Iterable[Finding], width: int = 80) -> str:
    """Return the table: verdict, subject and what was seen; below it what was expected, and the advice.

    What follows from another finding is below that one. No line is longer than `width`, which is at
    least 50. The last line is the summary.
    """
    listed = list(findings)
    lines = [line for finding in folded(listed) for line in table_lines(finding, width)]
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
    if finding.verdict == RIGHT:
        return
    indent = " " * (_VERDICT + len(_GAP))
    room = max(width - len(indent), 10)
    if finding.follows:
        yield from (indent + line for line in _wrap(f"-> It follows from {finding.follows}.", room))
        return
    if finding.advice:
        yield from (indent + line for line in _wrap(f"-> {finding.advice}", room))
    yield from (indent + line for line in _cure_lines(finding, room))


def _cure_lines(finding: Finding, room: int) -> Iterator[str]:
    """Yield the commands that the advice does not have, each on a line of its own, to be copied."""
    edits = [f"# write {one.path} (`check --json` has its text)" for one in finding.cure.edits]
    commands = [shlex.join(argv) for argv in finding.cure.commands]
    if not edits and all(f"`{one}`" in finding.advice for one in commands):
        return
    for line in (*edits, *commands):
        shown = f"$ {masked(printable(line, _LONGEST_COMMAND))}"
        if len(shown) <= room:
            yield shown
        else:
            # A command that is broken in two is none.
            yield from _wrap(f"$ {line.split(' ', 1)[0]} ... (`check --json` has it whole)", room)


def folded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in their order, what follows from another one right behind that."""
    listed = tuple(findings)
    there = {one.id for one in listed}
    behind = [one for one in listed if one.follows in there]
    return tuple(
        shown
        for one in listed
        if one not in behind
        for shown in (one, *(other for other in behind if other.follows == one.id))
    )


def summary(findings: Iterable[Finding]) -> str:
    """Return such as `31 right, 1 WRONG, 2 waits`, in the order of the verdicts."""
    counted = Counter(finding.verdict for finding in findings)
    said = [f"{counted[verdict]} {WORDS[verdict]}" for verdict in VERDICTS if counted[verdict]]
    return ", ".join(said) or "nothing was looked at"


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(masked(text), width, break_on_hyphens=False) or [""]
