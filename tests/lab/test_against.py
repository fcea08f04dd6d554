"""`check --against`: a server checked from another machine with the one file alone, as any user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.host import Host
from lab.network import HOST_LAN, HOST_OUTSIDE, STRANGER
from tests.lab.program import BAD, NOT_ROOT, PROGRAM, PYZ, USAGE, BootHost, wizard
from tests.lab.test_stranger import BREAKS, HANG, set_up

pytestmark = pytest.mark.lab

NOBODY = "65534"
RESTART = "\nsystemctl restart postfix"
"""anvil(8) counts anew, so that no limit is reached by one check after another."""
FORGET = f"systemctl restart dovecot{RESTART}"
"""Dovecot forgets wrong logins, too: it lets each address wait longer after each."""


Findings = dict[str, dict[str, Any]]
"""The findings of a check by their IDs, in its order."""


def by_id(done: subprocess.CompletedProcess[str]) -> Findings:
    """Return the findings that `check --json` printed."""
    return {one["id"]: one for one in json.loads(done.stdout)["findings"]}


class Elsewhere:
    """A directory of an ordinary user on another machine, with the one file and nothing else."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.file = place / "postfix-wizard"
        self.target = place / "server.json"
        shutil.copy(PYZ, self.file)

    def command(self, *words: str) -> list[str]:
        """Return the command line of `check` as that user, in an environment that has only a home."""
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        alone = ["env", "-i", "PATH=/usr/bin:/bin", f"HOME={self.place}"]
        return [*user, *alone, "/usr/bin/python3", str(self.file), "check", *words]

    def run(self, host: Host, *words: str) -> subprocess.CompletedProcess[str]:
        done = host.run_outside(self.command(*words), timeout=180)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def findings(self, host: Host, *words: str) -> tuple[int, Findings]:
        done = self.run(host, "--against", HOST_OUTSIDE, "--json", *words)
        assert done.stderr == ""
        return done.returncode, by_id(done)

    def aim(self, host: Host) -> dict[str, Any]:
        """Have the server print its target; return it."""
        printed = host.run([PROGRAM, "check", "--print-target"], check=True)
        assert printed.stderr == ""
        self.target.write_text(printed.stdout)
        whole: dict[str, Any] = json.loads(printed.stdout)
        return whole


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    place = Path(tempfile.mkdtemp(prefix="elsewhere-"))
    os.chown(place, int(NOBODY), int(NOBODY))
    yield Elsewhere(place)
    shutil.rmtree(place)


def judged(findings: Findings) -> list[tuple[str, str]]:
    """Return the findings of what a stranger tries, in order: IDs and verdicts."""
    return [
        (name, one["verdict"]) for name, one in findings.items() if name.startswith("stranger.")
    ]


def by_stranger(host: Host) -> tuple[int, list[tuple[str, str]]]:
    done = host.run([PROGRAM, "check", "--stranger", "--json"], timeout=180)
    assert done.stderr == ""
    return done.returncode, judged(by_id(done))


ONLY_THE_HOST = ("stranger.25.bare-newline",)
"""It is decided by a parameter, which shows in no session without a message."""

BROKEN = {
    name: BREAKS[name].script
    for name in (
        "reject_unauth_destination is gone",
        "AUTH on port 25",
        "587 relays for everybody",
        "ciphers that encrypt nothing",
        "a short key",
    )
}


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_it_finds_what_a_stranger_on_the_host_finds(
    boot_host: BootHost, suite: str, elsewhere: Elsewhere
) -> None:
    host = set_up(boot_host, suite)
    host.start_dovecot()
    elsewhere.aim(host)

    code, found = elsewhere.findings(host, "--target", str(elsewhere.target), "--rates")
    host.run(["sh", "-c", FORGET], check=True)
    here = by_stranger(host)[1]
    assert [name for name, _ in judged(found)] == [name for name, _ in here]
    assert {name for name, _ in set(judged(found)) ^ set(here)} == set(ONLY_THE_HOST)
    assert {name for name, one in found.items() if one["verdict"] == "wrong"} == set()
    assert code == 0
    assert len(judged(found)) > 90

    host.run(["sh", "-c", "cp -a /etc/postfix /root/right"], check=True)
    for name, broken in BROKEN.items():
        host.run(["bash", "-ec", f"{broken}\n{FORGET}"], check=True)
        elsewhere.aim(host)
        code, found = elsewhere.findings(host, "--target", str(elsewhere.target))
        host.run(["sh", "-c", FORGET], check=True)
        here = [one for one in by_stranger(host)[1] if ".rate." not in one[0]]
        assert code == 1, name
        assert {one for one, _ in set(judged(found)) ^ set(here)} == set(ONLY_THE_HOST), name
        host.run(["sh", "-c", "cp -a /root/right/. /etc/postfix/"], check=True)

    host.run(["sh", "-c", FORGET], check=True)
    host.run(
        ["firewall-cmd", "-q", "--zone=public", "--remove-service=smtp-submission"], check=True
    )
    code, found = elsewhere.findings(host, "--target", str(elsewhere.target))
    closed = {name for name, one in found.items() if one["verdict"] == "wrong"}
    assert (code, closed) == (1, {"stranger.587.reached", "stranger.587-tls.reached"})
    host.run(["systemctl", "stop", "postfix"], check=True)
    code, found = elsewhere.findings(host, "--target", str(elsewhere.target))
    assert code == 1
    assert ("stranger.25.reached", "wrong") in judged(found)
    assert not host.run(["postqueue", "-j"]).stdout, "no mail was left behind"


