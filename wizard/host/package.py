"""Query the installed Postfix package: rpm(8)."""

from __future__ import annotations

from typing import Optional

from wizard.door import Door
from wizard.host.facts import Package
from wizard.host.later import Later

NEVRA = "%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}"
"""rpm's query format for name-epoch:version-release.arch, with epoch 0 too."""


def begin_package(door: Door, name: str = "postfix") -> Later[Optional[Package]]:
    """Query rpm for the package; None when it is not installed, or not known in another root."""
    running = door.start(("rpm", "-q", "--qf", NEVRA + r"\n", name))

    def finish() -> Optional[Package]:
        if running is None:
            return None
        outcome = running.outcome()
        if outcome.code != 0:
            return None
        # Two versions can be installed only by force; the last is the newest.
        return Package(outcome.text.split()[-1], candidate=False)

    return finish
