"""Tabs with lines to read: from change to change over all files, and to what is searched."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Iterable, Optional, Sequence

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.desk import Desk
from screens.diffs import change_key
from screens.frame import TO_LIST, WizardScreen
from screens.review_pane import ReviewPane
from screens.review_tabs import Tab, changes_of
from screens.widgets.choice import Choice, Tabs
from screens.widgets.entry import Entry
from screens.widgets.line import Line
from screens.widgets.row import Row

SEARCHING = "-searching"
"""The class of the screen while the line of the search is open."""


class SearchEntry(Entry):
    """The line for the searched text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Find", tooltip="Go to the next line with the text."),
    ]


class BrowsingScreen(WizardScreen):
    """A screen with tabs. A subclass makes the tabs and the rows of each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "1",
            "tab(1)",
            "Tabs",
            key_display="1-9",
            tooltip="Show a tab: the summary, a file, the commands, the notes.",
        ),
        *(Binding(str(digit), f"tab({digit})", "Tab", show=False) for digit in range(2, 10)),
        Binding(
            "n",
            "match(1)",
            "Match",
            key_display="n/N",
            tooltip="Go to the next match of the search (n, Enter), or to the one before (N, p).",
        ),
        Binding("N,p", "match(-1)", "Match before", show=False),
        Binding("enter", "match(1)", "Next match", show=False),
        Binding(
            "n",
            "change(1)",
            "Change",
            key_display="n/p",
            tooltip="Go to the next change (n) or the one before (p), also in another file.",
        ),
        Binding("p", "change(-1)", "Change before", show=False),
        Binding("slash", "search", "Search", key_display="/", tooltip="Search in all tabs."),
        Binding("escape", "end_search", "End search", tooltip="Go back to the lines."),
        Binding("escape", "sections", "Sections", tooltip=TO_LIST),
        Binding(
            "v",
            "against",
            "View",
            tooltip="Compare with the .orig file, or with the file as it is today.",
        ),
    ]

    def __init__(self, desk: Desk, title: str, name: str) -> None:
        super().__init__(desk, title, name)
        self.tabs: tuple[Tab, ...] = ()
        self.live = False
        self.is_ready = False

    def body(self) -> Iterable[Widget]:
        """Make the two lines above, the pane, and the line of the search."""
        yield Line(id="review-says")
        yield Line(id="review-title")
        yield ReviewPane(choosing=False, id="pane")
        with Widget(id="search"):
            yield Line("Search:", id="search-label")
            yield SearchEntry(id="search-entry")

    @property
    def pane(self) -> ReviewPane:
        """The lines of the open tab."""
        return self.query_one("#pane", ReviewPane)

    @property
    def tab_at(self) -> int:
        """The index of the open tab."""
        shown = self.query_one(Tabs).value
        return next((at for at, one in enumerate(self.tabs) if one.label == shown), 0)

    @property
    def tab(self) -> Tab:
        """The open tab."""
        return self.tabs[self.tab_at]

    @abstractmethod
    def rows_of(self, tab: Tab, width: int) -> Sequence[Row]:
        """Return the lines of a tab."""

    @abstractmethod
    def title_of(self, tab: Tab) -> str:
        """Return the line above the tab."""

    @abstractmethod
    def can_choose(self, tab: Tab) -> bool:
        """True if lines of the tab can be chosen."""

    def shown_rows(self, width: int) -> Sequence[Row]:
        """Return the lines to show: those of the open tab."""
        return self.rows_of(self.tab, width)

    @property
    def is_choosing(self) -> bool:
        """True if lines in sight can be chosen."""
        return self.can_choose(self.tab)

    @property
    def _width(self) -> int:
        return max(20, self.pane.size.width)

    def show_tab(self) -> None:
        """Show the content of the open tab."""
        if not self.is_ready or not self.query(Tabs):
            return
        self.pane.choosing = self.is_choosing
        self.pane.show(self.shown_rows(self._width))
        self.say_title()
        self.refresh_bindings()

    def say_title(self, first: str = "") -> None:
        """Write the line above the tab, after another sentence: the end of a long line is cut."""
        said = [first, self.title_of(self.tab)]
        if self.pane.virtual_size.width > self._width:
            said.append("Left/Right: long lines.")
        self.query_one("#review-title", Line).say(" ".join(filter(None, said)), "quiet")

    def open_tab(self, at: int) -> None:
        """Show a tab from its top."""
        self.leave_view()
        self.query_one(Tabs).choose(self.tabs[at].label)
        self.pane.begin()
        self.show_tab()

    def leave_view(self) -> None:
        """End another view of the file than its diff."""

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Show another tab from its top, if the tabs themselves have the focus."""
        event.stop()
        if event.choice.has_focus:
            self.pane.begin()
            self.show_tab()

    def on_resize(self) -> None:
        """Wrap the lines again."""
        self.show_tab()

    def on_review_pane_scrolled(self, event: ReviewPane.Scrolled) -> None:
        """Say which change is in sight."""
        event.stop()
        if self.is_ready and self.query(Tabs):
            self.say_title()

    def action_tab(self, number: int) -> None:
        """Show the tab with that number."""
        if self.is_ready and 0 < number <= len(self.tabs):
            self.open_tab(number - 1)
            self.pane.focus()

    def action_against(self) -> None:
        """Compare with the other file, from the top."""
        self.live = not self.live
        self.pane.begin()
        self.show_tab()

    @property
    def changes(self) -> tuple[tuple[int, int], ...]:
        """All changes of the plan: the index of the tab, and that in its file."""
        return changes_of(self.tabs, live=self.live)

    @property
    def change_in_sight(self) -> Optional[int]:
        """The index in `changes` of the one with the mark or first in sight, None without one."""
        at, pane = self.tab_at, self.pane
        starts = {row.key: y for y, row in enumerate(pane.rows) if row.key.startswith("change ")}
        here = [
            (number, starts[change_key(one)])
            for number, (tab, one) in enumerate(self.changes)
            if tab == at and change_key(one) in starts
        ]
        visible = [number for number, y in here if pane.is_in_sight(y)]
        above = [number for number, y in here if y < pane.scroll_offset.y]
        if pane.is_in_sight(pane.marked):
            visible, above = [], [number for number, y in here if y <= pane.marked] or visible[:1]
        found = visible[:1] or above[-1:]
        return found[0] if found else None

    def action_change(self, by: int) -> None:
        """Go to the next change or the one before, also in another file."""
        changes, here = self.changes, self.change_in_sight
        self.leave_view()
        if here is None:
            at = self.tab_at
            before = sum(1 for tab, _ in changes if tab < at)
            to = before if by > 0 else before - 1
        else:
            # The first change of a tab that was just opened is in sight without a mark.
            to = here if by > 0 and self.pane.marked < 0 else here + by
        if not 0 <= to < len(changes):
            self.say_title("There is no change after it." if by > 0 else "It is the first change.")
            return
        tab, number = changes[to]
        if tab != self.tab_at:
            self.open_tab(tab)
        key = change_key(number)
        self.pane.mark(next(y for y, row in enumerate(self.pane.rows) if row.key == key))
        self.say_title()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show only keys that do something."""
        if action in {"tab", "search"}:
            return self.is_ready
        if action in {"match", "end_search"}:
            return self.has_class(SEARCHING)
        if action == "change":
            return self.is_ready and bool(self.changes) and not self.has_class(SEARCHING)
        if action == "against":
            diff = self.tab.diff if self.is_ready and self.query(Tabs) else None
            return diff is not None and bool(self.tab.path) and diff.against_live is not None
        return super().check_action(action, parameters)

    def action_search(self) -> None:
        """Open the line for the searched text."""
        self.add_class(SEARCHING)
        self.query_one(SearchEntry).focus()

    def action_end_search(self) -> None:
        """Close the line; what was found stays in sight."""
        self.remove_class(SEARCHING)
        self.pane.focus()
        self.refresh_bindings()

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Go to the next match. The focus goes to the lines, so that `n` is no letter of the text."""
        event.stop()
        if event.value and self._go_to_match(1):
            self.pane.focus()

    def action_match(self, by: int) -> None:
        """Go to the next match or the one before."""
        self._go_to_match(by)

    def _go_to_match(self, by: int) -> bool:
        """Mark the next line with the text, also in another tab; after the last one the first."""
        text = self.query_one(SearchEntry).value
        self.leave_view()
        found = self._find(text.casefold(), by)
        if found is None:
            self.say_title(f"{text!r} is in no tab.")
            return False
        at, y = found
        if at != self.tab_at:
            self.open_tab(at)
        self.show_tab()
        self.pane.mark(y)
        return True

    def _find(self, text: str, by: int) -> Optional[tuple[int, int]]:
        """Return the tab and the row with the text, after the marked row (1) or before it (-1)."""
        here, marked = self.tab_at, self.pane.marked
        for step in range(len(self.tabs) + 1):
            at = (here + step * by) % len(self.tabs)
            rows = enumerate(self.rows_of(self.tabs[at], self._width))
            found = [
                y
                for y, row in rows
                if text in row.whole.casefold() and (step or (y - marked) * by > 0)
            ]
            if found:
                return at, found[0 if by > 0 else -1]
        return None
