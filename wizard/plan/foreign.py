"""What certbot would run because of files of another server: shown, and copied only if accepted.

Each item has a name (`wizard.certificates.foreign`). The operator accepts it by that name with
`--accept foreign-hooks=NAME,NAME`, or in the screens. It stops no run: without acceptance the item
is not copied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from wizard.answers.accept import form, option
from wizard.answers.model import Problem
from wizard.certificates.model import ForeignItem
from wizard.certificates.modes import file_mode
from wizard.certificates.settings import without
from wizard.host.gathered_facts import GatheredFile
from wizard.plan.choices import Choices
from wizard.plan.files import LaidFile, sha256
from wizard.plan.model import Foreign
from wizard.text import counted, escaped

ACCEPT = "foreign-hooks"
"""The name after --accept."""
MAX_LISTED = 200
"""Items that a plan shows. All their names must fit into a command line."""


def accepted_names(choices: Choices) -> frozenset[str]:
    """Return the names that the operator accepted."""
    return choices.accepted.get(ACCEPT, frozenset())


def is_excluded(file: GatheredFile, accepted: Collection[str]) -> bool:
    """True if the whole file is foreign and not accepted."""
    return any(not item.first and item.name not in accepted for item in file.foreign)


def planned_file(file: GatheredFile, accepted: Collection[str]) -> LaidFile:
    """Return a file without the options that were not accepted, as a run writes it."""
    mode = file_mode(file.path, file.mode)
    gone = tuple(item for item in file.foreign if item.first and item.name not in accepted)
    if not gone:
        return LaidFile(file.path, file.here, file.sha256, mode, file.mtime_ns)
    ranges = tuple((item.first, item.last) for item in gone)
    written = without(file.text or b"", ranges)
    return LaidFile(
        file.path,
        file.here,
        file.sha256,
        mode,
        file.mtime_ns,
        ranges,
        sha256(written),
    )


def listed(files: Iterable[GatheredFile], accepted: Collection[str]) -> tuple[Foreign, ...]:
    """Return the items of these files that the plan shows. The plan writes the files."""
    return tuple(
        Foreign(name, _place(item), item.use, item.text, name in accepted)
        for name, item in islice(_items(files).items(), MAX_LISTED)
    )


def more(files: Iterable[GatheredFile]) -> Iterator[str]:
    """Warn of the number of items beyond those that a plan shows."""
    count = len(_items(files)) - MAX_LISTED
    if count > 0:
        yield (
            f"Left out, and cannot be accepted here, since a plan shows {MAX_LISTED}: "
            f"{counted(count, 'more thing')} of the other server"
        )


def _items(files: Iterable[GatheredFile]) -> dict[str, ForeignItem]:
    return {item.name: item for file in files for item in file.foreign}


def _place(item: ForeignItem) -> str:
    return f"{item.path}, line {item.first}" if item.first else item.path


def obstacles(shown: Iterable[Foreign], choices: Choices) -> Iterator[Problem]:
    """Refuse accepted names that the plan does not list: their text changed, or they are wrong."""
    names = [one.name for one in shown]
    if not names or ACCEPT not in choices.accepted:
        return
    accepted = accepted_names(choices)
    unknown = sorted(accepted.difference(names))
    if unknown or not accepted:
        what = (
            f"{', '.join(unknown)}: the plan lists no such thing"
            if unknown
            else "names are missing"
        )
        yield Problem("certificate", ACCEPT, f"{what}. All that it lists: {full_form(names)}")


def full_form(names: Iterable[str]) -> str:
    """Return the option that accepts these names."""
    return option(ACCEPT, tuple(names))


def accepted_form(shown: Iterable[Foreign]) -> tuple[str, ...]:
    """Return the accepted names as the word after --accept; empty if there are none."""
    names = tuple(one.name for one in shown if one.accepted)
    return (form(ACCEPT, names),) if names else ()


def lines(shown: Iterable[Foreign]) -> Iterator[str]:
    """Yield lines on each item with its text, then how to accept those that are not accepted."""
    shown = tuple(shown)
    for one in shown:
        yield f"From the other server: {one.name}"
        yield f"    {one.place}: {one.use}. {'Accepted.' if one.accepted else 'It is left out.'}"
        yield from (f"    | {line}" for line in text_lines(one))
    missing = [one.name for one in shown if not one.accepted]
    if missing:
        yield f"To take over what is left out, add: {full_form(one.name for one in shown)}"


def text_lines(one: Foreign) -> tuple[str, ...]:
    """Return the text as lines without control characters."""
    return tuple(escaped(line) for line in one.text.split("\n"))
