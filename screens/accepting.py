"""Accept cautions and what comes from another server, each separately."""

from __future__ import annotations

from abc import abstractmethod
from typing import Optional

from screens.deciding import DecidingScreen
from screens.notes import CAUTION, CONFLICT, FOREIGN
from screens.review_tabs import NOTES, SUMMARY, Tab
from screens.widgets.rows import Rows
from wizard.answers.accept import form_of
from wizard.answers.model import Caution
from wizard.plan.dangers import DANGERS
from wizard.plan.foreign import ACCEPT


class AcceptingScreen(DecidingScreen):
    """A screen whose summary and notes have lines to choose from. A subclass says what is open."""

    @abstractmethod
    def say(self) -> None:
        """Write the line above the tabs."""

    @property
    def open_cautions(self) -> tuple[Caution, ...]:
        """The cautions that are not accepted yet."""
        plan = self.desk.plan
        cautions = plan.cautions if plan else ()
        return tuple(one for one in cautions if form_of(one) not in self.desk.accepted)

    def can_choose(self, tab: Tab) -> bool:
        """True if lines of the tab can be chosen: conflicts, cautions, foreign items."""
        plan = self.desk.plan
        if plan is None:
            return False
        conflicts = any(one.conflict for one in plan.edits)
        return {SUMMARY: bool(plan.cautions) or conflicts, NOTES: bool(plan.foreign)}.get(
            tab.kind, False
        )

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Go to what a row is about, or accept it."""
        if event.rows.id != "pane":
            super().on_rows_chosen(event)
            return
        event.stop()
        kind, key = event.row.key.partition(":")[0] + ":", event.row.key
        if kind == CONFLICT:
            self._show_conflict(int(key[len(CONFLICT) :]))
        elif kind == CAUTION:
            self._show_caution(key[len(CAUTION) :], toggled=event.toggled)
        elif kind == FOREIGN:
            self._accept_foreign(key[len(FOREIGN) :])
        else:
            # The line of a problem has the name of the form.
            self.leave_for(key)

    def _show_conflict(self, number: int) -> None:
        """Show the conflict with this index in the plan."""
        edit = self.desk.plan.edits[number] if self.desk.plan else None
        for at, tab in enumerate(self.tabs):
            if edit is not None and tab.path == edit.path:
                self.show_edit(at, self.edits_of(tab).index(edit))

    def _show_caution(self, form: str, *, toggled: bool) -> None:
        """Accept a caution with Space, or take that back; show its page with Enter."""
        from screens.caution import CautionScreen, DangerScreen  # noqa: PLC0415 - only then

        plan = self.desk.plan
        caution = next(one for one in plan.cautions if form_of(one) == form) if plan else None
        if caution is None:
            return
        is_dangerous = caution.name in DANGERS

        def accept(yes: Optional[bool]) -> None:
            if yes:
                self._accept(form)

        if toggled and (form in self.desk.accepted or not is_dangerous):
            self._accept(form)
        else:
            page = DangerScreen(caution) if is_dangerous else CautionScreen(caution)
            self.app.push_screen(page, accept)

    def _accept(self, form: str) -> None:
        """Accept a caution, or no longer."""
        self.desk.accepted ^= {form}
        self.say()
        self.show_tab()

    def _accept_foreign(self, changed: str) -> None:
        """Accept a foreign item, or no longer. That changes the plan."""
        plan = self.desk.plan
        foreign = plan.foreign if plan else ()
        names = (one.name for one in foreign if one.accepted != (one.name == changed))
        self.desk.choices = self.choices.accepting(ACCEPT, frozenset(names))
        self.begin()
