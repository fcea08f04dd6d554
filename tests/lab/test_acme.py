"""The lab's ACME server and certbot, before the wizard comes into it."""

from __future__ import annotations

import pytest

from lab import acme
from tests.lab.program import BootHost

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_port_80_alone_decides(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, certbot=True, letsencrypt=False)
    ask = ["certbot", "certonly", "--standalone", "--server", acme.URL, "-d", "mail.zeke.ne.jp"]
    ask += ["--non-interactive", "--agree-tos", "--register-unsafely-without-email"]
    with acme.serve(host):
        closed = host.run(ask)
        assert closed.returncode == 1, closed.stdout
        assert "Domain: mail.zeke.ne.jp" in closed.stdout + closed.stderr
        host.run(["firewall-cmd", "--add-port=80/tcp"], check=True)
        host.run(ask, check=True)
    live = host.run(["ls", "/etc/letsencrypt/live/mail.zeke.ne.jp"], check=True).stdout
    assert "fullchain.pem" in live
