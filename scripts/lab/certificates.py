"""A certificate authority of the lab's own, and /etc/letsencrypt as `scp -pr` leaves it."""

from __future__ import annotations

import re
from pathlib import Path

from lab.shell import Word, run, run_in_tree

CA_FILE = "srv/lab-ca.pem"
"""Where a host keeps the authority's root certificate."""

_EXTENSIONS = """\
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""

_README = """\
This directory contains your keys and certificates.

`privkey.pem`  : the private key for your certificate.
`fullchain.pem`: the certificate file used in most server software.
`chain.pem`    : used for OCSP stapling.
`cert.pem`     : will break many server configurations.
"""

_LINEAGES = {
    "zeke.ne.jp": (("zeke.ne.jp", "*.zeke.ne.jp", "mail.zeke.ne.jp"), 1),
    "zeke.jp": (("zeke.jp", "*.zeke.jp"), 3),
}
"""Each lineage's names and how many certificates it has had."""


def make_authority(to: Path, organization: str = "Lab", days: int = 3650) -> None:
    """Write a root and an intermediate authority, root.pem, issuer.pem and their keys, to `to`."""
    to.mkdir(mode=0o700)
    (to / "extensions.cnf").write_text(_EXTENSIONS)
    _key(to / "root.key")
    _request(to / "root.key", f"/C=JP/O={organization}/CN=Lab Root X1", to / "root.csr")
    signed = ["openssl", "x509", "-req", "-sha256", "-days", str(days)]
    extensions: list[Word] = ["-extfile", to / "extensions.cnf", "-extensions"]
    own: list[Word] = ["-in", to / "root.csr", "-signkey", to / "root.key", "-out", to / "root.pem"]
    run([*signed, *own, *extensions, "authority"])
    _key(to / "issuer.key")
    _request(to / "issuer.key", f"/C=JP/O={organization}/CN=Lab R3", to / "issuer.csr")
    by_root: list[Word] = ["-CA", to / "root.pem", "-CAkey", to / "root.key", "-CAcreateserial"]
    issuer: list[Word] = ["-in", to / "issuer.csr", "-out", to / "issuer.pem"]
    run([*signed, *issuer, *by_root, *extensions, "authority"])


def trust_authority(authority: Path, root: Path) -> None:
    """Put the authority's root where the host in `root` keeps it, and among those it trusts."""
    text = (authority / "root.pem").read_text()
    (root / CA_FILE).write_text(text)
    anchors = root / "usr/local/share/ca-certificates"
    anchors.mkdir(parents=True, exist_ok=True)
    (anchors / "lab-root-x1.crt").write_text(text)
    bundle = "install -m 644 /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt"
    run_in_tree(root, ["sh", "-c", f"update-ca-certificates >/dev/null 2>&1 && {bundle}"])


def issue(authority: Path, names: tuple[str, ...], to: Path, number: int, days: int = 90) -> None:
    """Issue a certificate for `names`: {cert,chain,fullchain,privkey}NUMBER.pem in `to`."""
    key = to / f"privkey{number}.pem"
    _key(key)
    request, chosen = to / "request.csr", to / "extensions.cnf"
    _request(key, f"/CN={names[0]}", request)
    alternatives = ", ".join(f"DNS:{name}" for name in names)
    chosen.write_text(f"{_EXTENSIONS}subjectAltName = {alternatives}\n")
    cert = to / f"cert{number}.pem"
    argv: list[Word] = [
        "openssl",
        "x509",
        "-req",
        "-sha256",
        "-days",
        str(days),
        "-in",
        request,
        "-out",
        cert,
    ]
    serial = ["-set_serial", f"0x{number:02x}{abs(hash((names, number))) % 2**60:015x}"]
    by_issuer: list[Word] = [
        "-CA",
        authority / "issuer.pem",
        "-CAkey",
        authority / "issuer.key",
        *serial,
    ]
    run([*argv, *by_issuer, "-extfile", chosen, "-extensions", "server"])
    chain = (authority / "issuer.pem").read_text()
    (to / f"chain{number}.pem").write_text(chain)
    (to / f"fullchain{number}.pem").write_text(cert.read_text() + chain)
    request.unlink()
    chosen.unlink()


def issue_lineages(authority: Path, tree: Path, days: int = 90) -> None:
    """Lay /etc/letsencrypt with its lineages into `tree`, live/ flattened to plain files."""
    top = tree / "etc/letsencrypt"
    for name, (names, count) in _LINEAGES.items():
        archive, live = top / "archive" / name, top / "live" / name
        archive.mkdir(parents=True)
        live.mkdir(parents=True)
        for number in range(1, count + 1):
            issue(authority, names, archive, number, days)
        (live / "README").write_text(_README)
        for kind in ("cert", "chain", "fullchain", "privkey"):
            newest = archive / f"{kind}{count}.pem"
            (live / f"{kind}.pem").write_bytes(newest.read_bytes())
            (live / f"{kind}.pem").chmod(newest.stat().st_mode & 0o777)
        renewal = top / "renewal" / f"{name}.conf"
        renewal.parent.mkdir(exist_ok=True)
        renewal.write_text(_renewal(name))
    for private in (top / "archive", top / "live"):
        private.chmod(0o700)


def _renewal(name: str) -> str:
    """Return certbot's renewal file for the lineage `name`."""
    place = f"/etc/letsencrypt/live/{name}"
    lines = [
        "# renew_before_expiry = 30 days",
        "version = 2.6.0",
        f"archive_dir = /etc/letsencrypt/archive/{name}",
        *(f"{kind} = {place}/{kind}.pem" for kind in ("cert", "privkey", "chain", "fullchain")),
        "",
        "# Options used in the renewal process",
        "[renewalparams]",
        "account = 0123456789abcdef0123456789abcdef",
        "authenticator = standalone",
        "server = https://acme-v02.api.letsencrypt.org/directory",
        "key_type = rsa",
    ]
    return re.sub(r" +$", "", "\n".join(lines), flags=re.MULTILINE) + "\n"


def _key(to: Path) -> None:
    """Write an RSA key of 2048 bits, mode 0600."""
    run(["openssl", "genrsa", "-out", to, "2048"])
    to.chmod(0o600)


def _request(key: Path, subject: str, to: Path) -> None:
    """Write a certificate request for `subject`."""
    run(["openssl", "req", "-new", "-sha256", "-key", key, "-subj", subject, "-out", to])
