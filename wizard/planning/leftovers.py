"""Warn of files of rpm(8), such as main.cf.rpmnew. Nothing reads them."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.host.facts import FileFacts, Host, Leftover
from wizard.plan.diff import changed_lines

_NEW = ".rpmnew"


def warnings(host: Host) -> Iterator[str]:
    """Yield a warning for each file: what it differs from, and in which lines."""
    for one in host.leftovers:
        yield _warning(one, host.files[one.of])


def _warning(one: Leftover, file: FileFacts) -> str:
    if one.path.endswith(_NEW):
        what = "the package's new file, laid beside yours by an update"
        other, text = (
            (file.path, file.live)
            if file.original is None
            else (f"{file.path}.orig", file.original)
        )
        shows, then = f"`diff {other} {one.path}`", "take over by hand what you want of it"
    else:
        what = "your former file, which rpm kept when it removed the package or replaced the file"
        other, text = file.path, file.live
        shows, then = f"`diff {one.path} {other}`", "take over by hand what you miss"
    if one.text is None or text is None:
        return f"{one.path}: {what}; it cannot be compared. Look at it: `ls -l {one.path}`."
    places = [first for first, _ in changed_lines(text, one.text)]
    if not places:
        return f"{one.path}: {what}; it is the same as {other}. Remove it: `rm {one.path}`."
    count = f"{len(places)} place{'s' if len(places) > 1 else ''}, from line {places[0]} on"
    return (
        f"{one.path}: {what}; it differs from {other} in {count}. {shows} shows them; {then}, then"
        " remove it."
    )
