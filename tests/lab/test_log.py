"""`log` on a real host: what Postfix itself wrote, from the journal and from syslog's file."""

from __future__ import annotations

import json
import re

import pytest

from lab import extras
from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, USAGE, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

TALK = (
    "exec 3<>/dev/tcp/203.0.113.1/25; read -r line <&3;"
    "for words in 'EHLO x.example.com' 'MAIL FROM:<>' 'RCPT TO:<somebody@elsewhere.example>' QUIT;"
    " do printf '%s\\r\\n' \"$words\" >&3; sleep 0.2; done; timeout 3 cat <&3"
)


def counts(host: Host, *words: str) -> tuple[str, dict[str, int], dict[str, int]]:
    """Return the source, the kinds and the refusals of `log --json`."""
    code, said = wizard(host, "log", "--json", *words)
    assert code == 0, said
    whole = json.loads(said)
    refused = {one["what"]: one["count"] for one in whole["tops"]["refused"]}
    return whole["source"], whole["counts"], refused


@pytest.mark.parametrize("kept", ["journal", "maillog"])
def test_a_stranger_is_counted(fresh: Host, kept: str) -> None:
    """One that wanted to relay is there with the reason, from whichever log the host keeps."""
    assert apply(fresh)[0] == 0
    _, before, refused = counts(fresh)
    fresh.run_outside(["bash", "-c", TALK])
    if kept == "maillog":
        # As on a host whose journal is not for Postfix: what is in syslog's file counts.
        lines = fresh.run(
            ["journalctl", "--unit=postfix.service", "--no-pager", "--quiet"], check=True
        ).stdout
        fresh.write("/var/log/maillog", lines)
        fresh.write("/usr/local/bin/journalctl", "#!/bin/sh\nexit 0\n", 0o755)
        fresh.run(["mount", "--bind", "/usr/local/bin/journalctl", "/usr/bin/journalctl"])
    else:
        assert wizard(fresh, "log", "--pflogsumm")[0] == 1
        extras.install(fresh, extras.PFLOGSUMM)
        assert "log --pflogsumm" in wizard(fresh, "log")[1]
    untouched = state(fresh)
    source, after, now = counts(fresh)
    assert source == {"journal": "the journal", "maillog": "/var/log/maillog"}[kept]
    assert after["connections"] == before.get("connections", 0) + 1
    (new,) = [what for what in now if now[what] > refused.get(what, 0)]
    assert "Relay access denied" in new
    assert state(fresh) == untouched
    code, said = wizard(fresh, "log", "--since", "1h")
    assert (code, "Refused, by reason: " in said, new in said) == (0, True, True)
    assert max(map(len, said.splitlines())) <= 80
    if kept == "journal":
        code, said = wizard(fresh, "log", "--since", "1h", "--pflogsumm")
        # Its own report has the sessions of `check` as well.
        (rejected,) = re.findall(r"(\d+) +rejected", said)
        (denied,) = re.findall(r"Relay access denied \(total: (\d+)\)", said)
        assert code == 0
        assert int(rejected) > sum(now.values())
        assert int(denied) > now[new]
    # A day that has not come yet, and words that are no time.
    assert wizard(fresh, "log", "--since", "2099-01-01")[0] == 1
    assert wizard(fresh, "log", "--since=--output=cat")[0] == USAGE


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_check_leaves_no_trace_in_the_counts(boot_host: BootHost, suite: str) -> None:
    """What the sessions of `check` caused is left out, and a stranger who says the same is not."""
    host = boot_host(pyz=PYZ, suite=suite)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    _, before, _ = counts(host)
    for words in ((), ("--stranger",), ()):
        assert wizard(host, "check", *words)[0] == 0
    code, said = wizard(host, "log", "--json")
    whole = json.loads(said)
    assert code == 0
    assert whole["omitted"]["sessions"] > 0
    kinds = ("connections", "taken", "refused", "logins", "limits", "complaints")
    shown = host.run(["journalctl", "--unit=postfix.service", "--no-pager"], check=True).stdout
    assert {one: whole["counts"].get(one, 0) for one in kinds} == dict.fromkeys(kinds, 0), shown
    assert before.get("connections", 0) == 0
    found = json.loads(wizard(host, "check", "--json")[1])["findings"]
    (log,) = [one for one in found if one["id"] == "log"]
    assert (log["verdict"], "of sessions of checks omitted" in log["seen"]) == ("right", True)
    mark = re.findall(r"helo=<(\[IPv6:2001:db8:7769:[0-9a-f:]+\])>", shown)[-1]
    host.run_outside(["bash", "-c", TALK.replace("x.example.com", mark)])
    _, after, refused = counts(host)
    assert (after["connections"], after["refused"]) == (1, 1), refused
