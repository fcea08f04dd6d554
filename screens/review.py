"""Review: what the plan does, each file's diff, the exact commands, and what must be accepted."""

from __future__ import annotations

from typing import ClassVar, Optional, Sequence

from textual.binding import ActiveBinding, Binding, BindingType
from textual.message import Message

from screens.accepting import AcceptingScreen
from screens.ask import ask
from screens.background import in_background
from screens.desk import Desk
from screens.diffs import command_rows, copy_rows, diff_rows
from screens.frame import Sections, reworded
from screens.messages import Again, Failed, Launched, Planned
from screens.notes import CAUTION, CONFLICT, before_run, note_rows, summary_rows
from screens.places import Place, place, place_of_section
from screens.review_tabs import COMMANDS, FILE, NOTES, SUMMARY, TO_COPY, Tab, make_tabs
from screens.widgets.choice import Tabs
from screens.widgets.field import WRONG
from screens.widgets.line import Line
from screens.widgets.row import Row
from wizard.answers.accept import form_of
from wizard.answers.build import problem_text
from wizard.answers.model import Answers, Problem, narrowed
from wizard.plan.dangers import DANGERS
from wizard.plan.model import Plan
from wizard.plan.report import as_it_is
from wizard.text import counted

MAKING = "Making the plan ..."
NOT_RUN = "Not run"
NOTHING = "Nothing is pending: {} There is nothing to run."
_TITLES = {
    SUMMARY: "What the run does:",
    TO_COPY: "What Dovecot lacks, to copy: nothing writes it.",
    COMMANDS: "The steps in order, with their commands.",
    NOTES: "What to know before the run.",
}


