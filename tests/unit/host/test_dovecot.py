"""Dovecot's own words, read: doveconf of 2.3 and 2.4, includes, and whom it can be asked about."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import pytest

from wizard.door import Door, Running
from wizard.host import dovecot
from wizard.paths import DOVECOT_CONF

OF_2_3 = """\
# 2.3.13 (89f716dc2): /etc/dovecot/dovecot.conf
auth_username_format = %Lu
protocols = " imap lmtp"
passdb {
  args =
  driver = pam
}
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    group = postfix
    mode = 0600
    user = postfix
  }
  user =
}
ssl_cert = </etc/dovecot/private/dovecot.pem
ssl_key = # hidden, use -P to show it
"""
OF_2_4 = """\
dovecot_config_version = 2.4.0
protocols {
  imap = yes
  lmtp = yes
}
passdb pam {
}
namespace inbox {
  mailbox "Sent Messages" {
    special_use = "\\\\Sent"
  }
}
ssl_server {
  cert_file = /etc/dovecot/private/dovecot.pem
}
protocol lmtp {
  auth_username_format = %{user | username | lower}
}
"""


def test_2_3() -> None:
    """Blocks by their path; the quotes around a list are doveconf's own."""
    found = dovecot.flattened(OF_2_3)
    head = "service lmtp/unix_listener /var/spool/postfix/private/dovecot-lmtp"
    assert found == {
        "auth_username_format": "%Lu",
        "protocols": "imap lmtp",
        "passdb/args": "",
        "passdb/driver": "pam",
        f"{head}/group": "postfix",
        f"{head}/mode": "0600",
        f"{head}/user": "postfix",
        "service lmtp/user": "",
        "ssl_cert": "</etc/dovecot/private/dovecot.pem",
        "ssl_key": "# hidden, use -P to show it",
    }


def test_2_4() -> None:
    """Filters are blocks as well, and an empty one is there."""
    assert dovecot.flattened(OF_2_4) == {
        "dovecot_config_version": "2.4.0",
        "protocols/imap": "yes",
        "protocols/lmtp": "yes",
        "passdb pam": "",
        'namespace inbox/mailbox "Sent Messages"/special_use': "\\\\Sent",
        "ssl_server/cert_file": "/etc/dovecot/private/dovecot.pem",
        "protocol lmtp/auth_username_format": "%{user | username | lower}",
    }


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("!include conf.d/*.conf\n", True),
        ("  !include_try /etc/dovecot/conf.d/*.conf\n", True),
        ("#!include conf.d/*.conf\n", False),
        ("!include conf.d/10-*.conf\n!include_try local.conf\n", False),
        ("", False),
    ],
)
def test_whether_conf_d_is_read(text: str, read: bool) -> None:
    """An include that is a comment, or of other files, does not read ours."""
    assert dovecot.includes(text, DOVECOT_CONF) is read


PASSWD = """\
root:x:0:0:root:/root:/bin/bash
dovecot:x:97:97::/usr/libexec/dovecot:/sbin/nologin
backup:x:1000:1000::/srv:/usr/sbin/nologin
taro:x:1001:1001::/home/taro:/bin/bash
hanako:x:1002:1002::/home/hanako:/bin/bash
nobody:x:65534:65534::/:/bin/sh
broken line
"""


@pytest.mark.parametrize(
    ("aliases", "name"),
    [
        ("postmaster: root\n", "taro"),
        ("root: hanako\n", "hanako"),
        ("root: hanako, taro\n", "taro"),
        ("root: away@example.com\n", "taro"),
        ("#root: hanako\n", "taro"),
    ],
)
def test_whom_it_is_asked_about(aliases: str, name: str) -> None:
    """Who reads root's mail, where that is one person of this host; else the first person."""
    assert dovecot.reader(PASSWD, aliases) == name


def test_a_host_with_nobody() -> None:
    assert dovecot.reader("root:x:0:0:root:/root:/bin/bash\n", "root: root\n") == ""


def test_another_root(tmp_path: Path) -> None:
    """A copied /etc has no Dovecot to ask."""
    found = dovecot.begin_dovecot(Door(tmp_path))()
    assert (found.version, found.settings, found.usable) == ("", {}, False)


class Mute(Door):
    """A host whose doveconf waits for a resolver that says nothing."""

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: bytes | None = None
    ) -> Running | None:
        assert data is None
        script = "echo '2.3.13 (89f716dc2)'" if argv == dovecot.VERSION else "exec sleep 9"
        return Door().start(("sh", "-c", script), timeout=min(timeout, 0.3))


def test_one_that_does_not_answer_in_time_holds_nothing_up(tmp_path: Path) -> None:
    found = dovecot.begin_dovecot(Mute(tmp_path))()
    assert (found.version, found.settings) == ("2.3.13", {})
    assert "0.3 s" in found.complaint


OLD = "ssl_server_cert_file = </etc/letsencrypt/live/example.com/fullchain.pem"
FILES = {
    "in dovecot.conf": ({"dovecot.conf": f"protocols = imap\n{OLD}\n"}, "dovecot.conf"),
    "in a file that it includes": (
        {"dovecot.conf": "!include conf.d/*.conf\n", "conf.d/10-ssl.conf": f"  {OLD}\n"},
        "conf.d/10-ssl.conf",
    ),
    "a key, without blanks": (
        {"dovecot.conf": "ssl_server_key_file=</etc/key.pem\n"},
        "dovecot.conf",
    ),
    "in a file that it does not include": (
        {"dovecot.conf": "!include other/*.conf\n", "conf.d/10-ssl.conf": f"{OLD}\n"},
        "",
    ),
    "in a comment": ({"dovecot.conf": f"#{OLD}\n"}, ""),
    "a setting that takes text": ({"dovecot.conf": "login_greeting = </etc/motd\n"}, ""),
    "2.4's own form": ({"dovecot.conf": OLD.replace("<", "") + "\n"}, ""),
}


@pytest.mark.parametrize(("texts", "where"), FILES.values(), ids=FILES)
def test_lines_of_2_3_that_doveconf_accepts_are_found(
    texts: dict[str, str], where: str, tmp_path: Path
) -> None:
    for name, text in texts.items():
        path = tmp_path / "etc/dovecot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = dovecot.old_lines(Door(tmp_path))
    assert len(found) == bool(where)
    assert all(one.startswith(f"/etc/dovecot/{where}: ssl_server_") for one in found)


def test_where_passwords_and_users_are() -> None:
    assert dovecot.backends_of(OF_2_3) == ("passdb pam",)
    assert dovecot.backends_of(OF_2_4) == ("passdb pam",)
    text = "passdb {\n  driver = sql\n}\nuserdb static {\n}\nuserdb {\n  driver = passwd\n}\npassdb x {\n"
    found = ("passdb sql", "userdb static", "userdb passwd", "passdb x")
    assert dovecot.backends_of(text) == found
    assert dovecot.backends_of("") == ()


def test_rows_that_no_program_can_look_up_are_no_people() -> None:
    """Such as those of a file after a power cut, and of an editor."""
    odd = "\0\0jiro:x:1000:1000::/:/bin/sh\n:x:1001:1001::/:/bin/sh\nsan:x:1002:x::/:/bin/sh\n"
    assert dovecot.people_rows(f"{odd}taro:x:1003:1003::/home/taro:/bin/bash\n") == [
        ["taro", "x", "1003", "1003", "", "/home/taro", "/bin/bash"]
    ]
