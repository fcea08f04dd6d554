"""The floor of the screens: a Textual app with one Input, and nothing else."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Input


class Bare(App[None]):
    """One Input, as the library gives it."""

    def compose(self) -> ComposeResult:
        """Put it there."""
        yield Input(placeholder="here")


if __name__ == "__main__":
    Bare().run()
