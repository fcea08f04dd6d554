"""The screens over the stand-in session, for a terminal of their own: `launch.py [KIND [STATE]]`."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, NoReturn

if TYPE_CHECKING:
    from wizard.run.records import Event

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
for absent in (ROOT / "scripts/one_file/not-packed").read_text().split():
    sys.modules[absent] = None  # type: ignore[assignment]  # an import of it fails


def main(kind: str, state: str = "") -> int:
    from screens.main import show  # noqa: PLC0415 - the paths above come first
    from screens.terminal import capabilities  # noqa: PLC0415 - the same
    from tests.screens.hosts import answers, fresh_host, set_up_host  # noqa: PLC0415
    from tests.screens.standin import StandIn, make_app  # noqa: PLC0415

    session = StandIn(the_host=fresh_host())
    if kind == "set-up":
        session = StandIn(the_host=set_up_host(), saved=answers())
    if state:
        session.state = Path(state)
    if kind == "lines":
        session.follow = _slow_lines  # type: ignore[method-assign]
    app = make_app(session)
    app.capabilities = capabilities(os.environ)
    signal.signal(signal.SIGUSR1, lambda *_given: app.call_next(_broken))
    if kind == "crash":
        app.compose = _broken  # type: ignore[method-assign]
    if kind in {"run", "lines"}:
        app._watch_run = "20251124-031500-1"
    return show(app)


def _slow_lines(_run: str, *, behind: int) -> Iterator[Event]:
    """A run with one short line of output every third of a second, which then says nothing."""
    from wizard.run.records import Output, RunStarted, StepStarted  # noqa: PLC0415 - as in main

    del behind
    yield RunStarted("20251124-031500-1", "0" * 64, 4711)
    yield StepStarted("install")
    for number in range(8):
        time.sleep(0.33)
        yield Output("install", (f"line {number} of dnf",))
    time.sleep(60)


def _broken() -> NoReturn:
    raise AttributeError("NoneType")


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or [os.environ.get("KIND", "fresh")])))
