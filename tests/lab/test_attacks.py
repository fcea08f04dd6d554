"""A hostile caller, canary secrets, and what another left at the table: on real hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, ZEKE, apply, wizard
from tests.screens.terminal import Terminal

pytestmark = pytest.mark.lab

KEY = "0canary7f3a0canary7f3a0can"
KEYED = (
    f'{ZEKE}\n[[blocklists.custom]]\nzone = "{KEY}.zen.dq.spamhaus.net"\n'
    'replies = "127.0.0.[2..11]"\n'
)
CALLERS = "canary-of-the-caller"
HOSTILE = {
    "PATH": "/evil:/usr/bin:/bin",
    "LC_ALL": "tr_TR.UTF-8",
    "LANGUAGE": "tr",
    "MAIL_CONFIG": "/evil",
    "PYTHONPATH": "/evil",
    "PYTHONSTARTUP": "/evil/sitecustomize.py",
    "PYTHONINSPECT": "",
    "LD_PRELOAD": "/evil/none.so",
    "BASH_ENV": "/evil/profile",
    "ENV": "/evil/profile",
    "CALLERS_OWN": CALLERS,
}
COMMANDS = [
    "dnf",
    "rpm",
    "postconf",
    "postmap",
    "postfix",
    "systemctl",
    "systemd-run",
    "firewall-cmd",
    "openssl",
    "ss",
    "hostname",
    "journalctl",
    "ip",
    "sh",
    "python3",
    "restorecon",
    "matchpathcon",
    "tail",
    "lastlog",
]

SAMPLER = """\
import glob, signal, sys, time
told, going = set(), True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
while going:
    for name in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            said = open(name, "rb").read()
        except OSError:
            continue
        told.add((name.rpartition("/")[2], said.replace(b"\\0", b" ")))
    time.sleep(0.004)
with open("/srv/sampled", "wb") as file:
    for what, said in sorted(told):
        file.write(what.encode() + b" " + said + b"\\n")
"""


def evil(host: Host) -> None:
    """Lay programs and modules that leave a trace when anything of the caller's leads to them."""
    trace = '#!/bin/sh\necho "$0 $*" >>/srv/ran\nexit 1\n'
    for name in COMMANDS:
        host.write(f"/evil/{name}", trace, 0o755)
    host.write("/evil/sitecustomize.py", "open('/srv/ran', 'a').write('python')\n")
    host.write("/evil/profile", "echo profile >>/srv/ran\n")
    host.write("/evil/main.cf", "myhostname = evil.example\n")
    host.write("/evil/master.cf", "")


@contextmanager
def sampled(host: Host) -> Iterator[list[str]]:
    """Sample argv and environment of every process meanwhile, hundreds of times a second."""
    host.write("/srv/sampler.py", SAMPLER)
    unit = ["systemd-run", "--quiet", "--unit=sampler", "/usr/bin/python3", "/srv/sampler.py"]
    host.run(unit, check=True)
    lines: list[str] = []
    try:
        yield lines
    finally:
        host.run(["systemctl", "stop", "sampler"], check=True)
        lines += host.read("/srv/sampled").splitlines()


def holding(host: Host, secret: str) -> dict[str, str]:
    """Return the files of the host that hold a secret, with their modes."""
    places = "/etc /var /run /tmp /root /srv /usr/local"
    found = host.run(["sh", "-c", f"grep -raslF -D skip -- '{secret}' {places}"]).stdout.split()
    status = host.run(["stat", "-c", "%n %a", *found]).stdout.splitlines() if found else []
    return dict(line.rsplit(" ", 1) for line in status)


def seen_on_screens(host: Host) -> bytes:
    """Walk the screens to the review and through its tabs; return every byte that was drawn."""
    terminal = Terminal(host.ssh_argv([PROGRAM, "--answers", ANSWERS]), size=(200, 60))
    try:
        terminal.until("postfix-wizard", 30)
        for _ in range(12):
            if (
                "Nothing has been written yet" in terminal.text
                or "Nothing is pending" in terminal.text
            ):
                break
            terminal.type("\x0e")
            terminal.read(1.0)
        terminal.until("Commands", 30)
        for tab in "123456":
            terminal.type(tab)
            terminal.read(0.4)
            terminal.type("\x1b[F" if tab == "1" else "v")
            terminal.read(0.4)
        terminal.type("\x11")
        terminal.read(1.0)
        terminal.type("y")
        terminal.read(1.0)
        return terminal.raw
    finally:
        terminal.close()


ALLOWED = re.compile(
    r"/root/answers\.toml|/etc/postfix-wizard/answers\.toml|/etc/postfix/main\.cf"
    r"|/var/lib/postfix-wizard/runs/[^/]+/(plan\.json|replaced/[^/]+-(main\.cf|answers\.toml))"
    r"|/var/log/(maillog|mail\.\w+|syslog|messages|journal/.*)|/run/log/journal/.*"
)
"""What must hold the key, and the logs of Postfix, which names a zone that does not answer."""


