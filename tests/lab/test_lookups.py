"""What the DNS says of a real host, with resolvers that are right, dead and silent."""

from __future__ import annotations

import json
import time

import pytest

from lab.host import Host
from tests.lab.program import PROGRAM, apply, wizard
from tests.lab.test_blocklists import change_zone
from wizard.dns import lookups
from wizard.limits import PROBE_SECONDS

pytestmark = pytest.mark.lab

RESOLV = "/etc/resolv.conf"
SINK = (
    "import socket, time\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "s.bind(('127.0.0.9', 53))\n"
    "time.sleep(600)\n"
)
HOSTILE = '_dmarc\tIN TXT\t"v=DMARC1; p=none\\027]0;owned\\007"\n'


def checked(host: Host) -> tuple[dict[str, dict[str, str]], float, int]:
    """Return the findings of the DNS by ID, how long it took in seconds, and the exit status."""
    began = time.monotonic()
    done = host.run([PROGRAM, "check", "--json"], timeout=60)
    took = time.monotonic() - began
    assert "Traceback" not in done.stderr
    found = {one["id"]: one for one in json.loads(done.stdout)["findings"]}
    return (
        {name: one for name, one in found.items() if name.startswith("dns.")},
        took,
        (done.returncode),
    )


def test_records_are_looked_up_and_a_resolver_that_is_down_holds_nothing_up(fresh: Host) -> None:
    status, said = apply(fresh)
    assert status == 0, said
    assert "203.0.113.1 PTR: mail.zeke.ne.jp" in said

    found, right, status = checked(fresh)
    assert status == 0
    seen = {name: (one["verdict"], one["seen"]) for name, one in found.items()}
    # The seed's names have inner addresses: what others see cannot be known from here.
    assert seen["dns.a"] == ("unknown", "192.168.1.1, this host from inside")
    assert seen["dns.ptr.203.0.113.1"] == ("right", "mail.zeke.ne.jp")
    assert seen["dns.aaaa"] == ("warning", "2001:2c0:cd03:ca00::ace")
    assert seen["dns.mx"] == ("right", "10 mail.zeke.ne.jp")
    assert seen["dns.mx.local"] == ("right", "3 lead here")
    assert {seen[name][0] for name in ("dns.spf", "dns.dmarc")} == {"unknown"}

    zone = "/var/named/zeke.ne.jp.zone"
    fresh.write("/root/hostile", HOSTILE)
    reload = f"cat /root/hostile >>{zone}; touch {zone}; rndc reload zeke.ne.jp; sleep 0.5"
    fresh.run(["bash", "-c", reload], check=True)
    found, _, _ = checked(fresh)
    assert found["dns.dmarc"]["seen"].isprintable()
    assert "owned" in found["dns.dmarc"]["seen"]

    was = fresh.run(["cat", RESOLV], check=True).stdout
    fresh.run(["systemd-run", "--unit=sink", "python3", "-c", SINK], check=True)
    for address in ("127.0.0.8", "127.0.0.9"):
        fresh.write(RESOLV, f"nameserver {address}\n")
        found, took, status = checked(fresh)
        # Without a resolver the mail of every stranger waits.
        assert status == 1, found
        assert found.pop("dns.resolver")["verdict"] == "wrong"
        assert {one["verdict"] for one in found.values()} == {"unknown"}, found
        # An smtpd that was started since waits for the resolver too; its conversation has an end.
        assert took < right + PROBE_SECONDS + 2
        # Without one, what is left are the look-ups alone.
        fresh.run(["systemctl", "stop", "postfix"], check=True)
        found, took, _ = checked(fresh)
        assert found.pop("dns.resolver")["verdict"] == "wrong"
        assert {one["verdict"] for one in found.values()} == {"unknown"}, found
        assert took < right + lookups.SECONDS + 1
        fresh.run(["systemctl", "start", "postfix"], check=True)
    fresh.write(RESOLV, "")
    found, _, status = checked(fresh)
    assert (status, found["dns.a"]["verdict"]) == (1, "unknown")
    fresh.write(RESOLV, was)


def test_behind_a_router_the_address_that_the_world_sees_is_to_be_known(fresh: Host) -> None:
    assert apply(fresh)[0] == 0
    fresh.run(["ip", "address", "flush", "dev", "enp0s8"], check=True)
    edit = "sed -i 's/^mail\\(.*\\)192.168.1.1$/mail\\1203.0.113.1/' /var/named/zeke.ne.jp.zone"
    change_zone(fresh, edit)

    def row() -> tuple[str, str]:
        found = json.loads(wizard(fresh, "check", "--json")[1])["findings"]
        (one,) = (one for one in found if one["id"] == "networks.proxy")
        return one["verdict"], one["advice"]

    verdict, advice = row()
    assert verdict == "warning"
    assert "set `proxy_interfaces = 203.0.113.1` in main.cf" in advice
    fresh.run(["postconf", "-e", "proxy_interfaces = 203.0.113.1"], check=True)
    assert row() == ("right", "")
