"""A host that is set up, hit, recovered and compared, again and again.

`Rig` is one booted host with the driver of `inside.py` in it; it is used for as long as every
fault leaves it in the state that it began with, and a fresh one takes its place otherwise.
"""

from __future__ import annotations

import json
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from lab.host import Host
from tests.faults.kinds import IN_FORCE, PLAIN, Kind
from tests.faults.points import TRACE, Recording, record

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYZ = ROOT / "dist/postfix-wizard.pyz"
ANSWERS = PLAIN.answers
DRIVER = "/root/faults.py"
ANSWER = 300.0
"""Seconds for one answer of the driver: a whole set-up under strace takes some ten."""

Etc = dict[str, tuple[Any, ...]]

OTHERS_OWN = frozenset(
    {
        # Postfix's unit makes it at the first start, firewalld keeps the zone before the last.
        "/etc/aliases.db",
        "/etc/aliases.lmdb",
        "/etc/firewalld/zones/public.xml.old",
    }
)
OWN = "/etc/postfix-wizard"
TEMPORARY = ".postfix-wizard-"


@dataclass(frozen=True)
class State:
    """All that is compared: /etc with its tables' rows, and what is not in files."""

    etc: Etc
    live: dict[str, str]

    def differences(self, other: State, *, times: bool) -> list[str]:
        """Return what differs, a line each; what only others write is left out."""
        paths = sorted((self.etc.keys() | other.etc.keys()) - OTHERS_OWN)
        pairs = [(path, self.etc.get(path), other.etc.get(path)) for path in paths]
        words = [(name, self.live[name], other.live[name]) for name in self.live]
        return [
            f"{name}: {ours} became {theirs}"
            for name, ours, theirs in (
                *((path, _plain(a, path, times), _plain(b, path, times)) for path, a, b in pairs),
                *words,
            )
            if ours != theirs
        ]


def _plain(entry: Optional[tuple[Any, ...]], path: str, times: bool) -> Optional[tuple[Any, ...]]:
    """Return an entry to be compared: firewalld's files are written anew, so they have no time."""
    if entry is None or (times and not path.startswith("/etc/firewalld/")):
        return entry
    return entry[:-1]


@dataclass(frozen=True)
class Ended:
    """How a worker ended: its run, its trace, what its unit said, and its journal's end."""

    run: str
    trace: str
    told: str
    corrupt: str
    started: bool
    outcome: str
    message: str
    messages: tuple[str, ...]


class Rig:
    """One host and the process in it that answers our calls."""

    def __init__(self, host: Host, *, with_package: bool, kind: Kind = PLAIN) -> None:
        self.host = host
        self._kind = kind
        self.is_usable = True
        host.write("/root/zeke.toml", kind.answers, 0o600)
        host.push(HERE / "inside.py", DRIVER)
        if with_package:
            host.run(["dnf", "-y", "install", "postfix"], check=True)
        if kind.prepare is not None:
            kind.prepare(host)
        self._inside = subprocess.Popen(
            host.argv(["/usr/bin/python3", DRIVER]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.steps: list[str] = self._call("make_plan")

    def close(self) -> None:
        """End the process and the host."""
        self._inside.kill()
        self._inside.communicate()
        self.host.stop()

    def _call(self, *words: object) -> Any:
        """Have the driver do something and wait for its answer.

        One that does not come is told with the processes of the host, which show what waits for what.
        """
        assert self._inside.stdin is not None
        assert self._inside.stdout is not None
        # An answer that is not read to its end would be taken for that of the next call.
        assert self.is_usable, "an earlier call was given up"
        self.is_usable = False
        self._inside.stdin.write(json.dumps(words) + "\n")
        self._inside.stdin.flush()
        if not select.select([self._inside.stdout], [], [], ANSWER)[0]:
            raise AssertionError(f"no answer to {words} in {ANSWER:g} s:\n{self._processes()}")
        line = self._inside.stdout.readline()
        assert line, "the driver in the host ended"
        self.is_usable = True
        return json.loads(line)

    def _processes(self) -> str:
        """Return what runs in the host: since when, in what state, and what it waits for."""
        columns = "pid,ppid,etimes,stat,wchan:20,args"
        return self.host.run(["ps", "-ww", "-eo", columns], check=False).stdout

    def state(self) -> State:
        """Look at everything."""
        return State(self.etc(), self._call("live"))

    def etc(self) -> Etc:
        """Look at /etc alone."""
        return {path: tuple(entry) for path, entry in self._call("etc").items()}

    def work(self, what: str, *inject: str, path: str = "") -> Ended:
        """Run a worker on `apply`, `undo` or `resume` to its end, with strace's options.

        With a `path`, as points have it, strace looks at no other.
        """
        options = [word for one in (TRACE, *inject) for word in ("-e", one)]
        options += ["-P", path] if path else []
        done = self._call("traced", what, options)
        said = self._call("journal", done["run"])
        said["messages"] = tuple(said["messages"])
        return Ended(run=done["run"], trace=done["trace"], told=done["told"], **said)

    def wizard(self, *words: str) -> tuple[int, str]:
        """Call the program as an operator does; return its status and its words."""
        done = self._call("wizard", *words)
        return done["code"], done["said"]

    def outcome(self, run: str) -> str:
        """Return how a run stands by its journal."""
        return str(self._call("journal", run)["outcome"])

    def erase(self) -> None:
        """Make the host one without Postfix again."""
        self._call("erase")

    def settled(self) -> None:
        """Wait until no dnf runs any more."""
        self._call("settled")

    def leaks(self, *, in_force: bool) -> list[str]:
        """Return where a secret is that should not be there.

        `in_force` says that the set-up is, whose files need them; what an undo of it would put back
        may have them, too.
        """
        if not self._kind.secrets:
            return []
        found = self._call("holding", list(self._kind.secrets))
        return [
            f"{path} has a secret"
            for path in found
            if not (in_force and (path in IN_FORCE or "/replaced/" in path))
        ]

    def forget(self) -> None:
        """Make the next set-up a first one again."""
        self._call("forget")


@dataclass(frozen=True)
class Reference:
    """What an undisturbed set-up shows: the state before, the right outcome, and its points."""

    before: State
    after: State
    recording: Recording
    undo: Recording


def reference(rig: Rig) -> Reference:
    """Set up once and take it back, undisturbed, for all that follows to be held against."""
    before = rig.state()
    ended = rig.work("apply")
    assert ended.outcome == "done", ended
    after = rig.state()
    undone = rig.work("undo")
    assert undone.outcome == "done", undone
    problems = back_again(before, rig.state())
    assert not problems, problems
    rig.forget()
    return Reference(before, after, record(ended.trace), record(undone.trace))


def back_again(before: State, now: State) -> list[str]:
    """Return what is not as it was before; the originals and our own directory may stay."""
    etc = dict(now.etc)
    for path in ("/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/aliases"):
        if etc.get(f"{path}.orig") == before.etc.get(path):
            etc.pop(f"{path}.orig", None)
    own = etc.pop(OWN, None)
    found = before.differences(State(etc, now.live), times=True)
    return found if own in {None, ("directory", 0o700, 0, 0, "", 0)} else [*found, f"{own}"]
