"""The planned certificate is the served one, whatever main.cf and master.cf said before."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost, apply, wizard

pytestmark = pytest.mark.lab

FULL = "/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem"
OTHERS = r"""
cd /etc/postfix
for kind in rsa:2048 ec; do
    curve=; [ $kind = ec ] && curve='-pkeyopt ec_paramgen_curve:P-256'
    openssl req -x509 -newkey $kind $curve -nodes -subj /CN=old -days 9 \
        -keyout ${kind%:*}.key -out ${kind%:*}.pem 2>/dev/null
    cat ${kind%:*}.key ${kind%:*}.pem >${kind%:*}.chain
done
"""
IN_FORCE = {
    "chains in main.cf": (
        "postconf -e 'smtpd_tls_chain_files = /etc/postfix/rsa.chain, /etc/postfix/ec.chain'"
    ),
    "an ECDSA pair and options": (
        "postconf -e smtpd_tls_eccert_file=/etc/postfix/ec.pem"
        " smtpd_tls_eckey_file=/etc/postfix/ec.key; "
        "for entry in smtp submission smtps; do"
        " postconf -P $entry/inet/smtpd_tls_cert_file=/etc/postfix/rsa.pem"
        " $entry/inet/smtpd_tls_key_file=/etc/postfix/rsa.key; done"
    ),
}


def served(host: Host) -> dict[tuple[int, str], str]:
    """The subject that each kind of client is served, by port; "" where it gets none."""
    found = {}
    for port in (25, 587, 465):
        starttls = [] if port == 465 else ["-starttls", "smtp"]
        for kind in ("aRSA", "aECDSA"):
            argv = ["openssl", "s_client", "-tls1_2", "-cipher", kind, *starttls]
            argv += ["-connect", f"127.0.0.1:{port}"]
            said = host.run(argv, input="QUIT\r\n", timeout=20).stdout
            pem = host.run(["openssl", "x509", "-noout", "-fingerprint"], input=said).stdout
            found[port, kind] = pem.strip()
    return found


@pytest.mark.promise(43)
@pytest.mark.parametrize(
    ("suite", "name"),
    [("el9", "chains in main.cf"), ("el10", "an ECDSA pair and options")],
    ids=("el9", "el10"),
)
def test_the_planned_certificate_is_served_to_all(
    boot_host: BootHost, suite: str, name: str
) -> None:
    host = boot_host(pyz=PYZ, suite=suite)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    host.start_dovecot()
    planned = host.run(["openssl", "x509", "-noout", "-fingerprint", "-in", FULL]).stdout.strip()
    host.run(
        ["sh", "-ec", OTHERS + IN_FORCE[name] + "; systemctl restart postfix"],
        check=True,
    )
    assert {*served(host).values()} - {planned, ""}, "another one is in force"

    _, said = wizard(host, "check", "--json")
    warned = {one["id"] for one in json.loads(said)["findings"] if one["verdict"] == "warning"}
    # Mail flows, and mail programs may use another name: docs/checking.md, the exit status.
    assert {"certificate.25", "certificate.name"} <= warned

    code, said = apply(host, "--section", "certificate")
    assert code == 1, said
    code, said = apply(host, "--section", "certificate", "--take-planned")
    assert code == 0, said
    assert "is taken out" in said
    assert {*served(host).values()} <= {planned, ""}
    assert all(
        served(host)[port, "aRSA"] or served(host)[port, "aECDSA"] for port in (25, 587, 465)
    )
    assert wizard(host, "check")[0] == 0


@pytest.mark.promise(43)
def test_a_port_of_one_address_is_compared_there(boot_host: BootHost) -> None:
    """Nothing listens on 127.0.0.1:587 then."""
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    host.start_dovecot()
    bind = "sed -i 's/^submission /192.168.1.1:submission /' /etc/postfix/master.cf"
    host.run(["sh", "-ec", f"{bind}; systemctl restart postfix"], check=True)

    def verdict() -> str:
        _, said = wizard(host, "check", "--json")
        found = {one["id"]: one for one in json.loads(said)["findings"]}
        return str(found["certificate.587"]["verdict"])

    assert verdict() == "right"
    options = (
        "postconf -P 192.168.1.1:submission/inet/smtpd_tls_cert_file=/etc/postfix/rsa.pem"
        " 192.168.1.1:submission/inet/smtpd_tls_key_file=/etc/postfix/rsa.key"
    )
    host.run(["sh", "-ec", f"{OTHERS}{options}; systemctl restart postfix"], check=True)
    assert verdict() == "warning"
