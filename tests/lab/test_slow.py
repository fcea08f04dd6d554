"""How long `check` takes: on a right server, and where everything that it probes hangs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, ZEKE, apply

pytestmark = pytest.mark.lab

BOUND = 25.0
"""Seconds for a check where everything hangs (docs/checking.md), with a few for a busy machine."""

RIGHT = 3.0
"""Seconds for a right server on a machine of its own; a machine under load needs several times that."""

HANG = r"""
cp "$(command -v postmap)" /root/postmap
printf '#!/bin/sh\n[ "$1" != -s ] || exec /root/postmap "$@"\nexec sleep 600\n' >/root/hangs
chmod 755 /root/hangs
for one in postmap postqueue journalctl nft openssl matchpathcon doveconf doveadm; do
    place=$(command -v $one) || continue
    mount --bind /root/hangs "$(readlink -f "$place")"
done
systemctl kill -s STOP postfix dovecot firewalld named
"""
"""What is probed hangs. `postmap -s`, postconf and systemctl do not: the host is read with them first."""


def timed(host: Host) -> tuple[float, int, dict[str, tuple[str, str]]]:
    """Return how long `check` took, its exit status, and by ID what it saw."""
    begun = time.monotonic()
    done = host.run([PROGRAM, "check", "--json"], timeout=120)
    took = time.monotonic() - begun
    assert done.stderr == ""
    found = {
        one["id"]: (one["verdict"], one["seen"]) for one in json.loads(done.stdout)["findings"]
    }
    return took, done.returncode, found


def test_everything_that_hangs_is_unknown_in_time(
    fresh: Host, record_property: Callable[[str, object], None]
) -> None:
    fresh.write(ANSWERS, ZEKE, 0o600)
    assert apply(fresh)[0] == 0
    fresh.start_dovecot()
    right, code, found = min(timed(fresh) for _ in range(2))
    assert code == 0
    record_property("seconds:a right server", round(right, 2))

    fresh.run(["bash", "-ec", HANG], check=True)
    took, code, found = timed(fresh)
    record_property("seconds:everything hangs", round(took, 2))
    assert took < BOUND + right
    assert code == 1
    wrong = {name for name, (verdict, _) in found.items() if verdict == "wrong"}
    # rpm sees the programs that were replaced, and without a resolver the mail of every stranger waits.
    assert wrong == {"unit.processes", "files.package", "dns.resolver"}
    assert "stopped by a signal" in found["unit.processes"][1]
    for name in ("smtp.25.banner", "smtp.587.banner", "smtp.25.relay", "delivery.lmtp"):
        assert found[name][0] == "unknown", name
    assert found["firewall.runtime"] == ("unknown", "not known: firewalld does not answer")
