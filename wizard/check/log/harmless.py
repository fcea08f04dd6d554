"""Complaints in the log that are not a fault of this server, as a table."""

from __future__ import annotations

import re
from dataclasses import dataclass


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


def is_harmless(program: str, message: str) -> bool:
    """True if a complaint is not a fault of this set-up (HARMLESS)."""
    return any(
        re.search(one.program, program) and re.search(one.message, message) for one in HARMLESS
    )
