"""An apply that has nothing to do prints the same notes as `plan`."""

from __future__ import annotations

import io
from typing import cast

from tests.factories import FRESH
from wizard.commands.apply import _run
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.plan.model import Plan
from wizard.session import Session


def test_warnings_are_said_where_nothing_is_pending() -> None:
    """A masked Dovecot needs no step, and its warning says what to do."""
    console = Console(io.StringIO(), is_terminal=False, colour=False)
    plan = Plan("", ("dovecot",), (), (), warnings=("Dovecot is masked.",))
    assert _run(cast("Session", None), plan, FRESH, Options(), console) == 0
    assert isinstance(console.out, io.StringIO)
    assert console.out.getvalue().splitlines() == [
        "Nothing to do: the host is as the answers say.",
        "Warning: Dovecot is masked.",
    ]
