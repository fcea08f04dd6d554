"""The server of the example sends through each door, and a stranger verifies SPF, DKIM and DMARC.

The verifiers are dkimpy and pyspf, and the few lines of DMARC below. All of them ask the zone that the
lab's named serves, as a receiving server would.
"""

from __future__ import annotations

import contextlib
import re
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-not-found,import-untyped,unused-ignore]
import pytest
import spf  # type: ignore[import-not-found,import-untyped,unused-ignore]

from lab import sink
from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, BootHost, apply
from tests.lab.test_dkim import DOMAINS, FRIEND, ON, ZONE, arrived, send

pytestmark = pytest.mark.lab

PUBLISHED = f"""
[dns]
zone_file = "{ZONE}"
publish = ["spf", "dkim", "dmarc"]
move_from = "192.168.1.1"
move_to = "203.0.113.1"
"""
"""The records, in a zone that names the address by which mail leaves."""
TOP = "zeke.ne.jp"
"""The domain that has a registration below ne.jp: DMARC's organizational domain (RFC 7489, 3.2)."""


class Receiver:
    """A receiving server that asks the zones of one host."""

    def __init__(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = host
        monkeypatch.setattr(spf, "DNSLookup", self._spf_lookup)

    def _records(self, name: str, kind: str) -> list[str]:
        argv = ["dig", "+short", "@127.0.0.1", name, kind]
        return self.host.run(argv, check=True).stdout.splitlines()

    def _texts(self, name: str) -> list[bytes]:
        rows = self._records(name, "TXT")
        return ["".join(re.findall(r'"(.*?)"', one)).encode() for one in rows]

    def _spf_lookup(self, name: str, kind: str, *_: Any, **__: Any) -> list[Any]:
        if kind == "TXT":
            return [((name, kind), (one,)) for one in self._texts(name)]
        rows = self._records(name, kind)
        if kind == "MX":
            pairs = (one.split() for one in rows)
            return [((name, kind), (int(rank), at.rstrip("."))) for rank, at in pairs]
        return [((name, kind), one.rstrip(".")) for one in rows]

    def spf(self, client: str, sender: str) -> str:
        """Return pyspf's result for the envelope sender."""
        return str(spf.check2(i=client, s=sender, h="ace.zeke.ne.jp")[0])

    def signers(self, message: bytes) -> set[str]:
        """Return the domains whose signatures dkimpy accepts."""
        verifier = dkim.DKIM(message)
        count = len(re.findall(rb"(?mi)^dkim-signature:", message.partition(b"\r\n\r\n")[0]))
        found = set()
        for at in range(count):
            lookup = lambda name, timeout=5: b"".join(self._texts(name.decode()))  # noqa: ARG005, E731
            with contextlib.suppress(dkim.ValidationError):
                if verifier.verify(idx=at, dnsfunc=lookup):
                    found.add(verifier.domain.decode())
        return found

    def dmarc(self, author: str, domains: set[str]) -> str:
        """Return the DMARC result for the author's domain: one of the passed domains is aligned."""
        policies = [one for one in self._texts(f"_dmarc.{TOP}") if one.startswith(b"v=DMARC1")]
        assert len(policies) == 1
        assert b"adkim=s" not in policies[0]
        assert b"aspf=s" not in policies[0]
        aligned = [one for one in domains if organization(one) == organization(author)]
        return "pass" if aligned else "fail"


def organization(domain: str) -> str:
    return TOP if domain == TOP or domain.endswith(f".{TOP}") else domain


def received(keep: Path, count: int) -> dict[str, tuple[str, str, bytes]]:
    """By subject: the client's address, the envelope sender, and the message with CRLF."""
    found = {}
    for path in arrived(keep, count):
        envelope, _, text = path.read_bytes().partition(b"\n\n")
        client = path.stem.partition("-")[2]
        sender = re.findall(rb"MAIL FROM:<([^>]*)>", envelope)[0].decode()
        found[str(message_from_bytes(text)["Subject"])] = (client, sender, text)
    return found


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_mail_of_each_door_passes_spf_dkim_and_dmarc(
    boot_host: BootHost, suite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = boot_host(suite=suite, epel=True, pyz=PYZ)
    host.write(ANSWERS, ON + PUBLISHED, 0o600)
    for words in ((), (), ("--section", "dkim")):
        code, said = apply(host, *words)
        assert code == 0, said
    host.start_dovecot()
    outside: dict[str, Any] = {"address": "203.0.113.1", "run": host.run_outside}
    lan: dict[str, Any] = {"address": "192.168.1.1", "run": host.run_operator}
    authors = {}
    with sink.serve(host, tmp_path):
        for domain in DOMAINS:
            author = f"taro@{domain}"
            for port, where in ((587, outside), (465, outside), (25, lan)):
                authors[f"door {port} {domain}"] = author
                assert send(host, port, author, subject=f"door {port} {domain}", **where) == "250"
            authors[f"sendmail {domain}"] = author
            text = f"From: {author}\nTo: {FRIEND}\nSubject: sendmail {domain}\n\nHello.\n"
            host.run(["sendmail", "-f", author, FRIEND], input=text, check=True)
        found = received(tmp_path, len(authors))
    receiver = Receiver(host, monkeypatch)
    for subject, author in authors.items():
        client, sender, message = found[subject]
        domain = parseaddr(str(message_from_bytes(message)["From"]))[1].partition("@")[2]
        assert author == sender == f"taro@{domain}"
        assert receiver.spf(client, sender) == "pass", (subject, client)
        assert receiver.signers(message) == {domain}, subject
        assert receiver.dmarc(domain, {domain}) == "pass"
        # What a stranger sends in our name, and what is altered on the way, fails each of them.
        assert receiver.spf("203.0.113.9", sender) in {"fail", "softfail"}
        assert receiver.signers(message.replace(b"Hello", b"Hallo")) == set()
        assert receiver.dmarc(domain, {"stranger.example"}) == "fail"
