"""The section tls on real hosts: sslyze with Mozilla's profiles, sessions, and off again to the byte."""

from __future__ import annotations

import json
import re
import sys

import pytest

from lab import dovecot, network
from lab.host import Host
from tests.lab.program import (
    ANSWERS,
    BAD,
    PROGRAM,
    PYZ,
    ZEKE,
    BootHost,
    accepting,
    apply,
    wizard,
)

pytestmark = pytest.mark.lab

FILES = ("etc/postfix/main.cf", "etc/postfix/master.cf")
OURS = "etc/dovecot/conf.d/99-postfix-wizard-tls.conf"
DOVECOT = '\n[aliases]\nroot = "taro"\n[dovecot]\nconf = "write"\nimaps = "open"\n'
STARTTLS = {25: "smtp", 587: "smtp"}
OF_THE_AUTHORITY = frozenset(
    {"certificate_path_validation", "certificate_signatures", "maximum_certificate_lifespan"}
)
"""What sslyze says of the test authority's certificate: nothing of TLS itself."""
CURVES = re.compile(r"TLS curves \{('(X448|secp521r1)'(, )?)+\} are supported")
"""Stronger than those of the profile; docs/limits.md says why they stay."""

SUBMIT = """
import imaplib, smtplib, ssl, sys
login, password, *ports = sys.argv[1:]
context = ssl._create_unverified_context()
for port in ports:
    with (smtplib.SMTP_SSL("127.0.0.1", int(port), "here.example.com", context=context)
          if port == "465" else smtplib.SMTP("127.0.0.1", int(port), "here.example.com")) as talk:
        if port != "465":
            talk.starttls(context=context)
        if port != "25":
            talk.login(login, password)
        talk.sendmail("taro@zeke.ne.jp", ["taro@zeke.ne.jp"], "Subject: x\\n\\nx\\n")
        print(port, talk.sock.version())
with imaplib.IMAP4_SSL("127.0.0.1", 993, ssl_context=context) as box:
    box.login(login, password)
    print(993, box.sock.version())
"""


def files(host: Host) -> list[bytes]:
    return [(host.root / name).read_bytes() for name in FILES]


def set_up(boot_host: BootHost, suite: str) -> Host:
    """A host as the wizard sets it up, with Dovecot's lines written, and no limits for the stranger."""
    host = boot_host(suite=suite, pyz=PYZ)
    host.unmask_dovecot()
    host.write(ANSWERS, ZEKE + DOVECOT, 0o600)
    code, said = apply(host)
    if code == BAD:
        # Debian's Dovecot keeps mail elsewhere.
        code, said = apply(host, *accepting(said))
    assert code == 0, said
    exempt = f"smtpd_client_event_limit_exceptions=$mynetworks, {network.STRANGER}"
    host.run(["postconf", "-e", exempt], check=True)
    host.run(["systemctl", "reload", "postfix"], check=True)
    return host


def turned(host: Host, tls: str, *accepted: str, dovecot: str = DOVECOT) -> str:
    """Run the section alone with these answers, and return what was said."""
    host.write(ANSWERS, f"{ZEKE}{dovecot}[tls]\n{tls}\n", 0o600)
    code, said = apply(host, "--section", "tls", *accepted)
    assert code == 0, said
    return said


def issues(host: Host, port: int, profile: str) -> dict[str, str]:
    """What sslyze finds against Mozilla's profile on a port, from another machine."""
    by = ["--starttls", STARTTLS[port]] if port in STARTTLS else []
    where = f"{network.HOST_OUTSIDE}:{port}"
    argv = [sys.executable, "-m", "sslyze", *by, "--mozilla_config", profile, where]
    said = host.run_outside(argv, timeout=300).stdout
    assert re.search(r"OK - Compliant|FAILED - Not compliant", said), said
    return dict(
        re.findall(r"^ +\* (\w+): (.+)$", said.partition("COMPLIANCE AGAINST")[2], re.MULTILINE)
    )


def left_over(host: Host, port: int, profile: str) -> dict[str, str]:
    """The issues without those of the test authority's certificate."""
    found = issues(host, port, profile)
    return {name: one for name, one in found.items() if name not in OF_THE_AUTHORITY}


def sends_and_reads(host: Host) -> None:
    """Send on each port and read mail, with the newest TLS."""
    login = ["python3", "-c", SUBMIT, dovecot.USER, dovecot.PASSWORD, "25", "587", "465"]
    versions = dict(one.split() for one in host.run(login, check=True).stdout.splitlines())
    assert versions == dict.fromkeys(("25", "587", "465", "993"), "TLSv1.3")


def findings(host: Host) -> dict[str, str]:
    found = json.loads(host.run([PROGRAM, "check", "--json"], timeout=120).stdout)["findings"]
    return {one["id"]: one["verdict"] for one in found if re.fullmatch(r"tls\.\d+", one["id"])}


@pytest.mark.promise(13, 17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_sslyze_finds_the_profile_met(boot_host: BootHost, suite: str) -> None:
    host = set_up(boot_host, suite)
    before = files(host)
    assert "tls_versions" in left_over(host, 587, "intermediate"), "there is something to limit"
    turned(host, 'profile = "intermediate"')
    for port in (587, 465, 993):
        found = left_over(host, port, "intermediate")
        assert CURVES.match(found.pop("tls_curves", "")) or not found, found
        assert found == {}
    on_25 = left_over(host, 25, "intermediate")
    sys.stdout.write(f"{suite}, left on port 25 with intermediate: {json.dumps(on_25, indent=2)}\n")
    assert "ANON" not in on_25.get("ciphers", "")
    assert findings(host) == dict.fromkeys(("tls.25", "tls.587", "tls.465", "tls.993"), "right")
    turned(host, 'profile = "intermediate"\nport25 = "strict"', "--accept", "tls-port25=strict")
    found = left_over(host, 25, "intermediate")
    found.pop("tls_curves", "")
    assert found == {}
    assert set(findings(host).values()) == {"right"}
    turned(host, 'profile = "policy"')
    assert files(host) == before, "every byte is back"


@pytest.mark.promise(13, 17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_people_send_and_read_with_each_profile(boot_host: BootHost, suite: str) -> None:
    """The lab's EL9 has Dovecot 2.3.13, which does not know TLSv1.3; EL9 itself has 2.3.16."""
    host = set_up(boot_host, suite)
    before = files(host)
    for profile in ("intermediate", "modern"):
        said = turned(host, f'profile = "{profile}"')
        degrades = (suite, profile) == ("el9", "modern")
        assert ("cannot be limited to TLS 1.3" in said) == degrades
        sends_and_reads(host)
        assert set(findings(host).values()) == {"right"}
        code, said = wizard(host, "check")
        assert code == 0, said
        assert not re.search(r"(WRONG|warning) +(log|TLS)", said), said
        code, said = apply(host, "--section", "tls")
        assert "Nothing to do" in said
    values = json.loads(host.run([PROGRAM, "status", "--json"]).stdout)["sections"]
    assert next(one["value"] for one in values if one["section"] == "tls") == "modern"
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert "ssl_cipher_list = ECDHE" in (host.root / OURS).read_text()
    assert (host.root / FILES[1]).read_text().count("-o tls_preempt_cipherlist=yes") == 2
    turned(host, 'profile = "policy"')
    assert files(host) == before, "every byte is back"
    text = (host.root / OURS).read_text()
    assert [one for one in text.splitlines() if not one.startswith("#")] == []
    sends_and_reads(host)
