"""Check the hardening, if it is on: the parts that this Postfix knows, and both submission ports."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wizard.answers.model import Answers
from wizard.finding import RIGHT, WARNING, WRONG, Check, Finding
from wizard.host.facts import Postfix
from wizard.postfix.hardening import MAPS, MISMATCH, ON, unknown, without_maps
from wizard.postfix.master_cf import Service
from wizard.postfix.services import RECIPIENT, SUBMISSION_SERVICES
from wizard.postfix.settings import Settings


def judge_hardening(
    answers: Answers, settings: Settings, services: Collection[Service]
) -> Iterator[Finding]:
    """`hardening`; nothing if it is off. The findings of main.cf check the values."""
    if answers.hardening.use != ON:
        return
    version = settings.value("mail_version")
    missing = tuple(unknown(Postfix(None, version, "", (), frozenset(settings.defaults))))
    unprotected = _open(services) if settings.value(MAPS) else ()
    seen = [*missing, *without_maps(settings.value(MAPS))]
    if unprotected:
        seen.insert(0, f"{', '.join(unprotected)} without {MISMATCH}")
    yield Check("hardening", "hardening", "all parts that this Postfix knows").finding(
        WRONG if unprotected else WARNING if missing else RIGHT,
        "; ".join(one.removeprefix("hardening: ") for one in seen) or "all parts are there",
        "`postfix-wizard apply --section hardening` writes what can be written.",
    )


def _open(services: Collection[Service]) -> tuple[str, ...]:
    """Return the submission entries that accept any sender address from a logged-in user."""
    names = {name for submission in SUBMISSION_SERVICES for name in submission.names}
    mine = [one for one in services if one.type == "inet" and one.port in names]
    return tuple(
        one.key
        for one in mine
        if RECIPIENT in one.options and MISMATCH not in one.options[RECIPIENT].value
    )
