"""Faults of the run that gives Postfix the signer, while mail comes and goes.

No mail is lost, none leaves with a signature that fails, and no stranger's mail waits.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import sink
from lab.host import Host
from lab.shell import LabError
from tests.faults.operating import worker
from tests.lab.program import BootHost, apply, wizard
from tests.lab.signed_mail import come, send_own
from tests.lab.test_dkim import (
    DOMAINS,
    POSTFIX,
    SUITES,
    TABLES,
    first_run,
    is_signed,
    publish,
    record,
    send,
    texts,
    verdicts,
)
from tests.lab.test_dkim_faults import LISTEN, begun, groups, in_step, signs
from tests.turns import share

pytestmark = [pytest.mark.lab, pytest.mark.time_limit(1800)]

OUTSIDE = {"address": "203.0.113.1"}
TO = f"taro@{DOMAINS[0]}"
AGAIN = ("ConnectionRefusedError", "ConnectionResetError", "SMTPServerDisconnected")
"""What a stranger meets while Postfix is restarted, as when a run returns. A server comes again."""
DROP_IN = "/etc/systemd/system/opendkim.service.d/instead.conf"
SCRIPT = "/usr/local/lib/instead.py"
INSTEAD = f"/usr/bin/python3 {SCRIPT}"
OTHER = LISTEN.replace("import socket, time", "import os, socket, time\nos.umask(0)")
SMTP = "link.recv(64); link.sendall(b'220 mail ESMTP\\r\\n'); link.recv(64); link.close()"
TAKE = (
    "systemctl stop opendkim; install -d -o opendkim -g opendkim -m 750 /run/opendkim; "
    f"systemd-run -q --unit taker {INSTEAD}; sleep 1"
)
NO_ROOM = "mount -t tmpfs -o nr_inodes=1,mode=750,uid=$(id -u opendkim),gid=$(id -g opendkim) tmpfs /run/opendkim"


@dataclass
class Traffic:
    """Mail that was sent while a run went on: the replies to strangers, and the subjects of our own."""

    host: Host
    strangers: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    failures: list[LabError] = field(default_factory=list)

    def turn(self) -> None:
        """Send a stranger's message and one of our own, which sendmail(1) always takes."""
        where: dict[str, Any] = {**OUTSIDE, "run": self.host.run_outside}
        try:
            self.strangers.append(send(self.host, 25, "ceo@stranger.example", TO, **where))
        except LabError as error:
            if not any(one in str(error) for one in AGAIN):
                self.failures.append(error)
        self.own.append(f"own {len(self.own)}")
        send_own(self.host, TO, self.own[-1])

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Send mail for the time of a with statement."""
        is_over = threading.Event()

        def send_on() -> None:
            while not is_over.wait(0.5):
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
        assert self.failures == []
        assert set(self.strangers) == {"250"}
        assert not [one for one in self._from_strangers() if b"DKIM-Signature" in one]
        for subject, one in come(self.host, keep, self.own):
            assert b"DKIM-Signature" not in one or is_signed(self.host, one, DOMAINS[0]), subject
        assert "postfix-wizard" not in self.host.run(["postqueue", "-p"]).stdout

    def _from_strangers(self) -> list[bytes]:
        """Return what came to taro, once it is at least as much as was accepted."""
        place, deadline = self.host.root / "home/taro/Maildir/new", time.monotonic() + 30
        while True:
            found = [one.read_bytes() for one in place.glob("*")]
            found = [one for one in found if b"From: ceo@" in one]
            if len(found) >= len(self.strangers):
                return found
            assert time.monotonic() < deadline, (len(found), len(self.strangers))
            time.sleep(0.2)


@dataclass(frozen=True)
class Fault:
    """A fault of the second run: what is done before it or in one of its steps, and what the run says.

    `command` takes the place of the unit's own. With `lasts` the signer cannot serve until it is
    repaired, so a return cannot restart it; all else is put back.
    """

    expected: str
    command: str = ""
    answer: str = ""
    step: str = ""
    does: str = ""
    lasts: bool = True


LATE = "dkim-member"
"""A step after the start of the signer, and before Postfix has it."""
FAULTS = {
    "ends at once": Fault("opendkim is inactive|opendkim is failed", "/bin/sh -c 'exit 3'"),
    "is killed at once, again and again": Fault("opendkim is ", "/bin/sh -c 'kill -9 $$$$'"),
    "hangs before its socket": Fault("no socket", "/bin/sleep 999"),
    "hangs at its socket": Fault("does not answer", INSTEAD, "time.sleep(999)"),
    "is another program": Fault("is not a milter", INSTEAD, SMTP),
    "ends after its start": Fault(
        "no socket", step=LATE, does="systemctl stop opendkim", lasts=False
    ),
    # smtpd(8) waits for it before it greets mynetworks.
    "hangs after its start": Fault(
        "does not answer|does not greet",
        step=LATE,
        does="systemctl kill -s STOP opendkim",
        lasts=False,
    ),
    "loses its socket to another program": Fault(
        "is not a milter|does not greet", "", SMTP, LATE, TAKE
    ),
    "has no room for its socket": Fault(
        "opendkim is inactive|opendkim is failed", step="dkim-records", does=NO_ROOM
    ),
}
TAKEN = 4
"""A commit takes one fault of so many. It is no multiple of 3: every third commit takes this test."""
REPAIR = (
    f"rm -f {DROP_IN}; systemctl daemon-reload; systemctl stop taker; umount /run/opendkim; "
    "systemctl reset-failed opendkim; systemctl restart opendkim; sleep 1"
)


def break_unit(host: Host, fault: Fault) -> None:
    """Write what runs instead of the signer."""
    host.write(SCRIPT, OTHER.format(answer=fault.answer or "pass"), 0o644)
    if fault.command:
        host.run(["mkdir", "-p", str(Path(DROP_IN).parent)], check=True)
        unit = f"[Service]\nExecStart=\nExecStart={fault.command}\n"
        host.write(DROP_IN, unit, 0o644)
        host.run(["systemctl", "daemon-reload"], check=True)


def run_with(host: Host, step: str, does: str) -> tuple[int, str]:
    """Run the section, and do something while its worker stands still at the beginning of a step."""
    with begun(host) as screen:
        if step:
            pid = worker(host)
            in_step(host, step)
            os.kill(pid, signal.SIGSTOP)
            host.run(["sh", "-c", does], check=True)
            os.kill(pid, signal.SIGCONT)
        said, _ = screen.communicate()
    return screen.returncode, said


def ready(boot_host: BootHost, suite: str) -> Host:
    """A host after the first run, with records and Dovecot."""
    host = first_run(boot_host, suite)
    publish(host, *(record(host, one) for one in DOMAINS))
    host.start_dovecot()
    return host


def is_as_before(host: Host, before: list[bytes]) -> bool:
    return (
        texts(host, *POSTFIX, *TABLES) == before
        and not signs(host)
        and "opendkim" not in groups(host)
    )


def then_signs(host: Host, traffic: Traffic, keep: Path) -> None:
    """The same run without a fault: mail is signed from then on."""
    with traffic.going_on():
        code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    traffic.turn()
    traffic.judge(keep)
    last = dict(come(host, keep, traffic.own))[traffic.own[-1]]
    assert is_signed(host, last, DOMAINS[0])
    assert "wrong" not in verdicts(host).values()


@SUITES
def test_a_signer_that_fails_in_the_second_run_harms_no_mail(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    host = ready(boot_host, suite)
    before = texts(host, *POSTFIX, *TABLES)
    traffic = Traffic(host)
    with sink.serve(host, tmp_path):
        for name, fault in share("faults of the second run", list(FAULTS.items()), TAKEN):
            break_unit(host, fault)
            with traffic.going_on():
                code, said = run_with(host, fault.step, fault.does)
            assert code != 0, (name, said)
            assert re.search(fault.expected, said), (name, said)
            assert is_as_before(host, before), (name, said)
            if fault.lasts:
                assert "FAILED in part" in said, (name, said)
                host.run(["sh", "-c", REPAIR])
                _, said = wizard(host, "resume", "--yes")
            assert "What the run had changed was put back" in said, (name, said)
            assert is_as_before(host, before), (name, said)
            assert verdicts(host)["unit.dkim"] == "right", (name, said)
        then_signs(host, traffic, tmp_path)


SMALL = (
    "cp -a {place} /root/copy && mount -t tmpfs -o mode=755,size=2m tmpfs {place} && "
    "cp -a /root/copy/. {place} && rm -r /root/copy"
)
FULL = "dd if=/dev/zero of={place}/ballast bs=4k 2>/dev/null; truncate -s -{room} {place}/ballast"
PLACES = ("/etc/opendkim", "/etc/postfix")
ROOMS = [
    ("/etc/opendkim", 0),
    ("/etc/postfix", 0),
    ("/etc/postfix", 4096),
    ("/etc/opendkim", 4096),
    ("/etc/postfix", 16384),
    ("/etc/postfix", 65536),
]
"""Directories, and the bytes that are free in them: each text that the run writes takes some pages of 4096."""
ROOMS_TAKEN = 4


@SUITES
def test_a_disk_that_fills_up_in_the_second_run_harms_no_mail(
    boot_host: BootHost, suite: str, tmp_path: Path
) -> None:
    host = ready(boot_host, suite)
    before = texts(host, *POSTFIX, *TABLES)
    traffic = Traffic(host)
    for place in PLACES:
        host.run(["sh", "-c", SMALL.format(place=place)], check=True)
    with sink.serve(host, tmp_path):
        for place, room in share("full disks of the second run", ROOMS, ROOMS_TAKEN):
            with traffic.going_on():
                code, said = run_with(host, "dkim-records", FULL.format(place=place, room=room))
            host.run(["rm", f"{place}/ballast"], check=True)
            assert signs(host) if code == 0 else "No space left" in said, (place, room, said)
            # What was done before the full disk is taken out again.
            code, said = wizard(host, "undo", "--yes")
            assert code == 0, (place, room, said)
            assert is_as_before(host, before), (place, room, said)
        then_signs(host, traffic, tmp_path)
