"""The main job on real hosts, headless: plan, apply, prove, and a second run that does nothing.

The program is the one file of scripts/build, as a server would have it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Callable

import pytest

from lab.host import Host

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
ZEKE = (ROOT / "examples/zeke.toml").read_text()
PROGRAM = "/usr/local/bin/postfix-wizard"
BootHost = Callable[..., Host]


@pytest.fixture
def fresh(boot_host: BootHost) -> Host:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"))
    host.write("/root/zeke.toml", ZEKE, 0o600)
    return host


def wizard(host: Host, *words: str) -> tuple[int, str]:
    done = host.run([PROGRAM, *words], timeout=180)
    return done.returncode, done.stdout + done.stderr


def apply(host: Host, *words: str) -> tuple[int, str]:
    return wizard(host, "apply", "--answers", "/root/zeke.toml", "--yes", *words)


def state(host: Host) -> str:
    """Every file below /etc and the tables, with time, mode, owner and link target."""
    return host.run(
        ["find", "/etc", "/var/lib/postfix-wizard", "-printf", "%p %T@ %m %u:%g %l %s\\n"]
    ).stdout


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_from_nothing_to_a_proven_server_and_nothing_twice(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=str(ROOT / "dist/postfix-wizard.pyz"))
    host.write("/root/zeke.toml", ZEKE, 0o600)

    code, said = wizard(host, "plan", "--answers", "/root/zeke.toml")
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
    code, said = wizard(host, "plan", "--answers", "/root/zeke.toml")
    assert (code, said.count("Nothing to do")) == (0, 1), said
    code, said = apply(host)
    assert (code, said.count("Nothing to do")) == (0, 1), said
    code, said = wizard(host, "plan")
    assert code == 0, f"the saved answers are these: {said}"
    assert state(host) == before, "twice is once: no file was touched"

    banner = host.run_outside(["bash", "-c", "exec 3<>/dev/tcp/203.0.113.1/25; head -1 <&3"])
    assert banner.stdout.strip() == "220 mail.zeke.ne.jp ESMTP Postfix", banner


def test_the_plan_as_json_and_of_a_copied_etc(fresh: Host) -> None:
    code, said = wizard(fresh, "plan", "--answers", "/root/zeke.toml", "--json")
    plan = json.loads(said)
    assert (code, plan["version"]) == (2, 1)
    assert [file["path"] for file in plan["files"]] == [
        "/etc/postfix/main.cf",
        "/etc/postfix/master.cf",
        "/etc/postfix/sender_access",
    ]
    assert not any(step["done"] for step in plan["steps"] if step["id"] != "links")

    fresh.run(["mkdir", "-p", "/root/copy/etc/postfix"], check=True)
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    copy = "cp /etc/postfix/m*.cf /root/copy/etc/postfix/; cp /etc/os-release /root/copy/etc/"
    fresh.run(["sh", "-c", copy], check=True)
    code, said = wizard(
        fresh, "plan", "--answers", "/root/zeke.toml", "--root", "/root/copy", "--section",
        "hostname",
    )  # fmt: skip
    assert code == 2, said
    assert "+myhostname = mail.zeke.ne.jp" in said
    assert "+inet_interfaces" not in said, "a section's plan shows that section alone"


def test_a_dry_run_on_a_read_only_root(fresh: Host) -> None:
    script = (
        "mount -t tmpfs tmpfs /tmp && mount --bind / /mnt && mount -o remount,bind,ro /mnt && "
        "mount --move /tmp /mnt/tmp 2>/dev/null || mount -t tmpfs tmpfs /mnt/tmp; "
        "mount --rbind /proc /mnt/proc && mount --rbind /sys /mnt/sys && "
        "mount --rbind /dev /mnt/dev && mount --rbind /run /mnt/run && "
        f"chroot /mnt {PROGRAM} plan --answers /root/zeke.toml"
    )
    done = fresh.run(["unshare", "-m", "sh", "-c", script], timeout=120)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "+myhostname = mail.zeke.ne.jp" in done.stdout


def break_multi_instance(host: Host) -> None:
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    main = host.read("/etc/postfix/main.cf") + "multi_instance_directories = /etc/postfix-out\n"
    host.write("/etc/postfix/main.cf", main)


def break_port(host: Host) -> None:
    host.write(
        "/root/hold.py", "import socket,time\ns=socket.create_server(('',25))\ntime.sleep(999)"
    )
    host.run(["systemd-run", "--unit=hold", "python3", "/root/hold.py"], check=True)
    host.run(
        ["sh", "-c", "until ss -Hnlt sport = :25 | grep -q .; do sleep 0.05; done"], check=True
    )


def break_key(host: Host) -> None:
    for name in ("zeke.ne.jp",):
        archive = f"/etc/letsencrypt/archive/{name}"
        host.run(["openssl", "genrsa", "-out", f"{archive}/privkey1.pem", "2048"], check=True)
        host.run(["cp", f"{archive}/privkey1.pem", f"/etc/letsencrypt/live/{name}/privkey.pem"])


def renew(host: Host, name: str, ends: str) -> None:
    """Put a certificate for `name` alone, over at a date, in place of the seed's."""
    script = (
        "cd /etc/letsencrypt/archive/zeke.ne.jp && openssl genrsa -out privkey1.pem 2048 && "
        f"openssl req -new -key privkey1.pem -subj /CN={name} -addext subjectAltName=DNS:{name} "
        "-out /root/request && mkdir -p /root/ca/new && touch /root/ca/index.txt && "
        "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=/root/ca/index.txt\\nserial=/root/ca/serial\\n"
        "new_certs_dir=/root/ca/new\\ndefault_md=sha256\\npolicy=p\\ncopy_extensions=copy\\n"
        "[p]\\ncommonName=supplied\\n' >/root/ca/conf && echo 01 >/root/ca/serial && "
        "openssl ca -batch -selfsign -config /root/ca/conf -keyfile privkey1.pem -in /root/request "
        f"-startdate 20200101000000Z -enddate {ends} -notext -out cert1.pem && "
        "cp cert1.pem fullchain1.pem && "
        "for k in cert chain fullchain privkey; do cp ${k}1.pem ../../live/zeke.ne.jp/$k.pem; done"
    )
    host.run(["sh", "-c", script], check=True)


