"""The screen as text: what the compositor would draw, line by line."""

from __future__ import annotations

from textual.app import App


def picture(app: App[int]) -> str:
    """Return the lines in sight; a reversed cell run stands between guillemets in `styled`."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    text = ["".join(segment.text for segment in strip) for strip in lines[:height]]
    return "\n".join(line[:width].rstrip() for line in text) + "\n"
