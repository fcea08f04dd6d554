"""Blocklists proven by mail from outside, and their health told by the host's own resolver."""

from __future__ import annotations

import json
import re
import time
from typing import Any, Iterator

import pytest

from lab import blocklists
from lab.host import Host
from lab.network import LISTED_STRANGER, MISJUDGED_STRANGER, STRANGER
from tests.lab.login import DOWN, NEXT, QUIT, Login
from tests.lab.program import ANSWERS, BAD, PYZ, ZEKE, BootHost, apply, wizard
from wizard.answers.catalogue import Blocklist

pytestmark = pytest.mark.lab

TALK = """
import json, smtplib, sys
told = []
for source, helo, sender, recipient in json.loads(sys.argv[1]):
    server = smtplib.SMTP(timeout=20, source_address=(source, 0))
    server.connect("203.0.113.1", 25)
    server.helo(helo)
    server.mail(sender)
    code, words = server.rcpt(recipient)
    told.append([code, words.decode()])
    server.close()
print(json.dumps(told))
"""
US, ELSEWHERE = "postmaster@zeke.ne.jp", "somebody@elsewhere.example"
HELO, SENDER = "mail.stranger.example", "a@stranger.example"
FRIEND = "a@friend.stranger.example"
REFUSING = "sed -i '/^dbltest/s/127.0.1.2/127.255.255.254/' /var/named/dbl.spamhaus.org.zone"
LISTED_DOMAIN = "friend.stranger.example"
LISTED_REVERSED = ".".join(reversed(LISTED_STRANGER.split(".")))
TALKS = {
    "client": (LISTED_STRANGER, HELO, SENDER, US),
    "sender": (STRANGER, HELO, FRIEND, US),
    "helo": (STRANGER, LISTED_DOMAIN, SENDER, US),
}
"""By kind of list: a talk of one who is listed. Clients have no name here, so there is no fourth."""
WORKING = "sed -i '/^dbltest/s/127.255.255.254/127.0.1.2/' /var/named/dbl.spamhaus.org.zone"


def bash(host: Host, script: str) -> str:
    return host.run(["bash", "-ec", script], check=True).stdout


def change_zone(host: Host, script: str) -> None:
    """Edit a blocklist's zone, and have named serve it so."""
    bash(
        host,
        f"{script}; systemctl restart named; until dig +time=1 +tries=1 @127.0.0.1 "
        "zeke.ne.jp SOA >/dev/null; do sleep 0.05; done",
    )


def talk(host: Host, *talks: tuple[str, str, str, str]) -> list[tuple[int, str]]:
    """What RCPT gets after HELO and MAIL, each from its own address outside."""
    done = host.run_outside(["python3", "-c", TALK, json.dumps(talks)], check=True)
    return [(code, words) for code, words in json.loads(done.stdout)]


