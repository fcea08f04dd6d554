"""A program that calls the commands: every answer is one JSON object, in the form of docs/schema."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lab.host import Host
from tests import schemas
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, state

pytestmark = pytest.mark.lab

RESULT = {"apply", "undo", "resume"}
REVIEWED = ("apply", "--answers", ANSWERS, "--json", "--yes")
LIMITED = ZEKE + "\n[limits]\nmessage_size_limit = 20000000\n"
LOCK = "/run/postfix-wizard/lock"
UNTIL = "while [ ! -e /run/go ]; do sleep 0.2; done"
BROKEN = "[Service]\nExecStartPre=/bin/false\n"


WRONG = "/root/wrong.toml"
SEEN = {"status", "runs", "log"}
NEVER_SET_UP = (
    (("plan",), 65),
    (("plan", "--answers", WRONG), 65),
    (("plan", "--answers", "/root/none.toml"), 65),
    (("apply", "--yes"), 65),
    (("apply", "--yes", "--answers", WRONG), 65),
    (("undo", "--yes"), 1),
    (("resume", "--yes"), 1),
    (("check",), 65),
    (("status",), 1),
    (("answers",), 1),
    (("move",), 1),
    (("log",), 1),
    (("runs",), 0),
)
"""Calls on a host that was never set up, with their exit status. Those of SEEN have a result all the same."""


def called(host: Host, *words: str, given: str = "") -> tuple[int, dict[str, Any], str]:
    """Call a command; return its exit status, its object, which has the form of its schema, and stderr."""
    argv = [
        PROGRAM,
        *words,
        *(() if "--json" in words or "--print-target" in words else ("--json",)),
    ]
    done = host.run(argv, input=given or None, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    name = "target" if "--print-target" in words else words[0]
    schema = "result" if name in RESULT else name
    return done.returncode, schemas.validate(schema, done.stdout), done.stderr


def ready(boot_host: BootHost, answers: str = ZEKE, **options: Any) -> Host:
    host = boot_host(pyz=PYZ, **options)
    host.write(ANSWERS, answers, 0o600)
    return host


def never_set_up(host: Host) -> None:
    """Each command has one object, whatever its exit status is."""
    host.write(WRONG, f"{ZEKE}\n[network]\n", 0o600)
    for words, expected in NEVER_SET_UP:
        code, found, _ = called(host, *words)
        assert (code, bool(found["message"])) == (expected, words[0] not in SEEN), (words, found)
    (block,) = called(host, "plan", "--answers", WRONG)[1]["blocked"]
    assert (block["kind"], block["name"]) == ("obstacle", "network")


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_life_by_programs(boot_host: BootHost, suite: str) -> None:
    """Reviewed by ID, set up, nothing to do, answers that come back, another plan, undone."""
    host = ready(boot_host, suite=suite)
    before = state(host)
    never_set_up(host)
    assert state(host) == before
    code, plan, _ = called(host, "plan", "--answers", ANSWERS)
    assert (code, plan["plan_id"], plan["blocked"]) == (2, None, [])
    assert "has no key yet" in plan["no_plan_id"]
    assert state(host) == before
    code, refused, _ = called(host, *REVIEWED, "--only", "")
    assert (code, refused["outcome"], refused["changed"]) == (66, "refused", False)
    reviewed = refused["plan_id"]
    assert called(host, "plan", "--answers", ANSWERS)[1]["plan_id"] == reviewed
    code, first, progress = called(host, *REVIEWED, "--only", reviewed)
    assert (code, first["outcome"], first["changed"], first["returned"]) == (0, "done", True, False)
    assert {one["outcome"] for one in first["steps"]} == {"done"}
    assert {one["verdict"] for one in first["findings"]} >= {"right"}
    assert f"Run {first['run']}: done." in progress
    code, second, _ = called(host, *REVIEWED)
    assert (code, second["outcome"], second["changed"], second["run"]) == (
        *(0, "nothing to do", False),
        "",
    )
    assert called(host, *REVIEWED, "--only", reviewed)[0] == 66
    for form in ((), ("--json",)):
        todays = host.run([PROGRAM, "answers", *form], check=True).stdout
        code, again, _ = called(host, "plan", "--answers", "-", given=todays)
        assert (code, again["pending"], again["blocked"]) == (0, 0, []), form
        code, done, _ = called(host, "apply", "--answers", "-", "--yes", given=todays)
        assert (code, done["changed"]) == (0, False)
    assert called(host, "answers")[1]["unexpressed"] == []
    for words in (("status",), ("check",), ("check", "--print-target"), ("runs",), ("log",)):
        called(host, *words)
    moved = ZEKE + '\n[move]\nold_server = "192.168.1.2"\n'
    assert called(host, "move", "--answers", "-", given=moved)[1]["old_server"] == "192.168.1.2"
    host.write(ANSWERS, LIMITED, 0o600)
    plan = called(host, "plan", "--answers", ANSWERS)[1]
    host.run(["postconf", "message_size_limit=30000000"], check=True)
    code, other, said = called(host, *REVIEWED, "--only", plan["plan_id"])
    assert (code, other["outcome"]) == (66, "refused")
    assert other["plan_id"] not in {None, plan["plan_id"]}
    assert f"--only {other['plan_id']}" in said
    code, conflict, _ = called(host, "plan", "--answers", ANSWERS)
    assert [one["kind"] for one in conflict["blocked"]] == ["conflict"]
    code, refused, _ = called(host, *REVIEWED)
    assert (code, [one["kind"] for one in refused["blocked"]]) == (1, ["conflict"])
    assert called(host, *REVIEWED, "--take-planned")[1]["outcome"] == "done"
    code, shown, _ = called(host, "undo", "--dry-run")
    assert (code, shown["outcome"], shown["changed"]) == (0, "dry run", False)
    code, undone, _ = called(host, "undo", "--yes")
    assert (code, undone["outcome"], undone["changed"]) == (0, "done", True)
    assert [one["id"] for one in undone["steps"]] == [one["id"] for one in shown["steps"]]
    code, nothing, _ = called(host, "resume", "--yes")
    assert (code, nothing["outcome"], nothing["run"]) == (1, "refused", "")


def test_a_unit_that_cannot_start_returns(boot_host: BootHost) -> None:
    host = ready(boot_host)
    drop = "/etc/systemd/system/postfix.service.d/trap.conf"
    host.write(drop, BROKEN)
    code, failed, _ = called(host, *REVIEWED)
    assert (code, failed["outcome"], failed["returned"]) == (1, "failed", True)
    assert any(one["is_return"] for one in failed["steps"])
    assert "was put back" in failed["message"]
    # The package stays.
    assert failed["changed"]
    host.run(["rm", drop], check=True)
    host.run(["systemctl", "daemon-reload"], check=True)
    code, repaired, _ = called(host, *REVIEWED)
    assert (code, repaired["outcome"], repaired["changed"]) == (0, "done", True)


def test_two_at_once_and_one_waits(boot_host: BootHost) -> None:
    """Only one changes the host. Who does not wait ends with 75, and with an object, too."""
    host = ready(boot_host)
    with ThreadPoolExecutor(3) as pool:
        two = [pool.submit(called, host, *REVIEWED, "--wait", "250") for _ in range(2)]
        results = [one.result() for one in two]
    assert [code for code, _, _ in results] == [0, 0]
    assert sorted(data["changed"] for _, data, _ in results) == [False, True]
    host.write(ANSWERS, LIMITED, 0o600)
    lock = '{"pid": 1, "run": "20261201-000000-1", "since": 0}'
    locked = f"echo {shlex.quote(lock)} >{LOCK}; exec flock {LOCK} sh -c {shlex.quote(UNTIL)}"
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(host.run, ["sh", "-c", locked], timeout=500)
        host.run(["sleep", "1"])
        (block,) = called(host, "plan", "--answers", ANSWERS)[1]["blocked"]
        assert (block["kind"], block["name"]) == ("lock", "20261201-000000-1")
        code, busy, _ = called(host, *REVIEWED)
        assert (code, busy["outcome"], busy["changed"]) == (75, "refused", False)
        assert called(host, *REVIEWED, "--wait", "1")[0] == 75
        waiting = pool.submit(called, host, *REVIEWED, "--wait", "250")
        host.run(["sleep", "5"])
        assert not waiting.done()
        host.write("/run/go", "")
        code, done, said = waiting.result()
        assert (code, done["outcome"], done["changed"]) == (0, "done", True)
        assert "Waiting for the end of run 20261201-000000-1." in said
        assert other.result().returncode == 0


COMMANDS = (
    ("plan", "--answers", ANSWERS),
    ("plan", "--answers", ANSWERS, "--json"),
    ("apply", "--answers", ANSWERS, "--yes"),
    ("apply", "--answers", ANSWERS, "--yes", "--json"),
    ("undo", "--dry-run"),
    ("undo", "--dry-run", "--json"),
    ("resume", "--yes"),
    ("resume", "--yes", "--json"),
    ("attach",),
    ("check",),
    ("check", "--json"),
    ("check", "--print-target"),
    ("status",),
    ("status", "--json"),
    ("answers",),
    ("answers", "--json"),
    ("move", "--answers", ANSWERS),
    ("log",),
    ("log", "--json"),
    ("runs",),
    ("runs", "--json"),
    ("runs", "--prune", "--keep", "50"),
    ("help",),
    ("--help",),
    ("--version", "--verbose"),
)


def test_an_output_that_nobody_takes_ends_each_command_in_words(boot_host: BootHost) -> None:
    host = ready(boot_host, ZEKE + '\n[move]\nold_server = "192.168.1.2"\n')
    assert called(host, *REVIEWED)[0] == 0
    for words in COMMANDS:
        line = shlex.join([PROGRAM, *words])
        for script, codes in (
            (f"{line} >/dev/full", {1}),
            (f"set -o pipefail; {line} | head -c 1 >/dev/null", {0, 1, 2}),
        ):
            done = host.run(["bash", "-c", script], timeout=200)
            assert done.returncode in codes, (script, done)
            assert "Traceback" not in done.stderr, script
            assert "Exception ignored" not in done.stderr, script
            assert "head" in script or done.stderr.strip(), script
    assert json.loads(host.run([PROGRAM, "status", "--json"]).stdout)["drifted"] == 0


def test_a_run_goes_on_without_its_reader(boot_host: BootHost) -> None:
    host = ready(boot_host)
    line = shlex.join([PROGRAM, "apply", "--answers", ANSWERS, "--yes"])
    for reader, says in (("true", "Nothing was changed"), ("grep -m 1 '^.1/'", "The run goes on")):
        script = f"{line} | {reader} >/dev/null; exit ${{PIPESTATUS[0]}}"
        done = host.run(["bash", "-c", script], timeout=200)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert says in done.stderr
    host.run([PROGRAM, "attach"], timeout=200)
    (run,) = called(host, "runs")[1]["runs"]
    assert run["outcome"] == "done"
