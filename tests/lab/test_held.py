"""What strangers' servers may send and what they may not, with hardening on: by sessions on the socket."""

from __future__ import annotations

import re
import sys
import time

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost, apply

pytestmark = pytest.mark.lab

ON = f'{ZEKE}\n[aliases]\nroot = "taro"\n[hardening]\nuse = "on"\n'
ENDINGS = (
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\n.\r",
    "\r.\n",
    "\r\n\0.\r\n",
    "\r\n.\0\r\n",
)
"""What ends a message for some servers (SMTP smuggling); only CR LF . CR LF does."""

TALK = r"""
import ast, socket, sys
for text in ast.literal_eval(sys.argv[1]):
    with socket.create_connection(("203.0.113.1", 25), 20) as talk:
        talk.settimeout(20)
        file = talk.makefile("rb")
        said = [file.readline()]
        for part in text:
            talk.sendall(part.encode("utf-8"))
            while True:
                line = file.readline()
                said.append(line)
                if line[3:4] != b"-":
                    break
        talk.shutdown(socket.SHUT_WR)
        said += file.readlines()
        print(b"".join(said).decode().count("queued as"), repr(said[-3:]))
"""
EHLO = "EHLO mail.stranger.example\r\n"
FROM = "MAIL FROM:<hanako@stranger.example>\r\n"
HEAD = "From: <hanako@stranger.example>\r\nSubject: {}\r\n\r\n"
END = "\r\n.\r\n"


def queued(host: Host, *sessions: tuple[str, ...]) -> list[int]:
    """How many messages each session put into the queue."""
    argv = [sys.executable, "-c", TALK, repr(sessions)]
    said = host.run_outside(argv, check=True).stdout
    return [int(line.partition(" ")[0]) for line in said.splitlines()]


def mail(recipient: str, subject: str, more: str = "") -> tuple[str, ...]:
    to = f"RCPT TO:<{recipient}>\r\n"
    return (EHLO, FROM, to, "DATA\r\n", f"{HEAD.format(subject)}x{more}{END}")


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_odd_and_new_mail_arrives_and_none_is_smuggled(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ON, 0o600)
    code, said = apply(host)
    assert code == 0, said
    host.start_dovecot()
    body = f"{HEAD.format('bdat')}x\r\n"
    to = "RCPT TO:<taro@zeke.ne.jp>\r\n"
    utf8 = "MAIL FROM:<花子@stranger.example> SMTPUTF8 BODY=8BITMIME\r\n"
    good = (
        mail("taro+shop@zeke.ne.jp", "plus"),
        mail("TARO@ZEKE.NE.JP", "upper"),
        (EHLO, utf8, to, "DATA\r\n", f"Subject: 花\r\n\r\n花{END}"),
        (EHLO, FROM, to, f"BDAT {len(body)}\r\n{body}", "BDAT 3 LAST\r\ny\r\n"),
    )
    assert queued(host, *good) == [1] * len(good)
    smuggled = f"{FROM}{to}DATA\r\n{HEAD.format('smuggled')}x"
    bad = [
        mail("taro@zeke.ne.jp", f"bad{at}", f"{one}{smuggled}") for at, one in enumerate(ENDINGS)
    ]
    assert all(count <= 1 for count in queued(host, *bad))
    place = host.root / "home/taro/Maildir/new"
    deadline = time.monotonic() + 30
    wanted = {"plus", "upper", "bdat"}
    while True:
        texts = (
            [one.read_text(errors="replace") for one in place.iterdir()] if place.is_dir() else []
        )
        found = {head[1] for one in texts if (head := re.search(r"(?m)^Subject: (\S+)$", one))}
        if wanted <= found:
            break
        assert time.monotonic() < deadline, (found, host.run(["postqueue", "-p"]).stdout)
        time.sleep(0.2)
    assert "smuggled" not in found
    # Dovecot's LMTP has no SMTPUTF8, so that message goes back, with the reason.
    assert "SMTPUTF8 is required, but was not offered" in host.read("/var/log/maillog")
