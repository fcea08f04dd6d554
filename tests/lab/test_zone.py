"""The zone file of a host's own named: edited, checked, reloaded, asked, taken back."""

from __future__ import annotations

import json
import time

import pytest

from lab.host import Host
from tests.lab.login import END, ESCAPE, LONG, NEXT, Login
from tests.lab.program import (
    ANSWERS,
    BAD,
    PENDING,
    PROGRAM,
    PYZ,
    ROOT,
    ZEKE,
    BootHost,
    accepting,
    apply,
    wizard,
)

pytestmark = pytest.mark.lab

PATH = "/var/named/zeke.ne.jp.zone"
MX = b"\tIN MX\t10 mail.zeke.ne.jp.\n"
SEED = (ROOT / "scripts/lab/tree" / PATH[1:]).read_bytes()
BARE = SEED.replace(MX, b"").decode()
SECTION = ("--answers", ANSWERS, "--section", "dns")
WITH_ZONE = f'{ZEKE}\n[dns]\nzone_file = "{PATH}"\n'
NAMES = ("zeke.ne.jp", *(f"{one}.zeke.ne.jp" for one in ("ns", "joeker", "mail", "cafe", "ace")))


@pytest.fixture
def bare(boot_host: BootHost) -> Host:
    return without_mx(boot_host)


def without_mx(boot_host: BootHost, **options: object) -> Host:
    """A host whose zone has no MX, with Postfix laid and the answers naming the zone."""
    host = boot_host(pyz=PYZ, **options)
    host.run(["dnf", "-y", "install", "postfix"], check=True, timeout=120)
    host.write(ANSWERS, WITH_ZONE, 0o600)
    put_zone(host, BARE)
    return host


def put_zone(host: Host, text: str) -> None:
    """Write the zone into the file that stands there, as an editor does, and reload it."""
    host.write("/root/zone", text, 0o600)
    host.run(["bash", "-c", f"cat /root/zone >{PATH} && rndc reload zeke.ne.jp"], check=True)


def asked(host: Host, name: str, kind: str) -> str:
    return host.run(["dig", "+short", "@127.0.0.1", name, kind], check=True).stdout.strip()


def compiled(host: Host) -> set[str]:
    """The zone's records in BIND's own words, the SOA left out."""
    argv = ["named-compilezone", "-o", "-", "zeke.ne.jp", PATH]
    lines = host.run(argv, check=True).stdout.splitlines()
    rows = {" ".join(line.split()) for line in lines if "\tIN " in line or " IN " in line}
    return {row for row in rows if " IN SOA " not in row}


def facts(host: Host) -> str:
    stat = f"stat -c '%a %U:%G %s' {PATH}; sha256sum {PATH}; ls -A /var/named"
    return host.run(["bash", "-c", stat], check=True).stdout


