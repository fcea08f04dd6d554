"""Continue a run that ended early, after a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from screens.ask import ask
from screens.background import in_background
from screens.messages import Launched

if TYPE_CHECKING:
    from screens.frame import WizardScreen


def ask_to_resume(screen: WizardScreen, run: str, summary: str) -> None:
    """Ask, start a worker on the run, and post `Launched`. `summary` says how far the run is."""
    session = screen.desk.session

    def resume() -> Message:
        from wizard.run.launch import relaunch  # noqa: PLC0415 - not for the first paint

        relaunch(session.places, run, session.program, attended=True)
        return Launched(run)

    ask(
        screen.app,
        "Continue the run?",
        f"{summary} Steps that are done are not taken again.",
        lambda: in_background(screen, resume, screen.post_message),
    )
