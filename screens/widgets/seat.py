"""Where the operator is: the right part of the head line. No Textual in here."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rich.cells import cell_len

from screens.widgets.wrap import cut_middle, plain

GAP = "  "
LEAST_HOST = 12
"""The fewest cells for a host name that is cut. With fewer it is not shown."""


@dataclass(frozen=True)
class Seat:
    """The host's name, the user, and the run, each as it is shown. "" is not known yet."""

    host: str = ""
    user: str = ""
    run: str = ""

    def text(self, width: int) -> str:
        """Return what fits into `width` cells. Without room the user goes first, then the run."""
        texts = {one.name: plain(getattr(self, one.name)) for one in fields(self)}
        shown = {name: text for name, text in texts.items() if text}
        for name in ("user", "run"):
            if cell_len(GAP.join(shown.values())) > width:
                shown.pop(name, None)
        text = GAP.join(shown.values())
        if cell_len(text) <= width:
            return text
        return cut_middle(text, width) if width >= LEAST_HOST else ""
