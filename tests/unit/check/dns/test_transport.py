"""TLS-RPT, MTA-STS and TLSA: what is not there is well, what harms is named by its harm."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.check.certificates.authority import issue
from tests.unit.dns.published import Rows, lookups
from wizard.answers.model import Answers
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.check.dns.transport import Fetched, judge_transport
from wizard.check.outside import NOT_QUERIED
from wizard.dns.asking import FAILED
from wizard.dns.mta_sts import read_policy
from wizard.dns.record_basis import Basis, ServedKeys
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding

ANSWERS = Answers(Hostname("mail.example.com", "example.com"))
MX: Rows = {("example.com", "MX"): ("10 mail.example.com",)}
SIGNED: Rows = {("example.com", "DS"): ("1 8 2 AB",), ("example.com", "DNSKEY"): ("257 3 8 AB",)}
RPT = ("_smtp._tls.example.com", "TXT")
STS = ("_mta-sts.example.com", "TXT")
TLSA = ("_25._tcp.mail.example.com", "TLSA")


def judged(
    rows: Rows,
    fetched: Fetched | None = None,
    keys: ServedKeys = ServedKeys(),  # noqa: B008 (frozen)
    answers: Answers = ANSWERS,
    **more: Sequence,  # type: ignore[type-arg]
) -> dict[str, Finding]:
    found = lookups(answers, {**MX, **rows}, **more)  # type: ignore[arg-type]
    policies = {"example.com": fetched} if fetched else {}
    return {one.id: one for one in judge_transport(Basis(answers, (), found, keys), policies)}


def test_what_is_not_there_is_no_finding() -> None:
    assert judged({}) == {}


def test_what_could_not_be_queried_is_unknown() -> None:
    rows = {RPT: (FAILED,), STS: (FAILED,), TLSA: (FAILED,)}
    assert {one.verdict for one in judged(rows).values()} == {UNKNOWN}
    assert len(judged(rows)) == 3


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (('"v=TLSRPTv1; rua=mailto:tls@example.com"',), RIGHT),
        (('"v=TLSRPTv1;rua=https://x.example/tls,mailto:a@example.com"',), RIGHT),
        (('"v=TLSRPTv1"',), WARNING),
        (('"v=TLSRPTv1; rua=tls@example.com"',), WARNING),
        (('"rua=mailto:tls@example.com; v=TLSRPTv1"',), WARNING),
        (
            ('"v=TLSRPTv1; rua=mailto:a@example.com"', '"v=TLSRPTv1; rua=mailto:b@example.com"'),
            WARNING,
        ),
    ],
)
def test_tls_rpt(texts: tuple[str, ...], verdict: str) -> None:
    assert judged({RPT: texts})["dns.tls-rpt"].verdict == verdict


def test_a_record_that_only_a_resolver_has_is_not_right() -> None:
    rows: Rows = {RPT: ('"v=TLSRPTv1; rua=mailto:tls@example.com"',)}
    assert judged(rows, servers=())["dns.tls-rpt"].verdict == UNKNOWN


def test_several_domains_are_one_finding() -> None:
    answers = replace(ANSWERS, domains=Domains(("a.example", "b.example")))
    good = '"v=TLSRPTv1; rua=mailto:tls@example.com"'
    rows: Rows = {RPT: (good,), ("_smtp._tls.b.example", "TXT"): (good, good.replace("tls@", "x@"))}
    found = judged(rows, answers=answers)["dns.tls-rpt"]
    assert (found.verdict, found.seen) == (WARNING, "b.example: 2 records")
    assert "_smtp._tls.b.example" in found.advice


def policy(mode: str, *mx: str) -> Fetched:
    lines = ("version: STSv1", f"mode: {mode}", *(f"mx: {one}" for one in mx), "max_age: 86400")
    return Fetched(read_policy("\r\n".join(lines)))


RECORD: Rows = {STS: ('"v=STSv1; id=1"',), ("mta-sts.example.com", "A"): ("192.0.2.80",)}


@pytest.mark.parametrize(
    ("rows", "fetched", "verdict", "says"),
    [
        (RECORD, policy("enforce", "mail.example.com"), RIGHT, "mode enforce"),
        (RECORD, policy("enforce", "*.Example.com"), RIGHT, "mode enforce"),
        (RECORD, policy("enforce", "*.com"), WRONG, "lacks mail.example.com"),
        (RECORD, policy("enforce", "old.example.com"), WRONG, "lacks mail.example.com"),
        (RECORD, policy("testing", "old.example.com"), WARNING, "lacks mail.example.com"),
        (RECORD, policy("none"), RIGHT, "mode none"),
        (RECORD, Fetched(fault="status 404, not 200"), WARNING, "404"),
        (RECORD, Fetched(unknown="Connection refused"), UNKNOWN, "refused"),
        # With --quiet-outside nothing is fetched.
        (RECORD, None, UNKNOWN, NOT_QUERIED),
        ({STS: RECORD[STS]}, None, WARNING, "has no address"),
        ({**RECORD, STS: ('"v=STSv1; id=a-b"',)}, None, WARNING, "id=a-b"),
        ({**RECORD, STS: ('"v=STSv1; id=1"', '"v=STSv1; id=2"')}, None, WARNING, "2 records"),
        (
            {**RECORD, ("example.com", "MX"): ("10 mail.example.com", "20 mx2.example.com")},
            policy("enforce", "mail.example.com"),
            WARNING,
            "lacks mx2.example.com",
        ),
    ],
)
def test_mta_sts(rows: Rows, fetched: Fetched | None, verdict: str, says: str) -> None:
    found = judged(rows, fetched)["dns.mta-sts"]
    assert (found.verdict, says in found.seen) == (verdict, True), found
    assert not found.fatal


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    at = tmp_path_factory.mktemp("authority")
    root = issue(at, "root")
    leaf = issue(at, "mail.example.com", root)
    return der(leaf.cert), der(root.cert)


def der(path: Path) -> bytes:
    pem = path.read_text()
    return ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :])


def key_hash(tmp_path: Path, certificate: bytes) -> str:
    """Return the hash of the public key as openssl(1) writes the key."""
    pem = tmp_path / "certificate.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(certificate))
    argv = ["openssl", "x509", "-in", str(pem), "-noout", "-pubkey"]
    public = subprocess.run(argv, check=True, capture_output=True).stdout
    argv = ["openssl", "pkey", "-pubin", "-outform", "DER"]
    key = subprocess.run(argv, input=public, check=True, capture_output=True).stdout
    return hashlib.sha256(key).hexdigest()


def tlsa(
    chain: tuple[bytes, ...], *records: str, keeps: bool | None = True, signed: bool = True
) -> Finding:
    keys = ServedKeys("", (), keeps, (chain,) if chain else ())
    return judged({**(SIGNED if signed else {}), TLSA: records}, keys=keys)["dns.tlsa"]


def test_a_tlsa_record_of_the_key(chain: tuple[bytes, bytes], tmp_path: Path) -> None:
    ours = f"3 1 1 {key_hash(tmp_path, chain[0])}"
    issuer = f"2 1 1 {key_hash(tmp_path, chain[1])}"
    whole = f"3 0 1 {hashlib.sha256(chain[0]).hexdigest()}"
    longer = f"3 0 2 {hashlib.sha512(chain[0]).hexdigest().upper()}"
    exact = f"3 0 0 {chain[0].hex()}"
    for record in (ours, issuer, whole, longer, exact):
        assert tlsa(chain, record).verdict == RIGHT, record
    assert tlsa(chain, "3 1 1 " + "ab" * 32, ours).verdict == RIGHT
    found = tlsa(chain, ours, keeps=False)
    assert (found.verdict, "reuse_key = True" in found.advice) == (WARNING, True)
    assert tlsa(chain, ours, signed=False).verdict == UNKNOWN
    assert tlsa((), ours).verdict == UNKNOWN


def test_a_tlsa_record_of_another_key_stops_mail(
    chain: tuple[bytes, bytes], tmp_path: Path
) -> None:
    other = "3 1 1 " + "ab" * 32
    found = tlsa(chain, other)
    assert found.verdict == WRONG
    assert key_hash(tmp_path, chain[0]) in found.advice
    # Senders ignore the records of a zone that is not signed.
    assert tlsa(chain, other, signed=False).verdict == WARNING
    # A usage that SMTP does not know, and a record that is none.
    assert tlsa(chain, f"1 1 1 {key_hash(tmp_path, chain[0])}").verdict == WRONG
    assert tlsa(chain, "3 1 9 00", "x").verdict == WRONG


def test_each_certificate_that_is_served_needs_a_record(
    chain: tuple[bytes, bytes], tmp_path: Path
) -> None:
    ours = f"3 1 1 {key_hash(tmp_path, chain[0])}"
    keys = ServedKeys("", (), None, ((chain[0],), (chain[1],)))
    assert judged({**SIGNED, TLSA: (ours,)}, keys=keys)["dns.tlsa"].verdict == WRONG
