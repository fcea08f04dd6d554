"""Files of Postfix's package, as `rpm --verify` prints what is not as it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.host.package import begin_package, judge_package
from wizard.door import Door, Running
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG


@pytest.mark.parametrize(
    "text",
    [
        "",
        "S.5....T.  c /etc/postfix/main.cf\nS.5....T.  c /etc/postfix/master.cf\n",
        ".......T.    /usr/sbin/postqueue\n",
        "missing   d /usr/share/doc/postfix/README\n",
        "SM5..UGT.  d /usr/share/man/man1/postqueue.1.gz\n",
        "an odd line\n",
    ],
)
def test_what_an_operator_changes(text: str) -> None:
    assert judge_package(text).verdict == RIGHT


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".M.......    /usr/sbin/postdrop", "/usr/sbin/postdrop: its mode"),
        (
            ".M....G..    /var/spool/postfix/maildrop",
            "/var/spool/postfix/maildrop: its mode and its group",
        ),
        (".....U...  c /etc/postfix/main.cf", "/etc/postfix/main.cf: its owner"),
        (
            "S.5....T.    /usr/libexec/postfix/cleanup",
            "/usr/libexec/postfix/cleanup: what is in it",
        ),
        ("missing     /usr/libexec/postfix/bounce", "/usr/libexec/postfix/bounce is missing"),
        ("....L....    /usr/lib/sendmail", "/usr/lib/sendmail: where it leads"),
    ],
)
def test_what_breaks_it(line: str, said: str) -> None:
    found = judge_package(f"S.5....T.  c /etc/postfix/main.cf\n{line}\n")
    assert found.verdict == WRONG
    assert found.seen == said


@pytest.mark.parametrize(
    ("name", "mode", "verdict"),
    [("postqueue", 0o755, WARNING), ("postqueue", 0o777, WRONG), ("postdrop", 0o755, WRONG)],
)
def test_without_set_gid_users_see_no_queue(
    tmp_path: Path, name: str, mode: int, verdict: str
) -> None:
    program = tmp_path / name
    program.touch()
    program.chmod(mode)
    line = f".M.......    {program}\n"
    assert judge_package(line).verdict == verdict
    assert judge_package(f"{line}missing     /usr/sbin/postalias\n").verdict == WRONG


@pytest.mark.parametrize(
    ("flags", "attributes", "verdict"),
    [
        (".M.......", ["system.posix_acl_access"], WARNING),
        (".M.......", ["security.selinux"], WRONG),
        (".M...U...", ["system.posix_acl_access"], WRONG),
    ],
)
def test_an_acl_makes_up_the_mode(
    monkeypatch: pytest.MonkeyPatch, flags: str, attributes: list[str], verdict: str
) -> None:
    monkeypatch.setattr(os, "listxattr", lambda _: attributes)
    assert judge_package(f"{flags}    /var/spool/postfix/deferred\n").verdict == verdict


def test_a_few_are_shown_and_the_rest_counted() -> None:
    found = judge_package("".join(f"missing     /usr/sbin/p{number}\n" for number in range(9)))
    assert found.seen.endswith("and 5 more")


class Rpm(Door):
    """A host whose rpm is a script of the shell."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self._script = script

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[0] == "rpm"
        return super().start(("sh", "-c", self._script), timeout=timeout, data=data)


@pytest.mark.parametrize(
    ("script", "verdict", "word"),
    [
        ("true", RIGHT, ""),
        ("echo 'S.5....T.  c /etc/postfix/main.cf'; exit 1", RIGHT, ""),
        ("echo 'error: cannot open Packages database' >&2; exit 1", UNKNOWN, "Packages database"),
        ("exit 3", UNKNOWN, "it ended with 3"),
    ],
)
def test_an_rpm_that_fails_has_seen_nothing(script: str, verdict: str, word: str) -> None:
    (found,) = begin_package(Rpm(script))()
    assert (found.verdict, word in found.seen) == (verdict, True)


def test_without_the_package_nothing_is_said() -> None:
    script = "echo 'package postfix is not installed'; exit 1"
    assert not list(begin_package(Rpm(script))())
