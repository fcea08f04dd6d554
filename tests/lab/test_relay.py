"""A relay host that demands TLS and a password: another server that the wizard set up."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

from lab import sink
from lab.dovecot import PASSWORD
from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PYZ, ZEKE, BootHost, apply, state, wizard
from tests.lab.test_blocklists import bash, change_zone

pytestmark = [pytest.mark.lab, pytest.mark.promise(24)]

RELAY, ADDRESS = "relay.zeke.ne.jp", "10.0.0.2"
NEXTHOP = f"[{RELAY}]:587"
PASSWORD_FILE = "/etc/postfix-wizard/relay.password"
WRONG = "canary-wrong-4711"
SECTION = f'\n[relay]\nhost = "{RELAY}"\ntls = "secure"\nuser = "taro"\n'
PATIENCE = 20.0
TABLE = ["/etc/postfix/sasl_passwd", "/etc/postfix/sasl_passwd.db"]


@dataclass(frozen=True)
class Pair:
    """The server, the relay host, and where the internet keeps what it was given."""

    server: Host
    relay: Host
    kept: Path

    def arrives(self, subject: str) -> str:
        """The message of that subject, once it is outside."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for one in self.kept.glob("*.eml"):
                text = one.read_text()
                if f"Subject: {subject}\n" in text.replace("\r", ""):
                    return text
            time.sleep(0.1)
        raise AssertionError(bash(self.server, "postqueue -p; journalctl -u postfix | tail -30"))


@pytest.fixture
def pair(boot_host: BootHost, tmp_path: Path, suite: str) -> Iterator[Pair]:
    server, relay = boot_host(suite=suite, pyz=PYZ), boot_host(suite=suite, pyz=PYZ, dovecot=True)
    server.join(relay, link="relay0", addresses=("10.0.0.1/24", f"{ADDRESS}/24"))
    relay.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(relay)
    assert code == 0, said
    change_zone(server, f"echo 'relay IN A {ADDRESS}' >>/var/named/zeke.ne.jp.zone")
    with sink.serve(relay, tmp_path):
        yield Pair(server, relay, tmp_path)


def send(host: Host, subject: str) -> None:
    """Send a message from the host to a stranger."""
    text = f"From: root\nTo: hanako@stranger.example\nSubject: {subject}\n\nGood day.\n"
    host.run(["/usr/sbin/sendmail", "-t"], input=text, check=True)


def holding(host: Host, secret: str) -> list[str]:
    """The files below the usual places that hold a secret, what a run replaced aside."""
    places = "/var/lib/postfix-wizard /etc /root /tmp /run/postfix-wizard /var/log"
    found = host.run(["grep", "-rlaF", secret, *places.split()]).stdout
    return sorted(one for one in found.split() if "/replaced/" not in one)


def modes(host: Host) -> set[str]:
    return set(bash(host, "stat -c '%a %U:%G' /etc/postfix/sasl_passwd*").splitlines())


def with_password(server: Host, password: str, mode: int = 0o600) -> str:
    """Write the password file and apply; return what was said."""
    server.write(PASSWORD_FILE, f"{password}\n", mode)
    code, said = apply(server)
    assert code == (BAD if mode & 0o077 else 0), said
    assert password not in said
    return said


def deferred(host: Host, why: str) -> None:
    """Wait until a message waits for that reason."""
    script = 'until postqueue -p | grep -qF "$0"; do sleep 0.2; done'
    host.run(["timeout", f"{PATIENCE:g}", "sh", "-c", script, why], check=True)


def relay_is(host: Host, **verdicts: str) -> str:
    """Hold what `check` says of the relay host against these verdicts; return all that it said."""
    _, said = wizard(host, "check", "--json")
    found = json.loads(said)["findings"]
    rows = {one["id"]: one["verdict"] for one in found if one["id"].startswith("relay.")}
    # What Postfix itself may log in with is not what these tests turn.
    rows.pop("relay.mechanism", None)
    assert rows == {f"relay.{name}": verdict for name, verdict in verdicts.items()}, said
    return said


@pytest.mark.parametrize("suite", ["el9"])
def test_mail_goes_out_through_a_relay_and_the_password_is_told_nowhere(pair: Pair) -> None:
    server = pair.server
    server.write(ANSWERS, ZEKE, 0o600)
    assert apply(server)[0] == 0
    without = server.read("/etc/postfix/main.cf")
    server.write(ANSWERS, ZEKE + SECTION, 0o600)
    code, said = apply(server)
    assert (code, "relay.password is not there; write the password" in said) == (BAD, True), said
    assert "used by others than root (mode 0644)" in with_password(server, WRONG, 0o644)
    told = with_password(server, WRONG)
    assert f"+{NEXTHOP} taro:(password)" in told
    server.run(["rpm", "-q", "cyrus-sasl-plain"], check=True)
    assert modes(server) == {"600 root:root"}
    assert holding(server, WRONG) == [PASSWORD_FILE, *TABLE]
    send(server, "through the relay")
    deferred(server, "authentication failed: ")
    # The relay's Dovecot answers a second wrong password later than a probe waits; the log has its words.
    told += relay_is(server, reach="right", tls="right", login="unknown")
    assert "535 5.7.8" in told

    # The right one is written into its file, and nothing else is said.
    told += with_password(server, PASSWORD)
    assert f"-{NEXTHOP} taro:(password2)" in told
    bash(server, "postqueue -f")
    assert PASSWORD not in pair.arrives("through the relay")
    told += relay_is(server, reach="right", tls="right", login="right")
    log = bash(server, "journalctl --no-pager -o cat SYSLOG_FACILITY=2")
    assert f"Verified TLS connection established to {RELAY}" in log
    before = state(server)
    for words in (["apply", "--answers", ANSWERS, "--yes"], ["plan", "--section", "relay"]):
        code, said = wizard(server, *words)
        assert code == 0, said
        told += said
    assert state(server) == before

    for words in (["plan", "--json"], ["undo", "--dry-run"], ["undo", "--yes"], ["status"]):
        code, said = wizard(server, *words)
        assert code == 0, said
        told += said
    assert f"+{NEXTHOP} taro:(password)" in told
    assert WRONG in server.read("/etc/postfix/sasl_passwd")
    told += with_password(server, PASSWORD)
    # Without a relay nothing of it is left.
    server.write(ANSWERS, ZEKE + '\n[relay]\nhost = ""\n', 0o600)
    code, said = apply(server)
    assert code == 0, said
    assert server.read("/etc/postfix/main.cf") == without
    assert holding(server, PASSWORD) == [PASSWORD_FILE]
    assert modes(server) == {"600 root:root"}
    told += said + log + bash(server, "journalctl --no-pager")
    assert PASSWORD not in told
    assert WRONG not in told


@pytest.mark.parametrize("suite", ["el10"])
def test_a_relay_on_465(pair: Pair) -> None:
    server = pair.server
    smtps = SECTION.replace("tls =", "port = 465\ntls =").replace("secure", "encrypt")
    server.write(ANSWERS, ZEKE + smtps, 0o600)
    with_password(server, PASSWORD)
    send(server, "over 465")
    assert PASSWORD not in pair.arrives("over 465")
    assert modes(server) == {"600 root:root"}
    # What stands there reads back: nothing is left to do without the answers file.
    server.run(["rm", ANSWERS, "/etc/postfix-wizard/answers.toml"], check=True)
    code, said = wizard(server, "plan", "--section", "relay")
    assert code == 0, said
