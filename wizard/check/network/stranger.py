"""Add a stranger's address to this host for the time of one session.

For 127.0.0.1 and the LAN `permit_mynetworks` applies, so an open relay is not detected from there. An
address for documentation (RFC 5737, RFC 3849) belongs to nobody and is in no mynetworks. On lo it
reaches the server without leaving the host (ip-address(8)), so it does not pass the firewall.
"""

from __future__ import annotations

import ipaddress
import random
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Optional, Union

from wizard.environment import child_environment
from wizard.limits import PROBE_SECONDS
from wizard.text import first_line

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Run = Callable[[Sequence[str]], tuple[int, bytes]]
"""Run an argv and return its exit status and output; tests replace it."""

CANDIDATES = ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "2001:db8:ffff::1")
"""The first addresses of the documentation networks, in the order of use."""

_MIN_NUMBER, _MAX_NUMBER = 2, 254
"""The last numbers of other addresses in the same networks."""

LIFETIME = 20
"""Seconds after which the kernel removes the address, in case we are killed by SIGKILL."""

_DEADLY = (signal.SIGTERM, signal.SIGHUP)


class NoStrangerError(Exception):
    """No stranger's address can be added here; the text is the reason."""


@contextmanager
def stranger_address(
    version: int,
    taken: Sequence[Network],
    trusted: Sequence[Network],
    run: Optional[Run] = None,
    *,
    candidates: Sequence[str] = CANDIDATES,
    lifetime: int = LIFETIME,
) -> Iterator[str]:
    """Add an address of IP `version` to lo and yield it; always remove it again.

    Addresses in a `taken` network (an interface is in it) are skipped. An address that exists already
    is not ours: it is skipped and not removed. One in `trusted` (mynetworks) is used only if there
    is no other, because then everybody is trusted. After `lifetime` seconds the kernel removes the
    address. Without other handlers, SIGTERM and SIGHUP raise SystemExit here. Raises NoStrangerError.
    """
    run = run or _run
    with ExitStack() as stack:
        stack.enter_context(_deadly_signals_unwind())
        for candidate in _free(candidates, version, taken, trusted):
            if _add(run, candidate, lifetime, stack):
                yield candidate
                return
        raise NoStrangerError("each documentation address is in use here")


def networks(words: Sequence[str]) -> tuple[Network, ...]:
    """Return the words that are networks; mynetworks may also have tables and exceptions."""

    def read(word: str) -> Optional[Network]:
        try:
            return ipaddress.ip_network(re.sub(r"[][]", "", word), strict=False)
        except ValueError:
            return None

    return tuple(network for network in map(read, words) if network is not None)


def unused_addresses() -> tuple[str, ...]:
    """Return candidates that were probably not used before.

    Postfix counts by address (anvil(8)), so the limits of an earlier check do not apply to them.
    """
    number = random.randint(_MIN_NUMBER, _MAX_NUMBER)  # noqa: S311 - no secret
    return tuple(f"{first[:-1]}{number}" for first in CANDIDATES)


def _free(
    candidates: Sequence[str], version: int, taken: Sequence[Network], trusted: Sequence[Network]
) -> Iterator[str]:
    free = [
        candidate
        for candidate in map(ipaddress.ip_address, candidates)
        if candidate.version == version and not any(candidate in network for network in taken)
    ]
    # Sorting is stable: strangers first, each group in its own order.
    free.sort(key=lambda candidate: any(candidate in network for network in trusted))
    return map(str, free)


def _add(run: Run, address: str, lifetime: int, stack: ExitStack) -> bool:
    """Register the removal, then add the address. Return False if it exists already."""
    whole = f"{address}/{128 if ':' in address else 32}"
    # Delete only what was added; a signal may come in between.
    added = [False]
    stack.callback(lambda: run(("ip", "address", "del", whole, "dev", "lo")) if added[0] else None)
    life = ("valid_lft", str(lifetime), "preferred_lft", str(lifetime))
    added[0] = True
    code, words = run(("ip", "address", "add", whole, "dev", "lo", *life))
    if code == 0:
        return True
    # An `ip` that a signal ended (a negative code) may have added it all the same.
    added[0] = code < 0
    if b"exists" in words or b"assigned" in words:
        return False
    raise NoStrangerError(f"an address cannot be put on lo ({first_line(words)})")


def _run(argv: Sequence[str]) -> tuple[int, bytes]:
    try:
        done = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child_environment(),
            timeout=PROBE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -signal.SIGKILL, b"ip does not answer"
    except OSError as error:
        return 127, str(error).encode("ascii", "backslashreplace")
    return done.returncode, done.stdout


@contextmanager
def _deadly_signals_unwind() -> Iterator[None]:
    """Let a deadly signal run the `finally` blocks first.

    Only signals with the default handler are changed: a worker's own handler stays.
    """

    def leave(number: int, _frame: Optional[FrameType]) -> None:
        for one in ours:
            signal.signal(one, signal.SIG_IGN)  # a second one must not interrupt the removal
        raise SystemExit(128 + number)

    ours: list[signal.Signals] = []

    with ExitStack() as stack:
        for number in _DEADLY:
            if signal.getsignal(number) is signal.SIG_DFL:
                try:
                    signal.signal(number, leave)
                except ValueError:
                    # Not the main thread: the lifetime of the address must suffice.
                    break
                ours.append(number)
                stack.callback(signal.signal, number, signal.SIG_DFL)
        yield
