"""A change of the key that is killed at each step: mail stays signed with a key that is published."""

from __future__ import annotations

import itertools
import json
import os
import signal
from pathlib import Path

import pytest

from lab import sink
from lab.host import Host
from tests.faults.operating import begin, until, worker
from tests.lab.program import ANSWERS, PROGRAM, BootHost, apply, wizard
from tests.lab.signed_mail import Mail
from tests.lab.test_dkim import (
    DOMAINS,
    KEYS,
    ON,
    SUITES,
    TABLES,
    first_run,
    publish,
    record,
    second_run,
    texts,
    verdicts,
)
from tests.lab.test_dkim_faults import RUN, begun, in_step, journals, newest
from tests.turns import share

pytestmark = [pytest.mark.lab, pytest.mark.time_limit(1800)]

OWN = ("--section", "dkim")
WAYS = ("resume", "undo")
TAKEN = 5
"""A commit takes one of so many (step, way) of each of the two runs. It is no multiple of 2, the ways."""
NOTHING = "ended early and changed nothing that undo takes back"


def pending(host: Host) -> list[str]:
    """The steps that a run of the section would take, without the last one, the check."""
    argv = [PROGRAM, "plan", "--answers", ANSWERS, *OWN, "--json"]
    steps = json.loads(host.run(argv).stdout)["steps"]
    return [one["id"] for one in steps if not one["done"] and one["id"] != "check"]


def kill_in(host: Host, step: str, argv: tuple[str, ...] = RUN) -> str:
    """Start a run, kill its worker in a step, and return the run's ID."""
    before = len(journals(host))
    with begin(host, argv) as screen:
        until(lambda: len(journals(host)) > before and "RunStarted" in newest(host))
        pid = worker(host)
        in_step(host, step)
        os.kill(pid, signal.SIGKILL)
        screen.communicate()
    return journals(host)[-1].parent.name


def go_back(host: Host, run: str, step: str) -> tuple[str, ...]:
    """Undo a run that was killed; return what the next one must accept.

    A run that has changed nothing yet is not undone, and neither is the one before it.
    """
    code, said = wizard(host, "undo", "--yes")
    if code == 0:
        assert not step.startswith("dkim-key"), (step, said)
        assert step != "dkim-records", (step, said)
        return ()
    assert f"run {run}, the newest one, {NOTHING}" in said, (step, said)
    return ("--accept", f"cut-off-run={run}")


def made(host: Host, selector: str) -> list[str]:
    found = (f"{KEYS}/{one}/{selector}.private" for one in DOMAINS)
    return [one for one in found if host.run(["test", "-s", one]).returncode == 0]


@pytest.mark.promise(1)
@SUITES
def test_a_new_selector_that_is_killed_goes_on_or_back(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    """Of both runs: the one that makes the keys, and the one that signs with them."""
    host = first_run(boot_host, suite)
    second_run(host)
    mail = Mail(host, tmp_path, DOMAINS[0])
    host.write(ANSWERS, ON.replace('"s1"', '"s2"'), 0o600)
    seen = set()
    with sink.serve(host, tmp_path):
        for now, new in (("s1", "s1"), ("s1", "s2")):
            before = texts(host, *TABLES)
            steps = pending(host)
            seen |= {*steps}
            accepted: tuple[str, ...] = ()
            kills = list(itertools.product(steps, WAYS))
            for step, way in share(f"kills of a run to the selector {new}", kills, TAKEN):
                run = kill_in(host, step, (*RUN, *accepted))
                assert mail.selector() in {now, new}, step
                if way == "undo":
                    accepted = go_back(host, run, step)
                else:
                    accepted = ()
                    code, said = wizard(host, "resume", "--yes")
                    assert code == 0, (step, said)
                    assert mail.selector() == new, step
                    code, said = wizard(host, "undo", "--yes")
                    assert code == 0, (step, said)
                assert mail.selector() == now, (step, way)
                assert "wrong" not in verdicts(host).values(), (step, way)
                assert texts(host, *TABLES) == before, (step, way)
                assert "postfix-wizard" not in host.run(["postqueue", "-p"]).stdout
                # A key of that run stays, and the next one uses it. Here each run makes its own.
                if new == now and made(host, "s2"):
                    host.run(["rm", *made(host, "s2")], check=True)
            code, said = apply(host, *OWN, *accepted)
            assert code == 0, said
            assert mail.selector() == new
            if new == now:
                publish(host, *(record(host, one, "s2") for one in DOMAINS))
        undone_by_half(host, mail)
    keys = {f"dkim-key-{one}" for one in DOMAINS}
    assert {*keys, "KeyTable", "SigningTable", "dkim-records", "dkim-service"} <= seen
    assert set(verdicts(host).values()) == {"right"}


def undone_by_half(host: Host, mail: Mail) -> None:
    """Kill the undo as well: between its files, and while it restarts the signer."""
    after = texts(host, *TABLES)
    steps = ("back-SigningTable", "back-KeyTable", "back-dkim-service")
    for step in share("kills of an undo of a rotation", steps, 2):
        kill_in(host, step, (PROGRAM, "undo", "--yes"))
        assert mail.selector() in {"s1", "s2"}, step
        code, said = wizard(host, "resume", "--yes")
        assert code == 0, (step, said)
        assert mail.selector() == "s1", step
        code, said = apply(host, *OWN)
        assert code == 0, (step, said)
        assert mail.selector() == "s2", step
        assert texts(host, *TABLES) == after, step


@SUITES
def test_a_new_selector_whose_signature_is_wrong_returns_to_the_old_one(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    host = first_run(boot_host, suite)
    second_run(host)
    mail = Mail(host, tmp_path, DOMAINS[0])
    host.write(ANSWERS, ON.replace('"s1"', '"s2"'), 0o600)
    code, said = apply(host, *OWN)
    assert code == 0, said
    publish(host, *(record(host, one, "s2") for one in DOMAINS))
    before = texts(host, *TABLES)
    with sink.serve(host, tmp_path):
        assert mail.selector() == "s1"
        with begun(host) as screen:
            pid = worker(host)
            in_step(host, "dkim-service")
            os.kill(pid, signal.SIGSTOP)
            # The key changes under the run: what it signs is not what is published.
            path = f"{KEYS}/{DOMAINS[0]}/s2.private"
            swap = (
                f"cp -p {path} /root/s2; openssl genrsa -out /root/new 2048; cat /root/new >{path}"
            )
            host.run(["sh", "-c", f"{swap}; systemctl restart opendkim"], check=True)
            os.kill(pid, signal.SIGCONT)
            said, _ = screen.communicate()
        assert screen.returncode != 0, said
        assert "What the run had changed was put back" in said, said
        assert texts(host, *TABLES) == before
        assert mail.selector() == "s1"
        host.run(["sh", "-c", f"cat /root/s2 >{path}"], check=True)
        code, said = apply(host, *OWN)
        assert code == 0, said
        assert mail.selector() == "s2"
    assert set(verdicts(host).values()) == {"right"}
