"""Queued mail when a domain changes its class: nothing bounces, and exactly that mail is on hold."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest

from lab.host import Host
from tests.lab.program import (
    ANSWERS,
    BAD,
    PENDING,
    PYZ,
    WITHOUT_CAFE,
    ZEKE,
    BootHost,
    apply,
    wizard,
)

pytestmark = [pytest.mark.lab, pytest.mark.promise(54)]

CAFE, MYHOME, ACE, KAFE = (f"{one}.zeke.ne.jp" for one in ("cafe", "myhome", "ace", "kafe"))
MOVED = ZEKE.replace("cafe.zeke", "kafe.zeke")
DOMAINS = ("--section", "domains", *WITHOUT_CAFE)

HOSTILE = (
    f'"a b"@{CAFE}',
    f"-rf@{CAFE}",
    f"日本@{CAFE}",
    f'"; reboot #"@{CAFE}',
    f"$(reboot)@{CAFE}",
    f"user+ext=a@{CAFE.upper()}",
    f"'x'@{CAFE}",
)


def send(host: Host, *recipients: str) -> None:
    words = shlex.join(recipients)
    line = f"printf 'Subject: x\\n\\nx\\n' | sendmail -i -f '<>' -- {words}"
    host.run(["sh", "-c", line], check=True)


def queue(host: Host) -> list[dict[str, Any]]:
    done = host.run(["postqueue", "-j"], check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def recipients(host: Host, *, on_hold: bool) -> list[list[str]]:
    """Return the recipients of each message that is on hold, or is not, in order."""
    return sorted(
        sorted(one["address"] for one in message["recipients"])
        for message in queue(host)
        if (message["queue_name"] == "hold") == on_hold
    )


def settle(host: Host) -> None:
    """Wait until every message was tried once, and waits for Dovecot."""
    line = "for i in $(seq 100); do postqueue -j | grep -qv deferred || exit 0; sleep 0.1; done"
    host.run(["sh", "-c", f"{line}; postqueue -p; exit 1"], check=True)


def bounces(host: Host) -> list[str]:
    """Return what was bounced, after a queue run over all that is not on hold."""
    host.run(["sh", "-c", "systemctl -q is-active postfix && postqueue -f; sleep 2"])
    said = host.run(["journalctl", "-o", "cat", "--no-pager"], check=True).stdout
    return [line for line in said.splitlines() if "status=bounced" in line]


def release_command(said: str) -> str:
    (command,) = re.findall(r"this releases that mail:\n(postsuper .*)", said)
    return str(command)


def set_up(boot_host: BootHost, suite: str, answers: str = ZEKE) -> Host:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, answers, 0o600)
    code, said = apply(host)
    assert code == 0, said
    assert "Put mail on hold" not in said, "there was no Postfix, so there is no queue"
    return host


def plant_trap(host: Host) -> None:
    """Let smtpd fail under a main.cf that names kafe, and send mail there meanwhile."""
    daemon = "/usr/libexec/postfix/smtpd"
    host.run(["mv", daemon, f"{daemon}.real"], check=True)
    trap = f'#!/bin/sh\ngrep -q kafe /etc/postfix/main.cf && exit 1\nexec {daemon}.real "$@"\n'
    host.write(daemon, trap, 0o755)
    wait = "until grep -q kafe /etc/postfix/main.cf; do sleep 0.05; done"
    line = f"{wait}; sleep 6; echo x | sendmail -i -f '<>' hana@{KAFE}"
    host.run(["systemd-run", "--quiet", "sh", "-c", line], check=True)


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_one_of_three_domains_moves_by_a_run_an_undo_and_a_return(
    boot_host: BootHost, suite: str
) -> None:
    host = set_up(boot_host, suite)
    for domain in (CAFE, MYHOME, ACE):
        send(host, f"taro@{domain}")
    send(host, f"taro@{CAFE}", f"taro@{MYHOME}")
    settle(host)
    both = [f"taro@{CAFE}", f"taro@{MYHOME}"]
    of_cafe = [[f"taro@{CAFE}"], both]
    others = [[f"taro@{ACE}"], [f"taro@{MYHOME}"]]

    host.write(ANSWERS, MOVED, 0o600)
    code, said = wizard(host, "plan", "--answers", ANSWERS, *DOMAINS)
    assert code == PENDING, said
    assert "Put mail on hold that would bounce (2 messages now)" in said
    assert f"2 messages in the queue would bounce: 2 for {CAFE} (local -> no class)." in said
    assert recipients(host, on_hold=True) == [], "a plan holds nothing"

    code, said = apply(host, *DOMAINS)
    assert code == 0, said
    assert recipients(host, on_hold=True) == of_cafe
    assert recipients(host, on_hold=False) == others
    assert "On hold: 2 messages that the present" in said
    assert bounces(host) == []

    # The printed command releases them; where nothing delivers, this harms nobody.
    host.run(["systemctl", "stop", "postfix"], check=True)
    host.run(["sh", "-c", release_command(said)], check=True)
    assert recipients(host, on_hold=True) == []
    ids = "\n".join(
        one["queue_id"]
        for one in queue(host)
        if any(CAFE in to["address"] for to in one["recipients"])
    )
    host.run(["sh", "-c", f"echo '{ids}' | postsuper -h -"], check=True)
    host.run(["systemctl", "start", "postfix"], check=True)

    send(host, f"hana@{KAFE}")
    settle_new = (
        "for i in $(seq 50); do postqueue -j | grep -q delay_reason && exit; sleep 0.1; done"
    )
    host.run(["sh", "-c", settle_new])
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert "Released 2 of 2 messages from hold." in said, "their domain is local again"
    assert recipients(host, on_hold=True) == [[f"hana@{KAFE}"]]
    assert sorted([*of_cafe, *others]) == recipients(host, on_hold=False)
    assert bounces(host) == []
    host.run(["sh", "-c", release_command(said).replace("-H", "-d")], check=True)

    settle(host)
    plant_trap(host)
    code, said = apply(host, *DOMAINS)
    assert code == 1, said
    assert "What the run had changed was put back, and postfix answers as before." in said
    assert recipients(host, on_hold=True) == [[f"hana@{KAFE}"]], said
    assert sorted([*of_cafe, *others]) == recipients(host, on_hold=False)
    assert "On hold: 1 message that the present" in said
    assert bounces(host) == []


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_five_messages_and_the_undo_of_a_first_set_up(boot_host: BootHost, suite: str) -> None:
    host = set_up(boot_host, suite)
    sent = [[f"user{number}@{CAFE}"] for number in range(5)]
    for one in sent:
        send(host, *one)
    settle(host)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert recipients(host, on_hold=True) == sent
    # The stock main.cf knows none of these domains: without the hold they would bounce now.
    host.run(["systemctl", "start", "postfix"], check=True)
    assert bounces(host) == []
    assert recipients(host, on_hold=True) == sent
    host.run(["systemctl", "stop", "postfix"], check=True)
    host.run(["sh", "-c", release_command(said)], check=True)
    assert recipients(host, on_hold=False) == sent


def test_hostile_recipients_and_the_operators_own_hold(boot_host: BootHost) -> None:
    host = set_up(boot_host, "el10")
    loose = ("smtputf8_autodetect_classes=all", "allow_min_user=yes")
    host.run(["postconf", "-e", *loose], check=True)
    host.run(["systemctl", "reload", "postfix"], check=True)
    for one in (*HOSTILE, f"taro@{CAFE}", f"taro@{MYHOME}"):
        send(host, one)
    settle(host)
    own = next(
        one["queue_id"] for one in queue(host) if one["recipients"][0]["address"] == f"taro@{CAFE}"
    )
    host.run(["postsuper", "-h", own], check=True)
    host.write(ANSWERS, MOVED, 0o600)
    # `postfix check` names an old damaged message: it is not of the run's making.
    host.run(["sh", "-c", "echo x >/var/spool/postfix/corrupt/3A71A1981F3"], check=True)
    code, said = apply(host, *DOMAINS)
    assert code == 0, said
    assert len(recipients(host, on_hold=True)) == len(HOSTILE) + 1, recipients(host, on_hold=False)
    assert recipients(host, on_hold=False) == [[f"taro@{MYHOME}"]]
    assert own not in release_command(said)
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert recipients(host, on_hold=True) == [[f"taro@{CAFE}"]], "the operator's own stays"
    assert bounces(host) == []


def test_a_stopped_postfix_and_a_main_cf_that_it_refuses(boot_host: BootHost) -> None:
    host = set_up(boot_host, "el9")
    send(host, f"taro@{CAFE}")
    send(host, f"taro@{MYHOME}")
    settle(host)
    host.run(["systemctl", "stop", "postfix"], check=True)
    host.write(ANSWERS, MOVED, 0o600)
    _, said = apply(host, *DOMAINS)
    assert recipients(host, on_hold=True) == [[f"taro@{CAFE}"]], said
    host.run(["systemctl", "start", "postfix"], check=True)
    assert bounces(host) == []
    host.run(["systemctl", "stop", "postfix"], check=True)
    # Undo works where no command of Postfix reads main.cf.
    main = host.read("/etc/postfix/main.cf")
    send(host, f"taro@{KAFE}")
    host.write("/etc/postfix/main.cf", f"{main}inet_protocols = nonsense\n", 0o644)
    _, said = wizard(host, "undo", "--dry-run")
    assert "main.cf was changed after the run" in said
    assert "is not known" not in said, "the queue was counted"


VIRTUAL = "virtual_alias_domains = hash:/etc/postfix/vdomains\n"


def test_classes_in_tables_files_and_the_virtual_classes(boot_host: BootHost) -> None:
    """cafe is in a table of virtual alias domains too: the run moves it there, not to none."""
    host = set_up(boot_host, "el9")
    main = host.read("/etc/postfix/main.cf")
    host.write("/etc/postfix/vdomains", f"{CAFE} anything\n", 0o644)
    host.run(["postmap", "/etc/postfix/vdomains"], check=True)
    host.write("/etc/postfix/main.cf", main + VIRTUAL, 0o644)
    host.run(["systemctl", "reload", "postfix"], check=True)
    for one in (CAFE, MYHOME):
        send(host, f"taro@{one}")
    settle(host)
    host.write(ANSWERS, MOVED, 0o600)
    _, said = wizard(host, "plan", "--answers", ANSWERS, *DOMAINS, "--keep-mine")
    assert f"1 for {CAFE} (local -> virtual alias)" in said
    code, said = apply(host, "--section", "domains", "--keep-mine")
    assert (code, f"domain-class={CAFE}" in said) == (BAD, True), said
    _, said = apply(host, *DOMAINS, "--keep-mine")
    assert recipients(host, on_hold=True) == [[f"taro@{CAFE}"]], said
    assert recipients(host, on_hold=False) == [[f"taro@{MYHOME}"]]
    assert bounces(host) == []


MANY = 10_000
FILL = f"""
cd /var/spool/postfix/deferred
one=$(find . -type f | head -n1)
for i in $(seq {MANY - 1}); do
    name=$(printf 'A%09X' $i); mkdir -p A; cp -p $one A/$name
done
chown postfix A
postfix check
"""


def test_ten_thousand_messages_are_held_in_seconds(boot_host: BootHost) -> None:
    host = set_up(boot_host, "el10")
    send(host, f"taro@{CAFE}")
    settle(host)
    host.run(["bash", "-c", FILL], check=True, timeout=300)
    assert len(queue(host)) == MANY
    host.write(ANSWERS, MOVED, 0o600)
    code, said = apply(host, *DOMAINS)
    assert code == 0, said
    assert f"On hold: {MANY} messages that the present" in said
    (seconds,) = re.findall(
        r"Put mail on hold that would bounce .*?\n(?:    .*\n)*?    done, ([\d.]+) s", said
    )
    assert float(seconds) < 30
    assert release_command(said).startswith("postsuper -H - < /var/lib/postfix-wizard/runs/")
    host.run(["systemctl", "stop", "postfix"], check=True)
    host.run(["sh", "-c", release_command(said)], check=True, timeout=120)
    assert recipients(host, on_hold=True) == []
