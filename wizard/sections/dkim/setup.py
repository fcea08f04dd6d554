"""Which keys the answers want, and with which one each domain is to sign."""

from __future__ import annotations

import time
from collections.abc import Collection

from wizard.answers.model import Answers
from wizard.answers.unsaid import is_unsaid
from wizard.dns.key_record import RIGHT, UNKNOWN
from wizard.host.facts import Host
from wizard.plan.part import Request
from wizard.sections.dkim.opendkim import OPENDKIM
from wizard.sections.dkim.signer import Key, Retired, Setup, Texts, distinct
from wizard.sections.dkim.trusted import trusted

SECTION = "dkim"
ON, OFF = "on", "off"
SIGNER = OPENDKIM
WITHDRAW_DAYS = 7
_DAY_SECONDS = 86_400


def texts_of(host: Host) -> Texts:
    """Return the function that gives the signer's live files."""
    return host.text


def domains_of(answers: Answers) -> tuple[str, ...]:
    """Return the domains that sign, in lower case: those of the answers, else all local ones."""
    own = answers.dkim.domains or (answers.hostname.mydomain, *answers.domains.local)
    return tuple(dict.fromkeys(one.lower() for one in own if not is_unsaid(one)))


def selector_of(answers: Answers, host: Host) -> str:
    """Return the selector of the answers, else that of the present keys, else one of this month."""
    if answers.dkim.selector:
        return answers.dkim.selector
    today = SIGNER.set_up(texts_of(host))
    if today is not None and today.keys:
        return (today.signing or today.keys)[0].selector
    return time.strftime("s%Y%m", time.gmtime(host.read_at))


def wanted_keys(answers: Answers, host: Host) -> tuple[Key, ...]:
    """Return the keys that the answers want."""
    selector = selector_of(answers, host)
    return distinct([Key(one, selector) for one in domains_of(answers)])


def next_setup(request: Request) -> Setup:
    """Return what the signer is to do after the run.

    A domain signs with its wanted key once the zone's servers have the record, or once the operator
    accepts that they do not answer. Until then it goes on with its present key. A key that signs must
    be in KeyTable, so the present ones stay there.
    """
    keys = wanted_keys(request.answers, request.host)
    today = today_of(request.host)
    signing = {one.domain: one for one in today.signing}
    new = {one.domain: one for one in newly_signing(request)}
    chosen = [
        {**signing, **new}[one.domain] for one in keys if one.domain in signing or one.domain in new
    ]
    next_keys = distinct([*keys, *chosen])
    retired = _retired(request.host, today, next_keys)
    return Setup(next_keys, distinct(chosen), trusted(request)[0], retired)


def _retired(host: Host, today: Setup, keys: Collection[Key]) -> tuple[Retired, ...]:
    """Return the keys that sign no more, until no server of their zone has them.

    Mail on its way is verified with the old key, so its record stays for a week.
    """
    due = day_of(host.read_at + WITHDRAW_DAYS * _DAY_SECONDS)
    known = {one.key: one for one in today.retired}
    new = {one: Retired(one, due) for one in today.signing}
    return tuple(
        one for key, one in {**new, **known}.items() if key not in keys and not _is_gone(host, key)
    )


def _is_gone(host: Host, key: Key) -> bool:
    record = host.signing.records.get(key.name)
    return record is not None and record.is_gone


def withdrawn_now(answers: Answers, host: Host) -> tuple[Key, ...]:
    """Return the keys that are due to be withdrawn, and that are not known to be.

    A key that the answers want again is not among them.
    """
    due = today_of(host).due(day_of(host.read_at))
    keys = wanted_keys(answers, host)
    return tuple(one for one in due if one not in keys and not _is_gone(host, one))


def day_of(seconds: float) -> str:
    """Return the date of a time as YYYYMMDD, in UTC."""
    return time.strftime("%Y%m%d", time.gmtime(seconds))


def today_of(host: Host) -> Setup:
    """Return what the signer's files say of the wizard's set-up; an empty one if there is none."""
    return SIGNER.set_up(texts_of(host)) or Setup()


def newly_signing(request: Request) -> tuple[Key, ...]:
    """Return the keys that begin to sign by this plan."""
    states = (RIGHT, UNKNOWN) if request.scope.named else (RIGHT,)
    return in_state(request, *states)


def in_state(request: Request, *states: str) -> tuple[Key, ...]:
    """Return the wanted keys whose records are in one of these states.

    A key that the signer does not have yet is one only if its record is right: the first run gives it
    to the signer, and waits for no record.
    """
    records = request.host.signing.records
    there = today_of(request.host).keys
    return tuple(
        one
        for one in wanted_keys(request.answers, request.host)
        if one.name in records
        and records[one.name].state in states
        and (one in there or records[one.name].state == RIGHT)
    )
