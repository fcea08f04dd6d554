"""Check that the host's resolver answers, and invents no names (RFC 6761 6.4).

If it does not answer, Postfix defers the mail of every stranger with 450. If it invents names, every
blocklist lists everybody, and forged domains are not detected.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Callable, Optional

from wizard.dns.asking import FAILED, FOUND, SILENT, Answer, Question, ask_all
from wizard.finding import Check, Finding
from wizard.host.facts import Network
from wizard.text import printable

SECONDS = 1.0
NO_SUCH_NAME = "no-such-name.postfix-wizard.invalid"


def begin_resolver(network: Optional[Network], pool: Executor) -> Callable[[], Iterator[Finding]]:
    """Send the query in a thread of the pool; call the result to wait for `dns.resolver`."""
    if network is None:
        return lambda: iter(())
    question = Question(NO_SUCH_NAME, "A")
    pending = pool.submit(ask_all, (question,), network.resolvers, seconds=SECONDS)
    return lambda: iter((judge_resolver(pending.result()[0], network.resolvers),))


def judge_resolver(answer: Answer, resolvers: tuple[str, ...]) -> Finding:
    """`dns.resolver`: right if a name that cannot exist does not exist."""
    check = Check(
        "dns.resolver",
        "the resolver",
        "answers, and knows no name that there is not",
        fatal=False,
    )
    named = ", ".join(resolvers) or "none"
    if answer.state == FOUND:
        seen = f"{NO_SUCH_NAME} is {', '.join(answer.records)}"
        advice = (
            "It answers for names that do not exist, so that blocklists list everybody: use "
            "another in /etc/resolv.conf, best one of this host's own."
        )
        return check.wrong(printable(seen), advice)
    if answer.state in {SILENT, FAILED}:
        advice = (
            "Without it strangers' mail gets 450: see that what /etc/resolv.conf names runs and "
            "answers."
        )
        return check.wrong(printable(f"{named}: {answer.why}"), advice)
    return check.right(printable(f"{named} answers"))
