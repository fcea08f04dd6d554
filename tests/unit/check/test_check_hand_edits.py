"""What was kept by choice is no fault of a run; a relay for strangers always is."""

from __future__ import annotations

import pytest

from wizard.check.hand_edits import excused
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.hand_edit import HandEdit

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
SUBMISSION = "submission/inet"


@pytest.mark.parametrize(
    ("path", "name", "finding", "verdict"),
    [
        (MAIN, "smtpd_banner", "smtp.25.banner", WARNING),
        (MAIN, "smtpd_banner", "smtp.25.vrfy", WRONG),
        (MAIN, "smtpd_recipient_restrictions", "smtp.25.relay", WRONG),
        (MAIN, "smtpd_sasl_auth_enable", "smtp.25.no-auth-tls", WARNING),
        (MAIN, "smtpd_tls_chain_files", "certificate.25", WARNING),
        (MAIN, "smtpd_tls_chain_files", "certificate.expiry", WRONG),
        (MASTER, f"{SUBMISSION}/smtpd_tls_cert_file", "certificate.587", WARNING),
        (MASTER, f"{SUBMISSION}/smtpd_tls_cert_file", "certificate.465", WRONG),
        (MASTER, f"{SUBMISSION}/smtpd_tls_security_level", "master.cf.587", WARNING),
        (MASTER, f"{SUBMISSION}/smtpd_tls_security_level", "smtp.587.mail-plain", WARNING),
        (MASTER, f"{SUBMISSION}/smtpd_tls_security_level", "master.cf.465", WRONG),
        (MASTER, f"{SUBMISSION}/smtpd_recipient_restrictions", "smtp.587.mail-without-auth", WRONG),
        (MASTER, SUBMISSION, "port.587", WARNING),
        (MASTER, SUBMISSION, "smtp.587.banner", WARNING),
        (MASTER, SUBMISSION, "smtp.587.mail-without-auth", WRONG),
        (MASTER, SUBMISSION, "port.25", WRONG),
        (MASTER, "127.0.0.1:465/inet", "port.465", WARNING),
        (MASTER, "smtpd/pass/smtpd_tls_key_file", "certificate.25", WARNING),
        (MASTER, "tlsproxy/unix/tlsproxy_tls_cert_file", "certificate.25", WARNING),
        (MASTER, "smtp/inet", "smtp.25.banner", WARNING),
        (MASTER, "smtp/inet", "smtp.25.relay", WRONG),
        (MASTER, "smtpd/pass", "smtp.25.stranger", WRONG),
    ],
)
def test_what_is_told_of_a_kept_edit(path: str, name: str, finding: str, verdict: str) -> None:
    wrong = Finding(finding, "it", "seen", "expected", WRONG, "mend it")
    right = Finding(finding, "it", "seen", "expected", RIGHT)

    def judged(choice: str) -> tuple[str, str]:
        edit = HandEdit(path, name, "left", "now", "planned", "run", True, choice)
        one, other = excused([wrong, right], [edit])
        assert one.fatal is (one.verdict == WRONG)
        return one.verdict, other.verdict

    assert judged(MINE) == (verdict, RIGHT)
    assert judged(PLANNED) == (WRONG, RIGHT)
