"""Wait for other programs that install packages during a run, such as dnf-automatic.

A package's scripts write the same files as a run: an update of Postfix sets modes, adds to main.cf
and master.cf, and restarts the service. So each step waits for the end of such a transaction. The
step's own precondition finds what the transaction changed, and this module adds the reason.
"""

from __future__ import annotations

import time

from wizard.errors import Trouble
from wizard.plan.actions import Install
from wizard.run.context import Context
from wizard.run.rpm_lock import transaction

_PAUSE_SECONDS = 0.2
_RECENT_SECONDS = 3600.0
"""A package that was installed within this time may explain a changed file."""
PACKAGE = "postfix"


class Wait:
    """The time that a run may still wait for others, for all its steps together."""

    def __init__(self, seconds: float) -> None:
        self._remaining = seconds

    def for_transaction(self, context: Context) -> None:
        """Wait until rpm's lock is free, or the run's time is used up.

        Afterwards the step continues in any case, since its own preconditions decide. Raises
        Trouble if the operator stops the run meanwhile.
        """
        reported = ""
        while who := transaction():
            if context.stopping():
                raise Trouble(
                    "waiting for another program",
                    f"stopped as requested while {who}",
                    "`postfix-wizard resume` continues.",
                )
            if self._remaining <= 0:
                context.say(f"{who} for too long; going on all the same.")
                return
            if who != reported:
                seconds = f"waiting {self._remaining:.0f} seconds at most"
                context.say(f"{who}, so it installs packages; {seconds}.")
                reported = who
            began = time.monotonic()
            context.loop.turn(_PAUSE_SECONDS)
            self._remaining -= time.monotonic() - began


def package_news(context: Context) -> str:
    """Return a sentence if another program installed Postfix's package lately, else ""."""
    if any(isinstance(step.action, Install) for step in context.plan.pending):
        return ""
    form = "%{NAME}-%{VERSION}-%{RELEASE} %{INSTALLTIME}\\n"
    try:
        said = context.query("rpm", "-q", "--qf", form, PACKAGE).out
    except Trouble:
        return ""  # without rpm there is no news, and the step has its own error
    words = said.decode("utf-8", "replace").split()
    if len(words) < 2 or not words[-1].isdecimal():  # noqa: PLR2004 (a name and a time)
        return ""
    installed = int(words[-1])
    if installed < time.time() - _RECENT_SECONDS:
        return ""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(installed))
    return (
        f"Another program installed {words[-2]} at {when}, and a package's own scripts change "
        "such files: that may be why."
    )
