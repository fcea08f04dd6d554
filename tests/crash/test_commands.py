from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from wizard.errors import Trouble
from wizard.run.commands import MAX_CAPTURED_BYTES, run
from wizard.run.loop import Loop
from wizard.run.output import StepOutput


def sh(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


def test_streams_status_and_output(loop: Loop, output: StepOutput, tmp_path: Path) -> None:
    done = run(sh("echo out; echo err >&2; exit 3"), loop, output)
    assert (done.status, done.out, done.err) == (3, b"out\n", b"err\n")
    said = (tmp_path / "output").read_text().splitlines()
    assert said[0] == "$ sh -c 'echo out; echo err >&2; exit 3'"
    assert set(said[1:3]) == {"out", "err"}
    assert said[3] == "(exit status 3)"


@pytest.mark.promise(22)
def test_the_callers_environment_does_not_reach_it(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAIL_CONFIG", "PYTHONPATH", "LD_PRELOAD", "LC_ALL", "BASH_ENV"):
        monkeypatch.setenv(name, "/evil")
    monkeypatch.setenv("PATH", f"/evil:{os.environ['PATH']}")
    done = run(("env",), loop, None)
    assert b"evil" not in done.out
    assert b"PATH=/usr/sbin:/usr/bin:/sbin:/bin\n" in done.out


@pytest.mark.promise(2)
def test_it_has_no_terminal_and_a_session_of_its_own(loop: Loop) -> None:
    script = "import os; print(os.getsid(0) == os.getpid(), os.isatty(0), os.getcwd())"
    assert run((sys.executable, "-c", script), loop, None).out == b"True False /\n"


def test_input_larger_than_any_pipe_does_not_deadlock(loop: Loop) -> None:
    data = b"x" * 70 + b"\n"
    assert run(("cat",), loop, None, stdin=data * 50_000, whole=True).out == data * 50_000


@pytest.mark.parametrize("size", [0, 1, 4096, 65_536, 65_537, 5_000_000])
def test_input_is_a_pipe_that_selinux_lets_each_domain_read(loop: Loop, size: int) -> None:
    # A memory file of ours is tmpfs_t, which Postfix's programs may not read in their own domain.
    script = "stat -L -c %F /dev/stdin; cat | wc -c"
    done = run(sh(script), loop, None, stdin=b"x" * size)
    assert done.out.decode().split() == ["fifo", str(size)]


@pytest.mark.parametrize("script", ["exit 7", "head -c 10", "exec <&-; echo x"])
def test_a_child_that_reads_little_of_its_input_holds_nothing_up(loop: Loop, script: str) -> None:
    began = time.monotonic()
    run(sh(script), loop, None, stdin=b"x" * 5_000_000)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EBADF])
@pytest.mark.parametrize("written", [0, 3])
@pytest.mark.time_limit(20)
def test_input_that_cannot_be_written_is_told_and_no_child_waits_for_it(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, error: int, written: int
) -> None:
    real, left = os.write, [written]

    def write(fd: int, data: bytes) -> int:
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            return real(fd, data)
        if not left[0]:
            raise OSError(error, os.strerror(error))
        left[0] -= 1
        return real(fd, data[:100])

    monkeypatch.setattr(os, "write", write)
    said = rf"standard input of cat: {os.strerror(error)}"
    with pytest.raises(Trouble, match=said):
        run(("cat",), loop, None, stdin=b"x" * 5_000)


@pytest.mark.time_limit(20)
def test_a_child_that_cannot_be_watched_does_not_wait_for_its_input(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pidfd_open(_pid: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(os, "pidfd_open", pidfd_open)
    with pytest.raises(OSError, match="Too many open files"):
        run(("cat",), loop, None, stdin=b"x")


def test_a_daemon_that_keeps_the_pipes_is_not_waited_for(loop: Loop) -> None:
    began = time.monotonic()
    assert run(sh("sleep 7 & echo begun"), loop, None).out == b"begun\n"
    assert time.monotonic() - began < 5


def test_one_that_never_ends_is_killed_and_named(loop: Loop) -> None:
    with pytest.raises(Trouble, match=r"sleep 60: it had not ended after 0\.2 seconds"):
        run(("sleep", "60"), loop, None, patience=0.2)


def test_one_that_is_not_there_is_named(loop: Loop) -> None:
    with pytest.raises(Trouble, match="starting no-such-program: No such file"):
        run(("no-such-program",), loop, None)


def test_a_child_that_reads_no_more_leaves_nothing_open(loop: Loop) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (counted, not used)
    for argv in (("true",), ("no-such-program",), ("head", "-c", "1")):
        with contextlib.suppress(Trouble):
            run(argv, loop, None, stdin=b"x" * 500_000)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_signal_is_named(loop: Loop) -> None:
    assert run(sh("kill -9 $$"), loop, None).ended == "killed by SIGKILL"


def test_a_million_lines_are_on_disk_and_only_their_end_in_memory(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    done = run(("seq", "1000000"), loop, output)
    assert done.out.endswith(b"\n1000000\n")
    assert len(done.out) <= 2 * MAX_CAPTURED_BYTES + (1 << 16)
    assert (tmp_path / "output").read_bytes().count(b"\n") == 1_000_001


def test_output_that_cannot_be_written_is_told_and_stops_nothing(
    loop: Loop, output: StepOutput
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, output._fd)
    os.close(full)
    assert run(sh("echo lost"), loop, output).status == 0
    assert "No space left on device" in output.failure
