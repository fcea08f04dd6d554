"""Old complaints of Postfix's told from new ones, and those that an edit will bring."""

from __future__ import annotations

import pytest

from wizard.postfix.complaints import complaints, foreseen


@pytest.mark.parametrize(
    ("line", "tolerated", "new"),
    [
        ("postconf: warning: /s/main.cf: undefined parameter: x", "", True),
        (
            "postconf: warning: /s/main.cf: undefined parameter: x",
            "/usr/sbin/postconf: warning: /etc/postfix/main.cf: undefined parameter: x",
            False,
        ),
        ("postfix/smtpd[12]: warning: a", "warning: a", False),
        (
            "warning: /s/main.cf, line 99: overriding",
            "warning: /etc/postfix/main.cf, line 3: overriding",
            False,
        ),
        (
            "postconf: warning: /s/main.cf, line 9: overriding earlier entry: x=new value",
            "postconf: warning: /etc/postfix/main.cf, line 7: overriding earlier entry: x=old",
            False,
        ),
        (
            "warning: /s/main.cf, line 9: overriding earlier entry: xy=1",
            "warning: /etc/postfix/main.cf, line 9: overriding earlier entry: x=1",
            True,
        ),
        ("warning: /s/main.cf: unused parameter: lan=a=b", "", True),
        ("warning: a", "warning: b", True),
        ("", "", False),
    ],
)
def test_old_complaints_are_told_from_new_ones(line: str, tolerated: str, new: bool) -> None:
    assert bool(complaints([line], [tolerated], ("/s", "/etc/postfix"))) == new


def test_a_name_of_the_operators_own_may_be_left_without_use() -> None:
    live = b"lan = 10.0.0.0/8\nmynetworks = $lan\nlan =\n 192.168.0.0/16\n"
    (line,) = foreseen(live, frozenset({"mynetworks"}))
    said = "/usr/sbin/postconf: warning: /etc/postfix/main.cf: unused parameter: lan=192.168.0.0/16"
    assert complaints([said], [line]) == ()
    assert complaints([said.replace("lan", "wan")], [line])
    assert foreseen(live, frozenset()) == (), "where Postfix was not asked, nothing is known"
