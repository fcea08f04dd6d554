"""Who reads root's mail, on real hosts: written, built, proven by a message, taken back."""

from __future__ import annotations

import re

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

READER = '\n[aliases]\nroot = "{}"\n'
OWN = '# 管理者\nSales: hana,\n  "|/usr/bin/archive -a, b"\nno row at all\nThe Boss: hana, taro,\nnone: ,\nx%y: hana\n'.encode(
    "euc-jp"
)
SUFFIX = {"el9": "hash", "el10": "lmdb"}

KILLS = r"""
for tool in postalias sendmail; do
    real=$(readlink -f /usr/sbin/$tool) && rm -f /usr/sbin/$tool.real
    cp -a $real /usr/sbin/$tool.real && rm -f /usr/sbin/$tool
done
cat >/usr/sbin/postalias <<'END'
#!/bin/sh
case " $* " in *" -s "*|*" -q "*) exec /usr/sbin/postalias.real "$@" ;; esac
[ -e /root/killed-table ] && exec /usr/sbin/postalias.real "$@"
touch /root/killed-table
kill -9 $PPID
END
cat >/usr/sbin/sendmail <<'END'
#!/bin/sh
/usr/sbin/sendmail.real "$@"
code=$?
[ -e /root/killed-message ] && exit $code
touch /root/killed-message
kill -9 $PPID
END
chmod 755 /usr/sbin/postalias /usr/sbin/sendmail
"""
"""The worker is killed while it builds the table, and right after the message was sent."""


def aliases(host: Host) -> bytes:
    return (host.root / "etc/aliases").read_bytes()


def answered(host: Host, reader: str) -> None:
    host.write(ANSWERS, ZEKE + READER.format(reader), 0o600)


def asked(host: Host, table_type: str, name: str) -> str:
    return host.run(["postalias", "-q", name, f"{table_type}:/etc/aliases"]).stdout.strip()


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_package_that_brings_the_file(boot_host: BootHost, suite: str) -> None:
    """One run installs the package, keeps its file as the original, and edits it."""
    host = boot_host(suite=suite, pyz=PYZ)
    packaged = aliases(host)
    repository = host.root / "etc/yum.repos.d/lab.repo"
    repository.write_text(repository.read_text().replace("enabled=0", "enabled=1"))
    (host.root / "etc/aliases").unlink()
    answered(host, "taro")
    code, said = apply(host)
    assert code == 0, said
    assert aliases(host) == packaged.replace(b"#root:", b"root:")
    assert (host.root / "etc/aliases.orig").read_bytes() == packaged
    assert host.run(["rpm", "-qf", "/etc/aliases"], check=True).stdout.startswith("postfix-")
    assert asked(host, SUFFIX[suite], "root") == "taro"
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert aliases(host) == packaged


@pytest.mark.promise(1, 12, 13, 18)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_from_nobody_to_a_person_and_back(boot_host: BootHost, suite: str) -> None:
    """Undecided, decided, a worker killed twice, followed by Dovecot, refused, taken back."""
    host = boot_host(suite=suite, pyz=PYZ)
    table = SUFFIX[suite]
    (host.root / "etc/aliases").write_bytes(aliases(host) + OWN)
    before = aliases(host)
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(host)
    assert code == 0, said
    assert "nobody reads root's mail: Dovecot takes none for uid 0" in said
    assert aliases(host) == before, "answers without the section change nothing"

    answered(host, "taro")
    host.run(["sh", "-ec", KILLS], check=True)
    for killed in ("table", "message"):
        code, said = apply(host) if killed == "table" else wizard(host, "resume", "--yes")
        assert code == 1, said
        assert host.run(["test", "-e", f"/root/killed-{killed}"]).returncode == 0
    code, said = wizard(host, "resume", "--yes")
    assert code == 0, said
    assert "waits    a message to postmaster: waits for Dovecot: connect to" in said
    assert aliases(host) == before.replace(b"#root:", b"root:")
    assert asked(host, table, "root") == "taro"
    assert asked(host, table, "sales") == 'hana, "|/usr/bin/archive -a, b"'
    queue = host.run(["postqueue", "-p"]).stdout
    assert queue.count("MAILER-DAEMON") == 1, f"it is sent once, kill or no kill:\n{queue}"

    right = state(host)
    assert apply(host)[1].count("Nothing to do") == 1
    assert state(host) == right, "twice is once"
    code, said = wizard(host, "check")
    assert re.search(r"right +aliases: root +taro", said), said

    host.start_dovecot()
    host.run(["sh", "-c", "until ls /home/taro/Maildir/new/* ; do postqueue -f; sleep 0.2; done"])
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert aliases(host) == before, "every byte is back"
    assert asked(host, table, "root") == ""
    assert apply(host)[0] == 0
    sent = host.run(["sh", "-c", "cat /home/taro/Maildir/new/*"], check=True).stdout
    assert sent.count("Subject: Who reads postmaster's mail on mail.zeke.ne.jp") == 2

    answered(host, "nobody-here")
    code, said = apply(host)
    assert code == BAD, said
    assert "Caution aliases-reader=nobody-here: nobody-here is no user in /etc/passwd" in said
    code, said = apply(host, "--accept", "aliases-reader=nobody-here")
    assert code == 1, said
    assert "wrong    a message to postmaster: bounced to nobody-here" in said
    assert wizard(host, "undo", "--yes")[0] == 0
    assert aliases(host) == before.replace(b"#root:", b"root:")