class ReviewScreen(AcceptingScreen):
    """The review of a plan before anything is written. In a dry run this is the last screen."""

    HELP_TEXT: ClassVar[str] = (
        "The first tab says what the run does and what it means for mail. The run executes this "
        "plan and no other: if anything changed in between, it stops and says so. Each change "
        "is shown with its reason. Every file is saved as it was and can be put back."
    )
    MAIN: ClassVar[tuple[str, ...]] = ("run",)
    QUESTION: ClassVar[str] = "Run the plan?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run", "Run", tooltip="Run this plan, after a yes."),
        Binding(
            "c",
            "read",
            "Read again",
            tooltip="Read this host again; what you typed is offered then.",
        ),
    ]

    def __init__(self, desk: Desk, title: str = "Review") -> None:
        super().__init__(desk, title, "review")
        self._starting = False
        self._queued: Optional[int] = None
        self._has_no_plan = False

    def on_mount(self) -> None:
        """Make the plan in a thread."""
        self.query_one("#review-says", Line).say(MAKING, "strong")
        self.desk.plan = None
        self.forget_accepted()
        self.begin()

    def forget_accepted(self) -> None:
        """Drop accepted cautions and choices: their names may mean something else in another plan."""
        self.desk.accepted = set()
        self.desk.choices = None

    def begin(self) -> None:
        """Make the plan from the answers and choices, or show what is wrong with them."""
        self.is_ready = False
        draft = self.desk.draft
        if draft is None:
            return
        answers = draft.answers_to_plan()
        if isinstance(answers, Answers):
            in_background(self, lambda: self._plan(answers), self.post_message)
            return
        self._say_problems(answers)

    def _plan(self, answers: Answers) -> Message:
        desk, draft = self.desk, self.draft
        sections = draft.sections_to_plan(desk.wish.sections)
        session = desk.session
        today = session.today(draft.host) if sections else None
        if today is not None:
            answers = narrowed(answers, today, sections)
        plan = session.plan(answers, draft.host, sections, self.choices)
        return Planned(plan, queued=session.queued())

    def _say_problems(self, problems: Sequence[Problem]) -> None:
        says = "The answers are not complete yet. Enter goes to the section:"
        self.query_one("#review-says", Line).say(says, "strong")
        self.pane.choosing = True
        self.pane.show(
            [
                Row(
                    f" {WRONG}",
                    "wrong",
                    place_of_section(one.section).name,
                    f" {problem_text(one)}",
                    "",
                )
                for one in problems
            ]
        )
        self.pane.focus()

    def on_planned(self, message: Planned) -> None:
        """Store the plan, and compare its files in a thread."""
        plan = self.desk.plan = message.plan
        self._queued = message.queued
        draft = message.draft or self.desk.draft
        if draft is not None and self.runs_the_draft:
            draft.obstacles = plan.obstacles
        in_background(self, lambda: make_tabs(plan), self.show_tabs)

    async def show_tabs(self, tabs: tuple[Tab, ...]) -> None:
        """Show the first tab; after a choice in it, the same tab again."""
        again = self.query(Tabs)
        shown = self.tab if again else tabs[0]
        if again:
            await again.remove()
        else:
            self.live = self.is_rerun and any(
                one.diff is not None and one.diff.against_live is not None
                for one in tabs
                if one.changes
            )
        self.tabs = tabs
        self.is_ready = True
        # After a choice the plan may no longer change a file: its tab is then another one.
        same = (one for one in tabs if (one.kind, one.path) == (shown.kind, shown.path))
        labels = tuple(one.label for one in tabs)
        quiet = frozenset(one.label for one in tabs if one.is_unchanged)
        widget = Tabs(next(same, tabs[0]).label, labels, quiet=quiet, id="tabs")
        await self.mount(widget, after="#review-says")
        if not widget.is_attached:
            # Textual mounts nothing on a screen that is closing.
            return
        self.say()
        self.show_states()
        self.show_tab()
        self.pane.focus()
        self.refresh_bindings()

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
        self._has_no_plan = self.desk.plan is None
        more = " Press c to read this host again." if self._has_no_plan else ""
        self.query_one("#review-says", Line).say_error(message.text + more)
        self.refresh_bindings()

    @property
    def open_questions(self) -> list[tuple[str, str]]:
        """What keeps the plan from running: what to do, and with how many (`accept`, `1 caution`)."""
        found = (
            ("decide", len(self.undecided), "conflict"),
            ("accept", len(self.open_cautions), "caution"),
        )
        return [(verb, counted(count, noun)) for verb, count, noun in found if count]

    @property
    def to_do_first(self) -> str:
        """What to do before the run: `decide 1 conflict and accept 2 cautions`."""
        return " and ".join(f"{verb} {count}" for verb, count in self.open_questions)

    def say(self) -> None:
        """Write the line above the tabs."""
        plan = self.desk.plan
        if plan is None:
            return
        line = self.query_one("#review-says", Line)
        if plan.obstacles:
            count = counted(len(plan.obstacles), "problem")
            no = "This plan cannot run"
            line.say(f"{no}: {count}, which the summary (1) shows.", "wrong", no)
        elif not plan.pending:
            line.say(NOTHING.format(as_it_is(plan)), "strong")
        elif self.open_questions:
            first = f"First {self.to_do_first}."
            line.say(f"Nothing has been written yet. {first}", "caution", first)
        else:
            steps = counted(len(plan.pending), "step")
            last = "This was a dry run." if self.desk.wish.dry_run else f"r runs the {steps}."
            line.say(f"Nothing has been written yet. {last}", "strong")

    def rows_of(self, tab: Tab, width: int) -> Sequence[Row]:
        """Return the lines of a tab."""
        plan = self.desk.plan
        if plan is None:
            return ()
        if tab.diff is not None and tab.kind == FILE:
            at = self.tabs.index(tab)
            changes = self.changes if tab.changes else ()
            before = sum(1 for one, _ in changes if one < at)
            return diff_rows(tab.diff, width, live=self.live, before=before, of=len(changes))
        if tab.diff is not None:
            return copy_rows(tab.diff, width)
        if tab.kind == SUMMARY:
            return list(summary_rows(plan, self.desk.accepted, width, self._queued))
        if tab.kind == COMMANDS:
            return list(command_rows(plan, width)) or [Row(NOTHING.format(as_it_is(plan)), "quiet")]
        return list(note_rows(plan, width))

    def title_of(self, tab: Tab) -> str:
        """Return the line above a tab: of a file, the change in sight and what it is compared with."""
        if self.by_hand and self.edits:
            run = self.edits[0].run
            return f"{len(self.edits)} changed by hand since run {run} (h: the diff)."
        if tab.diff is None or tab.kind == TO_COPY:
            return _TITLES[tab.kind]
        diff, original = tab.diff, f"{tab.diff.name}.orig"
        is_live = self.live and diff.against_live is not None
        other = "today's file" if is_live else original
        if tab.is_unchanged:
            said = f"No change now. Shown: what differs from {other}"
        else:
            here = self.change_in_sight
            number = f"Change {here + 1} of {len(self.changes)}" if here is not None else "Changes"
            said = f"{number}: a new file" if not diff.has_original else f"{number} against {other}"
        if diff.against_live is None:
            return f"{said}."
        return f"{said} (v: {original if is_live else 'today'})."

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys: Back with its screen, Run with its steps and with what keeps the plan from running."""
        steps = counted(len(self.desk.plan.pending), "step") if self.desk.plan else ""
        counts = " and ".join(count for _, count in self.open_questions)
        blocked = f" (blocked: {counts})" if counts else ""
        words = {"back": f"Back to {self.back_to}", "run": f"Run {steps}{blocked}"}
        return reworded(super().active_bindings, words)

    @property
    def before(self) -> Optional[Place]:
        """The form or list from which the review was opened, else the last form."""
        return place(self.came_from) if self.came_from else super().before

    @property
    def back_to(self) -> str:
        """The title of the screen that Back opens, "" for none."""
        return self.before.title if self.before else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show only keys that do something. A dry run has no key to run."""
        plan = self.desk.plan
        if action == "run":
            able = plan is not None and self.is_ready and plan.pending and not plan.obstacles
            return bool(able) and not self.desk.wish.dry_run and not self._starting
        if action == "read":
            return self._has_no_plan
        return super().check_action(action, parameters)

    def action_sections(self) -> None:
        """Show the list of sections, or hide it again. A diff needs its room."""
        self.set_class(not self.has_class("-list"), "-list")
        # The lines are wrapped again at the width that the list takes or gives back.
        self.call_after_refresh(self.show_tab)
        if self.has_class("-list"):
            self.query_one(Sections).focus()
        else:
            self.pane.focus()

    def action_read(self) -> None:
        """Read the host again: a plan could not be made from what is known."""
        self.post_message(Again())

    def action_run(self) -> None:
        """Ask, then start the run. With an open conflict or caution, say so and go there instead."""
        plan = self.desk.plan
        if plan is None:
            return
        if self.undecided:
            self._go_to(f"{CONFLICT}{plan.edits.index(self.undecided[0])}")
            self._say_not_run("k keeps yours, t takes the planned.")
            return
        if self.open_cautions:
            first = self.open_cautions[0]
            self._go_to(CAUTION + form_of(first))
            how = "Enter opens its page." if first.name in DANGERS else "Space accepts it."
            self._say_not_run(how)
            return
        ask(self.app, self.QUESTION, before_run(plan), lambda: self._start(plan))

    def _say_not_run(self, how: str) -> None:
        said = f"{NOT_RUN}: first {self.to_do_first}. {how}"
        self.query_one("#review-says", Line).say(said, "caution", NOT_RUN)

    def _go_to(self, key: str) -> None:
        """Show a row of the summary."""
        self.open_tab(0)
        self.pane.go_to(key)
        self.pane.focus()

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
