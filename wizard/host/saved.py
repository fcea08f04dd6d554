"""Find the saved answers of a host."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from wizard.answers.toml import SAVED
from wizard.door import Door


def saved_answers(door: Door) -> Optional[Path]:
    """Return the path of the saved answers on this machine, None where there are none.

    Links are resolved inside the root. Raises Trouble where the path cannot be read.
    """
    there = door.stat(str(SAVED))
    return None if there is None else Path(door.locate(str(SAVED)))
