"""A worker's trace read as points: what is one, what it is called, and where strace counts it."""

from __future__ import annotations

from tests.faults.points import BYTE_CODE, INTERPRETER, READING, THREAD, Point, record

RUN = "/var/lib/postfix-wizard/runs/20261124-074337-1"
TRACE = f"""\
openat(AT_FDCWD</>, "/usr/lib/python3.9/os.py", O_RDONLY|O_CLOEXEC) = 3</usr/lib/python3.9/os.py>
mkdir("/var/cache/postfix-wizard", 0700) = -1 EEXIST (File exists)
mkdirat(5</run>, "postfix-wizard", 0700) = 0
write(3</a/__pycache__/x.pyc>, "\\r\\n", 2) = 2
write(3<{RUN}/journal>, "5a \\"kind\\":\\"StepStarted\\",\\"record\\":{{\\"step\\":\\"main.cf\\"}}}}\\n", 99) = 99
openat(8</etc/postfix>, ".main.cf.postfix-wizard-28bb4527df6eb3a6", O_WRONLY|O_CREAT|O_EXCL, 0600) = 10</etc/postfix/.main.cf.postfix-wizard-28bb4527df6eb3a6>
write(10</etc/postfix/.main.cf.postfix-wizard-28bb4527df6eb3a6>, "x = 1) = 2"..., 900) = 900
clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD) = 134
clone(child_stack=0x7f, flags=CLONE_VM|CLONE_THREAD) = 135
renameat(8</etc/postfix>, ".main.cf.postfix-wizard-28bb4527df6eb3a6", 8</etc/postfix>, "main.cf") = 0
fsync(8</etc/postfix>)                   = -1 EIO (Input/output error) (INJECTED)
write(9<{RUN}/output/main.cf>, "done", 4) = ?
+++ killed by SIGKILL +++
"""
TEMPORARY = "/etc/postfix/.main.cf.postfix-wizard-*"


def test_points_are_named_alike_in_every_run() -> None:
    assert record(TRACE).points == (
        Point("", "mkdirat", "/run/postfix-wizard", 1),
        Point("main.cf", "write", "/var/lib/postfix-wizard/runs/RUN/journal", 1),
        Point("main.cf", "openat", TEMPORARY, 1),
        Point("main.cf", "write", TEMPORARY, 1),
        Point("main.cf", "clone", "", 1),
        Point("main.cf", "renameat", "/etc/postfix/main.cf", 1),
        Point("main.cf", "fsync", "/etc/postfix", 1),
        Point("main.cf", "write", "/var/lib/postfix-wizard/runs/RUN/output/main.cf", 1),
    )


def test_what_is_no_point_is_counted_by_rule() -> None:
    assert record(TRACE).left_out == {READING: 1, INTERPRETER: 1, BYTE_CODE: 1, THREAD: 1}


def test_strace_counts_what_is_no_point_too() -> None:
    whens = {str(one.point): one.when for one in record(TRACE).seen}
    assert whens[f"main.cf: write {TEMPORARY} (1)"] == 3
    assert whens[f"main.cf: openat {TEMPORARY} (1)"] == 2


def test_the_call_that_was_hit_is_known() -> None:
    struck = [one.point.call for one in record(TRACE).seen if one.was_hit]
    assert struck == ["fsync", "write"]
