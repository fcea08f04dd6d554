"""Small runs and what is read of them, for the tests of the worker and its viewers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional, cast

from wizard.plan.actions import Command, KeepOriginal, ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import Action, Plan, Step
from wizard.run.journal import chained, read_journal
from wizard.run.paths import Places, make_run
from wizard.run.records import Record, RunFinished, StepFinished
from wizard.run.request import write_request

OLD, NEW = b"old \xff\r\n", b"new \xff\r\n"


ROOT = Path(__file__).resolve().parents[3]


def plan(*actions: tuple[str, Action], answers: str = "") -> Plan:
    steps = tuple(Step(name, f"Title of {name}", "why", action) for name, action in actions)
    return Plan(answers, (), steps, ())


def prepared(places: Places, wanted: Plan) -> str:
    run = make_run(places, time.time())
    write_request(run, wanted, attended=False)
    return run.id


def told(places: Places, run: str) -> tuple[Record, ...]:
    reading = read_journal(places.run(run).journal)
    assert reading is not None
    assert not reading.corrupt
    return reading.records


def last(places: Places, run: str) -> RunFinished:
    record = told(places, run)[-1]
    assert isinstance(record, RunFinished)
    return record


def usual(etc: Path, *, before: Optional[bytes] = OLD) -> Plan:
    path = str(etc / "main.cf")
    digest = sha256(before) if before is not None else None
    return plan(
        ("original", KeepOriginal(path, f"{path}.orig", sha256(OLD))),
        ("main.cf", ReplaceFile(NewFile(path, NEW, digest))),
        ("say", Command(("echo", "hello"))),
        answers='[hostname]\nmyhostname = "mail.example.com"\n',
    )


def undone(places: Places, run: str, step: str) -> list[dict[str, Any]]:
    """Return what undo would be told of a step's files."""
    (undo,) = [
        one.undo
        for one in told(places, run)
        if isinstance(one, StepFinished) and one.step == step and one.outcome == "done"
    ]
    return cast("list[dict[str, Any]]", undo["files"])


def detached(places: Places) -> tuple[str, ...]:
    """Return a program that works in these places."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from pathlib import Path; from wizard.run.paths import Places\n"
        "from wizard.run.worker import work\n"
        f"sys.exit(work(Places(*map(Path, {[str(places.state), str(places.runtime), str(places.answers)]!r})), sys.argv[2]))"
    )
    return (sys.executable, "-c", script)


def started(_unit: str, argv: Sequence[str]) -> None:
    subprocess.run(["setsid", "--fork", *argv], check=True)


def rewritten(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return a journal in which `new` stands for `old`, as a program would have written it."""
    total, lines = "", []
    for line in data.replace(old, new).splitlines():
        payload = line.partition(b" ")[2]
        total = chained(total, payload)
        lines.append(total.encode() + b" " + payload + b"\n")
    return b"".join(lines)


def replan(places: Places, run: str, old: bytes, new: bytes) -> None:
    """Have a run's plan say `new` for `old`, as if it had been reviewed so."""
    at = places.run(run)
    before = at.plan.read_bytes()
    after = before.replace(old, new)
    assert after != before
    at.plan.write_bytes(after)
    digests = sha256(before).encode(), sha256(after).encode()
    at.request.write_bytes(at.request.read_bytes().replace(*digests))
    if at.journal.exists():
        at.journal.write_bytes(rewritten(at.journal.read_bytes(), *digests))


def as_format_1(places: Places, run: str) -> None:
    """Make a run what 5c83456 would have left."""
    at = places.run(run)
    at.header.unlink()
    replan(places, run, b'{"version":2,', b'{"version":1,')
    at.request.write_bytes(at.request.read_bytes().replace(b'"version": 2', b'"version": 1'))
    at.journal.write_bytes(rewritten(at.journal.read_bytes(), b'"version":2', b'"version":1'))
