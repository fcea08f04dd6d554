"""What a copy from the present server asks: its key, a password; in the screens and as lines."""

from __future__ import annotations

import re
from typing import Any

import pexpect
import pytest

from lab.host import Host
from tests.lab.login import CLEAR, ENTER, LONG, NEXT, Login
from tests.lab.old_server import (
    OLD,
    SECRET,
    Pair,
    boot_pair,
    let_in_by_key,
    let_in_by_password,
    trust_beforehand,
)
from tests.lab.program import ANSWERS, PROGRAM, BootHost, apply, wizard

pytestmark = pytest.mark.lab

GATHERED = "/var/lib/postfix-wizard/gathered"
PINNED = "/var/lib/postfix-wizard/known_hosts"
PLACES = "/etc /var /run /tmp /root /srv /usr/local"


def holding(host: Host, secret: str) -> list[str]:
    """Return the files of the host that hold a secret."""
    script = f"grep -raslF -D skip -- '{secret}' {PLACES}"
    return host.run(["sh", "-c", script]).stdout.split()


def fingerprint(pair: Pair) -> str:
    """Return the fingerprint of the key that the old server shows, as it tells it itself."""
    script = "for key in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $key; done"
    told = pair.old.run(["sh", "-c", script], check=True).stdout
    kind = "ED25519" if pair.new.options.suite == "el10" else "ECDSA"
    return next(line.split()[1] for line in told.splitlines() if f"({kind})" in line)


def at_a_terminal(host: Host) -> pexpect.spawn[Any]:
    """Apply the answers in a terminal of its own, over ssh; --yes answers no question of ssh's."""
    program, *rest = host.ssh_argv([PROGRAM, "apply", "--answers", ANSWERS, "--yes"])
    return pexpect.spawn(program, rest, encoding="utf-8", timeout=90)


def asked(child: pexpect.spawn[Any], words: str) -> str:
    """Wait for a question that holds the words; return it."""
    child.expect("The run asks:")
    child.expect(words)
    return f"{child.before}{child.after}"


def ended(child: pexpect.spawn[Any]) -> tuple[int, str]:
    child.expect(pexpect.EOF)
    child.close()
    said = str(child.before).replace("\r\n", "\n")
    assert "Traceback" not in said, said
    return child.exitstatus or 0, said


@pytest.mark.promise(24, 26)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_by_password_in_the_screens(boot_host: BootHost, suite: str) -> None:
    pair = boot_pair(boot_host, suite=suite)
    let_in_by_password(pair)
    login = Login(pair.new)
    try:
        login.see("This host was not set up before")
        login.walk(until="Hostname")
        login.do(CLEAR + "mail.zeke.ne.jp", "myhostname = mail.zeke.ne.jp")
        login.walk(since="Hostname", until="Certificate")
        # From certbot, which is the best where no certificate is here.
        login.do("\x1b[D", "Present server")
        login.do(f"\troot@{OLD}", f"scp -pr root@{OLD}:/etc/letsencrypt")
        login.do("\t\tzeke.ne.jp", "live/zeke.ne.jp/fullchain.pem")
        login.walk(since="Certificate")
        login.see("Nothing has been written yet. r runs the 1 step.")
        shown = login.do("2", "scp -pr -- ")
        assert f"root@{OLD}:/etc/letsencrypt" in shown.replace("\n", "")
        login.do("3", "This run only gathers")
        shown = login.run_plan("This step asks:", "(yes/no")
        assert fingerprint(pair)[:30] in shown, shown
        assert pair.new.run(["ls", PINNED]).returncode != 0
        login.do("yes" + ENTER, "password:")
        shown = login.do(SECRET, "*" * len(SECRET))
        assert SECRET not in shown
        login.do(ENTER, "The run is over: DONE", seconds=LONG)
        login.do(NEXT, "Review of what was gathered", "Nothing has been written yet")
        login.do("n", "+myhostname = mail.zeke.ne.jp")
        shown = login.do("6", "Copy the certificate zeke.jp", "cp -p")
        assert pair.new.run(["ls", "/etc/letsencrypt"]).returncode != 0
        login.run_plan("The run is over: DONE")
        login.do(NEXT, "postfix-wizard  Result ", "+ Waiting ")
        assert "WRONG" not in login.text
        assert login.leave("q") == 0
        assert login.restored
        assert SECRET.encode() not in login.raw
    finally:
        login.close()
    assert holding(pair.new, SECRET) == [], "the password is written nowhere"
    assert OLD in pair.new.read(PINNED), "a yes is kept in a file of the wizard's own"
    assert pair.new.run(["ls", "/root/.ssh/known_hosts"]).returncode != 0, "and in no other"
    code, said = wizard(pair.new, "check")
    assert code == 0, said
    code, said = wizard(pair.new, "plan")
    assert (code, said.count("Nothing to do")) == (0, 1), said


