"""Faults of the run that gives Postfix the signer, while mail comes and goes.

No mail is lost, none leaves with a signature that fails, and no stranger's mail waits.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import sink
from lab.host import Host
from lab.shell import LabError
from tests.faults.operating import worker
from tests.lab.program import BootHost, apply, wizard
from tests.lab.test_dkim import (
    DOMAINS,
    FRIEND,
    POSTFIX,
    TABLES,
    first_run,
    is_signed,
    messages,
    publish,
    record,
    send,
    strangers,
    texts,
    verdicts,
)
from tests.lab.test_dkim_faults import LISTEN, begun, groups, in_step, signs

pytestmark = pytest.mark.lab

OUTSIDE = {"address": "203.0.113.1"}
DROP_IN = "/etc/systemd/system/opendkim.service.d/instead.conf"
SCRIPT = "/usr/local/lib/instead.py"
INSTEAD = f"/usr/bin/python3 {SCRIPT}"
OTHER = LISTEN.replace("import socket, time", "import os, socket, time\nos.umask(0)")
SMTP = "link.recv(64); link.sendall(b'220 mail ESMTP\\r\\n'); link.recv(64); link.close()"
TAKE = (
    "systemctl stop opendkim; install -d -o opendkim -g opendkim -m 750 /run/opendkim; "
    f"systemd-run -q --unit taker {INSTEAD}; sleep 1"
)


@dataclass
class Traffic:
    """Mail that was sent while a run went on: the replies to strangers, and the subjects of our own."""

    host: Host
    strangers: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    def turn(self) -> None:
        """Send a stranger's message and one of our own, which sendmail(1) always takes."""
        to = "taro@zeke.ne.jp"
        where: dict[str, Any] = {**OUTSIDE, "run": self.host.run_outside}
        try:
            self.strangers.append(send(self.host, 25, "ceo@stranger.example", to, **where))
        except LabError as error:
            # Postfix is restarted when a run returns, and a server that is refused comes again.
            if "ConnectionRefusedError" not in str(error):
                raise
        subject = f"own {len(self.own)}"
        text = f"From: {to}\nTo: {FRIEND}\nSubject: {subject}\n\nHello.\n"
        self.host.run(["sendmail", "-f", to, FRIEND], input=text, check=True)
        self.own.append(subject)

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Send mail for the time of a with statement."""
        is_over = threading.Event()

        def send_on() -> None:
            while not is_over.wait(0.3):
                self.turn()

        thread = threading.Thread(target=send_on)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def judge(self, keep: Path) -> None:
        """Every stranger was served at once, all mail came, and each signature is right."""
        assert set(self.strangers) == {"250"}
        assert not [one for one in strangers(self.host, len(self.strangers)) if b"DKIM-S" in one]
        self.host.run(["postqueue", "-f"], check=True)
        found = messages(keep, len(self.own))
        assert sorted(found) == sorted(self.own)
        for subject, one in found.items():
            assert b"DKIM-Signature" not in one or is_signed(self.host, one, "zeke.ne.jp"), subject
        assert "postfix-wizard" not in self.host.run(["postqueue", "-p"]).stdout


@dataclass(frozen=True)
class Fault:
    """A fault of the second run: what is done before it or in one of its steps, and what the run says.

    `command` takes the place of the unit's own.
    """

    expected: str
    command: str = ""
    answer: str = ""
    step: str = ""
    does: str = ""


LATE = "dkim-member"
"""A step after the start of the signer, and before Postfix has it."""
FAULTS = {
    "ends at once": Fault("opendkim is inactive|opendkim is failed", "/bin/sh -c 'exit 3'"),
    "is killed at once, again and again": Fault("opendkim is ", "/bin/sh -c 'kill -9 $$$$'"),
    "hangs before its socket": Fault("no socket", "/bin/sleep 999"),
    "hangs at its socket": Fault("does not answer", INSTEAD, "time.sleep(999)"),
    "is another program": Fault("is not a milter", INSTEAD, SMTP),
    "ends after its start": Fault("no socket", step=LATE, does="systemctl stop opendkim"),
    # smtpd(8) waits for it before it greets mynetworks.
    "hangs after its start": Fault(
        "does not answer|does not greet", step=LATE, does="systemctl kill -s STOP opendkim"
    ),
    "loses its socket to another program": Fault(
        "is not a milter|does not greet", "", SMTP, LATE, TAKE
    ),
}
REPAIR = (
    f"rm -f {DROP_IN}; systemctl daemon-reload; systemctl stop taker; "
    "systemctl kill -s CONT opendkim; systemctl reset-failed opendkim; systemctl restart opendkim; sleep 1"
)


def break_unit(host: Host, fault: Fault) -> None:
    """Write what runs instead of the signer."""
    host.write(SCRIPT, OTHER.format(answer=fault.answer or "pass"), 0o644)
    if fault.command:
        host.run(["mkdir", "-p", str(Path(DROP_IN).parent)], check=True)
        unit = f"[Service]\nExecStart=\nExecStart={fault.command}\n"
        host.write(DROP_IN, unit, 0o644)
        host.run(["systemctl", "daemon-reload"], check=True)


def run_with(host: Host, step: str, does: Callable[[], None]) -> tuple[int, str]:
    """Run the section, and do something while its worker stands still at the beginning of a step."""
    with begun(host) as screen:
        pid = worker(host)
        if step:
            in_step(host, step)
            os.kill(pid, signal.SIGSTOP)
        does()
        if step:
            os.kill(pid, signal.SIGCONT)
        said, _ = screen.communicate()
    return screen.returncode, said


def ready(boot_host: BootHost) -> Host:
    """A host after the first run, with records and Dovecot."""
    host = first_run(boot_host, "el9")
    publish(host, *(record(host, one) for one in DOMAINS))
    host.start_dovecot()
    return host


def is_as_before(host: Host, before: list[bytes]) -> bool:
    return (
        texts(host, *POSTFIX, *TABLES) == before
        and not signs(host)
        and "opendkim" not in groups(host)
    )


def test_a_signer_that_fails_in_the_second_run_harms_no_mail(
    boot_host: BootHost, tmp_path: Path
) -> None:
    host = ready(boot_host)
    before = texts(host, *POSTFIX, *TABLES)
    traffic = Traffic(host)
    with sink.serve(host, tmp_path):
        for name, fault in FAULTS.items():
            break_unit(host, fault)

            def does(words: str = fault.does) -> None:
                host.run(["sh", "-c", words or "true"], check=True)

            with traffic.going_on():
                code, said = run_with(host, fault.step, does)
            assert code != 0, (name, said)
            assert re.search(fault.expected, said), (name, said)
            assert "put back" in said, (name, said)
            assert is_as_before(host, before), name
            host.run(["sh", "-c", REPAIR])
            assert verdicts(host)["unit.dkim"] == "right", name
        with traffic.going_on():
            code, said = apply(host, "--section", "dkim")
        assert code == 0, said
        traffic.turn()
        traffic.judge(tmp_path)
        last = messages(tmp_path, len(traffic.own))[traffic.own[-1]]
        assert is_signed(host, last, "zeke.ne.jp")
    assert "wrong" not in verdicts(host).values()


SMALL = (
    "cp -a {place} /root/copy && mount -t tmpfs -o mode=755,size=2m tmpfs {place} && "
    "cp -a /root/copy/. {place} && rm -r /root/copy"
)
FULL = "dd if=/dev/zero of={place}/ballast bs=4k 2>/dev/null; truncate -s -{room} {place}/ballast"
PLACES = {"/etc/opendkim": (0, 4096), "/etc/postfix": (0, 4096, 16384, 65536)}
"""Directories, and the bytes that are free in them: each text that the run writes takes some pages of 4096."""


def test_a_disk_that_fills_up_in_the_second_run_harms_no_mail(
    boot_host: BootHost, tmp_path: Path
) -> None:
    host = ready(boot_host)
    before = texts(host, *POSTFIX, *TABLES)
    traffic = Traffic(host)
    named: set[str] = set()
    with sink.serve(host, tmp_path):
        for place, rooms in PLACES.items():
            host.run(["sh", "-c", SMALL.format(place=place)], check=True)
            for room in rooms:
                full = FULL.format(place=place, room=room)

                def does(words: str = full) -> None:
                    host.run(["sh", "-c", words], check=True)

                with traffic.going_on():
                    code, said = run_with(host, "dkim-records", does)
                host.run(["rm", f"{place}/ballast"], check=True)
                named |= set(re.findall(r"SigningTable|signed_networks|main\.cf|master\.cf", said))
                assert signs(host) if code == 0 else "No space left" in said, (place, room, said)
                # What was done before the full disk is taken out again.
                code, said = wizard(host, "undo", "--yes")
                assert is_as_before(host, before), (place, room, said)
        code, said = apply(host, "--section", "dkim")
        assert code == 0, said
        traffic.turn()
        traffic.judge(tmp_path)
    assert {"SigningTable", "main.cf"} <= named
    assert "wrong" not in verdicts(host).values()
