"""What a result says first: the server or the state of mail, and how the run ended. No Textual in here."""

from __future__ import annotations

from typing import Iterator, Optional, Sequence

from screens.findings import Group, name_without_address, sentence
from screens.messages import Finished
from screens.widgets.row import Row, text_rows
from screens.widgets.wrap import wrapped
from wizard.run.records import DIED, DONE, FAILED, STOPPED
from wizard.run.ways_on import RESUMES, RESUMES_REPAIRED, remaining
from wizard.status.mail_state import MailState

MAX_WORDS = 3
"""Lines of the failed step's own message that are shown at once. Enter shows it whole."""
READING = "Looking whether port 25 answers ..."
_RESUME = "`postfix-wizard resume`"
_NOT_IN_DNS = "{} is not in the DNS, so no mail finds this server. If the name is mistyped, edit section hostname."
_HOW = {FAILED: "FAILED", STOPPED: "STOPPED", DIED: "CUT OFF"}


def server_rows(found: Sequence[Group], without: str, width: int) -> list[Row]:
    """Return the sentence on the server, of which only the first words have a colour.

    `without` is what is said without findings. A name of this host that the DNS does not have is the
    likely cause of other findings, so that it is said here, too.
    """
    if not found:
        return text_rows(without, width, "strong")
    first, look, rest = sentence(found)
    begin, *lines = text_rows(first + rest, width, "strong")
    at = len(first)
    said = [Row(begin.text[:at], look, "", begin.text[at:], "strong"), *lines]
    name = name_without_address(found)
    return said + (text_rows(_NOT_IN_DNS.format(name), width, "strong") if name else [])


def ended_early(over: Finished, mail: Optional[MailState], ways: str, width: int) -> Iterator[Row]:
    """Yield the state of mail, where the run ended, the message of that, and what to do.

    `ways` says which keys continue it or undo it.
    """
    if mail is None:
        yield Row(READING, "strong")
    else:
        yield from text_rows(mail.text, width, "strong")
        yield from text_rows(mail.seen, width, "quiet")
    yield Row("")
    how = _HOW.get(over.outcome, over.outcome.upper())
    begins, *goes_on = wrapped(how + _where(over), width)
    yield Row(how, "wrong", "", begins[len(how) :], "")
    yield from map(Row, goes_on)
    words = over.said or message(over)
    yield from (Row(line) for line in wrapped(" ".join(words.split()), width, MAX_WORDS))
    yield from text_rows(ways, width, "strong")


def _where(over: Finished) -> str:
    """Return the rest of the line that begins with FAILED."""
    if over.has_returned:
        return f" in the step: {over.failed_step}. What it had changed was put back."
    # As the worker counts them: the failed step is not among them.
    left = over.steps - len(over.done) - bool(over.failed_step)
    if over.failed_step:
        return f" in step {over.failed_at} of {over.steps}: {over.failed_step}. {remaining(left)}"
    return f". {remaining(left) if left else 'All its steps are done.'}"


def ways(over: Finished, *, can_undo: bool, can_read_again: bool) -> str:
    """Return what to do after a run that ended early, with keys that work there."""
    if over.can_resume:
        undo = ", or u to undo what was done" if can_undo else ""
        press = "Repair that, then press" if over.outcome == FAILED else "Press"
        return f"{press} g to continue{undo}. Enter shows the whole message."
    again = "Repair that, then press Esc and change the answers. " if can_read_again else ""
    return f"{again}Enter shows the whole message."


def message(over: Finished) -> str:
    """Return the message of the run's end. Where a key continues the run, it names no command for that."""
    if not over.can_resume:
        return over.message
    lines = over.message.splitlines()
    without = [one for one in lines if one not in {RESUMES, RESUMES_REPAIRED}]
    return "\n".join(without).replace(_RESUME, "g")


def title(over: Finished) -> str:
    """Return how the run ended, for the line that remains on the terminal."""
    if over.outcome == DONE:
        return f"Run {over.run} is done."
    how = _HOW.get(over.outcome, over.outcome.upper())
    where = f" at the step: {over.failed_step}" if over.failed_step else ""
    was = "was " if over.outcome in {STOPPED, DIED} else ""
    return f"Run {over.run} {was}{how}{where}."
