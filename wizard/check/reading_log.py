"""Begin the checks of Postfix's log, and read it when the sessions of the check are over."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Callable, Optional

from wizard.check.commands import CommandResult, start_command
from wizard.check.guard import guarded
from wizard.check.host import log, units
from wizard.check.log.journal import judge_journal
from wizard.check.log.own_sessions import OwnSessions, own_sessions
from wizard.check.log.stolen import begin_stolen
from wizard.check.log.written import judge_written
from wizard.check.network.router import judge_router
from wizard.door import Door
from wizard.finding import Finding
from wizard.host import facts
from wizard.host.log_commands import JOURNAL, MAILLOG
from wizard.postfix.settings import Settings


def begin_log(
    door: Door, network: Optional[facts.Network], pool: Executor, *, is_quick: bool
) -> Callable[[Settings], Iterator[Finding]]:
    """Begin to read the log; call the result with main.cf for the findings, none if `is_quick`."""
    if is_quick:
        return lambda _: iter(())
    stolen = begin_stolen(door, pool)

    def finish(settings: Settings) -> Iterator[Finding]:
        yield from _judge_log(door, settings, own_sessions(door, network))
        yield from guarded("senders", stolen)

    return finish


def _judge_log(door: Door, settings: Settings, own: OwnSessions) -> Iterator[Finding]:
    suppressed = start_command(door, log.SUPPRESSED)
    result = _log(door)
    yield from judge_router(door, settings.own.get("mynetworks", ""), result.text)
    is_own_file = settings.value("maillog_file") != ""
    yield from judge_written(result.text, door, is_own_file=is_own_file)
    yield from judge_journal(door)
    yield from units.judge_loaded(result.text, door)
    yield from log.judge_log(result, log.dropped_in(suppressed().text), own)


def _log(door: Door) -> CommandResult:
    """Return the journal's lines, or those of the log file if the journal has none of Postfix."""
    journal = start_command(door, JOURNAL)()
    if "postfix/" in journal.text:
        return journal
    maillog = start_command(door, MAILLOG)()
    return journal if maillog.failure else maillog
