"""The certificates that are served: names, dates, chain and strength."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.certificates.authority import Issued, issue
from tests.unit.check.scripted import NAME, make_pair
from wizard.check.certificates.lifetime import Served, judge_certificates, served_chains
from wizard.check.certificates.probing import ALL, ECDSA, RSA, PortTls
from wizard.check.certificates.verifying import (
    Verified,
    Verifier,
    VerifyFault,
    understood,
)
from wizard.check.commands import CommandResult
from wizard.check.smtp.session import Transcript
from wizard.check.tls.handshake import certificates
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding


def der(*issued: Issued) -> tuple[bytes, ...]:
    return tuple(one for pair in issued for one in certificates(pair.cert.read_bytes()))


def judged(*served: Served, name: str = NAME) -> dict[str, Finding]:
    found = list(judge_certificates(served, name))
    assert not any(one.fatal for one in found)
    return {one.id.removeprefix("certificate."): one for one in found}


GOOD = Verified(used=1)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        (NAME, RIGHT),
        ("*.zeke.ne.jp", RIGHT),
        ("zeke.ne.jp", WARNING),
        ("*.mail.zeke.ne.jp", WARNING),
    ],
)
def test_a_misfit_is_a_warning(tmp_path: Path, name: str, verdict: str) -> None:
    pair = make_pair(tmp_path, name)
    found = judged(Served(certificates(pair.cert.read_bytes()), verified=GOOD))
    assert (found["name"].verdict, found["name"].seen) == (verdict, name)


@pytest.mark.parametrize("name", ["localhost.localdomain", "srv7", "srv.local", "mail.corp"])
def test_no_certificate_is_advised_for_a_name_that_cannot_be_public(
    tmp_path: Path, name: str
) -> None:
    served = Served(certificates(make_pair(tmp_path, NAME).cert.read_bytes()), verified=GOOD)
    (found,) = (one for one in judge_certificates([served], name) if one.id == "certificate.name")
    assert found.verdict == WARNING
    assert name not in found.advice + found.expected
    assert NAME in found.advice


@pytest.mark.parametrize(
    ("begins", "ends", "verdict", "seen"),
    [
        (-30, 60, RIGHT, "59 days left"),
        (-65, 25, WARNING, "24 days left"),
        (-76, 14, WRONG, "13 days left"),
        (-90, -1, WRONG, "ended on "),
        (1, 90, WRONG, "not valid yet"),
        (-1, 5, RIGHT, "days left"),
        (-4.2, 1.8, WARNING, "1 days left"),
        (-5.2, 0.8, WRONG, "0 days left"),
        (-3000, 650, RIGHT, "649 days left"),
        (-3550, 100, WARNING, "99 days left"),
        (-3600, 50, WRONG, "49 days left"),
    ],
)
def test_its_lifetime(tmp_path: Path, begins: float, ends: float, verdict: str, seen: str) -> None:
    """By fractions: a third, a sixth. Of ten years they are those of the longest public one."""
    chain = der(issue(tmp_path, NAME, begins=begins, ends=ends))
    found = judged(Served(chain, path="/etc/letsencrypt/live/x/fullchain.pem", verified=GOOD))
    assert found["expiry"].verdict == verdict
    assert seen in found["expiry"].seen
    assert verdict == RIGHT or "certbot renew" in found["expiry"].advice


def test_a_file_of_no_lineage_is_not_renewed_by_certbot(tmp_path: Path) -> None:
    chain = der(issue(tmp_path, NAME, begins=-9, ends=-1))
    named = "smtpd_tls_eccert_file (main.cf)"
    found = judged(Served(chain, path="/etc/postfix/ec.pem", verified=GOOD, named_by=named))
    assert "certbot" not in found["expiry"].advice
    assert "/etc/postfix/ec.pem" in found["expiry"].advice
    assert named in found["expiry"].advice


def verified_by(root: Issued, chain: tuple[bytes, ...]) -> Served:
    """A chain as openssl verifies it where that root alone is trusted."""
    options = ("-CAfile", str(root.cert), "-no-CApath")
    return Served(chain, verified=Verifier(Door(), options).verify(chain))


@pytest.mark.parametrize(
    ("begins", "ends", "verdicts", "seen"),
    [
        (-9, 300, (RIGHT, RIGHT), "59 days left"),
        (-99, -5, (UNKNOWN, WRONG), "certificate 2 of its chain has expired: ended on"),
        (-99, 19, (RIGHT, WARNING), "certificate 2 of its chain 20"),
        (-99, 3, (RIGHT, WRONG), "2 days left"),
        (2, 99, (UNKNOWN, WRONG), "certificate 2 of its chain is not valid yet"),
    ],
    ids=["right", "ended", "ends-first", "ends-soon", "early"],
)
def test_the_issuer_that_ends_first_counts(
    tmp_path: Path, begins: float, ends: float, verdicts: tuple[str, str], seen: str
) -> None:
    root = issue(tmp_path, "root", ends=3000)
    middle = issue(tmp_path, "middle", root, begins=begins, ends=ends)
    leaf = issue(tmp_path, NAME, middle, ends=60)
    found = judged(verified_by(root, der(leaf, middle)))
    assert (found["chain"].verdict, found["expiry"].verdict) == verdicts
    assert seen in found["expiry"].seen


def test_a_certificate_that_is_not_needed_does_not_count(tmp_path: Path) -> None:
    """An old cross-signed root, for instance: clients find their own."""
    root = issue(tmp_path, "root", ends=3000)
    old = issue(tmp_path, "old", begins=-99, ends=-1)
    middle = issue(tmp_path, "middle", root, ends=999)
    leaf = issue(tmp_path, NAME, middle, ends=60)
    served = verified_by(root, der(leaf, middle, old))
    assert served.verified is not None
    assert served.verified.used == 2
    found = judged(served)
    assert {one.verdict for one in found.values()} == {RIGHT}


@pytest.mark.parametrize(
    ("trust", "verdict", "seen"),
    [
        (None, RIGHT, "leads to a root"),
        (VerifyFault(18, 0, "self-signed certificate"), WARNING, "signed by itself"),
        (VerifyFault(19, 2, "words of another release"), WARNING, "signed by itself"),
        (VerifyFault(20, 0, "unable to get local issuer certificate"), WARNING, "does not lead"),
        (VerifyFault(2, 1, "self-signed is not what it is"), WARNING, "does not lead"),
    ],
)
def test_a_chain_is_judged_by_a_number_and_no_word(
    tmp_path: Path, trust: VerifyFault | None, verdict: str, seen: str
) -> None:
    chain = der(issue(tmp_path, NAME))
    found = judged(Served(chain, verified=Verified(trust, used=1)))["chain"]
    assert found.verdict == verdict
    assert seen in found.seen


def test_without_openssl_the_chain_is_unknown(tmp_path: Path) -> None:
    chain = der(issue(tmp_path, NAME))
    missing = CommandResult(Outcome(0, b"", b""), "there is no openssl")
    found = judged(Served(chain, verified=understood(missing, missing)))["chain"]
    assert found.verdict == UNKNOWN
    assert "dnf install openssl" in found.advice


def test_what_openssl_says() -> None:
    ok = CommandResult(
        Outcome(0, b"x: OK\nChain:\ndepth=0: CN = a (untrusted)\ndepth=1: CN = b\n", b"")
    )
    late = CommandResult(
        Outcome(2, b"CN = b\n", b"error 10 at 1 depth lookup: certificate has expired\n")
    )
    assert understood(ok, late) == Verified(None, VerifyFault(10, 1, "certificate has expired"), 1)
    odd = CommandResult(Outcome(1, b"", b"Can't open"))
    assert understood(odd, odd).trust == VerifyFault(0, 0, "Can't open")


def test_a_short_key(tmp_path: Path) -> None:
    chain = der(issue(tmp_path, NAME, kind="rsa:1024"))
    found = judged(Served(chain, verified=GOOD))["strength"]
    assert (found.verdict, found.seen) == (WRONG, "RSA 1024")


def _port(chains: dict[str, tuple[bytes, ...]]) -> PortTls:
    return PortTls(Transcript(), chains, dict.fromkeys(chains.values(), GOOD))


def test_each_chain_is_shown_with_who_gets_it(tmp_path: Path) -> None:
    a, b = der(issue(tmp_path, NAME)), der(issue(tmp_path, "old.example", begins=-9, ends=-1))
    verifier = Verifier(Door())
    alone = served_chains({25: _port({RSA: a, ECDSA: a}), 587: _port({ALL: a})}, {}, verifier, {})
    assert [one.where for one in alone] == [""]
    both = served_chains(
        {25: _port({RSA: a}), 587: _port({RSA: a, ECDSA: b})},
        {"/a": a, "/b": b},
        verifier,
        {"/b": "p"},
    )
    assert [one.where for one in both] == [
        "port 25 and 587, RSA clients",
        "port 587, ECDSA clients",
    ]
    assert (both[1].path, both[1].named_by) == ("/b", "p")
    found = judged(*both)
    assert found["expiry"].verdict == WRONG
    assert found["expiry"].seen.startswith("port 587, ECDSA clients: it has expired: ended on")
    assert found["name"].seen.startswith("port 587, ECDSA clients: old.example")


def test_files_are_read_where_no_port_serves_any(tmp_path: Path) -> None:
    chain = der(issue(tmp_path, NAME))
    (served,) = served_chains({25: PortTls(Transcript())}, {"/c.pem": chain}, Verifier(Door()), {})
    found = judged(served)
    assert found["expiry"].seen.endswith("(by /c.pem; no port serves it)")
    assert [one.verdict for one in judge_certificates((), NAME)] == [UNKNOWN]
