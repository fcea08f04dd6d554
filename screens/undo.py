"""Undo: the review of a plan that undoes a run."""

from __future__ import annotations

from typing import ClassVar, Optional

from screens.background import in_background
from screens.desk import Desk
from screens.messages import Finished, Planned
from screens.review import ReviewScreen


class UndoScreen(ReviewScreen):
    """The review of an undo, which is run as any other plan."""

    HELP_TEXT: ClassVar[str] = (
        "Each file goes back to what it was before the run, and what was changed by hand since is "
        "never lost: then nothing is run. Packages, .orig files and issued certificates stay."
    )
    QUESTION: ClassVar[str] = "Take the run back?"

    def __init__(self, desk: Desk, run: str, came_from: Optional[Finished] = None) -> None:
        super().__init__(desk, f"Take back run {run}")
        self.run_back = run
        self._came_from = came_from

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show Back only if the result or the host's screen was open before."""
        if action == "back":
            return self._came_from is not None or self.desk.draft is not None
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Go to the previous screen: the result or Host."""
        if self._came_from is not None:
            self.post_message(self._came_from.again())
        else:
            self.leave_for("host")

    def begin(self) -> None:
        """Make the plan of the undo."""
        session, run = self.desk.session, self.run_back
        in_background(self, lambda: Planned(session.undo_plan(run)), self.post_message)

    @property
    def is_rerun(self) -> bool:
        """True, so that the review first shows the change from the live files."""
        return True
