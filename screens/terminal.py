"""Check that the screens can be shown, before Textual is imported."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import Mapping, Optional

from wizard.errors import PermissionTrouble, UsageTrouble, as_root

UNKNOWN_SIZE = (80, 25)
"""What Textual takes for a terminal that does not know its size, such as a serial console."""
SMALLEST = (40, 10)
"""Columns and lines. The design size is 80x24."""

WIDE = 110
"""Columns from which on there is room for two columns of text."""
LOW, LOWEST = 16, SMALLEST[1]
"""Lines below which a screen has the class `-low`, and `-lowest` too.

The screens open with ten lines or more; a window can be made smaller later.
"""

OPENING = "opening the screens"
INSTEAD = (
    "The same without screens: `postfix-wizard plan --answers FILE` shows what would be done, "
    "`postfix-wizard apply --answers FILE` does it."
)


FEW_KEYS = frozenset({"linux", "vt100", "vt102", "vt220"})
"""Terminal types that often send no F keys: serial lines, IPMI, screen(1)."""

ERASING = ("xterm", "putty", "linux")
"""How the names of terminal types begin that have ech and bce. Those of screen(1) lack bce."""


@dataclass(frozen=True)
class Capabilities:
    """What the terminal can do.

    With `has_shades` it has 256 colours or more, and panels have their own backgrounds. Without
    `has_f_keys` the footer shows the second key of each F key. With `has_mouse` it may report clicks.
    With `erases` it erases a number of cells, in the background that is set (ech and bce of
    terminfo(5)).
    """

    has_shades: bool = False
    has_f_keys: bool = True
    has_mouse: bool = False
    erases: bool = False


PLAIN = Capabilities()
"""Sixteen colours or none, all keys, and no mouse."""


def capabilities(environment: Mapping[str, str]) -> Capabilities:
    """Return what TERM, COLORTERM and NO_COLOR (no-color.org) say of the terminal."""
    term, colours = environment.get("TERM", ""), environment.get("COLORTERM", "")
    many = "256color" in term or term.endswith("-direct") or colours in {"truecolor", "24bit"}
    return Capabilities(
        has_shades=many and not environment.get("NO_COLOR"),
        has_f_keys=term not in FEW_KEYS,
        has_mouse=term not in FEW_KEYS,
        erases=term.startswith(ERASING),
    )


def need_terminal(environment: Mapping[str, str], size: Optional[tuple[int, int]] = None) -> None:
    """Raise UsageTrouble, which names the commands instead, if no screen can be drawn."""
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise UsageTrouble(OPENING, "there is no terminal to draw on", INSTEAD)
    term = environment.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        said = f"TERM is {term}" if term else "TERM is not set"
        raise UsageTrouble(
            OPENING, f"this terminal cannot be drawn on ({said})", f"Set TERM, or: {INSTEAD}"
        )
    columns, lines = size or shutil.get_terminal_size()
    columns, lines = columns or UNKNOWN_SIZE[0], lines or UNKNOWN_SIZE[1]
    if columns < SMALLEST[0] or lines < SMALLEST[1]:
        wrong = (
            f"the terminal is {columns}x{lines}, and the screens need at least "
            f"{SMALLEST[0]}x{SMALLEST[1]}"
        )
        raise UsageTrouble(OPENING, wrong, f"Make it larger, or: {INSTEAD}")


def need_root() -> None:
    """Raise PermissionTrouble unless this is root. A dry run, too, reads files of root's."""
    if os.geteuid() != 0:
        raise PermissionTrouble(
            OPENING,
            "only root can do this, a dry run included (it reads the firewall, certificates and "
            "files that only root may read)",
            as_root(),
        )
