"""A renewal by certbot itself: the hook has Postfix serve the new certificate at every door."""

from __future__ import annotations

import time

import pytest

from lab import acme
from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

NAME = "mail.zeke.ne.jp"
LIVE = f"/etc/letsencrypt/live/{NAME}/fullchain.pem"
HOOK = "/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard"
ISSUE = ("certbot", "certonly", "--standalone", "--non-interactive", "--agree-tos",
         "--register-unsafely-without-email", "--server", acme.URL, "-d", NAME)  # fmt: skip
RENEW = ("certbot", "renew", "--force-renewal", "--no-random-sleep-on-renew")
DOORS = {25: ("-starttls", "smtp"), 587: ("-starttls", "smtp"), 465: ()}
PATIENCE = 10.0


def issue(host: Host) -> None:
    """Have certbot issue the certificate, through a port 80 that stays open for its renewals."""
    argv = ["firewall-cmd", "--zone=public", "--add-service=http"]
    host.run(argv, check=True)
    host.run([*argv, "--permanent"], check=True)
    host.run(list(ISSUE), check=True, timeout=60)


def serial(host: Host, *argv: str) -> str:
    """The serial of the first certificate that a command shows."""
    return host.run(
        ["sh", "-c", '"$@" </dev/null 2>/dev/null | openssl x509 -noout -serial', "sh", *argv],
        check=True,
        timeout=20,
    ).stdout.strip()


def served(host: Host) -> set[str]:
    """The serials that the three doors show."""
    return {
        serial(host, "openssl", "s_client", "-connect", f"127.0.0.1:{port}", *words)
        for port, words in DOORS.items()
    }


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_each_door_serves_the_renewed_certificate(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ, certbot=True, dovecot=True, letsencrypt=False)
    host.write(ANSWERS, ZEKE.replace('name = "zeke.ne.jp"', f'name = "{NAME}"', 1), 0o600)
    with acme.serve(host):
        issue(host)
        code, said = apply(host)
        assert code == 0, said
        first = serial(host, "cat", LIVE)
        assert served(host) == {first}

        before = state(host)
        code, said = apply(host)
        assert (code, "Nothing to do" in said) == (0, True), said
        assert state(host) == before

        renewed = host.run(list(RENEW), timeout=90)
        assert renewed.returncode == 0, renewed.stdout + renewed.stderr
    second = serial(host, "cat", LIVE)
    assert second != first
    deadline = time.monotonic() + PATIENCE
    while served(host) != {second}:
        assert time.monotonic() < deadline, (served(host), first, second)
        time.sleep(0.2)
    code, said = wizard(host, "plan")
    assert code == 0, said


def test_without_the_hook_the_old_one_is_served_and_check_says_so(boot_host: BootHost) -> None:
    """What the hook is there for: this fails where the hook has no part in it."""
    host = boot_host(pyz=PYZ, certbot=True, dovecot=True, letsencrypt=False)
    host.write(ANSWERS, ZEKE.replace('name = "zeke.ne.jp"', f'name = "{NAME}"', 1), 0o600)
    with acme.serve(host):
        issue(host)
        code, said = apply(host)
        assert code == 0, said
        served(host)
        host.run(["rm", HOOK], check=True)
        assert host.run(list(RENEW), timeout=90).returncode == 0
    assert serial(host, "cat", LIVE) not in served(host)
    code, said = wizard(host, "check")
    assert code == 1, said
    assert "reload after it" in said
    # Absent on a host that is set up, it is told and no pending change.
    code, said = wizard(host, "plan", "--section", "certificate")
    assert (code, f"{HOOK} is missing" in said) == (0, True), said
    host.run(["systemctl", "reload", "postfix"], check=True)
    code, said = wizard(host, "apply", "--section", "policy", "--yes")
    assert code == 0, said
    assert host.run(["test", "-x", HOOK]).returncode == 0
