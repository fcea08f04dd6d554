"""Who may write which sender, on real hosts with Dovecot: observed by sessions with a login."""

from __future__ import annotations

import json
import re
from contextlib import closing

import pytest

from lab import dovecot
from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, apply, wizard
from tests.screens.terminal import Terminal

pytestmark = pytest.mark.lab

FILES = ("etc/postfix/main.cf", "etc/postfix/master.cf")
READER = '\n[aliases]\nroot = "taro"\n'
ON = f'{READER}[senders]\nuse = "on"\nlogins = ["yamada"]\n'
TABLE = "etc/postfix/sender_login"
OWN = "# 営業\nsales@zeke.ne.jp hana,\n  taro\n"
SUFFIX = {"el9": "hash", "el10": "lmdb"}

WHOLE = {"el9": "%Lu", "el10": "%{user | lower}"}
"""Dovecot's user names with their domain (auth_username_format)."""

SUBMIT = """
import smtplib, ssl, sys
context = ssl._create_unverified_context()
login, password, *senders = sys.argv[1:]
for port in (587, 465):
    with (smtplib.SMTP_SSL("127.0.0.1", port, "here.example.com", context=context) if port == 465
          else smtplib.SMTP("127.0.0.1", port, "here.example.com")) as talk:
        if port == 587:
            talk.starttls(context=context)
        talk.login(login, password)
        for sender in senders:
            talk.mail(sender)
            code, said = talk.rcpt("taro@zeke.ne.jp")
            print(port, sender or "<>", code)
            talk.rset()
"""
OF_TARO = (
    "taro@zeke.ne.jp",
    "TARO@mail.zeke.ne.jp",
    "taro+shop@zeke.ne.jp",
    "taro",
    "info@zeke.ne.jp",
    "info+x@zeke.ne.jp",
    "postmaster@zeke.ne.jp",
    "root@zeke.ne.jp",
    "",
)
OF_OTHERS = (
    "hana@zeke.ne.jp",
    "hana+taro@zeke.ne.jp",
    "yamada@zeke.ne.jp",
    "nobody@zeke.ne.jp",
    "sshd@zeke.ne.jp",
    "ceo@bank.example",
    "taro@bank.example",
)


def files(host: Host) -> list[bytes]:
    return [(host.root / name).read_bytes() for name in FILES]


def replies(host: Host, login: str, *senders: str) -> dict[str, set[str]]:
    """The replies on 587 and 465 to a mail of each sender, after a login."""
    argv = ["python3", "-c", SUBMIT, login, dovecot.PASSWORD, *senders]
    found: dict[str, set[str]] = {}
    for line in host.run(argv, check=True).stdout.splitlines():
        _, sender, code = line.split()
        found.setdefault(sender, set()).add(code)
    return found


def by_a_login(host: Host) -> dict[str, str]:
    """The findings of `check --user taro` about senders, by a session with the password."""
    with closing(Terminal(host.ssh_argv([PROGRAM, "check", "--user", "taro", "--json"]))) as asked:
        asked.until("Password of taro:", 60)
        asked.type(f"{dovecot.PASSWORD}\r")
        asked.ended(120)
        while asked.read(0.5):
            pass
    text = asked.raw.decode()
    found = json.loads(text[text.index("{") :])["findings"]
    return {one["id"]: one["verdict"] for one in found if one["id"].endswith((".sender", ".mail"))}


