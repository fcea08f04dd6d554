"""A host before its first set-up and after it, and the answers of the example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from wizard.answers.model import Answers
from wizard.answers.toml import parse_answers
from wizard.certificates.model import Lineage, LineageFile
from wizard.host import facts
from wizard.host.facts import Host
from wizard.host.firewall_facts import Firewall, Zone
from wizard.paths import MANAGED
from wizard.plan.model import Plan
from wizard.sections.registry import NEEDS

ROOT = Path(__file__).parents[1]
_EXAMPLE = parse_answers((ROOT / "examples/zeke.toml").read_text(encoding="utf-8"))
assert isinstance(_EXAMPLE, Answers)
ZEKE: Answers = _EXAMPLE
NOW = 1_800_000_000
DAY = 86400

MAIN_TEXT = b"""compatibility_level = 2
#myhostname = virtual.domain.tld
inet_interfaces = localhost
inet_protocols = all
mydestination = $myhostname, localhost.$mydomain, localhost
smtpd_tls_cert_file = /etc/pki/tls/certs/postfix.pem
smtpd_tls_key_file = /etc/pki/tls/private/postfix.key
smtpd_tls_security_level = may
smtp_tls_security_level = may
"""
MASTER_TEXT = b"""smtp      inet  n       -       n       -       -       smtpd
#submission inet n       -       n       -       -       smtpd
#  -o syslog_name=postfix/submission
#  -o smtpd_tls_security_level=encrypt
#  -o smtpd_sasl_auth_enable=yes
#  -o smtpd_recipient_restrictions=
#smtps     inet  n       -       n       -       -       smtpd
#  -o syslog_name=postfix/smtps
#  -o smtpd_tls_wrappermode=yes
#  -o smtpd_sasl_auth_enable=yes
#  -o smtpd_recipient_restrictions=
"""


def lineage(name: str = "zeke.ne.jp", **changes: Any) -> Lineage:
    kinds = ("cert", "chain", "fullchain", "privkey")
    files = tuple(LineageFile(f"{kind}.pem", "file", 1, f"file:{kind}") for kind in kinds)
    names = (name, f"*.{name}")
    return replace(Lineage(name, files, 1, names, NOW - DAY, NOW + 60 * DAY, "0A"), **changes)


def file(name: str, live: bytes | None, **changes: Any) -> facts.FileFacts:
    return replace(facts.FileFacts(f"/etc/postfix/{name}", live, None), **changes)


def managed(*those: facts.FileFacts) -> dict[str, facts.FileFacts]:
    """Those files, and the other managed files, which do not exist."""
    there = {one.path: one for one in those}
    modes = {**NEEDS.files, **MANAGED}
    return {path: there.get(path, facts.missing_file(path, mode)) for path, mode in modes.items()}


FRESH = Host(
    root="/",
    is_root_user=True,
    distribution=facts.Distribution("rhel", ("fedora",), "Red Hat Enterprise Linux", "9.4", True),
    postfix=facts.Postfix(
        facts.Package("postfix-2:3.5.25-1.el9.x86_64", candidate=True), "3.5.25", "hash"
    ),
    files=managed(
        file("main.cf", MAIN_TEXT, from_package=True),
        file("master.cf", MASTER_TEXT, from_package=True),
    ),
    lineages=(lineage(),),
    firewall=Firewall(
        "running",
        "public",
        (Zone("public", frozenset({"ssh"}), frozenset({"ssh"})),),
    ),
    network=facts.Network("ace.zeke.ne.jp"),
    read_at=NOW,
)


def pending(plan: Plan) -> list[str]:
    return [step.id for step in plan.pending]


def done_by(plan: Plan, host: Host) -> Host:
    """The host as it is once the plan was run: what a second look would see."""
    texts = {change.path: change for change in plan.files}

    def now(before: facts.FileFacts) -> facts.FileFacts:
        if before.path not in texts:
            return before
        change = texts[before.path]
        original = before.original or (before.live if change.proposed != before.live else None)
        return replace(before, live=change.proposed, original=original, from_package=False)

    open_zone = frozenset({"ssh", "smtp", "smtp-submission", "smtps"})
    linked = tuple(
        replace(one, files=tuple(replace(each, state="link") for each in one.files))
        for one in host.lineages
    )
    return replace(
        host,
        postfix=replace(host.postfix, package=facts.Package("postfix-3.5.25", candidate=False)),
        files={path: now(file) for path, file in host.files.items()},
        table=b"",
        lineages=linked,
        firewall=replace(host.firewall, zones=(Zone("public", open_zone, open_zone),)),
        unit=facts.Unit("enabled", "active"),
    )
