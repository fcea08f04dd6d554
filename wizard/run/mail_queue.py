"""Read Postfix's queue, and put messages on hold (postqueue(1), postsuper(1)).

The commands run with `-c` on a directory of ours with a staged main.cf. So they also work while
Postfix is stopped or refuses its own main.cf. Queue IDs go through standard input.

A run's journal has which messages it put on hold: for its last message, and for undo.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, cast

from wizard.errors import Trouble
from wizard.plan.hold import counted
from wizard.postfix.classes import QUERIED, Classes, Parameters
from wizard.run import commands
from wizard.run.commands import Completed
from wizard.run.context import listed
from wizard.run.directories import explained
from wizard.run.loop import Loop
from wizard.run.paths import RunPlaces
from wizard.run.progress import Progress

Run = Callable[[Sequence[str], Optional[bytes]], Completed]
"""Runs a command to its end, with this standard input. Its output is not shown."""

HOLD, MAILDROP = "hold", "maildrop"
ON_HOLD_FILE = "held"
"""The file with the queue IDs in a run's directory, one a line, as `postsuper -H -` reads them."""

ON_HOLD, RELEASED = "held", "released"
"""The names in the journal of `HoldMail` and `ReleaseMail`: lists of queue ID and arrival time."""

_ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
_ID_IN_LINE = re.compile(rb'"queue_id": "([0-9A-Za-z]{1,64})"')
_PUT_ON_HOLD = re.compile(rb"^postsuper: (\w+): placed on hold", re.MULTILINE)
_RELEASED = re.compile(rb"^postsuper: (\w+): released from hold", re.MULTILINE)
_FAILED = re.compile(rb"\b(?:fatal|panic|error): ")
_MAX_LIST_BYTES = 1 << 22
_MAX_SHOWN = 5
_SETTLED_NS = 2_000_000_000
"""Age of a staged main.cf. Postfix's programs wait for one that is younger than about a second."""


@dataclass(frozen=True)
class Message:
    """A queued message. `is_read` is False if postqueue's line was not understood."""

    id: str
    queue: str
    arrival: int
    recipients: tuple[str, ...]
    is_read: bool = True


def runner(loop: Loop, seconds: float) -> Run:
    """Return a function that runs commands, each with `seconds` as its time limit."""

    def run(argv: Sequence[str], stdin: Optional[bytes]) -> Completed:
        return commands.run(argv, loop, None, stdin=stdin, whole=True, patience=seconds)

    return run


def stage(directory: Path, parameters: Parameters, now_ns: int) -> None:
    """Write a main.cf of these parameters that Postfix's commands accept with `-c`. Raises Trouble."""
    path = directory / "main.cf"
    # Without it every command fails on a host without IPv6, or with a wrong value there.
    lines = (*parameters, ("inet_protocols", "ipv4"))
    text = "".join(f"{name} = {value}\n" for name, value in lines)
    with explained("staging a main.cf for Postfix's commands", path):
        directory.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        os.utime(path, ns=(now_ns - _SETTLED_NS, now_ns - _SETTLED_NS))


def classes(directory: Path, run: Run) -> Classes:
    """Return how the staged main.cf classifies domains. Raises Trouble if postconf fails."""
    argv = ("postconf", "-c", str(directory), "-x", "-h", *QUERIED)
    done = run(argv, None)
    values = done.out.decode("utf-8", "surrogateescape").split("\n")[:-1]
    if done.status != 0 or len(values) != len(QUERIED):
        raise Trouble("reading the lists of domains", listed(argv, done), _REPAIR)

    def ask(table: str, keys: Collection[str]) -> Optional[frozenset[str]]:
        return _rows(directory, run, table, keys)

    return Classes(dict(zip(QUERIED, values)), ask, _list_file)


_REPAIR = "Repair what it names."


def _rows(directory: Path, run: Run, table: str, keys: Collection[str]) -> Optional[frozenset[str]]:
    """Return the keys that a table has (postmap -q), None if it does not answer.

    Keys with blanks around them or control characters are in no table.
    """
    plain = [one for one in keys if one.isprintable() and one == one.strip()]
    if not plain:
        return frozenset()
    # proxymap(8) may not run, and root needs no proxy.
    argv = ("postmap", "-c", str(directory), "-q", "-", re.sub("^proxy:", "", table))
    stdin = "".join(f"{one}\n" for one in plain).encode("utf-8", "surrogateescape")
    try:
        done = run(argv, stdin)
    except Trouble:
        return None
    # It exits 1 if it has none of the keys, and if it cannot read the table.
    if done.status not in {0, 1} or _FAILED.search(done.err):
        return None
    lines = done.out.decode("utf-8", "surrogateescape").splitlines()
    return frozenset(line.partition("\t")[0] for line in lines)