def set_up(boot_host: BootHost, suite: str) -> Host:
    """A host as the wizard sets it up, with two users, their aliases and Dovecot."""
    host = boot_host(suite=suite, pyz=PYZ)
    host.run(["useradd", "-m", "hana"], check=True)
    host.run(["sh", "-c", "echo 'info: taro' >>/etc/aliases"], check=True)
    host.write(ANSWERS, ZEKE + READER, 0o600)
    code, said = apply(host)
    assert code == 0, said
    host.start_dovecot()
    return host


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_login_writes_its_own_senders_and_no_others(boot_host: BootHost, suite: str) -> None:
    host = set_up(boot_host, suite)
    before = files(host)
    everybody = replies(host, "taro", *OF_TARO, *OF_OTHERS)
    assert set(map(tuple, everybody.values())) == {("250",)}, everybody

    host.write(ANSWERS, ZEKE + ON, 0o600)
    host.write(f"/{TABLE}", OWN)
    code, said = apply(host, "--section", "senders")
    assert code == 0, said
    assert "which DKIM signs" in said
    for login in ("taro", "taro@zeke.ne.jp"):
        assert replies(host, login, *OF_TARO) == {one or "<>": {"250"} for one in OF_TARO}
        assert replies(host, login, *OF_OTHERS) == {one: {"553"} for one in OF_OTHERS}
        assert replies(host, login, "sales@zeke.ne.jp") == {"sales@zeke.ne.jp": {"250"}}
    assert (host.root / TABLE).read_text().startswith(OWN)
    asked = host.run(["postmap", "-q", "yamada", f"{SUFFIX[suite]}:/{TABLE}"]).stdout
    assert asked.startswith("yamada, yamada@zeke.ne.jp")
    # Mail of this host itself and of strangers is not compared.
    assert host.run(["sendmail", "-f", "hana@zeke.ne.jp", "taro"], input="x\n").returncode == 0
    code, said = apply(host, "--section", "senders")
    assert code == 0, said
    assert "Nothing to do" in said

    compared = files(host)
    code, said = wizard(host, "check")
    assert code == 0, said
    assert re.search(r"right +senders: the table", said), said
    assert re.search(r"right +senders: 587 and 465", said), said
    assert re.search(r"unknown +senders: another's sender", said), said

    seen = {f"user.{port}.{row}": "right" for port in (587, 465) for row in ("mail", "sender")}
    assert by_a_login(host) == seen
    assert wizard(host, "check")[0] == 0
    opened = compared[1].replace(b"reject_sender_login_mismatch,", b"")
    (host.root / FILES[1]).write_bytes(opened)
    host.run(["systemctl", "reload", "postfix"], check=True)
    seen.update({f"user.{port}.sender": "wrong" for port in (587, 465)})
    assert by_a_login(host) == seen
    code, said = wizard(host, "check")
    assert code == 1
    assert re.search(r"WRONG +senders: 587 and 465", said), said
    (host.root / FILES[1]).write_bytes(compared[1])
    host.run(["systemctl", "reload", "postfix"], check=True)

    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert files(host) == before, "every byte is back"
    assert (host.root / TABLE).read_text() == OWN
    assert replies(host, "taro", "ceo@bank.example") == {"ceo@bank.example": {"250"}}


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_login_as_the_full_address_and_a_user_who_comes_later(
    boot_host: BootHost, suite: str
) -> None:
    """Dovecot that calls the user by the whole address; a new user; hand edits; off."""
    host = set_up(boot_host, suite)
    before = files(host)
    host.write(ANSWERS, ZEKE + ON, 0o600)
    assert apply(host, "--section", "senders")[0] == 0
    names = ("taro", "taro@zeke.ne.jp", "jiro")
    users = "".join(f"{name}:{{PLAIN}}{dovecot.PASSWORD}\n" for name in names)
    host.write("/etc/dovecot/users", users)
    conf = host.root / "etc/dovecot/dovecot.conf"
    whole = f"auth_username_format = {WHOLE[suite]}"
    host.write(
        "/etc/dovecot/dovecot.conf",
        re.sub(r"(?m)^auth_username_format = .*$", lambda _: whole, conf.read_text()),
    )
    host.run(["systemctl", "restart", "dovecot"], check=True)
    assert replies(host, "taro@zeke.ne.jp", "taro@zeke.ne.jp", "info@zeke.ne.jp") == {
        "taro@zeke.ne.jp": {"250"},
        "info@zeke.ne.jp": {"250"},
    }
    assert replies(host, "taro@zeke.ne.jp", "hana@zeke.ne.jp") == {"hana@zeke.ne.jp": {"553"}}
    log = (host.root / "var/log/maillog").read_text()
    assert "not owned by user taro@zeke.ne.jp" in log, "Dovecot told Postfix the whole address"

    host.run(["useradd", "-m", "jiro"], check=True)
    assert replies(host, "jiro", "jiro@zeke.ne.jp") == {"jiro@zeke.ne.jp": {"553"}}
    code, said = wizard(host, "check", "--json")
    assert '"no row for the users jiro"' in said, said
    code, said = apply(host, "--section", "senders")
    assert code == 0, said
    assert replies(host, "jiro", "jiro@zeke.ne.jp", "taro@zeke.ne.jp") == {
        "jiro@zeke.ne.jp": {"250"},
        "taro@zeke.ne.jp": {"553"},
    }

    table = host.root / TABLE
    edited = re.sub(r"(?m)^info .*$", "info jiro", table.read_text())
    host.write(f"/{TABLE}", edited)
    code, said = apply(host, "--section", "senders")
    assert code != 0
    assert "changed by hand" in said
    assert table.read_text() == edited
    code, said = apply(host, "--section", "senders", "--keep-mine")
    assert code == 0, said
    assert table.read_text() == edited
    assert replies(host, "jiro", "info@zeke.ne.jp") == {"info@zeke.ne.jp": {"250"}}

    host.write(ANSWERS, ZEKE + ON.replace('"on"', '"off"'), 0o600)
    code, said = apply(host, "--section", "senders")
    assert code == 0, said
    assert files(host) == before, "every byte is back"
    assert replies(host, "jiro", "ceo@bank.example") == {"ceo@bank.example": {"250"}}
