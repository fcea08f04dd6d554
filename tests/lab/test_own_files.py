"""A certificate of the operator's own: used where it stands, told what is wrong with it."""

from __future__ import annotations

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PROGRAM, ZEKE, apply, wizard

pytestmark = pytest.mark.lab

CERT, KEY = "/etc/pki/tls/certs/mine.pem", "/etc/pki/tls/private/mine.key"
OWN = ZEKE.replace(
    'source = "letsencrypt"', f'source = "files"\ncert_file = "{CERT}"\nkey_file = "{KEY}"'
)


def make(host: Host, name: str, *words: str) -> None:
    """Make a pair for one name."""
    host.run(["mkdir", "-p", "/etc/pki/tls/certs", "/etc/pki/tls/private"], check=True)
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"]
    names = ["-addext", f"subjectAltName=DNS:{name}"]
    host.run([*argv, *names, "-keyout", KEY, "-out", CERT, *words], check=True)


def test_own_files_are_served_where_they_stand(fresh: Host) -> None:
    """What cannot serve is refused with the reason; what can is served, and undone."""
    fresh.write(ANSWERS, OWN, 0o600)
    code, said = wizard(fresh, "apply", "--answers", ANSWERS, "--yes")
    assert (code, "neither of the two files is there" in said) == (BAD, True), said
    make(fresh, "other.example")
    code, said = apply(fresh)
    assert (code, "certificate-name" in said) == (BAD, True), said
    make(fresh, "mail.zeke.ne.jp")
    fresh.run(["openssl", "genrsa", "-out", KEY, "2048"], check=True)
    code, said = apply(fresh)
    assert (code, "does not belong to the certificate" in said) == (BAD, True), said
    make(fresh, "mail.zeke.ne.jp", "-days", "90")
    code, said = apply(fresh)
    assert code == 0, said
    served = fresh.run(["postconf", "-h", "smtpd_tls_cert_file", "smtpd_tls_key_file"]).stdout
    assert served.split() == [CERT, KEY]
    assert not (fresh.root / "etc/letsencrypt/renewal-hooks/deploy/postfix-wizard").exists()
    assert wizard(fresh, "plan")[0] == 0
    # Read back from the host alone, it is the same.
    fresh.run(["rm", "/etc/postfix-wizard/answers.toml"], check=True)
    code, said = wizard(fresh, "plan", "--section", "certificate")
    assert (code, "Nothing to do" in said) == (0, True), said
    assert fresh.run([PROGRAM, "undo", "--yes"], timeout=120).returncode == 0
