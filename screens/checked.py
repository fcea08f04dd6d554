"""The result of a check that no run asked for. It leads back to the list of sections."""

from __future__ import annotations

from typing import ClassVar, Optional

from textual.binding import Binding, BindingType

from screens.desk import Desk
from screens.messages import Finished, Go
from screens.places import LIST
from screens.result import ResultScreen
from screens.widgets.seat import Seat
from wizard.answers.toml import format_answers
from wizard.plan.model import Plan
from wizard.run.records import DONE


class CheckScreen(ResultScreen):
    """The groups of a result, for the server as it is now. Nothing was run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "back", "Back", tooltip="Go back to the list of sections."),
        Binding("escape", "sections", "Sections", tooltip="Go back to the list of sections."),
    ]

    def __init__(self, desk: Desk) -> None:
        today = desk.draft.today if desk.draft else None
        plan = Plan(format_answers(today) if today else "", (), (), ())
        super().__init__(desk, Finished("", DONE, "", (), plan))

    @property
    def seat(self) -> Seat:
        """Host, user and newest run."""
        return self.desk.seat

    @property
    def done_text(self) -> str:
        """What is said before there are findings."""
        return "This server as it is now."

    @property
    def later_text(self) -> str:
        """Nothing was run, so there is nothing to say of it."""
        return ""

    def on_mount(self) -> None:
        """Begin to check."""
        self.action_check()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Hide the keys of a run."""
        if action in {"output", "undo"}:
            return False
        return action == "sections" or super().check_action(action, parameters)

    def action_sections(self) -> None:
        """Go back to the list. The host was read, and nothing was changed since."""
        self.post_message(Go(LIST.name))

    def open_form(self, place: str, section: str) -> None:
        """Open a form with the facts of the list, for the same reason."""
        self.post_message(Go(place, section))

    def action_back(self) -> None:
        """Go back to the list."""
        self.action_sections()

    def ask_to_leave(self) -> bool:
        """Ask as on the list: what was typed is not run yet."""
        return False
