"""The main.cf and master.cf that a host's Postfix RPM ships."""

from __future__ import annotations

import os
from pathlib import Path

from lab.shell import LabError
from lab.suites import Suite

_HERE = Path(__file__).resolve().parent


def files_for(suite: Suite, debs: Path) -> dict[str, str]:
    """Return the texts of main.cf and master.cf for `suite`."""
    given = os.environ.get("POSTFIX_WIZARD_STOCK")
    place = Path(given) if given else _HERE.parents[1].parent / "shared/stock"
    names = ("main.cf", "master.cf")
    if all((place / f"{suite.name}-{name}").is_file() for name in names):
        return {name: (place / f"{suite.name}-{name}").read_text() for name in names}
    raise LabError("no stock")