@pytest.mark.promise(17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_zone_gets_its_mx_and_is_taken_back(boot_host: BootHost, suite: str) -> None:
    bare = without_mx(boot_host, suite=suite)
    before, was = compiled(bare), facts(bare)
    status, said = wizard(bare, "plan", *SECTION)
    assert status == PENDING, said
    assert "+ IN MX 10 mail.zeke.ne.jp." in " ".join(said.split())
    assert facts(bare) == was

    status, said = wizard(bare, "apply", *SECTION, "--yes")
    assert "named answers with serial" in said
    assert "cafe.zeke.ne.jp MX 10 mail.zeke.ne.jp" in said
    assert "would be refused" in said  # ns and joeker are in no list of the answers
    added = compiled(bare) - before
    assert before <= compiled(bare)
    assert {row.split(" ", 1)[0] for row in added} == {
        f"{name}." for name in (*NAMES, "myhome.zeke.ne.jp")
    }
    assert all(row.endswith("IN MX 10 mail.zeke.ne.jp.") for row in added)
    assert bare.run(["cat", PATH]).stdout.encode().count(MX) == 7
    assert bare.run(["cat", f"{PATH}.orig"]).stdout == BARE
    assert facts(bare).splitlines()[0].startswith("640 root:named")
    for name in NAMES:
        assert asked(bare, name, "MX") == "10 mail.zeke.ne.jp."
    serial = int(asked(bare, "zeke.ne.jp", "SOA").split()[2])
    assert serial > 2024021901

    status, said = wizard(bare, "plan", *SECTION)
    assert status == 0, said
    status, said = wizard(bare, "undo", "--yes")
    assert status == 0, said
    assert "goes back to its old serial, 2024021901" in said
    assert facts(bare).splitlines()[:2] == was.splitlines()[:2]
    assert asked(bare, "cafe.zeke.ne.jp", "MX") == ""
    assert asked(bare, "zeke.ne.jp", "SOA").split()[2] == "2024021901"


BROKEN = {
    "a syntax error of ours": (BARE + "x IN A 1.2.3\n", "line 38: 1.2.3 is no IPv4 address"),
    "signed": (BARE + "x IN RRSIG A 8 3 60 x\n", "signed (DNSSEC, RRSIG)"),
    "an include": (BARE + "$INCLUDE more.zone\n", "$INCLUDE is left alone"),
    "generated": (BARE + "$GENERATE 1-9 h$ A 10.0.0.$\n", "$GENERATE is left alone"),
    "no serial": (BARE.replace("2024021901", ""), "7 fields, this one has 6"),
    "no SOA": ("x IN A 192.0.2.1\n", "no SOA record"),
    "hostile": (BARE + "; \x1b]0;owned\x07\n", "control character"),
}


@pytest.mark.promise(12)
def test_a_zone_that_cannot_be_edited_is_left_alone(bare: Host) -> None:
    for text, says in BROKEN.values():
        bare.write("/root/zone", text, 0o600)
        bare.run(["bash", "-c", f"cat /root/zone >{PATH}"], check=True)
        was = facts(bare)
        status, said = wizard(bare, "apply", *SECTION, "--yes")
        assert (status, facts(bare)) == (65, was), said
        assert says in " ".join(said.split()), said
        assert "\x1b" not in said
    # What only BIND knows is found by named-checkzone, before anything is replaced.
    put_zone(bare, BARE)
    bare.run(["bash", "-c", f"printf 'x IN AAAA 1:2:::3\\n' >>{PATH}"], check=True)
    was = facts(bare)
    status, said = wizard(bare, "apply", *SECTION, "--yes")
    assert (status, facts(bare)) == (1, was), said
    assert "named-checkzone" in said
    # Beside a journal of named's, the file is not where the zone is kept.
    put_zone(bare, BARE)
    bare.run(["touch", f"{PATH}.jnl"], check=True)
    status, said = wizard(bare, "apply", *SECTION, "--yes")
    assert status == 65
    assert "named itself writes or signs zeke.ne.jp" in " ".join(said.split())
    # No file, and no zone of that name.
    bare.run(["rm", PATH, f"{PATH}.jnl"], check=True)
    assert "is not there" in wizard(bare, "plan", *SECTION)[1]
    bare.write(ANSWERS, WITH_ZONE.replace(PATH, "/etc/shadow"), 0o600)
    assert "not the file of a primary zone" in " ".join(wizard(bare, "plan", *SECTION)[1].split())


@pytest.mark.promise(14, 15)
def test_edits_meanwhile_are_not_lost(bare: Host) -> None:
    # named-checkzone is where the run can be caught between its first look and the rename.
    mark = "; by hand\n"
    trap = f"#!/bin/sh\nprintf '{mark}' >>{PATH}\nexec /root/real/named-checkzone \"$@\"\n"
    where = bare.run(["bash", "-c", "command -v named-checkzone"]).stdout.strip()
    bare.run(["mkdir", "/root/real"], check=True)
    bare.run(["mv", where, "/root/real/named-checkzone"], check=True)
    bare.write(where, trap, 0o755)
    status, said = wizard(bare, "apply", *SECTION, "--yes")
    assert status == 1, said
    assert "stale" in said
    assert bare.run(["cat", PATH]).stdout == BARE + mark
    bare.run(["mv", "/root/real/named-checkzone", where], check=True)
    wizard(bare, "undo", "--yes")

    assert "named answers with serial" in wizard(bare, "apply", *SECTION, "--yes")[1]
    bare.run(["bash", "-c", f"printf '{mark}' >>{PATH}"], check=True)
    status, said = wizard(bare, "undo", "--yes")
    assert status == 1
    assert "was changed after the run" in said
    assert bare.run(["cat", PATH]).stdout.endswith(mark)


def test_addresses_are_moved_when_asked(bare: Host) -> None:
    moving = 'move_from = "192.168.1.4"\nmove_to = "203.0.113.4"\n'
    bare.write(ANSWERS, WITH_ZONE + moving, 0o600)
    wizard(bare, "apply", *SECTION, "--yes")
    assert asked(bare, "myhome.zeke.ne.jp", "A") == "203.0.113.4"
    assert asked(bare, "cafe.zeke.ne.jp", "A") == "192.168.1.2"


def test_the_zone_in_the_screens(bare: Host) -> None:
    login = Login(bare, "--section", "dns", "--answers", ANSWERS)
    try:
        login.see("postfix-wizard  More", PATH)
        login.do(NEXT, "postfix-wizard  Review", "Nothing has been written yet")
        login.do("n", "+++ /var/named/zeke.ne.jp.zone (as planned)", "Why: Raised")
        assert facts(bare).count(".orig") == 0
        login.do("r", "Run the plan?")
        login.do("y", "postfix-wizard  Run ")
        login.see("The run is over", seconds=LONG)
        login.do(NEXT, "wizard  Result")
        login.do("d", "DNS records", "mail.zeke.ne.jp A")
        login.do(END, "_submissions._tcp.zeke.ne.jp.")
        login.type(ESCAPE)
        # Esc and a key right behind it would be one key, with Alt.
        time.sleep(0.5)
        login.leave()
    finally:
        login.close()
    assert asked(bare, "cafe.zeke.ne.jp", "MX") == "10 mail.zeke.ne.jp."


PUBLISH = 'publish = ["spf", "dmarc", "tls-rpt", "srv", "caa"]\n'
OUTSIDE = BARE.replace("mail\tIN A\t192.168.1.1", "mail\tIN A\t203.0.113.1")
"""The view of others, whose mail SPF is about."""


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_further_records_are_written_and_seen_at_the_zones_server(
    boot_host: BootHost, suite: str
) -> None:
    host = without_mx(boot_host, suite=suite)
    put_zone(host, OUTSIDE)
    status, said = apply(host)
    assert status == 0, said
    argv = ["sha256sum", "/etc/postfix/main.cf", "/etc/postfix/master.cf"]
    postfix = host.run(argv, check=True).stdout
    before = compiled(host)

    host.write(ANSWERS, WITH_ZONE + PUBLISH, 0o600)
    status, said = apply(host)
    assert status == BAD, said
    assert "web shop" in said
    assert compiled(host) == before
    status, said = apply(host, *accepting(said))
    assert status == 0, said
    assert host.run(argv, check=True).stdout == postfix
    assert asked(host, "zeke.ne.jp", "TXT") == '"v=spf1 mx ~all"'
    assert asked(host, "_submissions._tcp.zeke.ne.jp", "SRV") == "0 1 465 mail.zeke.ne.jp."
    assert asked(host, "zeke.ne.jp", "CAA") == '0 issue "letsencrypt.org"'
    assert wizard(host, "plan", *SECTION)[0] == 0

    ids = ("spf", "spf.local", "dmarc", "tls-rpt", "srv", "caa", "servers", "mx", "mx.local")
    for option in ((), ("--quiet-outside",)):
        shown = json.loads(host.run([PROGRAM, "check", "--json", *option]).stdout)
        found = {one["id"]: one for one in shown["findings"]}
        assert {found[f"dns.{one}"]["verdict"] for one in ids} == {"right"}, found
        assert {"dns.mta-sts", "dns.tlsa"}.isdisjoint(found)
    texts = [one["data"] for one in shown["records"] if one["name"] == "zeke.ne.jp."]
    assert '"v=spf1 mx ~all"' in texts

    status, said = wizard(host, "undo", "--yes")
    assert status == 0, said
    assert compiled(host) == before


def test_check_prints_the_records_to_publish(bare: Host) -> None:
    said = wizard(bare, "check", "--answers", ANSWERS)[1]
    assert "DNS records to publish, as lines of a zone file:" in said
    lines = said.partition("a zone file:")[2]
    assert "mail.zeke.ne.jp." in lines
    shown = json.loads(bare.run([PROGRAM, "check", "--answers", ANSWERS, "--json"]).stdout)
    kinds = {one["kind"] for one in shown["records"]}
    assert kinds == {"A", "MX", "PTR", "TXT", "SRV", "CAA"}
