"""A certification authority that a host runs itself, for certificates of any fault."""

from __future__ import annotations

from tests.lab.broken.way import NOTHING

MADE_BY = "/srv/broken/issue"
"""Where `issue` writes root.pem, mid.pem, leaf.pem, leaf.key and fullchain.pem."""

_PROGRAM = """
import datetime, pathlib, sys
from cryptography import x509
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

want = dict(word.split("=", 1) for word in sys.argv[1:])
to = pathlib.Path("/srv/broken/issue")
to.mkdir(parents=True, exist_ok=True)
day = datetime.timedelta(days=1)
now = datetime.datetime.utcnow()


def key(kind):
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1(), default_backend())
    return rsa.generate_private_key(65537, int(kind), default_backend())


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(subject, public, issuer, by, days, extensions):
    begin, end = (now + day * int(one) for one in days.split(":"))
    made = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
    made = made.public_key(public).serial_number(x509.random_serial_number())
    made = made.not_valid_before(begin).not_valid_after(end)
    for one, critical in extensions:
        made = made.add_extension(one, critical)
    return made.sign(by, hashes.SHA256(), default_backend())


def pem(one):
    return one.public_bytes(serialization.Encoding.PEM)


authority = [(x509.BasicConstraints(ca=True, path_length=None), True)]
root_key, mid_key, leaf_key = key("2048"), key("2048"), key(want.get("key", "2048"))
root = issue("Own Root", root_key.public_key(), "Own Root", root_key, "-400:4000", authority)
mid = issue("Own R3", mid_key.public_key(), "Own Root", root_key, want.get("mid", "-300:900"), authority)
usage = {"server": [ExtendedKeyUsageOID.SERVER_AUTH], "client": [ExtendedKeyUsageOID.CLIENT_AUTH]}
extensions = [
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (x509.ExtendedKeyUsage(usage[want.get("usage", "server")]), False),
]
names = want.get("names", "zeke.ne.jp,mail.zeke.ne.jp").split(",")
if "san" not in want:
    extensions.append((x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False))
if "staple" in want:
    extensions.append((x509.TLSFeature([x509.TLSFeatureType.status_request]), False))
leaf = issue(names[-1], leaf_key.public_key(), "Own R3", mid_key, want.get("days", "-10:80"), extensions)
(to / "root.pem").write_bytes(pem(root))
(to / "mid.pem").write_bytes(pem(mid))
(to / "leaf.pem").write_bytes(pem(leaf))
(to / "fullchain.pem").write_bytes(pem(leaf) + pem(mid))
secret = leaf_key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
(to / "leaf.key").touch(0o600)
(to / "leaf.key").write_bytes(secret)
"""

_TRUST = (
    f"cp {MADE_BY}/root.pem /usr/local/share/ca-certificates/own-root.crt; "
    "update-ca-certificates >/dev/null 2>&1; "
    "cp /etc/pki/tls/certs/ca-bundle.crt /srv/broken/bundle; "
    f"cat {MADE_BY}/root.pem >>/etc/pki/tls/certs/ca-bundle.crt"
)
DISTRUST = (
    "rm -f /usr/local/share/ca-certificates/own-root.crt; "
    "update-ca-certificates --fresh >/dev/null 2>&1; "
    "[ ! -e /srv/broken/bundle ] || cp /srv/broken/bundle /etc/pki/tls/certs/ca-bundle.crt; "
    f"rm -rf {MADE_BY} /srv/broken/bundle"
)
"""Take back what `issue` did; put it into `mend`."""


def issue(options: str = "", *, trusted: bool = True) -> str:
    """Issue a certificate: names=A,B days=FROM:TO mid=FROM:TO key=ec|BITS usage= san= staple=."""
    made = f"python3 -W ignore - {options} <<'END'{_PROGRAM}END\n"
    return made + (_TRUST if trusted else NOTHING)
