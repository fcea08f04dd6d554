"""Faults as they come: full and read-only file systems, kills, memory, lost terminals, the clock."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from lab import faketime
from lab.host import Host
from lab.suites import suite
from tests.faults.operating import (
    APPLY,
    LONG,
    PROGRAM,
    begin,
    ends,
    in_step,
    prepare,
    stands,
    told,
    until,
    wizard,
    worker_in_step,
)
from tests.faults.rig import PYZ
from tests.lab.program import BAD, BootHost, accepting

pytestmark = pytest.mark.lab


@pytest.fixture
def bare(boot_host: BootHost) -> Host:
    """A host without Postfix."""
    host = boot_host(pyz=str(PYZ))
    prepare(host, with_package=False)
    return host


@pytest.fixture
def ready(boot_host: BootHost) -> Host:
    """A host with the package as it came."""
    host = boot_host(pyz=str(PYZ))
    prepare(host, with_package=True)
    return host


def etc_postfix(host: Host) -> str:
    return host.run(["sh", "-c", "cd /etc/postfix && sha256sum m*.cf; ls -A"], check=True).stdout


FULL = (
    "dd if=/dev/zero of=/etc/postfix/ballast bs=4k 2>/dev/null; "
    "truncate -s -{room} /etc/postfix/ballast"
)
SMALL = (
    "cp -a /etc/postfix /root/kept && mount -t tmpfs -o mode=755,size=2m tmpfs /etc/postfix && "
    "cp -a /root/kept/. /etc/postfix"
)
HOLD_RPM = (
    "import fcntl, time\nlock = open('/var/lib/rpm/.rpm.lock', 'r+')\n"
    "fcntl.lockf(lock, fcntl.LOCK_EX)\nopen('/root/held', 'x')\ntime.sleep(999)"
)


def hit(host: Host, script: str) -> str:
    """Begin a run, do this to the host while the run waits in its first step, and return its end.

    What a host has before a run is in the plan; so it must come later.
    """
    host.write("/root/hold.py", HOLD_RPM)
    host.run(["systemd-run", "-q", "--unit=hold", "python3", "/root/hold.py"], check=True)
    until((host.root / "root/held").exists)
    with begin(host) as screen:
        until(lambda: "so it installs packages; waiting" in told(host, "*/output/*"))
        host.run(["sh", "-c", script])
        host.run(["systemctl", "stop", "hold"], check=True)
        said, _ = screen.communicate()
    assert screen.returncode == 1, said
    return said


@pytest.mark.promise(1, 7, 9)
@pytest.mark.parametrize("room", ["0", "40K", "80K"])
def test_a_full_file_system(ready: Host, room: str) -> None:
    """It is full at the first original, at a later file, or at one of the last."""
    ready.run(["sh", "-c", SMALL], check=True)
    said = hit(ready, FULL.format(room=room))
    assert re.search(r"While \w+ /etc/postfix/\S+.*: No space left on device\. Make room", said)
    assert ".postfix-wizard-" not in etc_postfix(ready)
    assert "Cut off" not in wizard(ready, "runs")[1]
    ready.run(["mount", "-o", "remount,size=20m", "/etc/postfix"], check=True)
    code, said = wizard(ready, "resume", "--yes")
    assert code == 0, said
    ready.run(["rm", "/etc/postfix/ballast"], check=True)
    stands(ready)


@pytest.mark.promise(1, 9)
@pytest.mark.parametrize("place", ["/etc/postfix", "/etc/letsencrypt"])
def test_a_read_only_mount(ready: Host, place: str) -> None:
    """A state directory that cannot be written stops the journal itself: see the plan's tests."""
    before = etc_postfix(ready)
    said = hit(ready, f"mount --bind {place} {place}; mount -o remount,bind,ro {place}")
    assert f"{place}/" in said
    assert "Read-only file system" in said
    assert etc_postfix(ready).splitlines()[:2] == before.splitlines()[:2]
    # Resumed where it still cannot be written, it says so and begins nothing.
    attempts = told(ready).count("RunStarted")
    code, said = wizard(ready, "resume", "--yes")
    assert code == 1, said
    assert "Read-only file system: the run writes to" in said
    assert told(ready).count("RunStarted") == attempts
    ready.run(["umount", place], check=True)
    code, said = wizard(ready, "resume", "--yes")
    assert code == 0, said
    stands(ready)


@pytest.mark.promise(1)
@pytest.mark.parametrize("step", ["staged", "service", "firewall", "check"])
def test_kill_9(ready: Host, step: str) -> None:
    with begin(ready) as screen:
        os.kill(worker_in_step(ready, step), signal.SIGKILL)
        said, _ = screen.communicate()
    assert screen.returncode == 1, said
    assert "postfix-wizard resume" in said
    code, said = wizard(ready, "resume", "--yes")
    assert code == 0, said
    stands(ready)


@pytest.fixture
def memory_group(ready: Host) -> Iterator[Path]:
    """A memory control group of this machine's for the host's worker, 64 kB wide."""
    legacy = Path("/sys/fs/cgroup/memory")
    top = legacy if legacy.is_dir() else Path("/sys/fs/cgroup")
    group = top / f"postfix-wizard-lab-memory-{ready.name}"
    group.mkdir()
    limit = "memory.limit_in_bytes" if legacy.is_dir() else "memory.max"
    (group / limit).write_text("65536")
    yield group
    group.rmdir()


