"""Review: each file's diff with its reasons, the exact commands, and what must be accepted."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from screens.ask import ask
from screens.background import in_background
from screens.deciding import DecidingScreen
from screens.desk import Desk
from screens.diffs import (
    FOREIGN,
    FileDiff,
    command_rows,
    diff_rows,
    edit_rows,
    file_diff,
    note_rows,
)
from screens.frame import Sections
from screens.messages import Failed, Launched, Planned
from screens.places import place_of_section
from screens.widgets.choice import Choice, Tabs
from screens.widgets.line import Line
from screens.widgets.rows import Row, Rows
from wizard.answers.accept import form_of
from wizard.answers.build import problem_text
from wizard.answers.model import Answers, Problem, narrowed
from wizard.plan.foreign import ACCEPT
from wizard.plan.losses import losses
from wizard.plan.model import Plan

COMMANDS, NOTES = "Commands", "Notes"
MAKING = "Making the plan ..."
TO_COPY = "What Dovecot lacks, to copy: nothing writes it (More: Dovecot, write)."
NOTHING = "Nothing is pending: the host is as the answers say. There is nothing to run."


class ReviewScreen(DecidingScreen):
    """The review of a plan before anything is written. In a dry run this is the last screen."""

    HELP_TEXT: ClassVar[str] = (
        "The run executes this plan and no other: if anything changed in between, it stops and "
        "says so. Each hunk stands under its reason. Every file is kept as it was and can be "
        "put back."
    )
    QUESTION: ClassVar[str] = "Run the plan?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "1",
            "tab(1)",
            "Tabs",
            key_display="1-9",
            tooltip="Show a tab: a file, the commands, the notes.",
        ),
        *(Binding(str(digit), f"tab({digit})", "Tab", show=False) for digit in range(2, 10)),
        Binding(
            "o",
            "against",
            "Orig/live",
            tooltip="Compare with the .orig file, or with the file as it is today.",
        ),
        Binding("r", "run", "Run", tooltip="Run this plan, after a yes."),
    ]

    def __init__(self, desk: Desk, title: str = "Review") -> None:
        super().__init__(desk, title, "review")
        self._diffs: tuple[FileDiff, ...] = ()
        self._problems: tuple[Problem, ...] = ()
        self._live = False
        self._ready = False
        self._starting = False

    def body(self) -> Iterable[Widget]:
        """Make the header, the tabs and the pane."""
        yield Line(MAKING, "strong", id="review-says")
        yield Line(id="review-title")
        yield Rows(choosing=False, id="pane")

    def on_mount(self) -> None:
        """Make the plan in a thread."""
        self.desk.plan = None
        self.forget_accepted()
        self.begin()

    def forget_accepted(self) -> None:
        """Drop accepted cautions and choices: their names may mean something else in another plan."""
        self.desk.accepted = set()
        self.desk.choices = None

    def begin(self) -> None:
        """Make the plan from the answers and choices, or show what is wrong with them."""
        self._ready = False
        draft = self.desk.draft
        if draft is None:
            return
        answers = draft.answers_to_plan()
        if isinstance(answers, Answers):
            in_background(self, lambda: self._plan(answers), self.post_message)
            return
        self._problems = answers
        self._say_problems()

    def _plan(self, answers: Answers) -> Message:
        desk, draft = self.desk, self.draft
        sections = draft.sections_to_plan(desk.wish.sections)
        session = desk.session
        today = session.today(draft.host) if sections else None
        if today is not None:
            answers = narrowed(answers, today, sections)
        return Planned(session.plan(answers, draft.host, sections, self.choices))

    def _say_problems(self) -> None:
        says = "The answers are not complete yet. Enter goes to the section:"
        self.query_one("#review-says", Line).say(says, "strong")
        pane = self.query_one("#pane", Rows)
        pane.choosing = True
        pane.show(
            [
                Row(f" {problem_text(one)}", "wrong", place_of_section(one.section).name)
                for one in self._problems
            ]
        )
        pane.focus()

    def on_planned(self, message: Planned) -> None:
        """Store the plan, and compare its files in a thread."""
        self.desk.plan = message.plan
        files = (*message.plan.files, *message.plan.to_copy)
        in_background(self, lambda: tuple(map(file_diff, files)), self.show_diffs)

    async def show_diffs(self, diffs: tuple[FileDiff, ...]) -> None:
        """Show it all."""
        again = self.query(Tabs)
        at = self._tab_at if again else 0
        self._diffs = diffs
        self._ready = True
        names = self._tab_names()
        if again:
            # The tabs are the same files, except one that the plan no longer changes.
            await again.remove()
        else:
            self._live = self.is_rerun and any(
                one.against_live is not None and not one.is_live for one in self._diffs
            )
            self.by_hand = bool(self.undecided)
            at = self._first_conflict()
        shown = names[min(at, len(names) - 1)]
        tabs = Tabs(shown, names, id="tabs")
        await self.mount(tabs, after="#review-says")
        if not tabs.is_attached:
            # Textual mounts nothing on a screen that is closing.
            return
        self.say()
        self.show_tab()
        self.query_one("#pane").focus()
        self.refresh_bindings()

    def _first_conflict(self) -> int:
        """Return the tab of the first conflict to decide, 0 without one."""
        paths = [one.path for one in self._diffs]
        return paths.index(self.undecided[0].path) if self.undecided else 0

    @property
    def is_rerun(self) -> bool:
        """True if the host is set up. Then the review first shows the change from the live files."""
        return self.desk.draft is not None and not self.desk.draft.first

    @property
    def runs_the_draft(self) -> bool:
        """True if the run of this plan puts the answers of the forms in place."""
        return True

    def on_failed(self, message: Failed) -> None:
        """Show why there is no plan, or why the run did not begin."""
        message.stop()
        self._starting = False
        says = self.query_one("#review-says", Line)
        says.say(message.text, "wrong")
        self.refresh_bindings()

    def _tab_names(self) -> tuple[str, ...]:
        plan = self.desk.plan
        noted = plan is not None and any(
            (plan.obstacles, plan.cautions, plan.warnings, plan.stays, plan.foreign)
        )
        names = [diff.name for diff in self._diffs] + [COMMANDS] + ([NOTES] if noted else [])
        return tuple(f"{number} {name}" for number, name in enumerate(names, 1))

    @property
    def open_cautions(self) -> tuple[str, ...]:
        """The cautions that are not accepted yet, each with its values."""
        plan = self.desk.plan
        words = map(form_of, plan.cautions if plan else ())
        return tuple(one for one in words if one not in self.desk.accepted)

    def say(self) -> None:
        """Write the line above the tabs."""
        plan = self.desk.plan
        if plan is None:
            return
        line = self.query_one("#review-says", Line)
        notes = self._tab_names()[-1].split(" ")[0]
        lost = "".join(f" {one}" for one in losses(plan))
        if plan.obstacles:
            line.say(f"This plan cannot be run: see what is in the way ({notes}).", "wrong")
        elif not plan.pending:
            line.say(NOTHING, "strong")
        elif self.undecided:
            count = len(self.undecided)
            what = "conflicts with hand edits" if count > 1 else "conflict with a hand edit"
            line.say(
                f"Nothing has been written yet. {count} {what} to decide first (y).{lost}",
                "caution",
            )
        elif self.open_cautions:
            count = len(self.open_cautions)
            first = f"{count} caution{'s' if count > 1 else ''} must be accepted first ({notes})."
            line.say(f"Nothing has been written yet. {first}{lost}", "caution")
        else:
            steps = f"{len(plan.pending)} step{'s' if len(plan.pending) > 1 else ''}"
            last = "This was a dry run." if self.desk.wish.dry_run else f"r runs the {steps}."
            line.say(f"Nothing has been written yet. {last}{lost}", "strong")

    def show_tab(self) -> None:
        """Show the content of the open tab."""
        plan = self.desk.plan
        if plan is None or not self._ready:
            return
        pane = self.query_one("#pane", Rows)
        width = max(20, pane.size.width)
        at = self._tab_at
        title = self.query_one("#review-title", Line)
        pane.choosing = False
        if self.by_hand and self.edits:
            pane.choosing = True
            rows = edit_rows(self.edits, width)
            title.say(self._by_hand_title(), "quiet")
        elif at < len(self._diffs):
            diff = self._diffs[at]
            rows = diff_rows(diff, width, live=self._live)
            title.say(self._compared_with(diff), "quiet")
        elif at == len(self._diffs):
            rows = list(command_rows(plan, width)) or [Row(NOTHING, "quiet")]
            title.say("The steps in order, with their commands.", "quiet")
        else:
            pane.choosing = bool(plan.cautions or plan.foreign)
            rows = list(note_rows(plan, self.desk.accepted, width))
            title.say("", "quiet")
        pane.show(rows)
        if pane.virtual_size.width > width and at <= len(self._diffs):
            title.say(f"{title.text} Left/Right: long lines.", "quiet")
        self.refresh_bindings()

    @property
    def _tab_at(self) -> int:
        return self._tab_names().index(self.query_one(Tabs).value)

    def _compared_with(self, diff: FileDiff) -> str:
        plan = self.desk.plan
        if plan is not None and any(one.path == diff.path for one in plan.to_copy):
            return TO_COPY
        live = diff.against_live if self._live else None
        shown = diff.against_original if live is None else live
        count = f"{len(shown) or 'No'} change{'s' if len(shown) != 1 else ''}"
        other = "the file as it is today" if live is not None else "the first state of the file"
        said = f"{count} against {other}" if diff.has_original else "A new file"
        if diff.is_live:
            said = f"Already so; {said}"
        return f"{said} (o: the other)." if diff.against_live is not None else f"{said}."

    def _by_hand_title(self) -> str:
        """Return the title of the view of hand edits."""
        run = self.edits[0].run
        return f"{len(self.edits)} changed by hand since run {run} (y: the diff)."

    @property
    def path_in_view(self) -> str:
        """The file of the open tab."""
        at = self._tab_at if self._ready and self.query(Tabs) else len(self._diffs)
        return self._diffs[at].path if at < len(self._diffs) else ""

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Show another tab from its top."""
        event.stop()
        pane = self.query_one("#pane", Rows)
        pane.scroll_to(0, 0, animate=False, force=True, immediate=True)
        pane.cursor = 0
        self.show_tab()

    def on_resize(self) -> None:
        """Wrap the reasons again."""
        if self._ready:
            self.show_tab()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Accept a caution, or no longer; go to the screen of a problem."""
        if event.rows.id != "pane":
            return
        event.stop()
        if self._problems:
            self.leave_for(event.row.key)
        elif self._ready and not self.path_in_view:
            self._accept(event.row.key)

    def _accept(self, key: str) -> None:
        """Accept the row's caution or foreign item, or no longer. A foreign item changes the plan."""
        plan = self.desk.plan
        if plan is not None and key.startswith(FOREIGN):
            changed = key[len(FOREIGN) :]
            names = (one.name for one in plan.foreign if one.accepted != (one.name == changed))
            self.desk.choices = self.choices.accepting(ACCEPT, frozenset(names))
            self.begin()
            return
        self.desk.accepted ^= {key}
        self.say()
        self.show_tab()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show only keys that do something. A dry run has no key to run."""
        plan = self.desk.plan
        if action == "tab":
            return self._ready
        if action == "against":
            at = self._tab_at if self._ready else len(self._diffs)
            shown = at < len(self._diffs) and not (self.by_hand and self.edits)
            return shown and self._diffs[at].against_live is not None
        if action == "run":
            able = plan is not None and self._ready and plan.pending and not plan.obstacles
            return bool(able) and not self.desk.wish.dry_run and not self._starting
        return super().check_action(action, parameters)

    def action_tab(self, number: int) -> None:
        """Show the tab with that number."""
        names = self._tab_names()
        if self._ready and 0 < number <= len(names):
            self.query_one(Tabs).choose(names[number - 1])

    def action_sections(self) -> None:
        """Show the list of sections, or hide it again. A diff needs its room."""
        self.set_class(not self.has_class("-list"), "-list")
        if self.has_class("-list"):
            self.query_one(Sections).focus()
        else:
            self.query_one("#pane").focus()

    def action_against(self) -> None:
        """Compare with the other file."""
        self._live = not self._live
        self.show_tab()

    def action_run(self) -> None:
        """Ask, then start the run. With an open conflict or caution, go there instead."""
        plan = self.desk.plan
        if plan is None:
            return
        if self.undecided:
            self._go_to_conflict()
            return
        if self.open_cautions:
            self.query_one(Tabs).choose(self._tab_names()[-1])
            self.query_one("#pane").focus()
            return
        text = (
            f"{len(plan.pending)} steps change this host now. Each file is kept as it was; the "
            "run goes on even if this connection breaks."
        )
        if plan.gathers:
            text = (
                "Nothing of this host is changed yet: what comes is kept aside, and judged. The "
                "run goes on even if this connection breaks; its questions are asked here."
            )
        ask(self.app, self.QUESTION, text, lambda: self._start(plan))

    def _go_to_conflict(self) -> None:
        """Show the first conflict to decide."""
        self.by_hand = True
        self.query_one(Tabs).choose(self._tab_names()[self._first_conflict()])
        self.show_tab()
        pane = self.query_one("#pane", Rows)
        pane.focus()
        pane.go_to(str(self.edits.index(self.undecided[0])))

    def _start(self, plan: Plan) -> None:
        self._starting = True
        self.refresh_bindings()
        self.query_one("#review-says", Line).say("Starting the run ...", "strong")
        session, of_draft = self.desk.session, self.runs_the_draft
        in_background(
            self,
            lambda: Launched(session.start(plan, attended=True), of_draft),
            self.post_message,
        )
