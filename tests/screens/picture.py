"""The screen as text: what the compositor would draw, line by line."""

from __future__ import annotations

from textual.app import App


def picture(app: App[int]) -> str:
    """Return the lines in sight; a reversed cell run stands between guillemets in `styled`."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    text = ["".join(segment.text for segment in strip) for strip in lines[:height]]
    return "\n".join(line[:width].rstrip() for line in text) + "\n"


RED, MAGENTA = 1, 5
"""The numbers of the terminal's colours for what is wrong and for a caution."""


def in_signal_colours(app: App[int]) -> list[str]:
    """Return each text in sight that is red or magenta, without the blanks around it."""
    return [
        segment.text.strip()
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if segment.style is not None
        and segment.style.color is not None
        and segment.style.color.number in {RED, MAGENTA}
        and segment.text.strip()
    ]
