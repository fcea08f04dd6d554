"""From a worker's trace to the moments at which it can be hit.

A point is one call that changes something or starts a program. strace counts each call by
itself (`when=N`), which moves when a child's words come in other pieces; what is meant by a
point is its place in the run: the step, the call, the path, and which of these it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

RENAMES = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")
REMOVALS = ("unlink", "unlinkat", "rmdir")
ADDITIONS = ("mkdir", "mkdirat", "openat", "bind")
CONTENTS = ("write", "pwrite64", "ftruncate", "fsync", "fdatasync")
METADATA = ("fchmod", "fchmodat", "fchown", "fchownat", "fsetxattr", "fremovexattr", "utimensat")
STARTS = ("fork", "vfork", "clone", "clone3")
RIGHT_AFTER_A_START = ("pidfd_open",)
"""The worker's first call once a child runs: killed there, it leaves the child to itself."""

CALLS = (*RENAMES, *REMOVALS, *ADDITIONS, *CONTENTS, *METADATA, *STARTS, *RIGHT_AFTER_A_START)
TRACE = "trace=" + ",".join(f"?{name}" for name in CALLS)
"""The option that makes strace show these calls and no other, as far as a machine has them."""

_CALL = re.compile(r"(\w+)\((.*)")
_FD = re.compile(r"(?:\d+|AT_FDCWD)<([^>]*)>")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_HIT = re.compile(r"\(INJECTED\)$|= \?$|<unfinished \.\.\.>$")
_SOCKET = re.compile(r'sun_path="([^"]*)"')
_STEP = re.compile(r'(?:StepStarted|StepIntended)\\",\\"record\\":\{\\"step\\":\\"([^\\]+)')
_END = re.compile(r'\\"kind\\":\\"RunFinished')
_CHANGING = (
    (re.compile(r"/runs/\d{8}-\d{6}-\d+"), "/runs/RUN"),
    (re.compile(r"postfix-wizard-[0-9a-f]{16}"), "postfix-wizard-*"),
    (re.compile(r"(/replaced/\.?)[0-9a-f]{16}-"), r"\1HASH-"),
    (re.compile(r"(socket|pipe):\[\d+\]"), r"\1"),
    (re.compile(r" \(deleted\)"), ""),
)
_PLAIN = ("/var/lib/postfix-wizard/runs/RUN/", "/dev/pts/ptmx")
_OURS = "/run/postfix-wizard"

INTERPRETER = "before the worker takes its lock (Python, unpacking)"
BYTE_CODE = "byte code of the interpreter"
READING = "openat that makes nothing"
THREAD = "threads of the checks, which only read"


@dataclass(frozen=True)
class Point:
    """One call of the worker: in which step, on what, and the how-manieth of that kind there."""

    step: str
    call: str
    path: str
    nth: int

    def __str__(self) -> str:
        return f"{self.step or 'start'}: {self.call} {self.path} ({self.nth})"


@dataclass(frozen=True)
class Seen:
    """A point as a trace shows it: `when` is strace's own count, `line` its words.

    `on_path` counts the same call on the same path over all steps.
    """

    point: Point
    when: int
    line: str
    on_path: int = 1

    @property
    def was_hit(self) -> bool:
        """Whether this is where the fault was."""
        return _HIT.search(self.line) is not None

    @property
    def is_plain(self) -> bool:
        """Whether strace can be told the path, so that nothing on another one moves its count.

        A temporary name or a kept copy's is known only once it is there.
        """
        path = self.point.path
        is_known = "*" not in path and "HASH" not in path
        return self.point.call == "write" and path.startswith(_PLAIN) and is_known


@dataclass(frozen=True)
class Recording:
    """The points of one run, in their order, and how many calls were left out by which rule."""

    seen: tuple[Seen, ...]
    left_out: dict[str, int]

    @property
    def points(self) -> tuple[Point, ...]:
        """The points alone."""
        return tuple(one.point for one in self.seen)


def record(trace: str) -> Recording:
    """Return the points that a trace shows."""
    left_out: Counter[str] = Counter()
    seen = tuple(_points(trace.splitlines(), left_out))
    return Recording(seen, dict(left_out))


def _points(lines: Iterable[str], left_out: Counter[str]) -> Iterator[Seen]:
    when: Counter[str] = Counter()
    nth: Counter[tuple[str, str, str]] = Counter()
    on_path: Counter[tuple[str, str]] = Counter()
    step, begun = "", False
    for line in lines:
        match = _CALL.match(line)
        if match is None or match[1] not in CALLS:
            continue
        call, words = match[1], match[2]
        when[call] += 1
        path = normal(_path(call, words))
        begun = begun or path.startswith(_OURS)
        why = _left_out(call, path, words, begun=begun)
        if why:
            left_out[why] += 1
            continue
        started = _STEP.search(words)
        step = started[1] if started else "end" if _END.search(words) else step
        nth[step, call, path] += 1
        on_path[call, path] += 1
        point = Point(step, call, path, nth[step, call, path])
        yield Seen(point, when[call], line, on_path[call, path])


def struck(trace: str, seen: Seen) -> bool:
    """Whether a trace of one path alone shows that this very point was hit."""
    lines = [line for line in trace.splitlines() if line.startswith(f"{seen.point.call}(")]
    return len(lines) >= seen.on_path and _HIT.search(lines[seen.on_path - 1]) is not None


def _left_out(call: str, path: str, words: str, *, begun: bool) -> str:
    """Return the rule by which a call is no point, "" where it is one."""
    rules = (
        (call == "openat" and "O_CREAT" not in words, READING),
        (not begun, INTERPRETER),
        ("__pycache__" in path, BYTE_CODE),
        ("CLONE_THREAD" in words, THREAD),
    )
    return next((name for holds, name in rules if holds), "")


def _path(call: str, words: str) -> str:
    """Return what the call is about: the open file, or the name that comes or goes."""
    if call in STARTS or call in RIGHT_AFTER_A_START:
        return ""
    if call == "bind":
        found = _SOCKET.search(words)
        return found[1] if found else "socket"
    words = words.rpartition(") = ")[0] or words
    descriptors = _FD.findall(words)
    if call in CONTENTS or (call in METADATA and descriptors):
        return descriptors[0] if descriptors else ""
    names = _TEXT.findall(words)
    name = names[-1] if names else ""
    return name if name.startswith("/") or not descriptors else f"{descriptors[-1]}/{name}"


def normal(path: str) -> str:
    """Return a path without what differs from run to run."""
    for pattern, instead in _CHANGING:
        path = pattern.sub(instead, path)
    return path
