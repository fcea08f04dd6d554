"""Spamhaus's keyed zones on a real host: the key works in main.cf, and nothing else tells it."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from lab.network import LISTED_STRANGER, STRANGER
from tests.lab.program import ANSWERS, BAD, ZEKE, apply, wizard
from tests.lab.test_blocklists import HELO, SENDER, US, bash, change_zone, lists, talk

pytestmark = [pytest.mark.lab, pytest.mark.promise(24)]

KEY, OTHER = "canary0canary0canary0canar", "older0older0older0older0ol"
KEY_FILE = "/etc/postfix-wizard/dqs.key"
ZONE = f"""$TTL 60
@ IN SOA ns.zeke.ne.jp. root.zeke.ne.jp. ( 1 3600 900 604800 60 )
  IN NS ns.zeke.ne.jp.
2.0.0.127.{KEY}.zen IN A 127.0.0.2
66.113.0.203.{KEY}.zen IN A 127.0.0.4
dbltest.com.{KEY}.dbl IN A 127.0.1.2
spam.stranger.example.{KEY}.dbl IN A 127.0.1.2
"""


def furnish(host: Host) -> None:
    """Serve the keyed zones, and put key and answers on the host."""
    host.write("/var/named/dq.spamhaus.net.zone", ZONE)
    line = 'zone "dq.spamhaus.net" { type master; file "dq.spamhaus.net.zone"; };'
    change_zone(host, f"echo '{line}' >>/etc/named.conf; mkdir -p -m 700 /etc/postfix-wizard")
    host.write(KEY_FILE, f"{KEY}\n", 0o600)
    use = 'use = ["spamcop", "spamhaus-zen", "spamhaus-dbl"]'
    assert use in ZEKE
    keyed = 'use = ["spamhaus-dqs-zen", "spamhaus-dqs-dbl"]'
    host.write(ANSWERS, ZEKE.replace(use, keyed), 0o600)


def kept(host: Host) -> list[str]:
    """The files of the wizard's that hold a key, those of `replaced/` aside, and the key's own."""
    places = "/var/lib/postfix-wizard /etc/postfix-wizard /root /tmp /run/postfix-wizard"
    found = host.run(["sh", "-c", f"grep -rlE '{KEY}|{OTHER}' {places} 2>/dev/null"]).stdout
    return [one for one in found.split() if one != KEY_FILE and "/replaced/" not in one]


def test_the_key_works_and_is_told_nowhere(fresh: Host) -> None:
    furnish(fresh)
    fresh.run(["chmod", "640", KEY_FILE], check=True)
    code, said = apply(fresh)
    assert code == BAD
    assert "used by others than root (mode 0640)" in said
    fresh.run(["chmod", "600", KEY_FILE], check=True)

    code, said = apply(fresh)
    assert code == 0, said
    assert "+    reject_rbl_client (key).zen.dq.spamhaus.net=127.0.0.[2..11]," in said
    assert fresh.read("/etc/postfix/main.cf").count(KEY) == 4
    told = talk(
        fresh,
        (STRANGER, HELO, SENDER, US),
        (LISTED_STRANGER, HELO, SENDER, US),
        (STRANGER, HELO, "a@spam.stranger.example", US),
    )
    assert [code for code, _ in told] == [250, 554, 554]
    _, found = lists(fresh)
    assert {one["seen"] for one in found.values()} == {
        "works",
        "203.0.113.1 not listed",
        "zeke.ne.jp not listed",
    }
    everything = [said]
    for words in (["plan"], ["plan", "--json"], ["check"], ["check", "--json"], ["status"]):
        code, told_by = wizard(fresh, *words)
        assert code == 0, told_by
        everything.append(told_by)

    # A new key: the diff tells that it differs, and neither of the two.
    bash(fresh, f"sed -i 's/{KEY}/{OTHER}/' /var/named/dq.spamhaus.net.zone {KEY_FILE}")
    change_zone(fresh, "true")
    code, stale = wizard(fresh, "check", "--json")
    assert code == 0
    warned = [one["id"] for one in json.loads(stale)["findings"] if one["verdict"] == "warning"]
    assert "main.cf.smtpd_recipient_restrictions" in warned
    code, again = apply(fresh)
    assert code == 0, again
    assert fresh.read("/etc/postfix/main.cf").count(OTHER) == 4
    code, dry = wizard(fresh, "undo", "--dry-run")
    assert code == 0
    code, undone = wizard(fresh, "undo", "--yes")
    assert code == 0, undone
    assert fresh.read("/etc/postfix/main.cf").count(KEY) == 4
    for text in (*everything, stale, again, dry, undone):
        assert KEY not in text
        assert OTHER not in text
    assert kept(fresh) == []
    journal = fresh.run(["journalctl", "--no-pager", "-t", "systemd", "-t", "python3"]).stdout
    assert KEY not in journal
