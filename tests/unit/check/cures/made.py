"""A host's configuration and findings made up for tests of cures."""

from __future__ import annotations

from wizard.check.cures.known import Known
from wizard.check.cures.rules import cure_of
from wizard.finding import WRONG, Finding
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

LIST = "smtpd_recipient_restrictions"
PLANNED = "permit_mynetworks, reject_unauth_destination"
MASTER = b"""\
smtp       inet  n  -  n  -  -  smtpd
submission inet  n  -  n  -  2  smtpd -o smtpd_tls_req_ccert=yes -o smtpd_tls_security_level=encrypt
2525       inet  n  -  y  -  -  smtpd -o mynetworks=0.0.0.0/0
"""


def known(
    own: dict[str, str], planned: dict[str, str] | None = None, *, can_apply: bool = False
) -> Known:
    services = tuple(MasterCf.parse(MASTER).services)
    return Known(Settings(own), services, planned or {}, can_apply)


def wrong(name: str, seen: str = "it", advice: str = "", verdict: str = WRONG) -> Finding:
    return Finding(name, "where", seen, "else", verdict, advice)


def commands(finding: Finding, facts: Known) -> list[str]:
    return [" ".join(argv) for argv in cure_of(finding, facts).commands]