BAD_HOSTS: dict[str, tuple[Callable[[Host], object], int, str]] = {
    "no lineage": (
        lambda host: host.run(["rm", "-r", "/etc/letsencrypt/live/zeke.ne.jp"], check=True),
        65,
        "/etc/letsencrypt/live/zeke.ne.jp does not exist; the lineages here: zeke.jp",
    ),
    "a key that does not match": (break_key, 65, "lineage zeke.ne.jp cannot be used"),
    "an expired certificate": (
        lambda host: renew(host, "mail.zeke.ne.jp", "20240101000000Z"),
        65,
        "expired on",
    ),
    "a certificate without myhostname": (
        lambda host: renew(host, "other.example.com", "20400101000000Z"),
        65,
        "--accept certificate-name",
    ),
    "several instances": (break_multi_instance, 1, "several instances"),
    "not an EL family": (
        lambda host: host.write("/etc/os-release", 'ID=debian\nNAME="Debian"\nVERSION_ID="12"\n'),
        1,
        "not a RHEL 9 or 10",
    ),
    "no repository": (
        lambda host: host.run(["rm", "/etc/yum.repos.d/lab.repo"], check=True),
        1,
        "repositor",
    ),
    "firewalld stopped": (
        lambda host: host.run(["systemctl", "stop", "firewalld"], check=True),
        1,
        "systemctl start firewalld",
    ),
    "port 25 held": (break_port, 1, "port 25 (smtp) is held by python3"),
}


@pytest.mark.parametrize("name", BAD_HOSTS)
def test_a_bad_host_is_told_and_nothing_is_changed(fresh: Host, name: str) -> None:
    breaks, code, told = BAD_HOSTS[name]
    breaks(fresh)
    before = state(fresh)
    ended, said = apply(fresh)
    assert told in said, said
    assert ended == code, said
    assert "Traceback" not in said
    assert state(fresh) == before


def test_a_caution_is_accepted_by_name(fresh: Host) -> None:
    renew(fresh, "other.example.com", "20400101000000Z")
    code, said = apply(fresh, "--accept", "certificate-name")
    assert code == 0, said
    assert "is for other.example.com and not for mail.zeke.ne.jp" in said


def test_ipv6_asked_for_and_absent(boot_host: BootHost) -> None:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"), ipv6=False)
    answers = ZEKE.replace('"ipv4"', '"all"').replace('"127.0.0.0/8"', '"127.0.0.0/8", "[::1]/128"')
    host.write("/root/zeke.toml", answers, 0o600)
    code, said = apply(host)
    assert code == 65, said
    assert "no ::1 on lo" in said


def test_only_root_may(fresh: Host) -> None:
    for command in (["apply", "--yes"], ["check"], ["runs"]):
        done = fresh.run(["setpriv", "--reuid=65534", "--clear-groups", PROGRAM, *command])
        assert done.returncode == 77, done.stdout + done.stderr
        assert "only root" in done.stderr


def test_a_full_disk(fresh: Host) -> None:
    """The state directory's disk is full before the first byte: nothing is begun."""
    script = (
        "mkdir -p /var/lib/postfix-wizard && "
        "mount -t tmpfs -o size=16k,mode=700 tmpfs /var/lib/postfix-wizard && "
        "dd if=/dev/zero of=/var/lib/postfix-wizard/full bs=1k count=64 2>/dev/null; true"
    )
    fresh.run(["sh", "-c", script], check=True)
    before = fresh.run(["find", "/etc", "-printf", "%p %T@ %m %s\\n"]).stdout
    code, said = apply(fresh)
    assert code == 1, said
    assert "No space left" in said
    assert "Traceback" not in said
    assert fresh.run(["find", "/etc", "-printf", "%p %T@ %m %s\\n"]).stdout == before


def test_a_key_that_dnf_does_not_know_stops_a_run_without_a_terminal(boot_host: BootHost) -> None:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"), unimported_key=True)
    host.write("/root/zeke.toml", ZEKE, 0o600)
    code, said = apply(host)
    assert code == 1, said
    assert re.search(r"rpm --import /etc/pki/rpm-gpg/RPM-GPG-KEY-lab", said), said
    assert re.search(r"([0-9A-F]{4} ?){10}", said), f"the fingerprint is named: {said}"
    assert host.run(["rpm", "-q", "postfix"]).returncode != 0
