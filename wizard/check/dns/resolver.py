"""Check that the host's resolver answers, and invents no names (RFC 6761 6.4).

If it does not answer, Postfix defers the mail of every stranger with 450. If it invents names, every
blocklist lists everybody, and forged domains are not detected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from typing import Callable, Optional

from wizard.dns.asking import FAILED, FOUND, SILENT, Answer, Question, ask_all
from wizard.finding import Check, Finding
from wizard.host.facts import Network
from wizard.text import printable

SECONDS = 1.0
MOST = 3
"""Resolvers that the C library asks (resolv.conf(5))."""
NO_SUCH_NAME = "no-such-name.postfix-wizard.invalid"


def begin_resolver(network: Optional[Network], pool: Executor) -> Callable[[], Iterator[Finding]]:
    """Send the query in a thread of the pool; call the result to wait for `dns.resolver`."""
    if network is None:
        return lambda: iter(())
    question = Question(NO_SUCH_NAME, "A")
    # Each by itself: behind a living one, a dead one gets no query.
    parts: list[tuple[str, ...]] = [(one,) for one in network.resolvers[:MOST]] or [()]
    pending = [pool.submit(ask_all, (question,), part, seconds=SECONDS) for part in parts]
    return lambda: iter((judge_resolver([one.result()[0] for one in pending], network.resolvers),))


def judge_resolver(answers: Sequence[Answer], resolvers: tuple[str, ...]) -> Finding:
    """`dns.resolver`: right if a name that cannot exist does not exist.

    `answers` are those of each resolver, in the order of resolv.conf(5).
    """
    check = Check(
        "dns.resolver",
        "the resolver",
        "answers, and knows no name that there is not",
        fatal=False,
    )
    named = ", ".join(resolvers) or "none"
    inventing = next((one for one in answers if one.state == FOUND), None)
    if inventing is not None:
        seen = f"{NO_SUCH_NAME} is {', '.join(inventing.records)}"
        advice = (
            "It answers for names that do not exist, so that blocklists list everybody: use "
            "another in /etc/resolv.conf, best one of this host's own."
        )
        return check.wrong(printable(seen), advice)
    failing = [at for at, one in enumerate(answers) if one.state in {SILENT, FAILED}]
    if len(failing) == len(answers):
        advice = (
            "Without it strangers' mail gets 450: see that what /etc/resolv.conf names runs and "
            "answers."
        )
        return check.wrong(printable(f"{named}: {answers[0].why}"), advice)
    if failing:
        dead = resolvers[failing[0]]
        advice = (
            f"Each query that comes to {dead} waits for seconds: see that it answers, or take it out"
            " of /etc/resolv.conf and of what writes that file."
        )
        return check.warning(
            printable(f"{dead} does not answer: {answers[failing[0]].why}"), advice
        )
    return check.right(printable(f"{named} answers"))
