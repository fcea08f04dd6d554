"""Canaries on real hosts: where secrets are after a run, an undo, a kill, a return and a failure.

The whole disk is searched, journald and shared memory too, for the password of a relay host, the key
of a blocklist and private keys, as they are and in other forms, and for a bare hash of each.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import pytest

from lab.host import Host
from tests.lab.old_server import boot_pair, let_in_by_key, trust_beforehand
from tests.lab.program import ANSWERS, ZEKE, BootHost, apply, wizard

pytestmark = [pytest.mark.lab, pytest.mark.promise(38)]

PASSWORD = "canary-Pa55word-0815"
KEY = "canary9key9canary9key9cana"
PASSWORD_FILE = "/etc/postfix-wizard/relay.password"
KEY_FILE = "/etc/postfix-wizard/dqs.key"
RELAY = '\n[relay]\nhost = "relay.example.net"\ntls = "encrypt"\nuser = "taro"\n'
MAIN = "/etc/postfix/main.cf"
TABLE = "/etc/postfix/sasl_passwd"
TYPED = {PASSWORD_FILE, KEY_FILE}
FIRST = {MAIN, TABLE, f"{TABLE}.db", *TYPED}

SEARCH = r"""
import base64, hashlib, json, os, stat, subprocess, sys

wanted = json.loads(sys.stdin.read())
needles = {}
for name, text in wanted.items():
    data = text.encode()
    # In base64 a secret has three forms, by where it begins; their ends depend on what is beside.
    for shift in range(3):
        needles[base64.b64encode(b"x" * shift + data)[4 if shift else 0:-4]] = name
    needles[data] = needles[data.hex().encode()] = needles[text.encode("utf-16-le")] = name
    for plain in (data, data + b"\n"):
        needles[hashlib.sha256(plain).hexdigest()[:16].encode()] = f"hash of {name}"
found = {}
skipped = ("/proc", "/sys", "/dev/pts", "/usr/lib", "/usr/share", "/usr/bin", "/usr/lib64")
for top, directories, names in os.walk("/"):
    directories[:] = [one for one in directories if os.path.join(top, one) not in skipped]
    for name in names:
        path = os.path.join(top, name)
        try:
            if stat.S_ISREG(os.lstat(path).st_mode) and os.lstat(path).st_size < 1 << 28:
                with open(path, "rb") as file:
                    text = file.read()
                for needle, what in needles.items():
                    if needle in text:
                        found.setdefault(path, set()).add(what)
        except OSError:
            pass
said = subprocess.run(["journalctl", "--no-pager", "-o", "export"], capture_output=True).stdout
units = subprocess.run(["systemctl", "show", "--all", "*"], capture_output=True).stdout
said += subprocess.run(["systemctl", "show-environment"], capture_output=True).stdout + units
for needle, what in needles.items():
    if needle in said:
        found.setdefault("(systemd)", set()).add(what)
for process in filter(str.isdigit, os.listdir("/proc")):
    for part in ("cmdline", "environ"):
        try:
            text = open(f"/proc/{process}/{part}", "rb").read()
        except OSError:
            continue
        for needle, what in needles.items():
            if needle in text and int(process) != os.getpid():
                found.setdefault(f"/proc/PID/{part}", set()).add(what)
print(json.dumps({path: sorted(names) for path, names in found.items()}))
"""


@dataclass
class Canaries:
    """A host, and what is searched for on it."""

    host: Host
    secrets: dict[str, str] = field(default_factory=lambda: {"password": PASSWORD, "key": KEY})

    def found(self) -> dict[str, list[str]]:
        """The paths that have a secret or the bare hash of one in them, with its name."""
        done = self.host.run(["python3", "-c", SEARCH], input=json.dumps(self.secrets), check=True)
        found: dict[str, list[str]] = json.loads(done.stdout)
        hashes = [path for path, names in found.items() if any("hash" in one for one in names)]
        assert hashes == [], found
        return found

    def places(self) -> set[str]:
        """The same, with a run's own directory as `RUN/...` and copies without their hash."""
        found = (re.sub(r"^/var/lib/postfix-wizard/runs/[^/]+", "RUN", one) for one in self.found())
        return {re.sub(r"(replaced/)[0-9a-f]{16}-", r"\1", one) for one in found}

    def undone(self) -> None:
        code, said = wizard(self.host, "undo", "--yes")
        assert code == 0, said


