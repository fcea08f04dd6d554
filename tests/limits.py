"""A time limit for each test, and signals as a shell in the foreground would leave them.

A test that waits for ever fails by its limit: `@pytest.mark.time_limit(SECONDS)`, or that of its
directory. What was started with SIGINT or SIGHUP ignored, as a job in the background is, ignores
them no longer in the children that tests start.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest
from hypothesis import settings

# The limit of the whole test counts, and not the time of one example on a machine under load.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

SECONDS = {
    "faults": 3600.0 if "POSTFIX_WIZARD_ALL_FAULTS" in os.environ else 900.0,
    "lab": 600.0,
    "selinux": 7200.0,
}
"""By directory below tests/; `OTHERWISE` for the rest. A machine under load needs ten times the usual.

Those of faults and of the lab are so short that one test which hangs still leaves CI time to tell of it.
"""
OTHERWISE = 300.0
_AGAIN = 10.0
"""Seconds after which a test that did not end by its limit is interrupted once more."""


def pytest_configure(config: pytest.Config) -> None:
    """Give the signals that our caller ignored a handler, which children do not inherit."""
    config.addinivalue_line(
        "markers", "time_limit(seconds): how long each phase of a test may take"
    )
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals():
        if signal.getsignal(number) is signal.SIG_IGN and number not in _PYTHONS_OWN:
            signal.signal(number, _nothing)


_PYTHONS_OWN = {signal.SIGPIPE, signal.SIGXFSZ}
"""Python ignores these itself, and `subprocess` gives children their defaults."""


def _nothing(_number: int, _frame: object) -> None:
    """Go on, as if the signal were ignored."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Bound what comes before a test."""
    with _bounded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Bound a test."""
    with _bounded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Bound what comes after a test."""
    with _bounded(item):
        return (yield)


@contextmanager
def _bounded(item: pytest.Item) -> Iterator[None]:
    seconds = limit(item)

    def over(_number: int, _frame: object) -> None:
        pytest.fail(f"did not end within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def limit(item: pytest.Item) -> float:
    """Return how many seconds each phase of a test may take."""
    marker = item.get_closest_marker("time_limit")
    if marker is not None:
        return float(marker.args[0])
    parts = Path(item.path).parts
    return next((seconds for name, seconds in SECONDS.items() if name in parts), OTHERWISE)
