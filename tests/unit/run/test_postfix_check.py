from __future__ import annotations

import contextlib
import sys

import pytest

from wizard.run import commands
from wizard.run.actions.postfix_check import is_foreign
from wizard.run.loop import Loop

_SENDMAIL = "/usr/lib/sendmail and /usr/sbin/sendmail differ"
FILES = ("/etc/postfix/main.cf", "/etc/postfix/sender_access")


@pytest.mark.parametrize(
    ("line", "foreign"),
    [
        ("postfix/postfix-script: warning: not owned by root: /etc/postfix/./odd", True),
        ("postfix/postfix-script: warning: not owned by root: /etc/postfix/./main.cf", False),
        ("postfix: warning: /etc/postfix/main.cf, line 3: overriding earlier entry: x=y", False),
        ("postfix: warning: something is wrong", False),
        ("postfix/postfix-script: warning: /var/spool/postfix/maildrop/x is group-writable", True),
        ("postfix/postfix-script: warning: damaged message: corrupt/3A71A1981F3", True),
        (f"postfix/postfix-script: warning: {_SENDMAIL}", True),
        ("postfix/postfix-script: warning: Replace one by a symbolic link to the other", True),
        ("postsuper: warning: QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS", True),
        ("postsuper: warning: bogus file name: incoming/x", True),
        ("postsuper: warning: /etc/postfix/main.cf, line 3: unused parameter: x=y", False),
        ("postqueue: warning: something is wrong", False),
    ],
)
def test_a_warning_is_the_runs_own_when_it_names_its_files(line: str, *, foreign: bool) -> None:
    assert is_foreign(line, FILES) is foreign


def test_a_command_on_a_terminal_is_heard_to_its_end() -> None:
    script = (
        "import sys; print(sys.stderr.isatty(), sys.stdin.isatty()); sys.stderr.write('x' * 100000)"
    )
    with contextlib.closing(Loop()) as loop:
        done = commands.run((sys.executable, "-c", script), loop, None, whole=True, terminal=True)
    assert done.status == 0
    assert done.out.startswith(b"True False")
    assert done.out.count(b"x") == 100_000
    assert done.err == b""
