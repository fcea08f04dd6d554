"""A question of a running step, with the child's own text, and the line to answer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from screens.widgets.entry import Entry
from screens.widgets.line import Line
from screens.widgets.wrap import cut
from wizard.run.records import Prompted

MAX_LINES = 6
AROUND = 7
"""The fewest lines of the screen for all but the question's text."""


class Prompt(Widget):
    """The prompt, hidden without a question. Typed text is stored nowhere."""

    @dataclass
    class Answered(Message):
        """The operator answered a prompt. The text may be a secret."""

        prompt: int
        text: str

        def __repr__(self) -> str:
            # Textual logs messages in development mode.
            return f"Answered({self.prompt})"

    def __init__(self) -> None:
        super().__init__()
        self._shown: Optional[Prompted] = None

    def compose(self) -> ComposeResult:
        """Make the question's text above the line for the answer."""
        yield Line("This step asks:", "strong", id="prompt-label")
        yield Line(id="prompt-text")
        yield Entry()
        yield Line(id="prompt-says")

    def ask(self, prompted: Optional[Prompted]) -> bool:
        """Show a question, or none. Return True if the visible one was closed."""
        if prompted == self._shown:
            return False
        self._shown = prompted
        self.display = prompted is not None
        entry = self.query_one(Entry)
        entry.value = ""
        if prompted is None:
            return True
        self._show_words(prompted)
        entry.password = not prompted.echo
        hidden = "" if prompted.echo else "What you type is shown as *, and kept nowhere. "
        self.say(f"{hidden}Enter sends it. Unanswered for ten minutes, the step fails.")
        entry.focus()
        return False

    def _show_words(self, prompted: Prompted) -> None:
        """Show the last lines of the question, with room for the answer."""
        width, height = self.app.size
        most = max(1, min(MAX_LINES, height - AROUND))
        lines = prompted.text.rstrip("\n").splitlines()[-most:]
        self.query_one("#prompt-text", Line).say("\n".join(cut(one, width - 2) for one in lines))

    def on_resize(self) -> None:
        """Fit the question to the terminal."""
        if self._shown is not None:
            self._show_words(self._shown)

    def say(self, text: str, look: str = "quiet") -> None:
        """Write the line below."""
        self.query_one("#prompt-says", Line).say(text, look)

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Post the answer and empty the line."""
        event.stop()
        if self._shown is not None:
            self.post_message(self.Answered(self._shown.prompt, event.value))
        event.input.value = ""
