"""The screens over data instead of a host, on this terminal: `python -m drawing.stage NAME STATE`.

STATE is a directory for the draft.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable, cast

from screens.app import WizardApp
from screens.desk import Wish
from screens.main import show
from screens.terminal import capabilities
from tests.screens.hosts import answers, set_up_host
from tests.screens.plans import CAUTION, FINDINGS, NAME_CAUTION, RUN, SPF, happy_events
from tests.screens.standin import StandIn
from tests.screens.test_by_hand import BIFF, SIZE
from tests.screens.test_log import a_log
from tests.screens.test_move import a_host as moving
from tests.screens.test_result import failed
from wizard.run import records
from wizard.run.caller import Caller
from wizard.run.history import RunSummary
from wizard.session import Session

TARO = Caller(sudo_user="taro")
WHEN = 1_795_000_000.0
PAST = (
    RunSummary(RUN, WHEN, "done", 16, 16, by=TARO),
    RunSummary("20251125-091200-2", WHEN, "failed", 2, 5, "No route to host.", "Copy", by=TARO),
    RunSummary("20251126-100100-3", WHEN, "done", 3, 3, sections=("limits",), by=TARO),
)


def _run(events: list[records.Event]) -> StandIn:
    """Return the session of a run that asks nothing."""
    session = StandIn(events=events, in_progress=RUN)
    session.went_on.set()
    return session


def _to_repair() -> list[records.Event]:
    """Return the events of a run whose check finds something to repair."""
    found = records.Found((*FINDINGS, SPF))
    return [found if isinstance(one, records.Found) else one for one in happy_events()]


STAGES: dict[str, Callable[[], StandIn]] = {
    "asks": lambda: StandIn(in_progress=RUN),
    "edited": lambda: StandIn(the_host=set_up_host(), saved=answers(), edits=(SIZE, BIFF)),
    "fails": lambda: _run(failed()),
    "fresh": lambda: StandIn(cautions=(CAUTION, NAME_CAUTION)),
    "moves": moving,
    "repairs": lambda: _run(_to_repair()),
    "set-up": lambda: StandIn(
        the_host=set_up_host(), saved=answers(), past=PAST, logged=a_log(), checked=(*FINDINGS, SPF)
    ),
}


def main(name: str, state: str) -> int:
    """Show a stage until it is left."""
    session = STAGES[name]()
    session.state = Path(state)
    app = WizardApp(
        lambda: cast("Session", session),
        Wish(),
        session.in_progress or "",
        capabilities(os.environ),
    )
    return show(app)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