def lists(host: Host) -> tuple[float, dict[str, dict[str, Any]]]:
    """The seconds that `check` takes, and its findings about blocklists."""
    began = time.monotonic()
    _, said = wizard(host, "check", "--json")
    took = time.monotonic() - began
    found = json.loads(said)["findings"]
    return took, {one["id"]: one for one in found if one["id"].startswith("blocklist.")}


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_what_is_listed_is_refused_and_nothing_else(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    answers = ZEKE.replace("allow_senders = []", 'allow_senders = ["friend.stranger.example"]')
    host.write(ANSWERS, answers, 0o600)
    change_zone(host, REFUSING)
    code, said = apply(host)
    assert code == 0, said
    assert "Warning: blocklist dbl.spamhaus.org refuses (127.255.255.254: it does not" in said
    assert said.count("Warning: blocklist") == 1
    change_zone(host, WORKING)

    told = talk(
        host,
        (STRANGER, HELO, SENDER, US),
        (LISTED_STRANGER, HELO, SENDER, US),
        (MISJUDGED_STRANGER, HELO, SENDER, US),
        (LISTED_STRANGER, HELO, FRIEND, US),
        (LISTED_STRANGER, HELO, FRIEND, ELSEWHERE),
        (STRANGER, HELO, "a@spam.stranger.example", US),
        (STRANGER, "spam.stranger.example", SENDER, US),
    )
    relay = 554 if suite == "el9" else 454
    assert [code for code, _ in told] == [250, 554, 250, 250, relay, 554, 554]
    assert "blocked using zen.spamhaus.org" in told[1][1]
    assert "Relay access denied" in told[4][1]
    assert all("blocked using dbl.spamhaus.org" in words for _, words in told[5:])
    log = host.read("/var/log/maillog")
    warned = [line for line in log.splitlines() if "reject_warning" in line]
    assert len(warned) == 1
    assert MISJUDGED_STRANGER in warned[0]
    assert "zen.spamhaus.org" in warned[0]

    _, healthy = lists(host)
    assert {name: one["seen"] for name, one in healthy.items()} == {
        "blocklist.spamcop": "works",
        "blocklist.spamcop.own": "203.0.113.1 not listed",
        "blocklist.spamhaus-zen": "works",
        "blocklist.spamhaus-zen.own": "203.0.113.1 not listed",
        "blocklist.spamhaus-dbl": "works",
        "blocklist.spamhaus-dbl.own": "zeke.ne.jp not listed",
    }
    if suite == "el10":
        return
    change_zone(
        host,
        # Of a lapsed domain nothing is left but its new owner's wildcard.
        "sed -i '/^2.0.0.127/,$d' /var/named/bl.spamcop.net.zone\n"
        "echo '* IN A 198.51.100.7' >>/var/named/bl.spamcop.net.zone\n"
        "echo '1.113.0.203 IN A 127.0.0.4' >>/var/named/zen.spamhaus.org.zone\n" + REFUSING,
    )
    _, ill = lists(host)
    assert {one["verdict"] for one in ill.values() if one["seen"] != "works"} == {"warning"}
    assert not any(one["fatal"] for one in ill.values())
    assert ill["blocklist.spamcop"]["seen"].startswith("lists everything: ")
    assert "ALL MAIL would be refused" in ill["blocklist.spamcop"]["advice"]
    assert ill["blocklist.spamhaus-dbl"]["seen"].startswith("refuses: 127.255.255.254")
    assert ill["blocklist.spamhaus-zen.own"]["seen"] == "203.0.113.1 is listed"
    assert "https://check.spamhaus.org/" in ill["blocklist.spamhaus-zen.own"]["advice"]

    bash(
        host,
        "systemctl stop named; sed -i 's/nameserver .*/nameserver 192.0.2.53/' "
        "/etc/resolv.conf; postfix stop 2>/dev/null; true",
    )
    took, mute = lists(host)
    assert took < 10
    assert {one["verdict"] for one in mute.values()} == {"warning"}
    assert len(mute) == 3


@pytest.mark.parametrize("entry", blocklists.LISTS, ids=lambda entry: entry.name)
def test_each_list_refuses_who_is_listed_and_is_named_when_it_is_broken(
    fresh: Host, entry: Blocklist
) -> None:
    fresh.write(
        ANSWERS, re.sub("^use = .*", f'use = ["{entry.name}"]', ZEKE, flags=re.MULTILINE), 0o600
    )
    code, said = apply(fresh)
    assert code == 0, said
    main_cf = fresh.read("/etc/postfix/main.cf")
    assert all(line in main_cf for line in (*entry.rejects, *entry.warns))
    health = f"blocklist.{entry.name}"
    _, found = lists(fresh)
    assert found[health]["verdict"] == "right"

    zone = f"/var/named/{entry.zone}.zone"
    listed = LISTED_REVERSED if entry.by_address else LISTED_DOMAIN
    change_zone(fresh, f"echo '{listed} A {blocklists.reply(entry)}' >>{zone}")
    talks = [TALKS[kind] for kind in entry.kinds if kind in TALKS]
    told = talk(fresh, *talks, (STRANGER, HELO, SENDER, US))
    assert [code for code, _ in told] == [554] * len(talks) + [250]
    assert all(f"blocked using {entry.zone}" in words for _, words in told[:-1])

    change_zone(fresh, f"sed -i '/^{entry.points[0]}/,+1d' {zone}")
    _, found = lists(fresh)
    assert found[health]["seen"].startswith("lists nothing: its test point")
    refused = (
        f"sed -i '/^zone \"{entry.zone}/s/file/allow-query {{ none; }}; file/' /etc/named.conf"
    )
    change_zone(fresh, refused)
    _, found = lists(fresh)
    assert found[health]["verdict"] == "warning"
    assert found[health]["seen"].startswith("failed: ")
    assert entry.registration in found[health]["advice"]


def test_an_ok_row_for_ones_own_domain_is_refused_with_the_reason(fresh: Host) -> None:
    answers = ZEKE.replace("allow_senders = []", 'allow_senders = ["zeke.ne.jp"]')
    fresh.write(ANSWERS, answers, 0o600)
    code, said = apply(fresh)
    assert code == BAD
    assert "blocklists.allow_senders: zeke.ne.jp is this server's own domain" in said
    assert "Whoever forges it would pass every blocklist" in said


@pytest.fixture
def login(fresh: Host) -> Iterator[Login]:
    change_zone(fresh, REFUSING)
    made = Login(fresh)
    yield made
    made.close()


def test_an_unhealthy_list_is_seen_and_asked_about_on_the_screen(login: Login) -> None:
    login.see("This host was not set up before")
    login.walk(until="Blocklists")
    login.see("works", "refuses")
    login.do(DOWN + DOWN, "it does not answer public")
    login.do(NEXT, "Use this list all the same?", "spamhaus-dbl: 127.255.255.254")
    login.do("n", "[ ] Spamhaus DBL")
    login.do(NEXT, "postfix-wizard  More")
    login.leave(QUIT + "y")
