"""Choose between hand edit and planned value, for each conflict separately."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Optional, Sequence

from textual.binding import Binding, BindingType

from screens.browsing import BrowsingScreen
from screens.desk import Desk
from screens.notes import CONFLICT, display_order, edit_rows
from screens.review_tabs import Tab
from screens.widgets.row import Row
from screens.widgets.rows import Rows
from wizard.plan.choices import MINE, PLANNED, Choices
from wizard.plan.hand_edit import HandEdit


class DecidingScreen(BrowsingScreen):
    """A screen with files in tabs, which can show the hand edits of the visible file.

    A subclass plans again after a choice.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "h",
            "by_hand",
            "By hand",
            tooltip="Show what was changed by hand in this file since the last run, or the diff.",
        ),
        Binding(
            "k",
            f"decide('{MINE}')",
            "Keep",
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

    @abstractmethod
    def begin(self) -> None:
        """Make the plan with the choices."""

    @property
    def choices(self) -> Choices:
        """The choices so far."""
        return self.desk.choices or Choices()

    def edits_of(self, tab: Tab) -> tuple[HandEdit, ...]:
        """Return the hand edits of a tab's file."""
        plan = self.desk.plan
        return tuple(one for one in plan.edits if one.path == tab.path) if plan and tab.path else ()

    @property
    def edits(self) -> tuple[HandEdit, ...]:
        """The hand edits of the visible file."""
        return self.edits_of(self.tab) if self.is_ready else ()

    @property
    def undecided(self) -> tuple[HandEdit, ...]:
        """The conflicts of all files without a choice."""
        return self.desk.plan.undecided if self.desk.plan else ()

    @property
    def _shows_edits(self) -> bool:
        return self.by_hand and bool(self.edits)

    @property
    def _edit(self) -> Optional[HandEdit]:
        """The hand edit under the cursor."""
        plan = self.desk.plan
        row = self.pane.current if self.is_ready else None
        if row is None or plan is None:
            return None
        if self._shows_edits:
            return self.edits[int(row.key)]
        return plan.edits[int(row.key[len(CONFLICT) :])] if row.key.startswith(CONFLICT) else None

    @property
    def is_choosing(self) -> bool:
        """True if lines in sight can be chosen: hand edits can."""
        return self._shows_edits or super().is_choosing

    def shown_rows(self, width: int) -> Sequence[Row]:
        """Return the hand edits or the lines of the tab."""
        return edit_rows(self.edits, width) if self._shows_edits else super().shown_rows(width)

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
        if action == "against" and self._shows_edits:
            return False
        return super().check_action(action, parameters)

    def leave_view(self) -> None:
        """Show the diff instead of the hand edits."""
        self.by_hand = False
        self.show_tab()

    def action_by_hand(self) -> None:
        """Show the hand edits, or the diff again."""
        self.by_hand = not self.by_hand
        self.pane.begin()
        self.show_tab()

    def action_change(self, by: int) -> None:
        """Go to the next change or the one before; among hand edits, to the next of these."""
        if not self._shows_edits:
            super().action_change(by)
            return
        places = [
            (at, number)
            for at, tab in enumerate(self.tabs)
            for number in display_order(self.edits_of(tab))
        ]
        row = self.pane.current
        to = places.index((self.tab_at, int(row.key) if row else 0)) + by
        if 0 <= to < len(places):
            self.show_edit(*places[to])
        else:
            self.say_title("There is no other after it." if by > 0 else "It is the first one.")

    def show_edit(self, tab: int, number: int) -> None:
        """Show a hand edit of a file, by the index of the tab and that of the edit."""
        if tab != self.tab_at or not self._shows_edits:
            self.open_tab(tab)
            self.by_hand = True
            self.show_tab()
        self.pane.go_to(str(number))
        self.pane.focus()

    def action_decide(self, choice: str) -> None:
        """Choose for the conflict under the cursor, and make the plan again."""
        edit = self._edit
        if edit is not None and edit.conflict and edit.choice != choice:
            self.desk.choices = self.choices.but(edit.path, edit.name, choice)
            self.begin()
