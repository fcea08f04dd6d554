"""`sendmail.path`: which program is first in the path under the names of Postfix's."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.host.mail_programs import judge_programs
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, Finding
from wizard.postfix.settings import Settings

OWN = {
    "sendmail_path": "/usr/sbin/sendmail.postfix",
    "newaliases_path": "/usr/bin/newaliases.postfix",
    "mailq_path": "/usr/bin/mailq.postfix",
}
LINKS = {
    "usr/bin/newaliases.postfix": "../sbin/sendmail.postfix",
    "usr/bin/mailq.postfix": "../sbin/sendmail.postfix",
    "etc/alternatives/mta": "/usr/sbin/sendmail.postfix",
    "etc/alternatives/mta-newaliases": "/usr/bin/newaliases.postfix",
    "usr/sbin/sendmail": "/etc/alternatives/mta",
    "usr/bin/newaliases": "/etc/alternatives/mta-newaliases",
    "usr/bin/mailq": "/usr/bin/mailq.postfix",
}


def judged(root: Path, links: dict[str, str], programs: tuple[str, ...] = ()) -> list[Finding]:
    for name in ("usr/sbin/sendmail.postfix", "bin/true", *programs):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    for name, target in {**LINKS, **links}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if target:
            (root / name).symlink_to(target)
    return list(judge_programs(Door(root), Settings(OWN)))


@pytest.mark.parametrize(
    ("links", "programs", "word"),
    [
        ({}, ("usr/local/sbin/sendmail",), "/usr/local/sbin/sendmail"),
        ({}, ("usr/local/bin/sendmail",), "/usr/local/bin/sendmail"),
        ({"usr/local/bin/mailq": "/bin/true"}, (), "/usr/local/bin/mailq"),
        ({"etc/alternatives/mta-newaliases": "/bin/true"}, (), "newaliases"),
        ({"usr/bin/mailq": "/bin/true"}, (), "mailq"),
    ],
)
def test_another_program(
    tmp_path: Path, links: dict[str, str], programs: tuple[str, ...], word: str
) -> None:
    (found,) = judged(tmp_path, links, programs)
    assert (found.verdict, word in found.seen) == (WARNING, True)
    is_slave = not word.startswith("/usr/local")
    assert bool(found.cure.commands) == is_slave


@pytest.mark.parametrize(
    ("links", "verdicts"),
    [
        ({}, [RIGHT]),
        ({"usr/local/sbin/sendmail": "/usr/sbin/sendmail"}, [RIGHT]),
        ({"usr/bin/mailq": ""}, [RIGHT]),
        ({"etc/alternatives/mta": "/usr/sbin/sendmail.sendmail"}, []),
    ],
)
def test_what_is_right(tmp_path: Path, links: dict[str, str], verdicts: list[str]) -> None:
    assert [one.verdict for one in judged(tmp_path, links)] == verdicts
