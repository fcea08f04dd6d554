"""Judge smtpd's entries as a plan leaves them, by the rules of `check`, before anything is written.

The rules read main.cf and master.cf alone. Only `check` itself sees what a running server does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wizard.check.postfix.before_login import judge_before_login
from wizard.check.postfix.master_cf import judge_entries
from wizard.check.postfix.restrictions import judge_restrictions
from wizard.check.postfix.services import for_people, judge_smtpds, smtpds
from wizard.check.silent.judge import judge_options
from wizard.door import Door
from wizard.finding import WARNING, WRONG, Finding
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings

_PROGRAM = "smtpd"


def warnings(settings: Settings, services: Sequence[Service], door: Door) -> Iterator[str]:
    """Yield a sentence for each finding, what is wrong before what is a warning.

    `settings` and `services` are those of the planned main.cf and master.cf.
    """
    found = tuple(_findings(settings, services, door))
    for verdict in (WRONG, WARNING):
        for one in found:
            if one.verdict == verdict:
                yield f"After this run, {one.looked_at}: {one.seen}. {one.advice}"


def refused_logins(before: Settings, after: Settings, services: Sequence[Service]) -> Iterator[str]:
    """Yield why a planned main.cf refuses logged-in people that today's takes, by the rule of `check`."""
    for one in for_people(services):
        old, new = (
            next((found for found in judge_before_login(settings, [one])), None)
            for settings in (before, after)
        )
        if new and new.verdict == WRONG and not (old and old.verdict == WRONG):
            yield f"after this run {new.seen}, so that it refuses people who log in there. {new.advice}"


def _findings(settings: Settings, services: Sequence[Service], door: Door) -> Iterator[Finding]:
    listening = smtpds(services)
    options = {one.key: one.values for one in services}
    yield from judge_entries(services, options, settings, WARNING)
    yield from judge_smtpds(services, settings)
    yield from judge_restrictions(settings, listening)
    yield from judge_before_login(settings, for_people(services))
    yield from judge_options(settings, services, door, _PROGRAM)