def _list_file(path: str) -> Optional[str]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            text = file.read(_MAX_LIST_BYTES + 1)
    except OSError:
        return None
    return text.decode("utf-8", "surrogateescape") if len(text) <= _MAX_LIST_BYTES else None


def messages(directory: Path, run: Run) -> tuple[Message, ...]:
    """Return all queued messages. Raises Trouble if postqueue fails."""
    argv = ("postqueue", "-c", str(directory), "-j")
    done = run(argv, None)
    if done.status != 0:
        raise Trouble("reading the queue", listed(argv, done), _REPAIR)
    return tuple(filter(None, map(_message, done.out.splitlines())))


def _message(line: bytes) -> Optional[Message]:
    try:
        fields = json.loads(line.decode("utf-8", "surrogateescape"), strict=False)
        recipients = tuple(str(one["address"]) for one in fields["recipients"])
        arrival = int(fields["arrival_time"])
        found = Message(str(fields["queue_id"]), str(fields["queue_name"]), arrival, recipients)
    except (ValueError, KeyError, TypeError, RecursionError):
        name = _ID_IN_LINE.search(line)
        return Message(name[1].decode("ascii"), "", 0, (), is_read=False) if name else None
    return found if _ID.fullmatch(found.id) else None


def hold(directory: Path, run: Run, ids: Iterable[str]) -> frozenset[str]:
    """Put messages on hold and return the IDs that postsuper confirmed. The others are gone."""
    return _moved(directory, run, "-h", ids, _PUT_ON_HOLD)


def release(directory: Path, run: Run, ids: Iterable[str]) -> frozenset[str]:
    """Release messages from hold and return the IDs that postsuper confirmed."""
    return _moved(directory, run, "-H", ids, _RELEASED)


def _moved(
    directory: Path, run: Run, option: str, ids: Iterable[str], says: re.Pattern[bytes]
) -> frozenset[str]:
    stdin = "".join(f"{one}\n" for one in ids if _ID.fullmatch(one)).encode("ascii")
    if not stdin:
        return frozenset()
    argv = ("postsuper", "-c", str(directory), option, "-")
    done = run(argv, stdin)
    found = frozenset(one.decode("ascii") for one in says.findall(done.err))
    if done.status != 0:
        raise Trouble("changing messages on hold", listed(argv, done), _REPAIR)
    return found


def release_command(ids: Sequence[str], list_file: Path) -> str:
    """Return the command that releases messages. It reads a long list from `list_file`."""
    if len(ids) <= MAX_TYPED:
        return " ".join(["postsuper", *(word for one in ids for word in ("-H", one))])
    return f"postsuper -H - < {list_file}"


MAX_TYPED = 10
"""Queue IDs in one typed command."""


def messages_of(terms: dict[str, object], name: str = ON_HOLD) -> tuple[tuple[str, int], ...]:
    """Return the messages that a step journalled under a name."""
    entries = cast("list[list[object]]", terms.get(name, []))
    return tuple((str(queue_id), int(cast("int", arrival))) for queue_id, arrival in entries)


def on_hold_lines(past: Progress, run: RunPlaces) -> Iterator[str]:
    """Yield the lines for a run's end about the messages that are still on hold."""
    put_on_hold = dict.fromkeys(
        one for terms in past.intended.values() for one in messages_of(terms)
    )
    released = {one for terms in past.intended.values() for one in messages_of(terms, RELEASED)}
    ids = [queue_id for queue_id, arrival in put_on_hold if (queue_id, arrival) not in released]
    if not ids:
        return
    shown = ", ".join(ids[:_MAX_SHOWN]) + (" ..." if len(ids) > _MAX_SHOWN else "")
    yield (
        f"On hold: {counted(len(ids))} that the present configuration would bounce ({shown}). "
        "`postqueue -p` marks mail on hold with a !."
    )
    yield "Once the domain is right again, this releases that mail:"
    yield release_command(ids, run.directory / ON_HOLD_FILE)
