"""The move between two real hosts: each item goes from open to done, and is told when it does not stay so."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from lab.host import Host
from tests.lab.login import ESCAPE, QUIT, SPACE, Login
from tests.lab.old_server import CABLE, OLD
from tests.lab.program import ANSWERS, PYZ, USAGE, ZEKE, BootHost, apply, state, wizard
from wizard.move.items import IDS

pytestmark = pytest.mark.lab

HERE = "203.0.113.1"
MOVING = ZEKE.replace("[blocklists]", f'[move]\nold_server = "{OLD}"\n[blocklists]', 1)
TICKS = "/var/lib/postfix-wizard/move.json"
ZONE = """$TTL {ttl}
@\tIN SOA ns.zeke.ne.jp. root.zeke.ne.jp. ( 1 3600 900 604800 60 )
\tIN NS ns.zeke.ne.jp.
\tIN MX 10 {mx}.zeke.ne.jp.
ns\tIN A 192.168.1.1
mail\tIN A {a}
old\tIN A {old}
ace\tIN MX 10 {mx}.zeke.ne.jp.
cafe\tIN MX 10 {mx}.zeke.ne.jp.
myhome\tIN MX 10 {mx}.zeke.ne.jp.
"""
REVERSE = "/var/named/113.0.203.in-addr.arpa.zone"


def put(host: Host, **changes: object) -> None:
    """Edit the zone as its keeper does, and have named read it."""
    text = ZONE.format(**{"ttl": 300, "a": OLD, "mx": "old", "old": OLD, **changes})
    host.write("/var/named/zeke.ne.jp.zone", text)
    host.run(["rndc", "reload"], check=True)
    # named says that it will; it has by when it answers with what was written.
    told = (
        f"until dig +noall +answer mail.zeke.ne.jp A @127.0.0.1 | grep -q '{changes.get('a', OLD)}'"
    )
    host.run(["timeout", "10", "bash", "-c", f"{told}; do sleep 0.1; done"], check=True)


def name_address(host: Host, name: str) -> None:
    """Let the address's provider set its PTR."""
    host.run(["sed", "-i", rf"s/^1\tIN PTR.*/1\tIN PTR {name}./", REVERSE], check=True)
    host.run(["rndc", "reload"], check=True)
    told = f"until dig +short -x {HERE} @127.0.0.1 | grep -q '^{name}'; do sleep 0.1; done"
    host.run(["timeout", "10", "bash", "-c", told], check=True)


def look(host: Host, *words: str) -> dict[str, Any]:
    """Return what `move --json` tells."""
    code, said = wizard(host, "move", "--json", *words)
    assert code == 0, said
    whole = json.loads(said)
    assert isinstance(whole, dict)
    return whole


def states(whole: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["state"] for one in whole["items"]}


def boot(boot_host: BootHost) -> tuple[Host, Host]:
    """Boot the new server, not set up, and the old one, whose Postfix takes mail."""
    new, old = boot_host(pyz=PYZ), boot_host()
    new.join(old, link=CABLE, addresses=("10.0.0.1/24", f"{OLD}/24"))
    serve = (
        f"dnf -y install postfix; firewall-cmd --zone=trusted --add-interface={CABLE};"
        "postconf -e inet_interfaces=all inet_protocols=ipv4; systemctl start postfix"
    )
    old.run(["bash", "-ec", serve], check=True, timeout=120)
    new.write(ANSWERS, MOVING, 0o600)
    name_address(new, "dynamic.provider.example")
    put(new, ttl=3600)
    return new, old


def test_each_item_goes_from_open_to_done(boot_host: BootHost) -> None:
    new, old = boot(boot_host)
    # TTLs must be lowered before this host is anything.
    assert states(look(new, "--answers", ANSWERS))["ttl"] == "open"
    assert apply(new)[0] == 0
    first = look(new)
    assert (first["old_server"], [one["id"] for one in first["items"]]) == (OLD, list(IDS))
    assert states(first) == {
        "ttl": "open",
        "old-takes": "done",
        "a": "open",
        "mx": "open",
        "ptr": "open",
        "old-queue": "unknown",
        "renewals": "unknown",
        "old-stopped": "unknown",
    }
    steps: tuple[tuple[str, Callable[[], object], str], ...] = (
        ("ttl", lambda: put(new), "done"),
        ("a", lambda: put(new, a=HERE), "done"),
        ("mx", lambda: put(new, a=HERE, mx="mail"), "done"),
        ("ptr", lambda: name_address(new, "mail.zeke.ne.jp"), "done"),
        ("old-queue", lambda: look(new, "--done", "old-queue"), "ticked"),
        ("renewals", lambda: look(new, "--done", "renewals"), "ticked"),
        ("old-stopped", lambda: old.run(["systemctl", "stop", "postfix"], check=True), "done"),
    )
    before = states(first)
    for item, do, becomes in steps:
        do()
        now = states(look(new))
        assert {one for one in now if now[one] != before[one]} == {item}
        assert now[item] == becomes
        before = now
    last = look(new)
    assert (last["open"], new.run(["stat", "-c", "%a %U", TICKS]).stdout) == (0, "600 root\n")

    # What was done and is no longer is told; the exit code of `status` knows nothing of it.
    put(new, a=HERE, mx="old")
    untouched = state(new)
    code, said = wizard(new, "status")
    assert code == 0, said
    assert f"The move from {OLD}: 2 of 8 items open. `postfix-wizard move` says" in said
    assert "  OPEN     mx           MX records point here" in said
    code, said = wizard(new, "status", "--json")
    assert (code, states(json.loads(said)["move"])["mx"]) == (0, "open")
    assert state(new) == untouched
    assert "It was seen done on" in wizard(new, "move")[1]

    # A hostile file of ticks costs the ticks, and nothing else.
    new.write(TICKS, '{"version": 1, "ticked": {"\\u001b]0;pwned\\u0007": 1}}', 0o600)
    code, said = wizard(new, "move", "--done", "old-queue")
    assert (code, "\x1b" in said) == (0, False)
    assert new.read(f"{TICKS}.set-aside").startswith('{"version": 1, "ticked"')
    assert states(look(new))["old-queue"] == "ticked"
    assert states(look(new, "--undone", "old-queue"))["old-queue"] == "unknown"
    assert wizard(new, "move", "--done", "no-such")[0] == USAGE

    # Another old server: nothing but its name is changed, and a run keeps it.
    new.write(ANSWERS, MOVING.replace(OLD, "old.zeke.ne.jp"), 0o600)
    assert apply(new, "--section", "move")[0] == 0
    assert look(new)["old_server"] == "old.zeke.ne.jp"
    assert wizard(new, "plan", "--answers", ANSWERS, "--section", "move")[0] == 0

    login = Login(new)
    login.see("of 8 items open", "m Move")
    login.do("m", "The move from old.zeke.ne.jp: ", "old-queue", "Space Tick")
    login.do("\x1b[F\x1b[A" + SPACE, "ticked   renewals")
    login.do(ESCAPE, "postfix-wizard  Sections")
    login.do("l", "Refused, by reason")
    login.do(ESCAPE, "postfix-wizard  Sections")
    assert login.leave(QUIT) == 0


def test_nothing_is_told_where_no_old_server_is_named(fresh: Host) -> None:
    assert apply(fresh)[0] == 0
    code, said = wizard(fresh, "status")
    assert (code, "move" in said) == (0, False)
    assert json.loads(wizard(fresh, "status", "--json")[1])["move"] is None
    code, said = wizard(fresh, "move")
    assert (code, "no old server is named" in said) == (1, True)
    assert fresh.run(["test", "-e", TICKS]).returncode == 1