@pytest.fixture
def server(fresh: Host) -> Canaries:
    """A host whose answers name a relay host with a password, and keyed blocklists."""
    use = 'use = ["spamcop", "spamhaus-zen", "spamhaus-dbl"]'
    keyed = 'use = ["spamhaus-dqs-zen", "spamhaus-dqs-dbl"]'
    assert use in ZEKE
    fresh.write(ANSWERS, ZEKE.replace(use, keyed) + RELAY, 0o600)
    fresh.run(["mkdir", "-p", "-m", "700", "/etc/postfix-wizard"], check=True)
    fresh.write(PASSWORD_FILE, f"{PASSWORD}\n", 0o600)
    fresh.write(KEY_FILE, f"{KEY}\n", 0o600)
    return Canaries(fresh)


def test_after_a_full_run_and_after_its_undo(server: Canaries) -> None:
    code, said = apply(server.host)
    assert code == 0, said
    assert server.places() == FIRST
    # A second run replaces files that have secrets in them: their copies are for its undo.
    server.host.write(PASSWORD_FILE, "canary-Pa55word-4711\n", 0o600)
    server.secrets["new password"] = "canary-Pa55word-4711"
    code, said = apply(server.host)
    assert code == 0, said
    copies = {"RUN/replaced/sasl_passwd", "RUN/replaced/sasl_passwd.db"}
    assert server.places() == FIRST | copies
    server.undone()
    assert server.places() == FIRST
    server.undone()
    assert server.places() == TYPED
    for words in (["runs"], ["status"], ["plan"]):
        code, said = wizard(server.host, *words)
        assert "Traceback" not in said
        assert PASSWORD not in said
        assert KEY not in said
    modes = server.host.run(
        ["find", "/var/lib/postfix-wizard", "-perm", "/077", "-o", "!", "-user", "root"]
    ).stdout
    assert modes == "", "root's alone"


KILLS: dict[str, tuple[str, str]] = {
    "in staging": ("postconf", "staging/staged/main.cf"),
    "while a table is built": ("postmap", "staging/sasl_passwd-table/sasl_passwd.db"),
}
"""A kill: the program in whose place one kills the worker, and a file that is there by then."""


def kill_in(host: Host, program: str, when: str) -> None:
    """Have the next call of a program by a worker kill that worker, once a file is on its way."""
    real = host.run(["sh", "-c", f"command -v {program}"], check=True).stdout.strip()
    there = f"/var/lib/postfix-wizard/runs/*/{when}"
    text = f"""#!/bin/sh
{real}.real "$@"; code=$?
if ls {there} >/dev/null 2>&1 && grep -qa worker /proc/$PPID/cmdline; then
    mv {real}.real {real}; kill -9 $PPID
fi
exit $code
"""
    host.run(["mv", real, f"{real}.real"], check=True)
    host.write(real, text, 0o755)
    host.run(["restorecon", real], check=False)


@pytest.mark.parametrize("after", ["undo", "resume"])
@pytest.mark.parametrize("kill", KILLS)
def test_after_a_kill_and_an_undo_or_a_resume(server: Canaries, kill: str, after: str) -> None:
    host = server.host
    host.run(["dnf", "-y", "install", "postfix", "cyrus-sasl-plain"], check=True)
    kill_in(host, *KILLS[kill])
    code, said = apply(host)
    assert code != 0, said
    staged = {one for one in server.places() if one.startswith("RUN/staging/")}
    assert staged, "the kill left secrets on their way"
    code, said = wizard(host, after, "--yes")
    assert code == 0, said
    assert server.places() == (TYPED if after == "undo" else FIRST)


