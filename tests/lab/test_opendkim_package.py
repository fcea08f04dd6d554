"""The lab's RPM of opendkim has the files of EPEL's, is there only with EPEL, and its unit starts."""

from __future__ import annotations

import pytest

from tests.lab.program import BootHost

PATHS = {
    "/etc/opendkim.conf": "644 root root",
    "/etc/opendkim": "755 root opendkim",
    "/etc/opendkim/keys": "750 root opendkim",
    "/etc/opendkim/KeyTable": "640 opendkim opendkim",
    "/etc/opendkim/SigningTable": "640 opendkim opendkim",
    "/etc/opendkim/TrustedHosts": "640 opendkim opendkim",
    "/run/opendkim": "750 opendkim opendkim",
}
"""Mode and owners by EPEL's spec file."""
CONNECT = "python3 -c \"import socket; socket.socket(socket.AF_UNIX).connect('/run/opendkim/opendkim.sock')\""


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_it_is_offered_with_epel_and_its_unit_starts(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite)
    refused = host.run(["dnf", "-y", "install", "opendkim"])
    assert refused.returncode != 0
    assert "opendkim" in refused.stderr
    host.run(["dnf", "-y", "install", "epel-release"], check=True)
    host.run(["dnf", "-y", "install", "opendkim"], check=True)
    assert host.run(["rpm", "-q", "libopendkim"]).returncode == 0

    seen = {
        path: host.run(["stat", "-c", "%a %U %G", path], check=True).stdout.strip()
        for path in PATHS
    }
    assert seen == PATHS
    assert host.run(["systemctl", "is-enabled", "opendkim"]).stdout.strip() == "disabled"

    # The stock file names a key that nobody made. Type=simple: the start succeeds all the same.
    host.run(["systemctl", "start", "opendkim"], check=True)
    assert host.run(["sh", "-c", f"sleep 1; {CONNECT}"]).returncode != 0
    assert host.run(["systemctl", "is-active", "opendkim"]).stdout.strip() == "failed"
    host.run(["sed", "-i", "s/^KeyFile/#KeyFile/", "/etc/opendkim.conf"], check=True)
    host.run(["systemctl", "restart", "opendkim"], check=True)
    host.run(["sh", "-c", f"sleep 1; {CONNECT}"], check=True)
    assert host.run(["systemctl", "is-active", "opendkim"]).stdout.strip() == "active"
    # systemd makes the directory again, with the unit's mode, a moment after the start.
    host.run(["systemctl", "restart", "opendkim"], check=True)
    again = host.run(["sh", "-c", "sleep 1; stat -c '%a %U' /run/opendkim"], check=True).stdout
    assert again.strip() == "750 opendkim"


def test_a_host_can_be_booted_with_epel(boot_host: BootHost) -> None:
    host = boot_host(epel=True)
    assert "epel" in host.run(["dnf", "-q", "repolist"], check=True).stdout
    host.run(["dnf", "-y", "install", "opendkim"], check=True)
