"""Whether a host can send: port 25 of others open, refused, and dropped as providers do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, cast

import pytest

from lab import sink
from lab.host import Host
from tests.lab.program import ANSWERS, PROGRAM, ZEKE, apply

pytestmark = pytest.mark.lab

KNOWN = """
for one in gmail.com outlook.com icloud.com; do
    echo "zone \\"$one\\" { type master; file \\"stranger.example.zone\\"; };" >>/etc/named.conf
done
rndc reconfig
"""
"""The lab's stranger stands for the servers of the internet."""
CLOSED = [
    "ip",
    "neighbour",
    "replace",
    "203.0.113.9",
    "lladdr",
    "02:00:00:00:00:01",
    "dev",
    "enp0s8",
]
"""What is sent to the stranger reaches nobody, as where a provider drops it."""


def outbound(host: Host, name: str = "25") -> dict[str, Any]:
    """Return a finding of a check alone."""
    done = host.run([PROGRAM, "check", "--json"], timeout=60)
    found = {one["id"]: one for one in json.loads(done.stdout)["findings"]}
    return cast("dict[str, Any]", found[f"outbound.{name}"])


def test_port_25_of_others_is_tried(fresh: Host, tmp_path: Path) -> None:
    assert apply(fresh)[0] == 0
    assert outbound(fresh)["seen"].startswith("not known: icloud.com: no name")
    fresh.run(["bash", "-ec", KNOWN], check=True)

    with sink.serve(fresh, tmp_path):
        found = outbound(fresh)
        assert (found["verdict"], found["seen"]) == ("right", "mail.stranger.example greets")
        found = outbound(fresh, "address")
        assert (found["verdict"], found["seen"]) == (
            "right",
            "203.0.113.1, by mail.stranger.example",
        )

    found = outbound(fresh)
    assert found["verdict"] == "warning"
    assert found["seen"].endswith("connection refused")

    fresh.run(CLOSED, check=True)
    began = time.monotonic()
    found = outbound(fresh)
    assert time.monotonic() - began < 8
    assert found["verdict"] == "unknown"
    assert "no answer within" in found["seen"]
    assert "waits longer" in found["advice"]
    assert "OP25B" in found["advice"]

    # Behind NAT: named, and taken out again by the same section alone.
    named = ZEKE.replace("# proxy_interfaces", "proxy_interfaces")
    for answers, value in ((named, "203.0.113.1"), (ZEKE, "")):
        fresh.write(ANSWERS, answers, 0o600)
        assert apply(fresh, "--section", "networks")[0] == 0
        assert fresh.run(["postconf", "-h", "proxy_interfaces"]).stdout.strip() == value

    # A run does not wait so long, and it does not fail for it.
    fresh.run(
        ["sed", "-i", "s/^message_size_limit.*/message_size_limit = 99/", "/etc/postfix/main.cf"]
    )
    code, said = apply(fresh, "--section", "limits", "--take-planned")
    assert code == 0
    assert "unknown  sending: port 25 of others: not known yet: mail.stranger.example" in said
