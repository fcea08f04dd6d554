"""The terminal's driver. Of the mouse it requests clicks and the wheel, and no movements."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

MOUSE_ON = "\x1b[?1000h\x1b[?1006h"
"""Buttons and wheel, in the form for terminals of any width (xterm's "Any-event tracking" is 1003)."""


class ClickDriver(LinuxDriver):
    """Textual's driver, which else has each movement of the mouse sent over a slow line."""

    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self.write(MOUSE_ON)
            self.flush()
