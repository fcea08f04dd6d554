"""A zone whose NS records name a secondary server alone: what that server lacks, nobody can verify."""

from __future__ import annotations

import json
import time

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, BootHost, apply, wizard
from tests.lab.test_dkim import DOMAINS, ON, POSTFIX, ZONE, record, texts

pytestmark = pytest.mark.lab

LISTED = "127.0.0.2"
CONF = """
options {{
    directory "/var/named/listed"; pid-file "/run/named/listed.pid"; session-keyfile "/run/named/listed.key";
    listen-on port 53 {{ {address}; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify no;
}};
controls {{ }};
zone "zeke.ne.jp" {{ type slave; file "copy"; masters {{ 127.0.0.1; }}; }};
"""


def transfer(host: Host) -> None:
    """Have the secondary server begin anew, with the zone as the primary has it."""
    host.run(["sh", "-c", "kill $(cat /run/named/listed.pid) 2>/dev/null; sleep 0.5"])
    script = "rm -rf /var/named/listed; install -d -o named -g named /var/named/listed"
    host.run(["sh", "-c", script], check=True)
    host.run(["named", "-u", "named", "-c", "/etc/named-listed.conf"], check=True)
    deadline = time.monotonic() + 20
    argv = ["dig", "+short", "+norecurse", f"@{LISTED}", "zeke.ne.jp", "NS"]
    while host.run(argv).stdout.strip() != "listed.zeke.ne.jp.":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_record_that_only_the_hidden_primary_has_is_not_published(boot_host: BootHost) -> None:
    host = boot_host(epel=True, pyz=PYZ)
    zone = host.read(ZONE).replace("IN NS\tns.zeke", "IN NS\tlisted.zeke")
    host.write(ZONE, f"{zone}listed\tIN A\t{LISTED}\n", 0o644)
    host.run(["ip", "address", "add", f"{LISTED}/8", "dev", "lo"], check=True)
    host.write("/etc/named-listed.conf", CONF.format(address=LISTED), 0o644)
    host.run(["rndc", "reload"], check=True)
    time.sleep(0.5)
    transfer(host)
    host.write(ANSWERS, f'{ON}\n[dns]\nzone_file = "{ZONE}"\npublish = ["dkim"]\n', 0o600)
    code, said = apply(host)
    assert code == 0, said
    assert record(host, "zeke.ne.jp").split("( ")[1].rstrip(" )\n") in host.read(ZONE)
    before = texts(host, *POSTFIX)

    # The primary has it, the server that everybody asks does not.
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    expected = "there is no record at listed.zeke.ne.jp; ns.zeke.ne.jp, the primary, which is not one of them, has it"
    assert f"s1._domainkey.zeke.ne.jp: {expected}" in said, said
    assert texts(host, *POSTFIX) == before
    said = wizard(host, "check", "--json")[1]
    found = json.loads(said[said.index("{") :])["findings"]
    own = [one for one in found if one["id"] == "dns.dkim"]
    assert len(own) == len(DOMAINS)
    assert all(expected in one["seen"] and one["verdict"] == "warning" for one in own), own

    # A server that is down is not one without the record.
    host.run(["sh", "-c", "kill $(cat /run/named/listed.pid); sleep 0.5"], check=True)
    code, said = apply(host, "--section", "dkim")
    assert code != 0
    assert "dkim-unpublished" in said
    assert "listed.zeke.ne.jp: " in said
    assert texts(host, *POSTFIX) == before

    transfer(host)
    code, said = apply(host, "--section", "dkim")
    assert code == 0, said
    assert b"opendkim.sock" in texts(host, *POSTFIX)[0]