@pytest.mark.promise(22, 24)
def test_a_hostile_caller_and_two_secrets(
    fresh: Host, record_property: Callable[[str, object], None]
) -> None:
    host = fresh
    evil(host)
    host.write(ANSWERS, KEYED, 0o600)
    said = ""
    # The traps work: a caller's PATH would leave a trace, and an argument would be seen.
    host.run(["env", f"PATH={HOSTILE['PATH']}", "rpm", "-q"])
    assert host.read("/srv/ran") == "/evil/rpm -q\n"
    host.run(["rm", "/srv/ran"], check=True)
    with sampled(host) as processes:
        host.run(["sleep", "0.25", "0.001"], check=True)
        for words in (
            ["plan", "--answers", ANSWERS],
            ["plan", "--answers", ANSWERS, "--json"],
            ["apply", "--answers", ANSWERS, "--yes"],
            ["check"],
            ["check", "--json"],
            ["runs", "--json"],
        ):
            code, told = wizard(host, *words, **HOSTILE)
            assert code in {0, 2}, told
            said += told
        screens = seen_on_screens(host)
        host.write(ANSWERS, ZEKE, 0o600)
        for words in (
            ["plan", "--answers", ANSWERS],
            ["apply", "--answers", ANSWERS, "--yes"],
            ["undo", "--dry-run"],
            ["undo", "--yes"],
        ):
            code, told = wizard(host, *words, **HOSTILE)
            assert code in {0, 2}, told
            said += told

    # What the caller's environment leads to was never run, and no command had any of it.
    assert host.run(["cat", "/srv/ran"]).stdout == ""
    assert any(line.startswith("cmdline sleep 0.25 0.001") for line in processes)
    ours = [line for line in processes if line.startswith("environ PATH=/usr/sbin:")]
    assert ours
    assert not [line for line in ours if "/evil" in line or CALLERS in line]
    callers = [line for line in processes if CALLERS in line]
    assert all("LD_PRELOAD=/evil/none.so" in line for line in callers), "the caller's own shell"
    outputs = host.run(["sh", "-c", "cat /var/lib/postfix-wizard/runs/*/output/*"]).stdout
    assert "none.so" not in outputs
    assert "evil" not in outputs

    # The key of the blocklist, and the bytes of the private key.
    assert "reject_rbl_client (key).zen.dq.spamhaus.net=127.0.0.[2..11]" in said
    assert b"(key).zen.dq" in screens
    pem = host.read("/etc/letsencrypt/archive/zeke.ne.jp/privkey1.pem").splitlines()[3]
    for secret in (KEY, pem):
        assert secret not in said
        assert secret.encode() not in screens
        assert not [line for line in processes if secret in line]
        log = host.run(["journalctl", "--no-pager", "-o", "short"]).stdout.splitlines()
        assert all(" postfix/" in line for line in log if secret in line)
    files = holding(host, KEY)
    assert "/etc/postfix/main.cf" in files
    assert {path for path in files if not ALLOWED.fullmatch(path)} == set()
    own = {mode for path, mode in files.items() if "postfix-wizard/" in path}
    assert own == {"600"}
    for path in files:
        if path.endswith("plan.json"):
            plan = json.loads(host.read(path))["plan"]
            notes = [plan["warnings"], plan["cautions"], [one["why"] for one in plan["steps"]]]
            assert KEY not in json.dumps(notes)
    keys = holding(host, pem)
    assert {path.rpartition("/")[0].split("/")[-1] for path in keys} <= {
        "zeke.ne.jp",
        "replaced",
    }, keys
    assert {mode for path, mode in keys.items() if "/replaced/" in path} == {"600"}
    closed = ["find", "/var/lib/postfix-wizard", "-perm", "/077"]
    assert host.run(closed).stdout == ""
    record_property("count:secrets searched for", 2)


TABLE = "/etc/postfix/sender_access.db"
PLANTED = {
    "a link": (f"ln -s /srv/victim {TABLE}", f"{TABLE} is a symbolic link"),
    "a link to nowhere": (f"ln -s /srv/nowhere {TABLE}", f"{TABLE} is a symbolic link"),
    "a hard link": (f"ln /srv/victim {TABLE}", f"{TABLE} has another name (a hard link)"),
    "a FIFO": (f"mkfifo {TABLE}", f"{TABLE} is not a file"),
    "a directory": (f"mkdir {TABLE}", f"{TABLE} is not a file"),
    "a mount": (f"touch {TABLE} && mount --bind /srv/victim {TABLE}", "is a mount of its own"),
    "another owner": ("chown nobody /etc/postfix", "/etc/postfix belongs to another user"),
    "a link at the rows": (
        "ln -s /srv/victim /etc/postfix/sender_access",
        "/etc/postfix/sender_access is a symbolic link",
    ),
    "a mount at main.cf": (
        "mount --bind /srv/victim /etc/postfix/main.cf",
        "Postfix itself refuses main.cf as it is",
    ),
}
CLEAR = (
    f"umount {TABLE} /etc/postfix/main.cf 2>/dev/null; chown root /etc/postfix; "
    f"rm -rf {TABLE} /etc/postfix/sender_access"
)


@pytest.mark.promise(10)
def test_nothing_planted_at_the_table_is_followed(
    fresh: Host, record_property: Callable[[str, object], None]
) -> None:
    host = fresh
    host.run(["dnf", "-y", "install", "postfix"], check=True, timeout=120)
    # On the file system of /etc, for a hard link.
    host.write("/srv/victim", "root:secret\n", 0o600)
    before = host.run(["stat", "-c", "%i %u %a %s %Y %Z", "/srv/victim"]).stdout
    for name, (plants, says) in PLANTED.items():
        host.run(["sh", "-c", plants], check=True)
        code, said = apply(host)
        assert code != 0, (name, said)
        assert says in said, (name, said)
        assert host.read("/srv/victim") == "root:secret\n", name
        assert host.run(["test", "-e", "/srv/nowhere"]).returncode == 1, name
        host.run(["sh", "-c", CLEAR], check=True)
        record_property("count:planted", 1)
    after = host.run(["stat", "-c", "%i %u %a %s %Y", "/srv/victim"]).stdout
    assert before.startswith(after.strip())
    code, said = apply(host)
    assert code == 0, said
