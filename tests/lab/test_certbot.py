"""A certificate issued on this host by certbot, against an ACME server in the stranger's network."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from lab import acme
from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

NAME = "mail.zeke.ne.jp"
ISSUED = ZEKE.replace(
    'source = "letsencrypt"', f'source = "certbot"\nserver = "{acme.URL}"', 1
).replace('name = "zeke.ne.jp"', f'name = "{NAME}"', 1)
TERMS = ("--accept", f"acme-terms={acme.URL}")
GATHERED = "/var/lib/postfix-wizard/gathered"


def boot(boot_host: BootHost, suite: str = "el9", answers: str = ISSUED) -> Host:
    host = boot_host(suite=suite, pyz=PYZ, certbot=True, letsencrypt=False)
    host.write(ANSWERS, answers, 0o600)
    return host


def open_ports(host: Host) -> str:
    return host.run(["firewall-cmd", "--zone=public", "--list-ports"], check=True).stdout.strip()


def served(host: Host) -> str:
    script = (
        "openssl s_client -connect 127.0.0.1:25 -starttls smtp </dev/null 2>/dev/null"
        " | openssl x509 -noout -serial -ext subjectAltName"
    )
    return host.run(["sh", "-c", script], check=True).stdout


@pytest.mark.promise(19, 26)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_from_nothing_to_a_proven_server_renewed_and_back(boot_host: BootHost, suite: str) -> None:
    host = boot(boot_host, suite)
    with acme.serve(host) as said:
        code, out = wizard(host, "plan", "--answers", ANSWERS)
        assert code == 2, out
        assert "certbot certonly --dry-run --standalone --cert-name" in out
        assert "acme-terms" in out
        code, out = apply(host)
        assert code == BAD, "terms are agreed to by name"
        assert f"--accept acme-terms={acme.URL}" in out
        assert "There are now" not in said.read_text(), "nothing was asked of the server"

        code, out = apply(host, *TERMS)
        assert code == 0, out
        assert "A try first, which issues nothing" in out
        assert f"{NAME}: whole, number 1" in out
        assert open_ports(host) == "", "port 80 is closed again"
        conf = host.read(f"/etc/letsencrypt/renewal/{NAME}.conf")
        assert "postfix-wizard" not in conf, "it names the paths that it is renewed at"
        assert f"archive_dir = /etc/letsencrypt/archive/{NAME}" in conf
        assert host.run(["ls", "-A", GATHERED]).stdout == "", "no key twice"
        first = served(host)
        assert f"DNS:{NAME}" in first

        before = state(host)
        orders = said.read_text().count("Added order")
        code, out = apply(host, *TERMS)
        assert (code, out.count("Nothing to do")) == (0, 1), out
        assert state(host) == before, "a whole lineage is not issued anew"
        assert said.read_text().count("Added order") == orders

        renew = ["certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew"]
        done = host.run(renew, timeout=90)
        assert done.returncode == 0, done.stdout + done.stderr
        link = host.run(["readlink", f"/etc/letsencrypt/live/{NAME}/cert.pem"]).stdout.strip()
        assert link == f"../../archive/{NAME}/cert2.pem"

    code, out = wizard(host, "undo", "--yes")
    assert code == 0, out
    assert host.run(["systemctl", "is-active", "postfix"]).stdout.strip() != "active"
    there = host.run(["ls", f"/etc/letsencrypt/archive/{NAME}"], check=True).stdout
    assert "cert1.pem" in there, "what was issued stays: a server issues only so many"
    assert host.run(["ls", "/etc/letsencrypt/accounts"]).stdout.strip() == "stranger.example:14000"


def test_a_challenge_that_fails_is_told_in_certbots_words_and_not_repeated(
    boot_host: BootHost,
) -> None:
    host = boot(boot_host)
    zone = host.read("/var/named/zeke.ne.jp.zone").replace(
        "mail\tIN A\t192.168.1.1", "mail\tIN A\t192.168.1.7"
    )
    zone = zone.replace(
        "mail\tIN A\t192.168.1.7\n\tIN AAAA\t2001:2c0:cd03:ca00::ace", "mail\tIN A\t203.0.113.250"
    )
    host.write("/var/named/zeke.ne.jp.zone", zone, 0o644)
    host.run(["rndc", "reload"], check=True)
    before = [line for line in state(host) if line.startswith("/etc")]
    with acme.serve(host) as said:
        code, out = apply(host, *TERMS)
        assert code == 1, out
        assert f"Domain: {NAME}" in out
        assert "port 80" in out
        assert said.read_text().count("Added order") == 1, "one try, and no more"
    assert open_ports(host) == ""
    code, out = wizard(host, "undo", "--dry-run")
    assert code == 1, "nothing is left to take back"
    assert host.run(["ls", "-A", GATHERED]).stdout == ""
    assert [line for line in state(host) if line.startswith("/etc")] == before


def test_killed_in_the_middle_it_goes_on_and_the_port_is_closed(boot_host: BootHost) -> None:
    host = boot(boot_host)
    slow = {"PEBBLE_VA_NOSLEEP": "0", "PEBBLE_VA_SLEEPTIME": "3"}
    with acme.serve(host, slow):
        argv = host.argv(["postfix-wizard", "apply", "--answers", ANSWERS, "--yes", *TERMS])
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            deadline = time.monotonic() + 60
            while open_ports(host) != "80/tcp" or not worker(host) or not certbot_runs(host):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            host.run(["kill", "-9", worker(host)], check=True)
            child.wait(30)
        assert open_ports(host) == "80/tcp", "a killed worker closes nothing"
        until = time.monotonic() + 20
        while certbot_runs(host):
            assert time.monotonic() < until, "certbot ends with its worker"
            time.sleep(0.2)
        code, out = wizard(host, "undo", "--dry-run")
        assert "Close port 80 again" in out, out
        code, out = wizard(host, "resume", "--yes")
        assert code == 0, out
    assert open_ports(host) == ""
    assert host.run(["ls", "-A", GATHERED]).stdout.strip() == "certbot"


def test_through_the_web_server_that_holds_port_80(boot_host: BootHost) -> None:
    web = (
        'source = "certbot"\nchallenge = "webroot"\nwebroot = "/srv/www"\nemail = "root@zeke.ne.jp"'
    )
    host = boot(boot_host, answers=ISSUED)
    host.run(["mkdir", "-p", "/srv/www"], check=True)
    server = ["python3", "-m", "http.server", "80", "--bind", "::", "--directory", "/srv/www"]
    host.run(["systemd-run", "--unit=web", *server], check=True)
    code, out = apply(host, *TERMS)
    assert code == BAD, out
    assert "port 80 is used by python3" in out
    host.write(ANSWERS, ISSUED.replace('source = "certbot"', web, 1), 0o600)
    with acme.serve(host):
        code, out = apply(host, *TERMS)
    assert code == 0, out
    assert open_ports(host) == ""
    conf = host.read(f"/etc/letsencrypt/renewal/{NAME}.conf")
    assert "authenticator = webroot" in conf
    assert f"DNS:{NAME}" in served(host)


def worker(host: Host) -> str:
    found = host.run(["cat", "/run/postfix-wizard/lock"]).stdout
    try:
        return str(json.loads(found)["pid"])
    except (ValueError, KeyError):
        return ""


def certbot_runs(host: Host) -> bool:
    return host.run(["pgrep", "-f", "certbot certonly"]).returncode == 0