@pytest.mark.promise(24, 26)
def test_a_no_and_three_wrong_passwords_then_the_right_one(boot_host: BootHost) -> None:
    pair = boot_pair(boot_host)
    let_in_by_password(pair)

    child = at_a_terminal(pair.new)
    asked(child, r"\(yes/no.*\?")
    child.sendline("no")
    code, said = ended(child)
    assert code == 1
    assert "its host key was not accepted" in said

    child = at_a_terminal(pair.new)
    asked(child, r"\(yes/no.*\?")
    child.sendline("perhaps")
    asked(child, "Please type 'yes'")
    child.sendline("yes")
    for number in range(3):
        asked(child, "password: ")
        child.sendline(f"wrong-{number}-canary")
    code, said = ended(child)
    assert code == 1, said
    assert "the password was wrong" in said
    assert pair.new.run(["ls", "-A", GATHERED]).stdout == ""
    assert holding(pair.new, "-canary") == []

    child = at_a_terminal(pair.new)
    assert "yes/no" not in asked(child, "password: "), "the key was pinned by the yes"
    child.sendline("wrong-again")
    assert "Permission denied, please try again" in asked(child, "password: ")
    child.sendline(SECRET)
    code, said = ended(child)
    assert code == 0, said
    assert "Traceback" not in said
    assert holding(pair.new, SECRET) == []


@pytest.mark.promise(26)
def test_a_key_that_has_changed_is_refused(boot_host: BootHost) -> None:
    pair = boot_pair(boot_host)
    let_in_by_key(pair)
    trust_beforehand(pair)
    script = (
        "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ecdsa -N '' -f /etc/ssh/ssh_host_ecdsa_key && "
        "ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh"
    )
    pair.old.run(["sh", "-c", script], check=True)
    child = at_a_terminal(pair.new)
    code, said = ended(child)
    assert code == 1, said
    flat = " ".join(said.split())
    assert "its host key is not the one that was accepted before" in flat
    assert "ssh-keygen -R" in flat
    assert "/root/.ssh/known_hosts:" in flat, "ssh names the file"
    assert pair.new.run(["ls", "-A", GATHERED]).stdout == ""


@pytest.mark.promise(26)
def test_a_password_that_nobody_types(boot_host: BootHost) -> None:
    pair = boot_pair(boot_host)
    let_in_by_password(pair)
    trust_beforehand(pair)
    code, said = apply(pair.new)
    assert code == 1, said
    assert f"ssh asks: root@{OLD}'s password: - and nobody answered" in said
    assert "ssh-copy-id" in said
    assert re.search(r"Run \S+: failed", said)


def test_a_key_with_a_passphrase(boot_host: BootHost) -> None:
    pair = boot_pair(boot_host)
    let_in_by_key(pair)
    trust_beforehand(pair)
    change = ["ssh-keygen", "-q", "-p", "-N", SECRET, "-f", "/root/.ssh/id_ed25519"]
    pair.new.run(change, check=True)
    child = at_a_terminal(pair.new)
    asked(child, "passphrase for key '/root/.ssh/id_ed25519': ")
    child.sendline(SECRET)
    code, said = ended(child)
    assert code == 0, said
    assert holding(pair.new, SECRET) == []
