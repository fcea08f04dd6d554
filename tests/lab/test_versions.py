"""Runs of a newer version, and many runs, on a real host through the one file."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from lab.host import Host
from tests.lab.program import (
    ANSWERS,
    PROGRAM,
    PYZ,
    USAGE,
    WITHOUT_CAFE,
    ZEKE,
    BootHost,
    apply,
    state,
    wizard,
)
from tests.lab.test_recorded import recordings, restored
from tests.recorded.situations import SECTION, SITUATIONS, Situation

pytestmark = pytest.mark.lab

RUNS = "var/lib/postfix-wizard/runs"
NEWER = re.compile(r"was written by postfix-wizard 7\.0 \(commit abcdef0\) \(newer\)")


def set_up(host: Host) -> tuple[str, str]:
    """Do a first set-up and a run of one section; return their IDs."""
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(host)
    assert code == 0, said
    host.write(ANSWERS, ZEKE.replace("cafe.zeke", "kafe.zeke"), 0o600)
    code, said = apply(host, "--section", "domains", *WITHOUT_CAFE)
    assert code == 0, said
    first, second = sorted(path.name for path in (host.root / RUNS).iterdir())
    return first, second


def header(host: Host, run: str, **fields: object) -> None:
    path = host.root / RUNS / run / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **fields}))


@pytest.mark.promise(32)
def test_every_command_stops_at_a_newer_run(boot_host: BootHost) -> None:
    host = boot_host(pyz=PYZ)
    first, second = set_up(host)
    made = json.loads((host.root / RUNS / second / "run.json").read_bytes())
    assert re.fullmatch(r"[0-9a-f]{40}(-changed)?", made["commit"])
    header(host, second, format=3, version="7.0", commit="abcdef0", colour="blue")
    before = state(host)

    code, said = wizard(host, "runs")
    assert code == 0
    assert NEWER.search(said)
    for words in (
        ("undo", "--yes"),
        ("undo", "--dry-run"),
        ("undo", first, "--yes"),
        ("undo", second, "--yes"),
        ("apply", "--answers", ANSWERS, "--yes"),
        ("plan", "--answers", ANSWERS),
        ("resume", "--yes"),
        ("status",),
        ("status", "--json"),
        ("runs", "--prune", "--keep", "0", "--yes"),
    ):
        code, said = wizard(host, *words)
        assert code == 1, words
        assert NEWER.search(said), words
        assert f"run {second} " in said
        assert "Install postfix-wizard 7.0" in said
        assert "othing was changed" not in said
    assert state(host) == before

    host.run(["sh", "-c", "mkdir -p /root/r && cp -a /etc /root/r/"], check=True)
    code, said = wizard(host, "plan", "--root", "/root/r", "--answers", ANSWERS)
    assert code in {0, 2}, said


CHANGES = {
    "an unknown field": (b'"answers":', b'"region":"","answers":'),
    "an unknown action": (b'"StagedCheck"', b'"StagedProof"'),
    "another version": (b'"version":1,', b'"version":9,'),
}


@pytest.mark.promise(32)
@recordings(*(one for one in SITUATIONS if one.name == SECTION))
def test_every_command_stops_at_a_recorded_run_with_something_unknown(
    boot_host: BootHost, archive: Path, situation: Situation
) -> None:
    """A run without run.json: which version made it is not known, that it is newer is."""
    host = restored(boot_host, archive, situation).host
    newest = max((host.root / RUNS).iterdir())
    plan, request = newest / "plan.json", newest / "request.json"
    was, asked = plan.read_bytes(), request.read_bytes()
    for old, new in CHANGES.values():
        assert old in was
        plan.write_bytes(was.replace(old, new, 1))
        digests = (hashlib.sha256(text).hexdigest() for text in (was, plan.read_bytes()))
        before, after = (one.encode() for one in digests)
        request.write_bytes(asked.replace(before, after))
        untouched = state(host)
        for words in (
            ("undo", "--yes"),
            ("apply", "--answers", ANSWERS, "--yes"),
            ("plan", "--answers", ANSWERS),
            ("resume", "--yes"),
            ("status",),
        ):
            code, said = wizard(host, *words)
            assert code == 1, words
            assert f"run {newest.name} was written by another version" in said, said
            assert "othing was changed" not in said
        assert "newer" in wizard(host, "runs")[1]
        assert state(host) == untouched


@pytest.mark.promise(34)
def test_old_runs_are_removed_and_the_rest_works_on(boot_host: BootHost) -> None:
    host = boot_host(pyz=PYZ)
    first, _second = set_up(host)
    for last, name in (("kafe", "lafe"), ("lafe", "mafe"), ("mafe", "nafe")):
        host.write(ANSWERS, ZEKE.replace("cafe.zeke", f"{name}.zeke"), 0o600)
        gone = ("--accept", f"domain-class={last}.zeke.ne.jp")
        code, said = apply(host, "--section", "domains", *gone)
        assert code == 0, said
    code, said = wizard(host, "runs", "--prune", "--keep", "2")
    assert code == USAGE, said
    assert "is removed: done" in said, "what a --yes would remove is listed"
    code, said = wizard(host, "runs", "--prune", "--keep", "2", "--yes")
    assert code == 0, said
    assert "2 runs removed." in said
    assert f"{first}  stays: it is the first set-up" in said
    left = sorted(path.name for path in (host.root / RUNS).glob("2*"))
    assert [name.rpartition("-")[2] for name in left] == ["1", "4", "5"]
    code, said = wizard(host, "status")
    assert code == 0, said
    code, said = wizard(host, "plan", "--answers", ANSWERS, "--section", "domains")
    assert code == 0, said
    assert "by hand" not in said
    for _ in range(2):
        code, said = wizard(host, "undo", "--yes")
        assert code == 0, said
    # main.cf is now as a run left it that was removed: that it is a hand edit is not said.
    code, said = wizard(host, "status")
    assert code == 0, said
    code, said = wizard(host, "plan", "--answers", ANSWERS, "--section", "domains")
    assert code == 2, said
    assert "was removed, so what was changed by hand since cannot be told" in said
    assert host.run([PROGRAM, "runs"]).stdout.count("\n") == 5
