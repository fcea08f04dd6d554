"""A change of the key that is killed at each step: mail stays signed with a key that is published."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from lab import sink
from lab.host import Host
from tests.faults.operating import worker
from tests.lab.program import ANSWERS, PROGRAM, BootHost, apply, wizard
from tests.lab.test_dkim import (
    DOMAINS,
    FRIEND,
    KEYS,
    ON,
    TABLES,
    first_run,
    is_signed,
    messages,
    publish,
    record,
    second_run,
    texts,
    verdicts,
)
from tests.lab.test_dkim_faults import begun, in_step

pytestmark = pytest.mark.lab

OWN = ("--section", "dkim")


class Mail:
    """Messages that the host sends, one after the other."""

    def __init__(self, host: Host, keep: Path) -> None:
        self._host, self._keep, self._count = host, keep, 0

    def selector(self) -> str:
        """Send one, and return the selector of its signature, which is right by what is published."""
        host, domain = self._host, DOMAINS[0]
        self._count += 1
        subject = f"message {self._count}"
        text = f"From: taro@{domain}\nTo: {FRIEND}\nSubject: {subject}\n\nHello.\n"
        host.run(["sendmail", "-f", f"taro@{domain}", FRIEND], input=text, check=True)
        found = messages(self._keep, self._count)[subject]
        assert is_signed(host, found, domain), found
        (selector,) = re.findall(rb"DKIM-Signature:.*?\bs=([^;\s]+)", found, re.DOTALL)
        return str(selector.decode())


def pending(host: Host) -> list[str]:
    """The steps that a run of the section would take, without the last one, the check."""
    argv = [PROGRAM, "plan", "--answers", ANSWERS, *OWN, "--json"]
    steps = json.loads(host.run(argv).stdout)["steps"]
    return [one["id"] for one in steps if not one["done"] and one["id"] != "check"]


def kill_in(host: Host, step: str) -> None:
    """Start the run, and kill its worker in a step."""
    with begun(host) as screen:
        pid = worker(host)
        in_step(host, step)
        os.kill(pid, signal.SIGKILL)
        screen.communicate()


def made(host: Host, selector: str) -> list[str]:
    found = (f"{KEYS}/{one}/{selector}.private" for one in DOMAINS)
    return [one for one in found if host.run(["test", "-s", one]).returncode == 0]


@pytest.mark.promise(1)
@pytest.mark.parametrize("way", ["resume", "undo"])
def test_a_new_selector_that_is_killed_goes_on_or_back(
    boot_host: BootHost, tmp_path: Path, way: str
) -> None:
    """Of both runs: the one that makes the keys, and the one that signs with them."""
    host = first_run(boot_host, "el9")
    second_run(host)
    mail = Mail(host, tmp_path)
    host.write(ANSWERS, ON.replace('"s1"', '"s2"'), 0o600)
    seen = set()
    with sink.serve(host, tmp_path):
        for now, new in (("s1", "s1"), ("s1", "s2")):
            before = texts(host, *TABLES)
            steps = pending(host)
            for step in steps:
                seen.add(step)
                kill_in(host, step)
                assert mail.selector() in {now, new}, step
                code, said = wizard(host, way, "--yes")
                assert code == 0, (step, said)
                assert mail.selector() == (new if way == "resume" else now), step
                assert "wrong" not in verdicts(host).values(), step
                if way == "resume":
                    code, said = wizard(host, "undo", "--yes")
                    assert code == 0, (step, said)
                    assert mail.selector() == now, step
                assert texts(host, *TABLES) == before, step
                assert "postfix-wizard" not in host.run(["postqueue", "-p"]).stdout
                # A key of that run stays, and the next one uses it. Here each run makes its own.
                if new == now and len(made(host, "s2")) == len(DOMAINS):
                    host.run(["rm", *made(host, "s2")], check=True)
            code, said = apply(host, *OWN)
            assert code == 0, said
            assert mail.selector() == new
            if new == now:
                publish(host, *(record(host, one, "s2") for one in DOMAINS))
    keys = {f"dkim-key-{one}" for one in DOMAINS}
    assert {*keys, "KeyTable", "SigningTable", "dkim-records", "dkim-service"} <= seen
    assert set(verdicts(host).values()) == {"right"}


def test_a_new_selector_whose_signature_is_wrong_returns_to_the_old_one(
    boot_host: BootHost, tmp_path: Path
) -> None:
    host = first_run(boot_host, "el9")
    second_run(host)
    mail = Mail(host, tmp_path)
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
        assert "put back" in said, said
        assert texts(host, *TABLES) == before
        assert mail.selector() == "s1"
        host.run(["sh", "-c", f"cat /root/s2 >{path}"], check=True)
        code, said = apply(host, *OWN)
        assert code == 0, said
        assert mail.selector() == "s2"
    assert set(verdicts(host).values()) == {"right"}
