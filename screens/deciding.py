"""Choose between hand edit and planned value, for each conflict separately."""

from __future__ import annotations

from typing import ClassVar, Optional

from textual.binding import Binding, BindingType

from screens.desk import Desk
from screens.frame import WizardScreen
from screens.widgets.rows import Rows
from wizard.plan.choices import MINE, PLANNED, Choices
from wizard.plan.hand_edit import HandEdit


class DecidingScreen(WizardScreen):
    """A screen with files in tabs, which can show the hand edits of the visible file.

    A subclass names and shows that file, and plans again after a choice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y",
            "by_hand",
            "Yours",
            tooltip="Show what was changed by hand in this file since the last run, or the diff.",
        ),
        Binding(
            "k",
            f"decide('{MINE}')",
            "Keep yours",
            tooltip="Leave what stands there: the plan does not touch it.",
        ),
        Binding(
            "t",
            f"decide('{PLANNED}')",
            "Take planned",
            tooltip="Write what is planned over what was changed by hand.",
        ),
    ]

    def __init__(self, desk: Desk, title: str, name: str) -> None:
        super().__init__(desk, title, name)
        self.by_hand = False

    @property
    def path_in_view(self) -> str:
        """The file of the open tab, "" for another tab."""
        return ""

    def show_tab(self) -> None:
        """Show the tab again."""

    def begin(self) -> None:
        """Make the plan with the choices."""

    @property
    def choices(self) -> Choices:
        """The choices so far."""
        return self.desk.choices or Choices()

    @property
    def edits(self) -> tuple[HandEdit, ...]:
        """The hand edits of the visible file."""
        plan, path = self.desk.plan, self.path_in_view
        return tuple(one for one in plan.edits if one.path == path) if plan and path else ()

    @property
    def undecided(self) -> tuple[HandEdit, ...]:
        """The conflicts of all files without a choice."""
        return self.desk.plan.undecided if self.desk.plan else ()

    @property
    def _edit(self) -> Optional[HandEdit]:
        """The hand edit under the cursor."""
        row = self.query_one("#pane", Rows).current if self.by_hand else None
        return self.edits[int(row.key)] if row is not None and self.edits else None

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the keys for the row."""
        event.stop()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show the keys only if there are hand edits to show or a conflict to decide."""
        if action == "by_hand":
            return bool(self.edits)
        if action == "decide":
            edit = self._edit
            return edit is not None and edit.conflict
        return super().check_action(action, parameters)

    def action_by_hand(self) -> None:
        """Show the hand edits, or the diff again."""
        self.by_hand = not self.by_hand
        self.show_tab()

    def action_decide(self, choice: str) -> None:
        """Choose for the conflict under the cursor, and make the plan again."""
        edit = self._edit
        if edit is not None and edit.conflict and edit.choice != choice:
            self.desk.choices = self.choices.but(edit.path, edit.name, choice)
            self.begin()
