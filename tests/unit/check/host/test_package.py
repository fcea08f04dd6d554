"""Files of Postfix's package, as `rpm --verify` prints what is not as it was."""

from __future__ import annotations

import pytest

from wizard.check.host.package import judge_package
from wizard.finding import RIGHT, WRONG


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


def test_a_few_are_shown_and_the_rest_counted() -> None:
    found = judge_package("".join(f"missing     /usr/sbin/p{number}\n" for number in range(9)))
    assert found.seen.endswith("and 5 more")
