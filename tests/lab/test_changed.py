"""What the system does after a run hinders no undo, no return and no `resume`; all agree on it."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest

from lab import acme
from lab.host import Host
from tests.lab.login import Login
from tests.lab.program import ANSWERS, PYZ, WITHOUT_CAFE, ZEKE, BootHost, apply, wizard
from tests.lab.test_renewal import RENEW, issue

pytestmark = pytest.mark.lab

BOTH = pytest.mark.parametrize("suite", ["el9", "el10"])
TABLE = {"el9": "hash", "el10": "lmdb"}
READER = '\n[aliases]\nroot = "taro"\n'
NAME = "mail.zeke.ne.jp"
LIVE = f"/etc/letsencrypt/live/{NAME}"
FLATTEN = f"for one in {LIVE}/*.pem; do cp --remove-destination $(readlink -f $one) $one; done"
OURS, MINE = "message_size_limit = 10485760", "message_size_limit = 20000000"
KAFE = ZEKE.replace("cafe.zeke", "kafe.zeke")
GREETING = ["bash", "-c", "exec 3<>/dev/tcp/203.0.113.1/25; head -1 <&3"]

MAILBOX = {
    "el9": "dovecot-mailbox=mbox:~/mail:INBOX=/var/mail/%25u",
    "el10": "dovecot-mailbox=mbox:~/mail:INBOX=/var/mail/%25{user}",
}
"""By suite the caution of a Dovecot that has its mail in another place, as the plan prints it."""


def ready(boot_host: BootHost, suite: str, answers: str = ZEKE, **options: Any) -> Host:
    host = boot_host(suite=suite, pyz=PYZ, **options)
    host.write(ANSWERS, answers, 0o600)
    return host


def shell(host: Host, script: str) -> str:
    return host.run(["sh", "-ec", script], check=True, timeout=120).stdout


def looked_up(host: Host, table: str, path: str) -> str:
    return host.run(["postalias", "-q", "root", f"{table}:{path}"]).stdout.strip()


def drifted(host: Host) -> list[str]:
    code, said = wizard(host, "status", "--json")
    found = [one["id"] for one in json.loads(said)["items"] if one["drifted"]]
    assert (code == 0) == (not found), said
    return found


def planned(host: Host) -> dict[str, Any]:
    code, said = wizard(host, "plan", "--json")
    assert code in {0, 2}, said
    found: dict[str, Any] = json.loads(said)
    return found


def asked_all(host: Host) -> str:
    """Ask `status`, `plan` (whose hand edits Review shows) and undo: nothing was changed since.

    Return what `undo --dry-run` says.
    """
    assert drifted(host) == []
    plan = planned(host)
    assert (plan["pending"], plan["hand_edits"], plan["obstacles"]) == (0, [], [])
    code, said = wizard(host, "undo", "--dry-run")
    assert code == 0, said
    assert "In the way" not in said
    return said


def plant_trap(host: Host, name: str, *then: str) -> None:
    """Let smtpd fail while main.cf has `name`, and do more right before."""
    daemon = "/usr/libexec/postfix/smtpd"
    host.run(["mv", daemon, f"{daemon}.real"], check=True)
    steps = "\n".join((f"if grep -q {name} /etc/postfix/main.cf; then", *then, "exit 1", "fi"))
    host.write(daemon, f'#!/bin/sh\n{steps}\nexec {daemon}.real "$@"\n', 0o755)


@BOTH
@pytest.mark.promise(8, 16, 29)
def test_tables_and_a_renewal_since_the_run(boot_host: BootHost, suite: str) -> None:
    """newaliases, postmap and a real renewal: all five agree, and the undo keeps the newer links."""
    answers = ZEKE.replace('name = "zeke.ne.jp"', f'name = "{NAME}"', 1) + READER
    host = ready(boot_host, suite, answers, certbot=True, dovecot=True, letsencrypt=False)
    table = TABLE[suite]
    with acme.serve(host):
        issue(host)
        shell(host, FLATTEN)
        code, said = apply(host)
        assert code == 0, said
        shell(host, f"newaliases; postmap {table}:/etc/postfix/sender_access")
        shell(host, "systemctl restart postfix")
        renewed = host.run(list(RENEW), timeout=90)
        assert renewed.returncode == 0, renewed.stdout + renewed.stderr
    links = f"readlink {LIVE}/cert.pem {LIVE}/privkey.pem; cat /etc/letsencrypt/renewal/{NAME}.conf"
    newer = shell(host, links)
    assert "cert2.pem" in newer
    assert f"Stays: {LIVE}: certbot renewed this certificate" in asked_all(host)

    # The automatic return of another run, whose server does not greet.
    host.write("/root/b.toml", answers.replace("cafe.zeke", "kafe.zeke"), 0o600)
    plant_trap(host, "kafe")
    code, said = wizard(host, "apply", "--answers", "/root/b.toml", "--yes", *WITHOUT_CAFE)
    assert code == 1, said
    assert "was put back, and postfix answers as before." in said.splitlines()[-2]
    shell(host, "newaliases")
    asked_all(host)

    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert shell(host, links) == newer
    assert drifted(host) == []
    assert shell(host, "cat /etc/postfix/main.cf") == shell(host, "cat /etc/postfix/main.cf.orig")
    assert looked_up(host, table, "/etc/aliases") == ""
    assert host.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "inactive"


@BOTH
@pytest.mark.promise(29)
def test_what_an_update_of_the_package_does_hinders_nothing(
    boot_host: BootHost, suite: str
) -> None:
    """Its scripts run again, modes change, a .rpmnew comes; an undo that was cut off goes on."""
    host = ready(boot_host, suite, ZEKE + READER)
    assert apply(host)[0] == 0
    shell(
        host,
        """
        dnf -y reinstall postfix
        cp /etc/postfix/main.cf.proto /etc/postfix/main.cf.rpmnew
        chmod 0640 /etc/postfix/main.cf
        chmod 0644 /etc/aliases
        touch /etc/postfix/master.cf /etc/aliases
        postfix set-permissions upgrade-configuration || :
        systemctl restart postfix
        """,
    )
    asked_all(host)
    # Nothing can stop Postfix, so the undo ends early; newaliases comes in between.
    drop = "/etc/systemd/system/postfix.service.d/hold.conf"
    host.write(drop, "[Unit]\nRefuseManualStop=yes\n")
    shell(host, "systemctl daemon-reload")
    code, said = wizard(host, "undo", "--yes")
    assert code == 1, said
    shell(host, f"rm {drop}; systemctl daemon-reload; newaliases; systemctl restart postfix")
    code, said = wizard(host, "resume", "--yes")
    assert code == 0, said
    assert shell(host, "cat /etc/postfix/main.cf") == shell(host, "cat /etc/postfix/main.cf.orig")
    assert drifted(host) == []


@BOTH
@pytest.mark.promise(16, 29)
@pytest.mark.parametrize("running", [False, True], ids=["stopped before", "running before"])
def test_a_first_set_up_with_aliases_returns(
    boot_host: BootHost, suite: str, *, running: bool
) -> None:
    """The start itself builds the table of aliases anew, then nothing greets."""
    host = ready(boot_host, suite, ZEKE + READER)
    shell(host, "dnf -y install postfix")
    if running:
        shell(host, "systemctl start postfix")
    plant_trap(host, "cafe.zeke.ne.jp")
    code, said = apply(host)
    assert code == 1, said
    assert "does not greet" in said
    assert "FAILED" not in said
    assert "What the run had changed was put back" in said
    state = host.run(["systemctl", "is-active", "postfix"]).stdout.strip()
    assert state == ("active" if running else "inactive")
    if running:
        greeting = host.run(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/25; head -1 <&3"]).stdout
        assert greeting.startswith("220 ")
    assert looked_up(host, TABLE[suite], "/etc/aliases") == ""


REEXEC = "/usr/bin/systemctl daemon-reexec"
TURNS = f"""[Service]
ExecStartPre=/bin/sh -c '(sleep 0.3; {REEXEC}) & sleep 1'
ExecReload=
ExecReload=/bin/sh -c '(sleep 0.3; {REEXEC}) & sleep 1; /usr/sbin/postfix reload'
"""
"""systemd restarts itself while it turns Postfix."""


@BOTH
@pytest.mark.promise(30)
def test_a_restart_of_systemd_and_a_stale_path_leave_no_server_down(
    boot_host: BootHost, suite: str
) -> None:
    host = ready(boot_host, suite)
    drop = "/etc/systemd/system/postfix.service.d/reexec.conf"
    host.write(drop, TURNS)
    shell(host, "systemctl daemon-reload")
    # In the service step of a run that is right: no refusal, nothing is put back.
    code, said = apply(host)
    assert code == 0, said
    assert "The connection to systemd was lost" in said
    assert drifted(host) == []

    # In that of a run whose server does not greet, where a path went stale as well.
    sender = 'allow_senders = ["friend@stranger.example"]'
    host.write("/root/b.toml", KAFE.replace("allow_senders = []", sender), 0o600)
    before = shell(host, "cat /etc/postfix/main.cf /etc/postfix/master.cf")
    stale = "grep -q mine /etc/postfix/sender_access || echo '# mine' >>/etc/postfix/sender_access"
    plant_trap(host, "kafe", stale)
    code, said = wizard(host, "apply", "--answers", "/root/b.toml", "--yes", *WITHOUT_CAFE)
    assert code == 1, said
    assert "/etc/postfix/sender_access was changed after the run" in said
    assert "FAILED in part, and postfix answers." in said
    assert host.run_outside(GREETING).stdout.startswith("220 mail.zeke.ne.jp")
    assert shell(host, "cat /etc/postfix/main.cf /etc/postfix/master.cf") == before
    # The table says what the text says that is there.
    rows = shell(host, f"postmap -s {TABLE[suite]}:/etc/postfix/sender_access")
    assert "friend@stranger.example" in rows
    shell(host, "sed -i '/^# mine$/d' /etc/postfix/sender_access")
    code, said = wizard(host, "resume", "--yes")
    assert code == 1, said
    assert "was put back, and postfix answers as before." in said.splitlines()[-2]
    assert host.run_outside(GREETING).stdout.startswith("220 mail.zeke.ne.jp")
    assert drifted(host) == []


@BOTH
@pytest.mark.promise(30)
@pytest.mark.parametrize("before", ["stopped", "failed"])
def test_a_run_in_which_dovecot_failed_is_taken_back(
    boot_host: BootHost, suite: str, before: str
) -> None:
    host = ready(boot_host, suite, f'{ZEKE}\n[dovecot]\nconf = "write"\n')
    host.unmask_dovecot()
    start = "/usr/sbin/dovecot"
    shell(host, f"mv {start} {start}.real")
    host.write(start, f'#!/bin/sh\n[ "$1" = -F ] && exit 89\nexec {start}.real "$@"\n', 0o755)
    if before == "failed":
        host.run(["systemctl", "start", "dovecot"])
        shell(host, "sleep 1; systemctl stop dovecot || :")
    code, said = apply(host, "--accept", MAILBOX[host.options.suite])
    assert code == 1, said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert host.run(["systemctl", "is-failed", "dovecot"]).stdout.strip() == "inactive"
    assert "not taken back already" in wizard(host, "undo", "--yes")[1]


LOOK = """
find /etc /var -xdev -printf '%p %y %m %u %g %l\\n'
find /etc /var -xdev -type f -exec sha256sum {} + | awk '{print $2, $1}'
"""
NOT_OURS = (
    # The lab's stand-ins for what EL has elsewhere, and what the machine writes by itself.
    "/var/lib/dpkg/alternatives/",
    "/etc/rc",
    "/var/tmp/systemd-private-",
    "/var/lib/systemd/",
    "/etc/.pwd.lock",
)


def listed(host: Host) -> set[str]:
    return set(shell(host, LOOK).splitlines())


def is_named(path: str, named: set[str]) -> bool:
    """True if the path, one above or one below it is among `named`, or what it is a backup of."""
    if any(one.startswith(f"{path}/") for one in named):
        return True
    parents = {str(one) for one in (PurePosixPath(path), *PurePosixPath(path).parents)}
    return bool(parents & named) or path.rstrip("-") in named


@BOTH
@pytest.mark.promise(31)
@pytest.mark.parametrize("installed", [False, True], ids=["without Postfix", "with Postfix"])
def test_each_thing_that_stays_is_named(
    boot_host: BootHost, suite: str, *, installed: bool
) -> None:
    """All of /etc and /var before a first set-up, and after its undo."""
    dovecot = '\n[dovecot]\nconf = "write"\n'
    host = ready(boot_host, suite, ZEKE + READER + dovecot)
    host.unmask_dovecot()
    if installed:
        shell(host, "dnf -y install postfix")
    before = listed(host)
    code, said = apply(host, "--accept", MAILBOX[host.options.suite])
    assert code == 0, said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    stays = [line for line in said.splitlines() if line.startswith("Stays: ")]
    named = {word.rstrip(".,:;") for line in stays for word in line.split() if word[0] == "/"}
    package = shell(host, "rpm -ql postfix").splitlines()
    if "`rpm -ql postfix`" in " ".join(stays):
        named.update(package)
    paths = {line.split()[0] for line in before ^ listed(host)}
    missed = [
        path
        for path in sorted(paths)
        if not path.startswith(NOT_OURS) and not is_named(path, named)
    ]
    assert missed == [], "\n".join(missed)
    assert (f"{'/etc/passwd'}" in named) != installed, "a package that was there is not told of"


@pytest.mark.promise(29)
def test_a_hand_edit_that_an_undo_put_back_is_told_by_all(boot_host: BootHost) -> None:
    """Changed by hand, the planned value taken, that run taken back: a hand edit, everywhere."""
    host = ready(boot_host, "el9")
    assert apply(host)[0] == 0
    shell(host, f"sed -i 's/^{OURS}$/{MINE}/' /etc/postfix/main.cf")
    by_hand = shell(host, "cat /etc/postfix/main.cf")
    code, said = apply(host, "--section", "limits", "--take-planned")
    assert code == 0, said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert shell(host, "cat /etc/postfix/main.cf") == by_hand

    assert drifted(host) == ["path./etc/postfix/main.cf"]
    code, said = wizard(host, "status")
    assert f"-{OURS}" in said
    assert f"+{MINE}" in said
    rows = {
        one["section"]: one for one in json.loads(wizard(host, "status", "--json")[1])["sections"]
    }
    assert (rows["limits"]["state"], rows["limits"]["by"]) == ("changed by hand", "hand")
    (edit,) = planned(host)["hand_edits"]
    assert (edit["name"], edit["left"], edit["now"]) == (
        "message_size_limit",
        "10485760",
        "20000000",
    )
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert "as a run left it:  10485760" in said
    login = Login(host)
    login.see("changed by hand")
    login.leave()
    code, said = wizard(host, "undo", "--dry-run")
    assert "main.cf was changed after the run" in said