@pytest.mark.promise(1, 4)
def test_the_kernel_takes_the_worker_when_memory_is_short(ready: Host, memory_group: Path) -> None:
    with begin(ready) as screen:
        (memory_group / "cgroup.procs").write_text(str(worker_in_step(ready, "service")))
        said, _ = screen.communicate()
    assert screen.returncode == 1, said
    events = [memory_group / name for name in ("memory.oom_control", "memory.events")]
    counted = "".join(path.read_text() for path in events if path.exists())
    assert "oom_kill 1" in counted, counted
    assert re.search(r" died .*Cut off in", wizard(ready, "runs")[1])
    code, said = wizard(ready, "resume", "--yes")
    assert code == 0, said
    stands(ready)


@pytest.mark.promise(2)
def test_the_terminal_closed_in_mid_dnf_and_sshd_stopped(bare: Host) -> None:
    login = pexpect.spawn(bare.ssh_argv(list(APPLY))[0], bare.ssh_argv(list(APPLY))[1:])
    until(lambda: "Running transaction\n" in told(bare, "*/output/install"))
    bare.run(["systemctl", "stop", "ssh"], check=True)
    login.close(force=True)
    ends(bare)
    bare.run(["systemctl", "start", "ssh"], check=True)
    # A later login sees it all: what dnf said, and the exit codes of what failed.
    seen = subprocess.run(
        bare.ssh_argv([PROGRAM, "runs"]), capture_output=True, text=True, check=True
    )
    assert "done      17 of 17 steps" in seen.stdout
    assert "Complete!" in told(bare, "*/output/install")
    assert bare.run(["rpm", "-V", "--nofiles", "postfix"]).returncode == 0
    stands(bare)


@pytest.mark.promise(2)
def test_a_killed_screen_leaves_the_run_alone(ready: Host) -> None:
    with begin(ready) as screen:
        in_step(ready, "staged")
        inside = ready.run(["pgrep", "-f", "postfix-wizard apply"], check=True).stdout.split()
        ready.run(["kill", "-9", *inside], check=True)
        screen.communicate()
    ends(ready)
    stands(ready)


@pytest.mark.promise(3)
def test_a_frozen_terminal_slows_nothing(bare: Host) -> None:
    """Nobody reads the far end: the terminal's buffer is full before dnf has said half of it."""
    line = bare.argv(["script", "-qfec", " ".join(APPLY), "/dev/null"])
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    filled = 0
    try:
        while True:
            filled += os.write(writing, b"." * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=writing) as screen:
        os.close(writing)
        ends(bare)
        assert screen.poll() is None, "it waits for its terminal, and the run did not wait for it"
        os.close(reading)
    stands(bare)


@pytest.mark.promise(5)
def test_two_runs_at_once(ready: Host) -> None:
    with begin(ready) as first:
        in_step(ready, "original-main.cf")
        code, said = wizard(ready, *APPLY[1:])
        assert code == 75, said
        assert re.search(r"run \d{8}-\d{6}-1 \(process \d+\) is in progress since \d{4}-", said)
        said, _ = first.communicate()
    assert first.returncode == 0, said
    stands(ready)


@pytest.mark.promise(5)
def test_two_starts_at_the_same_moment(ready: Host) -> None:
    screens = [begin(ready) for _ in range(3)]
    said = [one.communicate()[0] for one in screens]
    codes = sorted(one.returncode for one in screens)
    assert codes[0] == 0, said
    assert all("is in progress" in words for words, one in zip(said, screens) if one.returncode)
    stands(ready)


HOLD = (
    "import os, sys; open('/var/cache/dnf/metadata_lock.pid', 'w').write(str(os.getpid())); "
    "print('held', flush=True); sys.stdin.read()"
)


@pytest.mark.promise(7)
def test_dnfs_lock_is_held(bare: Host) -> None:
    begun = bare.run([PROGRAM, "plan", "--answers", "/root/zeke.toml"], check=False)
    assert begun.returncode == 2
    line = bare.argv(["/usr/bin/python3", "-c", HOLD])
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        with begin(bare) as screen:
            until(lambda: "Waiting for process" in told(bare, "*/output/install"))
            time.sleep(1)
            holder.stdin.close()
            said, _ = screen.communicate()
    assert screen.returncode == 0, said
    assert "Waiting for process" in said
    stands(bare)


FAKED = "LD_PRELOAD=/usr/local/lib/libfaketime.so.1"


@pytest.mark.promise(1)
def test_a_clock_that_was_set_back(ready: Host) -> None:
    """The first run's worker lives two days later than the second's; the numbers tell the order."""
    ready.push(faketime.library(suite("el9")), FAKED.partition("=")[2])
    clock = [FAKED, "FAKETIME=+2d"]
    ready.run(["systemctl", "set-environment", *clock], check=True)
    done = ready.run(["env", *clock, *APPLY], timeout=LONG)
    ready.run(["systemctl", "unset-environment", "LD_PRELOAD", "FAKETIME"], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    ready.run(["sed", "-i", "s/^local = .*/local = []/", "/root/zeke.toml"], check=True)
    code, said = wizard(ready, *APPLY[1:])
    assert code == BAD, "a caution for each name"
    code, said = wizard(ready, *APPLY[1:], *accepting(said))
    assert code == 0, said
    second, first = wizard(ready, "runs")[1].splitlines()
    assert first.partition("-")[0] > second.partition("-")[0], "the clock was set back"
    assert "-2  done" in second
    stands(ready)
    code, said = wizard(ready, "undo", "--yes")
    assert code == 0, said
    assert f"took back {second.split()[0]}" in wizard(ready, "runs")[1].splitlines()[0]
    assert "ace.zeke.ne.jp" in ready.run(["postconf", "-h", "mydestination"]).stdout
