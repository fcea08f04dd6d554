"""Every screen as text: walked by keys over ssh, once the screen is still."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from comparison.observed import Observed
from lab.host import Host
from tests.lab.login import BACKTAB, CLEAR, DOWN, END, ENTER, ESCAPE, LONG, NEXT, SPACE, Login

SIZES = ((80, 24), (132, 43))
_STILL = 0.7
"""Seconds without a byte after which a screen is still."""
_HELP, _SUGGESTIONS, _SECRET = "\x1bOP", "\x1bOQ", "\x1bOS"
_QUIT = "\x11"


@dataclass(frozen=True)
class Step:
    """Keys, and words that are in sight when they have had their effect."""

    name: str
    keys: str
    words: tuple[str, ...]
    seconds: float = 30


BEFORE = (
    Step("host", "", ("This host was not set up before",)),
    Step("help", _HELP, ("Help",)),
    Step("hostname", ESCAPE + NEXT, ("- Hostname",)),
    Step("hostname-wrong", CLEAR + "mail", ("one label",)),
    Step("hostname-right", CLEAR + "mail.zeke.ne.jp", ("mydomain = zeke.ne.jp",)),
    Step("domains", NEXT, ("- Domains",)),
    Step("domains-one", "ace.zeke.ne.jp" + ENTER, ("[x] ace.zeke.ne.jp",)),
    Step("networks", NEXT, ("- Networks",)),
    Step("networks-one", BACKTAB + END + SPACE, ("[x] 192.168.1.0/24",)),
    Step("certificate", NEXT, ("- Certificate",)),
    Step("blocklists", NEXT, ("- Blocklists",)),
    Step("more", NEXT, ("- More",)),
    Step("suggestions", _SUGGESTIONS, ("",)),
    Step("review", ESCAPE + NEXT, ("+myhostname = mail.zeke.ne.jp",)),
    Step("review-against-live", "o", ("",)),
    *(Step(f"review-tab-{number}", str(number), ("- Review",)) for number in range(2, 8)),
    Step("ask-to-run", "r", ("Run the plan?",)),
    Step("ask-to-quit", "n" + _QUIT, ("kept as a draft",)),
)
"""A first visit, up to the question whether to run."""

AFTER = (
    Step("list", "", ("- Sections",)),
    Step("log", "l", ("- Log",)),
    Step("move", ESCAPE + "m", ("- Move",)),
    Step("undo", ESCAPE + "u", ("- Undo",)),
    Step("domains", ESCAPE + DOWN + ENTER, ("- Domains",)),
    Step("domains-one", "by.zeke.ne.jp" + ENTER, ("[x] by.zeke.ne.jp",)),
    Step("list-changed", ESCAPE, ("Enter Open",)),
    Step("review", END + ENTER, ("by.zeke.ne.jp", "- Review")),
    Step("ask-to-run", "r", ("Run the plan?",)),
    Step("run", "y", ("The run is over",), LONG),
    Step("result", NEXT, ("- Result",)),
    Step("records", "d", ("DNS",)),
    Step("list-after", ESCAPE + ESCAPE, ("- Sections", "Last run")),
)
"""A later visit, which changes one section."""


def observe_before(host: Host, at: str, observed: Observed) -> None:
    """Walk the first visit at each size; nothing is run."""
    for size in SIZES:
        _walk(host, size, BEFORE, at, observed)


def observe_after(host: Host, at: str, observed: Observed) -> None:
    """Walk the later visit; it runs one section."""
    _walk(host, SIZES[0], AFTER, at, observed)


def _walk(
    host: Host, size: tuple[int, int], steps: tuple[Step, ...], at: str, observed: Observed
) -> None:
    with _login(host, size) as login:
        for number, step in enumerate(steps):
            name = f"{at}/{size[0]}x{size[1]}/{number:02}-{step.name}"
            for key in _keys(step.keys):
                login.type(key)
                _wait_until_still(login)
            try:
                login.see(*step.words, seconds=step.seconds)
                _wait_until_still(login)
            except AssertionError:
                observed.text(name, f"{step.words} did not come into sight:\n{login.text}\n")
                return
            observed.text(name, f"{login.text}\n")


def _keys(text: str) -> Iterator[str]:
    """Yield what is pressed at once: an escape sequence, one control key, or typed text."""
    typed = ""
    while text:
        if text[0] == "\x1b" and text[1:2] in {"[", "O"}:
            key, text = text[:3], text[3:]
        elif text[0] < " ":
            key, text = text[0], text[1:]
        else:
            typed, text = typed + text[0], text[1:]
            continue
        if typed:
            yield typed
        typed = ""
        yield key
    if typed:
        yield typed


def _wait_until_still(login: Login) -> None:
    while login.read(_STILL):
        pass


@contextlib.contextmanager
def _login(host: Host, size: tuple[int, int]) -> Iterator[Login]:
    login = Login(host, size=size)
    try:
        yield login
    finally:
        login.close()
