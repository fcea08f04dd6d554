"""The policy, from the tables that main.cf and master.cf are edited by: each value with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.sections.backup import BACKUP_RECIPIENTS
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.hardening import Hardening
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.relay import Relay
from wizard.answers.sections.senders import Senders
from wizard.answers.sections.tls import INTERMEDIATE, STRICT, Tls
from wizard.host.facts import Postfix
from wizard.manual.page import Block, Entry, Heading, Page, Paragraph
from wizard.postfix.parameters import PARAMETERS, RESTRICTIONS
from wizard.postfix.restrictions import wanted
from wizard.postfix.second_mx import (
    CACHE,
    CODE,
    DOMAINS,
    LIMITS,
    MAPS,
    OF_LIMITS,
    REFUSED,
    TRANSPORTS,
    WHY,
    WHY_EXEMPT,
    WHY_VERIFIED,
    client_item,
    recipient_item,
    transport,
)
from wizard.postfix.services import SUBMISSION_SERVICES

EXAMPLE = Answers(
    Hostname("mail.example.com", "example.com"),
    certificate=Certificate(name="example.com"),
    relay=Relay("smtp.provider.example", user="taro", password_file="/root/relay"),  # noqa: S106
    tls=Tls(INTERMEDIATE, STRICT),
    hardening=Hardening("on"),
    senders=Senders("on"),
)
"""Answers that write each parameter which has a value at all."""
_SWITCHED = frozenset({"relay", "tls", "hardening", "senders"})
_EL9 = Postfix(None, "3.5.25", "hash")
_AGAIN = "For the same reason."


def page() -> Page:
    """Return the page of the policy."""
    return Page(
        "policy",
        "7",
        "the settings of Postfix that postfix-wizard writes, and why",
        (*_begin(), *_parameters(), *_restrictions(), *_second_mx(), *_services()),
    )


def _begin() -> Iterator[Block]:
    yield Paragraph(
        "Each plan shows the same reasons next to its changes. Names and addresses here are examples; "
        "your answers replace them."
    )
    yield Paragraph(
        "A parameter without a value here is set only by some answers, or for some versions of Postfix."
    )
    yield Paragraph(
        "The section `policy` has the settings that are not in the answers. To run it alone: "
        "`postfix-wizard apply --section policy`. The plan asks before it overwrites a value that you "
        "changed by hand after a run."
    )


def _parameters() -> Iterator[Block]:
    for section in (POLICY, *SECTIONS):
        rows = [one for one in PARAMETERS if one.section == section and one.kind != RESTRICTIONS]
        if rows:
            off = " (off by default)" if section in _SWITCHED else ""
            yield Heading(f"`main.cf`: `{section}`{off}")
        why = ""
        for one in rows:
            value = ", ".join(one.items(EXAMPLE)) or str(one.value(EXAMPLE))
            said, why = why, one.why
            yield Entry(
                f"{one.name} = {value}" if value else one.name, _AGAIN if why == said else why
            )


def _second_mx() -> Iterator[Block]:
    yield Heading("`main.cf`: `backup` (off by default)")
    values = {
        DOMAINS: "example.net",
        TRANSPORTS: transport(["example.net"], "mail.example.net"),
        MAPS: f"hash:{BACKUP_RECIPIENTS}",
        CODE: f"{REFUSED} (with recipients = verify)",
        CACHE: "hash:$data_directory/verify_cache (with recipients = verify)",
        LIMITS: f"{OF_LIMITS}, 198.51.100.25 (on the primary)",
    }
    yield from (Entry(f"{name} = {value}", WHY[name]) for name, value in values.items())
    yield Paragraph("In `smtpd_recipient_restrictions`, below `reject_unauth_destination`:")
    yield Entry(recipient_item(["example.net"]), WHY_VERIFIED)
    yield Entry(client_item(["198.51.100.25"]), WHY_EXEMPT)


def _restrictions() -> Iterator[Block]:
    yield Heading("`main.cf`: `smtpd_recipient_restrictions`")
    yield Paragraph(
        "Postfix checks the list in this order, and ends at the first match. So a permit has an effect "
        "only on the items after it."
    )
    for one in wanted(EXAMPLE, _EL9):
        yield Entry(one.text, one.why)


def _services() -> Iterator[Block]:
    for service in SUBMISSION_SERVICES:
        yield Heading(f"`master.cf`: port {service.port}")
        yield Paragraph(service.why)
        for one in service.options:
            yield Entry(f"-o {one.name}={one.value or 'postfix/SERVICE'}", one.why)
