"""`check --quiet-outside` on a real host: no packet and no name of others leaves it."""

from __future__ import annotations

import json
import re

import pytest

from lab.host import Host
from tests.lab.program import PROGRAM, ROOT, apply, wizard

pytestmark = pytest.mark.lab

LINE = re.compile(r"POSTFIX [A-Z]+ - \d+ wrong, \d+ warning, [01] drifted.*\| wrong=.*\n")
"""What the plug-in for Nagios prints."""

RESOLV, NAMES = "/etc/resolv.conf", "/run/names"
RECORDER = f"""
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.9", 53))
while True:
    data, peer = server.recvfrom(4096)
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    with open("{NAMES}", "a") as names:
        names.write(".".join(labels).lower() + "\\n")
    ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ask.settimeout(1)
    ask.sendto(data, ("UPSTREAM", 53))
    try:
        server.sendto(ask.recv(65535), peer)
    except OSError:
        pass
"""
COUNTER = """
nft add table inet recorder
nft add chain inet recorder sent '{ type filter hook output priority 0; }'
nft add rule inet recorder sent meta l4proto { tcp, udp } th dport 53 accept
nft add rule inet recorder sent meta l4proto != { icmp, ipv6-icmp } oifname != lo counter
"""
OWN = re.compile(
    r"(?:.*\.)?(?:zeke\.ne\.jp|ace\.zeke\.ne\.jp|invalid)|1\.113\.0\.203\.in-addr\.arpa"
)


def left(host: Host) -> int:
    """Return how many packets left the host by another interface than lo.

    Those of its own name server are not counted: what it was asked for is recorded.
    """
    said = host.run(["nft", "list", "table", "inet", "recorder"], check=True).stdout
    (packets,) = re.findall(r"counter packets (\d+)", said)
    return int(packets)


def names(host: Host) -> set[str]:
    """Return the names that were queried since the last call."""
    found = set(host.run(["cat", NAMES]).stdout.split())
    host.run(["rm", "-f", NAMES], check=True)
    return found


def monitors(host: Host) -> None:
    """The examples for monitoring, on a server that is right, and on one that does not run."""
    place, metrics = "/usr/local/lib/postfix-wizard-monitoring", "/run/postfix_wizard.prom"
    options = ("--program", PROGRAM, "--timeout", "170")
    host.run(["mkdir", "-p", place], check=True)
    for one in (ROOT / "examples/monitoring").glob("*.py"):
        host.push(one, f"{place}/{one.name}")
    bad = 'postfix_wizard_problem{id="unit.active",verdict="wrong"} 1\n'
    for change, states in (("start", {0, 1}), ("stop", {2})):
        host.run(["systemctl", change, "postfix"], check=True)
        done = host.run([f"{place}/check_postfix_wizard.py", *options])
        assert done.returncode in states, done
        assert LINE.fullmatch(done.stdout), done
        writer = [f"{place}/postfix_wizard_textfile.py", *options, metrics]
        assert host.run(writer, check=True).stderr == ""
        text = host.read(metrics)
        assert 'postfix_wizard_up{command="check"} 1\n' in text
        assert (bad in text) == (change == "stop"), text
    host.run(["systemctl", "start", "postfix"], check=True)


def test_nobody_outside_is_asked(fresh: Host) -> None:
    assert apply(fresh)[0] == 0
    upstream = re.findall(r"nameserver (\S+)", fresh.run(["cat", RESOLV], check=True).stdout)[0]
    recorder = RECORDER.replace("UPSTREAM", upstream)
    fresh.run(["systemd-run", "--unit=recorder", "python3", "-c", recorder], check=True)
    fresh.write(RESOLV, "nameserver 127.0.0.9\n")
    fresh.run(["systemctl", "restart", "postfix"], check=True)
    fresh.run(["bash", "-c", COUNTER], check=True)
    names(fresh)

    wizard(fresh, "check")
    foreign = {one for one in names(fresh) if not OWN.fullmatch(one)}
    assert any("spamhaus" in one for one in foreign), "the recorder records"
    assert "gmail.com" in foreign

    before = left(fresh)
    code, said = wizard(fresh, "check", "--quiet-outside", "--json")
    assert {one for one in names(fresh) if not OWN.fullmatch(one)} == set()
    assert left(fresh) == before
    found = {one["id"]: one for one in json.loads(said)["findings"]}
    assert code == 0, said
    lists = [one for name, one in found.items() if name.startswith("blocklist.")]
    for one in (*lists, found["outbound.25"]):
        assert (one["verdict"], "--quiet-outside" in one["seen"]) == ("unknown", True)
    assert lists
    assert "--quiet-outside" in found["smtp.25.stranger"]["seen"]
    for name in ("smtp.25.relay", "smtp.587.auth-plain", "dns.resolver", "dns.mx", "unit.active"):
        assert found[name]["verdict"] == "right", found[name]
    monitors(fresh)
    code, said = wizard(fresh, "check", "--quiet-outside", "--stranger")
    assert (code, "not both" in said) == (64, True)

    # A relay host and a blocklist that everybody is compared with, before anybody is trusted.
    edit = (
        "postconf -e relayhost=[203.0.113.9]:587"
        " 'smtpd_client_restrictions=reject_rbl_client zen.spamhaus.org'; postfix reload"
    )
    fresh.run(["bash", "-c", edit], check=True)
    before = left(fresh)
    wizard(fresh, "check")
    names(fresh)
    assert left(fresh) > before, "the counter counts"
    before = left(fresh)
    _, said = wizard(fresh, "check", "--quiet-outside", "--json")
    assert {one for one in names(fresh) if not OWN.fullmatch(one)} == set()
    assert left(fresh) == before
    found = {one["id"]: one for one in json.loads(said)["findings"]}
    assert "--quiet-outside" in found["smtp.25.relay"]["seen"]
    assert "--quiet-outside" in found["path.others"]["seen"]
