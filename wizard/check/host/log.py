"""Complaints in the service's log since it last read its configuration, without harmless ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from wizard.certificates.dates import moment
from wizard.check.commands import CommandResult
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.text import counted, printable

JOURNAL = (
    "journalctl",
    "--unit=postfix.service",
    "--boot",
    "--lines=2000",
    "--output=short-unix",
    "--no-pager",
    "--quiet",
)
SUPPRESSED = (
    "journalctl",
    "--unit=systemd-journald.service",
    "--boot",
    "--lines=2000",
    "--grep=Suppressed .* messages from .*postfix",
    "--output=cat",
    "--no-pager",
    "--quiet",
)
"""What journald says of the messages that it did not take (journald.conf(5), RateLimitBurst)."""
MAILLOG = ("tail", "--bytes=262144", "/var/log/maillog")
"""The log file of syslog, which is read if the journal has no lines."""

SHOWN = 3
"""How many lines are shown; the rest is only counted."""

_LINE = re.compile(r"\s(postfix[\w./-]*)\[\d+\]: (.*)$")
_BEGINS = re.compile(r"^(daemon started|reload) -- version ")
_LOUD = re.compile(r"^(warning|error|fatal|panic): ")
_SECONDS = re.compile(r"\d{9,}(\.\d+)?")
_SUPPRESSED = re.compile(r"Suppressed (\d+) messages from \S*postfix")
_DROPPED = (
    "Raise RateLimitBurst in journald.conf, or read /var/log/maillog: what is dropped is unknown."
)
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
        r"non-SMTP command from|"
        r"TLS library problem: .*(unsupported protocol|unknown protocol|no shared cipher"
        r"|wrong version number|version too low|http request|https proxy request|unexpected eof"
        r"|sslv3 alert|tlsv1 alert|ssl/tls alert|no suitable|no protocols available|bad record mac"
        r"|digest check failed|decryption failed|packet length too long|record layer failure"
        r"|inappropriate fallback|length mismatch|unexpected message)|"
        r"malformed BDAT command|request longer than \d+|(queue file|message) size limit exceeded|"
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


@dataclass
class Seen:
    """What a log shows: the complaints since the last start or reload, and how far it goes back.

    A complaint is (program, warning|error|fatal|panic, message). `harmless` counts those that are
    not shown, `lines` all lines of Postfix, `first` is the oldest one's time as the log has it.
    """

    complaints: list[tuple[str, str, str]] = field(default_factory=list)
    harmless: int = 0
    lines: int = 0
    first: str = ""


def loud_lines(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return the complaints since the last start or reload."""
    return tuple(read(text).complaints)


def read(text: str) -> Seen:
    """Read a log, line by line."""
    seen = Seen()
    found = seen.complaints
    for line in text.splitlines():
        match = _LINE.search(line)
        if match is None:
            continue
        program, message = match[1], match[2]
        seen.lines += 1
        seen.first = seen.first or time_of(line)
        if program.endswith("/master") and _BEGINS.search(message):
            found.clear()
            seen.harmless = 0
        loud = _LOUD.search(message)
        if not loud:
            continue
        if is_harmless(program, message):
            seen.harmless += 1
        else:
            found.append((program, loud[1], message))
    return seen


def time_of(line: str) -> str:
    """Return when a line was written, as this host's clock shows it."""
    words = line.split()
    if words and _SECONDS.fullmatch(words[0]):
        return moment(float(words[0]))
    return " ".join(words[:3]) if words and words[0].isalpha() else words[0] if words else ""


def is_harmless(program: str, message: str) -> bool:
    """True if a complaint is not a fault of this set-up (HARMLESS)."""
    return any(
        re.search(one.program, program) and re.search(one.message, message) for one in HARMLESS
    )


def judge_log(result: CommandResult, dropped: int = 0) -> Iterator[Finding]:
    """`log`: what the service complains about. It is about the past, so it never fails a run.

    `dropped` is how many messages journald did not take.
    """
    check = Check("log", "log since start or reload", "no warning of ours", fatal=False)
    if result.failure:
        yield check.unknown(result.failure)
        return
    seen = read(result.text)
    if not seen.lines:
        yield check.finding(
            UNKNOWN,
            "not known: there is no line of Postfix in the journal or in /var/log/maillog",
            "See that journald or rsyslog takes them: `journalctl -u postfix`.",
        )
        return
    notes = [f"seen since {seen.first}"]
    if seen.harmless:
        notes.append(f"{counted(seen.harmless, 'line')} that strangers cause left out")
    if dropped:
        notes.append(f"{counted(dropped, 'line')} dropped by journald (RateLimitBurst)")
    if not seen.complaints:
        yield check.finding(WARNING if dropped else RIGHT, f"quiet; {'; '.join(notes)}", _DROPPED)
        return
    is_deadly = any(kind in _DEADLY for _, kind, _ in seen.complaints)
    distinct = list(dict.fromkeys(printable(f"{p}: {m}", 160) for p, _, m in seen.complaints))
    more = f"; and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else ""
    yield check.finding(
        WRONG if is_deadly else WARNING,
        "; ".join(distinct[-SHOWN:]) + more,
        "Read `journalctl -u postfix` or /var/log/maillog around these lines.",
    )


def dropped_in(text: str) -> int:
    """Return how many messages of Postfix journald did not take, from its own lines."""
    return sum(int(found) for found in _SUPPRESSED.findall(text))
