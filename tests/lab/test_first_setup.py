"""The main job on real hosts, headless: plan, apply, prove, and a second run that does nothing.

The program is the one file of scripts/build, as a server would have it.
"""

from __future__ import annotations

import json
import re

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab


@pytest.mark.promise(18, 19)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_from_nothing_to_a_proven_server_and_nothing_twice(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)

    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert code == 2, said
    assert "+myhostname = mail.zeke.ne.jp" in said
    assert "dnf install postfix" in said
    assert host.run(["rpm", "-q", "postfix"]).returncode != 0, "a plan installs nothing"
    promised = [line[5:] for line in said.splitlines() if re.match(r" *\d+\. ", line)]

    code, said = apply(host)
    assert code == 0, said
    ran = [match.group(1) for match in re.finditer(r"^\[\d+/\d+\] (.*)$", said, re.MULTILINE)]
    assert ran == promised, "a run takes exactly the steps of the plan"
    assert "wrong" not in said
    assert "waits for Dovecot" in said

    live = host.run(["postconf", "-n"])
    assert live.stderr == ""
    assert "mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain," in live.stdout
    assert host.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "active"
    assert host.run(["systemctl", "is-enabled", "postfix"]).stdout.strip() == "enabled"
    services = host.run(["firewall-cmd", "--zone=public", "--list-services"]).stdout.split()
    assert {"smtp", "smtp-submission", "smtps"} <= set(services)
    link = host.run(["readlink", "/etc/letsencrypt/live/zeke.ne.jp/privkey.pem"]).stdout.strip()
    assert link == "../../archive/zeke.ne.jp/privkey1.pem"

    before = state(host)
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert (code, said.count("Nothing to do")) == (0, 1), said
    code, said = apply(host)
    assert (code, said.count("Nothing to do")) == (0, 1), said
    code, said = wizard(host, "plan")
    assert code == 0, f"the saved answers are these: {said}"
    assert state(host) == before, "twice is once: no file was touched"

    banner = host.run_outside(["bash", "-c", "exec 3<>/dev/tcp/203.0.113.1/25; head -1 <&3"])
    assert banner.stdout.strip() == "220 mail.zeke.ne.jp ESMTP Postfix", banner


@pytest.mark.promise(17)
def test_the_plan_as_json_and_of_a_copied_etc(fresh: Host) -> None:
    code, said = wizard(fresh, "plan", "--answers", ANSWERS, "--json")
    plan = json.loads(said)
    assert (code, plan["version"]) == (2, 1)
    assert [file["path"] for file in plan["files"]] == [
        "/etc/postfix/main.cf",
        "/etc/postfix/master.cf",
        "/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard",
        "/etc/postfix/sender_access",
    ]
    assert not any(step["done"] for step in plan["steps"] if step["id"] != "links")

    fresh.run(["mkdir", "-p", "/root/copy/etc/postfix"], check=True)
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    copy = "cp /etc/postfix/m*.cf /root/copy/etc/postfix/; cp /etc/os-release /root/copy/etc/"
    fresh.run(["sh", "-c", copy], check=True)
    code, said = wizard(
        fresh, "plan", "--answers", ANSWERS, "--root", "/root/copy", "--section",
        "hostname",
    )  # fmt: skip
    assert code == 2, said
    assert "+myhostname = mail.zeke.ne.jp" in said
    assert "+inet_interfaces" not in said, "a section's plan shows that section alone"


@pytest.mark.promise(19)
def test_a_dry_run_on_a_read_only_root(fresh: Host) -> None:
    script = (
        "mount -t tmpfs tmpfs /tmp && mount --bind / /mnt && mount -o remount,bind,ro /mnt && "
        "mount --move /tmp /mnt/tmp 2>/dev/null || mount -t tmpfs tmpfs /mnt/tmp; "
        "mount --rbind /proc /mnt/proc && mount --rbind /sys /mnt/sys && "
        "mount --rbind /dev /mnt/dev && mount --rbind /run /mnt/run && "
        f"chroot /mnt {PROGRAM} plan --answers {ANSWERS}"
    )
    done = fresh.run(["unshare", "-m", "sh", "-c", script], timeout=120)
    # A run could write nothing there, which the plan says; it is shown whole all the same.
    assert done.returncode == 1, done.stdout + done.stderr
    assert "In the way: Read-only file system: the run writes to" in done.stdout
    assert "+myhostname = mail.zeke.ne.jp" in done.stdout
    assert "firewall-cmd --reload" in done.stdout


def test_a_host_without_ipv6(boot_host: BootHost) -> None:
    """The stock main.cf names IPv6, so that every program which reads it dies there."""
    host = boot_host(pyz=PYZ, ipv6=False)
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(host)
    assert code == 0, said
    code, said = wizard(host, "plan")
    assert (code, said.count("Nothing to do")) == (0, 1), said


@pytest.mark.parametrize("number", ["INT", "TERM", "HUP"])
def test_nothing_is_left_of_a_plan_that_a_signal_ends(fresh: Host, number: str) -> None:
    """Before Postfix is there, dnf fetches its package into a temporary directory."""
    script = (
        f"env --default-signal={number} {PROGRAM} plan --answers {ANSWERS} >/dev/null 2>&1 & "
        "until ls -d /tmp/postfix-wizard-*/* >/dev/null 2>&1; do sleep 0.01; done; "
        f"kill -{number} $!; wait $!; echo $?; n=0; "
        "while ls -d /tmp/postfix-wizard-* >/dev/null 2>&1 || pgrep -x dnf >/dev/null; "
        "do sleep 0.05; n=$((n+1)); [ $n -lt 200 ] || exit 1; done"
    )
    done = fresh.run(["sh", "-c", script], check=True)
    assert done.stdout.strip() in {"130", "129", "143"}, done.stdout


def test_a_key_that_dnf_does_not_know_stops_a_run_without_a_terminal(boot_host: BootHost) -> None:
    host = boot_host(pyz=PYZ, unimported_key=True)
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = apply(host)
    assert code == 1, said
    assert re.search(r"rpm --import /etc/pki/rpm-gpg/RPM-GPG-KEY-lab", said), said
    assert re.search(r"([0-9A-F]{4} ?){10}", said), f"the fingerprint is named: {said}"
    assert host.run(["rpm", "-q", "postfix"]).returncode != 0
