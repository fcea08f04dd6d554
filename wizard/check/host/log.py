"""Complaints in the service's log since it last read its configuration, without harmless ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.check.commands import CommandResult
from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.text import printable

JOURNAL = (
    "journalctl",
    "--unit=postfix.service",
    "--boot",
    "--lines=2000",
    "--output=short-unix",
    "--no-pager",
    "--quiet",
)
MAILLOG = ("tail", "--bytes=262144", "/var/log/maillog")
"""The log file of syslog, which is read if the journal has no lines."""

SHOWN = 3
"""How many lines are shown; the rest is only counted."""

_LINE = re.compile(r"\s(postfix[\w./-]*)\[\d+\]: (.*)$")
_BEGINS = re.compile(r"^(daemon started|reload) -- version ")
_LOUD = re.compile(r"^(warning|error|fatal|panic): ")
_DEADLY = frozenset({"fatal", "panic"})


@dataclass(frozen=True)
class Harmless:
    """A complaint that is not a fault of this set-up. Both patterns search."""

    program: str
    message: str
    why: str


HARMLESS = (
    Harmless(
        r"",
        r"SASL: Connect to private/auth failed|no SASL authentication mechanisms",
        "Dovecot was not there; whether it is now, the talks on 587 and 465 show",
    ),
    Harmless(
        r"/(master)$",
        r"process /\S*/smtpd pid \d+ exit status 1|/\S*/smtpd: bad command startup",
        "what master says of the same smtpd that missed Dovecot; others name their own cause",
    ),
    Harmless(
        r"/(master)$",
        r"^fatal: master_sigdeath: ",
        "the last word of one that was told to end; whether another runs, the unit shows",
    ),
    Harmless(
        r"smtpd$",
        r"\[[0-9a-fA-F.:]+\]: SASL \S+ authentication (failed|aborted)",
        "somebody guesses passwords, or our own probe took its AUTH back",
    ),
    Harmless(
        r"smtpd$",
        r"non-SMTP command from|TLS library problem|"
        r"(illegal|invalid|malformed) (address|character|domain|hostname|ip|numeric)|"
        r"(Connection|Message|Recipient|AUTH|New TLS).*(rate|concurrency) limit exceeded|"
        r"(Connection )?(rate|concurrency) limit exceeded|"
        r"hostname \S+ does not resolve|address not listed for hostname|"
        r"too many errors|improper command pipelining|run-time library vs",
        "what a stranger did, and what was refused",
    ),
    Harmless(
        r"smtpd$|dnsblog$",
        r"RBL lookup error|Name service error",
        "a blocklist or resolver outside did not answer; the mail was judged without it",
    ),
    Harmless(
        r"/(sendmail|postdrop|postqueue|postsuper|postmap|postalias|postconf|postcat|postlog)$",
        r"",
        "a command that somebody ran, not the service",
    ),
    Harmless(
        r"/postfix-script$",
        r"symlink leaves directory|not owned by|group or other writable",
        "said by `postfix check` of files, once; a run looks at it in a step of its own",
    ),
)
"""policy.md, "Normal there", and the complaints of a server that strangers can reach.

`lost connection after AUTH` and a refused RCPT are not complaints and need no entry.
"""


def loud_lines(text: str) -> tuple[tuple[str, str, str], ...]:
    """(program, warning|error|fatal|panic, message) since the last start or reload."""
    found: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        match = _LINE.search(line)
        if match is None:
            continue
        program, message = match[1], match[2]
        if program.endswith("/master") and _BEGINS.search(message):
            found.clear()
        loud = _LOUD.search(message)
        if loud and not is_harmless(program, message):
            found.append((program, loud[1], message))
    return tuple(found)


def is_harmless(program: str, message: str) -> bool:
    """True if a complaint is not a fault of this set-up (HARMLESS)."""
    return any(
        re.search(one.program, program) and re.search(one.message, message) for one in HARMLESS
    )


def judge_log(result: CommandResult) -> Iterator[Finding]:
    """`log`: what the service complains about. It is about the past, so it never fails a run."""
    check = Check("log", "log since start or reload", "no warning of ours", fatal=False)
    lines = loud_lines(result.text)
    if result.failure:
        yield check.unknown(result.failure)
        return
    if not lines:
        yield check.right("quiet")
        return
    is_deadly = any(kind in _DEADLY for _, kind, _ in lines)
    distinct = list(dict.fromkeys(printable(f"{p}: {m}", 160) for p, _, m in lines))
    more = f"; and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else ""
    yield check.finding(
        WRONG if is_deadly else WARNING,
        "; ".join(distinct[-SHOWN:]) + more,
        "Read `journalctl -u postfix` or /var/log/maillog around these lines.",
    )