def test_the_target_has_no_secret_and_its_findings_are_whole(
    boot_host: BootHost, elsewhere: Elsewhere
) -> None:
    host = set_up(boot_host, "el9")
    host.start_dovecot()
    target = elsewhere.aim(host)
    assert target["version"] == 1
    assert target["target"]["name"] == "mail.zeke.ne.jp"
    assert "192.168.1.0/24" in target["trusted"]
    text = elsewhere.target.read_text()
    for secret in ("himitsu", "BEGIN", "$6$", "password"):
        assert secret not in text

    _, found = elsewhere.findings(host, "--target", str(elsewhere.target))
    assert found["against.reached"]["verdict"] == "right"
    assert found["certificate.name"]["verdict"] == "right"
    assert "against.target" not in found
    # No name server answers the stranger of the lab.
    assert found["dns.mx"]["verdict"] == "unknown"
    assert (elsewhere.place / ".cache/postfix-wizard").is_dir()

    host.run(["sh", "-c", RESTART], check=True)
    done = elsewhere.run(host, "--against", HOST_OUTSIDE, "--target", str(elsewhere.target))
    assert "right    25: relay, null sender" in done.stdout
    log = host.read("/var/log/maillog")
    assert "fatal" not in log
    assert "status=" not in log, "nothing was delivered"


def test_without_a_target_it_says_so_and_judges_what_it_can(
    boot_host: BootHost, elsewhere: Elsewhere
) -> None:
    host = set_up(boot_host, "el9")
    code, found = elsewhere.findings(host)
    assert found["against.target"]["verdict"] == "unknown"
    assert "--print-target" in found["against.target"]["advice"]
    assert found["stranger.25.relay-null-sender"]["verdict"] == "right"
    # Nobody said that this literal is a domain of the server, so its refusal tells nothing.
    assert found["stranger.25.unknown-user"]["verdict"] == "unknown"
    assert "stranger.25.size" not in found
    assert code == 0

    host.run(["bash", "-ec", BREAKS["VRFY"].script + RESTART], check=True)
    code, found = elsewhere.findings(host)
    assert (code, found["stranger.25.vrfy"]["verdict"]) == (0, "warning")

    broken = BREAKS["reject_unauth_destination is gone"].script
    host.run(["bash", "-ec", broken + RESTART], check=True)
    code, found = elsewhere.findings(host)
    assert (code, found["stranger.25.relay-null-sender"]["verdict"]) == (1, "wrong")


SILENT = (
    (HOST_OUTSIDE, True, 1),
    (HOST_OUTSIDE, False, 0),
    ("203.0.113.200", False, 1),
    ("198.51.100.1", True, 0),
    ("2001:db8::1", True, 0),
    ("nobody.invalid", True, 0),
)
"""A host, whether its target is given, and the exit status: it hangs, is not there, no way leads there."""


def test_a_server_without_a_sign_ends_in_time_and_counts_where_its_ports_are_known(
    boot_host: BootHost, elsewhere: Elsewhere
) -> None:
    host = set_up(boot_host, "el9")
    elsewhere.aim(host)
    host.run(["bash", "-ec", HANG], check=True)
    for name, with_target, code in SILENT:
        words = ["--target", str(elsewhere.target)] if with_target else []
        begun = time.monotonic()
        done = elsewhere.run(host, "--against", name, "--json", *words)
        assert time.monotonic() - begun < 60
        assert (done.returncode, done.stderr) == (code, ""), name
        found = by_id(done)
        assert found["against.reached"]["verdict"] == "unknown", name
        strangers = [one for key, one in found.items() if key.startswith("stranger.")]
        assert {one["verdict"] for one in strangers} <= {"unknown", "wrong"}, name
        assert ("wrong" in {one["verdict"] for one in strangers}) == bool(code)


def test_a_machine_that_the_server_trusts_is_refused(
    boot_host: BootHost, elsewhere: Elsewhere
) -> None:
    host = set_up(boot_host, "el9")
    elsewhere.aim(host)
    argv = elsewhere.command("--against", HOST_LAN, "--target", str(elsewhere.target))
    done = host.run_operator(argv)
    assert (done.returncode, done.stdout) == (1, "")
    assert "trusts 192.168.1.2" in done.stderr

    # Nobody is a stranger on the server itself; from there another machine is checked as well.
    code, said = wizard(host, "check", "--against", HOST_OUTSIDE)
    assert (code, "is this machine itself" in said) == (1, True)
    code, said = wizard(host, "check", "--against", STRANGER, "--json")
    verdicts = {one["id"]: one["verdict"] for one in json.loads(said)["findings"]}
    assert (code, verdicts["stranger.25.reached"]) == (1, "wrong"), "nothing listens there"
    assert verdicts["stranger.587.reached"] == verdicts["certificate.name"] == "unknown"


def test_only_root_prints_a_target_and_what_is_none_is_refused(
    boot_host: BootHost, elsewhere: Elsewhere
) -> None:
    host = set_up(boot_host, "el9")
    assert elsewhere.run(host, "--print-target").returncode == NOT_ROOT
    elsewhere.aim(host)
    elsewhere.target.write_text(
        elsewhere.target.read_text().replace('"version": 1', '"version": 2')
    )
    done = elsewhere.run(host, "--against", HOST_OUTSIDE, "--target", str(elsewhere.target))
    assert (done.returncode, done.stdout) == (BAD, "")
    assert "version 2" in done.stderr
    for words in (
        ["--against=-oProxy"],
        ["--against", "fe80::1%eth0"],
        ["--against", "a\nb.example"],
    ):
        assert elsewhere.run(host, *words).returncode == USAGE
    code, said = wizard(host, "check", "--against", HOST_OUTSIDE, "--stranger")
    assert (code, "exclude each other" in said) == (USAGE, True)