def test_after_a_kill_in_an_undo_and_its_resume(server: Canaries) -> None:
    host = server.host
    code, said = apply(host)
    assert code == 0, said
    # The undo stops the unit first: a drop-in of its own kills the worker there.
    host.run(["mkdir", "-p", "/etc/systemd/system/postfix.service.d"], check=True)
    host.write(
        "/etc/systemd/system/postfix.service.d/kill.conf",
        "[Service]\nExecStopPost=/bin/sh -c 'pkill -KILL -f \"postfix-wizard worker\"'\n",
    )
    host.run(["systemctl", "daemon-reload"], check=True)
    code, said = wizard(host, "undo", "--yes")
    assert code != 0, said
    host.run(["rm", "-r", "/etc/systemd/system/postfix.service.d"], check=True)
    host.run(["systemctl", "daemon-reload"], check=True)
    code, said = wizard(host, "resume", "--yes")
    assert code == 0, said
    assert server.places() == TYPED


def set_trap(host: Host) -> None:
    """Let smtpd fail under a main.cf with the key in it, so that a run returns by itself."""
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    daemon = "/usr/libexec/postfix/smtpd"
    host.run(["mv", daemon, f"{daemon}.real"], check=True)
    trap = f'#!/bin/sh\ngrep -q zeke {MAIN} && exit 1\nexec {daemon}.real "$@"\n'
    host.write(daemon, trap, 0o755)


def test_after_a_return_by_itself(server: Canaries) -> None:
    set_trap(server.host)
    code, said = apply(server.host)
    assert code == 1, said
    assert "was put back" in said
    assert server.places() == TYPED


@pytest.fixture
def pair(boot_host: BootHost) -> tuple[Canaries, Host]:
    """A server that copies its certificates from another, whose private keys are the canaries."""
    hosts = boot_pair(boot_host)
    let_in_by_key(hosts)
    trust_beforehand(hosts)
    found = hosts.old.run(["grep", "-rl", "PRIVATE KEY", "/etc/letsencrypt"], check=True).stdout
    lines = {path: hosts.old.read(path).splitlines()[2] for path in found.split()}
    assert len(set(lines.values())) > 1
    return Canaries(hosts.new, lines), hosts.old


def test_after_a_gather_run_that_failed(pair: tuple[Canaries, Host]) -> None:
    """All was copied when it is refused: live/ has no lineage."""
    new, old = pair
    old.run(["mv", "/etc/letsencrypt/live", "/etc/letsencrypt/live.away"], check=True)
    code, said = apply(new.host)
    assert code == 1, said
    assert "has no lineage in live/" in said
    assert new.places() == set()


def test_after_a_gather_run_and_its_undo(pair: tuple[Canaries, Host]) -> None:
    """The plan that would use the copy is refused, and the operator takes the copy back."""
    new, _ = pair
    asks = ZEKE.replace('source = "letsencrypt"', 'source = "remote"\nhost = "root@10.0.0.2"', 1)
    new.host.write(ANSWERS, asks.replace('name = "zeke.ne.jp"', 'name = "nobody.example"'), 0o600)
    code, said = apply(new.host)
    assert code != 0, said
    tree = {
        one for one in new.places() if one.startswith("/var/lib/postfix-wizard/gathered/remote/")
    }
    assert tree == new.places()
    assert tree
    code, said = wizard(new.host, "undo", "--dry-run")
    assert "/var/lib/postfix-wizard/gathered/remote" in said
    new.undone()
    assert new.places() == set()


@pytest.mark.parametrize("how", ["killed", "returned"])
def test_after_a_gather_run_and_a_next_run_that_failed(
    pair: tuple[Canaries, Host], how: str
) -> None:
    new, _ = pair
    host = new.host
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    if how == "killed":
        kill_in(host, "postconf", "staging/staged/main.cf")
    else:
        set_trap(host)
    code, said = apply(host)
    assert code != 0, said
    if how == "killed":
        assert any("/gathered/remote/" in one for one in new.places())
        new.undone()
    else:
        assert "was put back" in said
    assert new.places() == set()
