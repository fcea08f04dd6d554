"""Run: the steps with state and time, the output of one step, and its prompts."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar, Optional

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from screens.ask import ask
from screens.background import in_background
from screens.desk import Desk
from screens.feed import FAR_BEHIND, Fed, Feed
from screens.frame import WizardScreen
from screens.messages import Failed, Finished, Gathered
from screens.progress import DONE, FAILED, RUNS, Progress, StepView
from screens.widgets.entry import Entry
from screens.widgets.keyline import KeyLine
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.prompt import Prompt
from screens.widgets.rows import Row, Rows
from screens.widgets.seat import Seat
from screens.widgets.wrap import cut_middle
from wizard.plan.model import Plan
from wizard.run import follow, history, lock, prompts
from wizard.run.records import DIED

GOES_ON = "The run goes on without this screen; `postfix-wizard attach` shows it again."
LOOKS = {DONE: "right", FAILED: "wrong", RUNS: "strong"}


class Steps(Rows):
    """The steps at the left."""

    class Resized(Message):
        """The width for the titles has changed."""

    def on_resize(self, event: events.Resize) -> None:
        """Say so."""
        del event
        self.post_message(self.Resized())


class RunScreen(WizardScreen):
    """A viewer of a run. Closing it, or losing the terminal, never changes the run."""

    HELP_TEXT: ClassVar[str] = (
        "The run has a process of its own that no terminal owns. This screen only looks at it "
        "and answers its questions. Up and Down at the left show another step's output; Enter "
        "there gives it the whole width."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next", "Result", tooltip="Show what the run came to."),
        Binding("f", "follow", "Follow", tooltip="Follow the active step."),
        Binding("s", "stop", "Stop", tooltip="Stop at the next safe boundary, after a yes."),
        Binding("escape", "answer", "Question"),
        Binding("escape", "output", "Output"),
        Binding("escape", "sections", "Steps"),
    ]

    def __init__(self, desk: Desk, run: str) -> None:
        super().__init__(desk, "Run")
        self.run = run
        self.progress = Progress(())
        self._undoes = ""
        self._gathers = ""
        self._plan: Optional[Plan] = None
        self._feed: Optional[Feed] = None
        self._picked: Optional[str] = None
        self._drawn: tuple[str, int] = ("", -1)
        self._wanted_move = False

    @property
    def seat(self) -> Seat:
        """The same, with the run in view."""
        return replace(super().seat, run=f"run: {self.run}")

    def compose(self) -> ComposeResult:
        """Put the steps at the left and the output at the right."""
        self.fit()
        yield self.head()
        with Widget(id="main"):
            yield Steps(id="steps")
            with Widget(id="run-body"):
                yield Line("Reading the run ...", "strong", id="run-says")
                yield Pane(id="output")
        with Widget(id="run-foot"):
            yield Prompt()
            yield Line(GOES_ON, "quiet", id="run-note")
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the plan in a thread, then follow the run."""
        self.query_one(Prompt).display = False
        places, run = self.desk.session.places, self.run
        in_background(self, lambda: history.plan_of(places, run), self._follow)
        self.query_one(Steps).focus()

    def _follow(self, plan: Plan) -> None:
        """Show the steps and begin to follow."""
        self.progress = Progress(plan.pending)
        self._undoes = plan.undoes
        self._gathers = plan.gathers
        self._plan = plan
        self._draw()
        events = follow.follow(self.desk.session.places, self.run, behind=FAR_BEHIND)
        self._feed = Feed(self, events)
        self._feed.start()
        self.set_interval(1.0, self._tick)

    def on_failed(self, message: Failed) -> None:
        """Show why the run cannot be followed. The run itself continues."""
        message.stop()
        self.query_one("#run-says", Line).say(message.text, "wrong")

    def on_fed(self, message: Fed) -> None:
        """Take a batch of events and draw once."""
        message.stop()
        if self._feed is None:
            return
        for event in self._feed.take():
            self.progress.take(event)
        self._draw()

    def _tick(self) -> None:
        """Update the time of the active step."""
        self.query_one(Steps).show(self._rows())

    def on_steps_resized(self, message: Steps.Resized) -> None:
        """Cut the titles to the new width."""
        message.stop()
        self.query_one(Steps).show(self._rows())

    @property
    def in_view(self) -> str:
        """The step whose output is shown."""
        return self._picked if self._picked is not None else self.progress.active

    def _draw(self) -> None:
        steps = self.query_one(Steps)
        steps.show(self._rows())
        if self._picked is None and steps.current and steps.current.key != self.progress.active:
            self._wanted_move = True
            steps.go_to(self.progress.active)
        self._draw_output()
        self._say()
        if self.query_one(Prompt).ask(self.progress.prompt):
            self.action_sections()
        self.refresh_bindings()

    def _draw_output(self) -> None:
        step = self.progress.steps.get(self.in_view)
        if step is None or (step.id, step.written) == self._drawn:
            return
        fresh = self._drawn[0] != step.id
        self._drawn = (step.id, step.written)
        self.query_one(Pane).show(list(step.lines), fresh=fresh)

    def _rows(self) -> list[Row]:
        now = time.monotonic()
        width = max(20, self.query_one(Steps).size.width)
        return [self._step_row(step, now, width) for step in self.progress.steps.values()]

    def _step_row(self, step: StepView, now: float, width: int) -> Row:
        look = LOOKS.get(step.state, "quiet")
        took = step.time(now)
        room = width - 7 - 6
        title = cut_middle(step.title, room)
        return Row(f"{step.state:<7}{title:<{room}}{took:>6}", look, step.id)

    def _say(self) -> None:
        progress = self.progress
        says = self.query_one("#run-says", Line)
        step = progress.steps.get(self.in_view)
        if progress.finished is not None:
            outcome = progress.finished.outcome
            look = "right" if outcome == DONE else "wrong"
            said = "CUT OFF" if outcome == DIED else outcome.upper()
            comes = "shows the review" if self._goes_on else "shows the result"
            says.say(f"The run is over: {said}. ^N {comes}.", look)
            self.query_one("#run-note", Line).say(
                "`postfix-wizard runs` lists this run and those before it.", "quiet"
            )
        elif step is not None:
            said = f"{progress.count_done} of {len(progress.steps)} done. {step.title}"
            says.say(said, "strong")

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the output of the step under the cursor."""
        event.stop()
        if self._wanted_move:
            self._wanted_move = False
            return
        if event.row is not None and event.row.key != self.in_view:
            self._picked = event.row.key
            self._draw_output()
            self._say()
            self.refresh_bindings()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Go to the open question, else to the step's output."""
        event.stop()
        (self.query_one("Prompt Entry") if self.progress.prompt else self.query_one(Pane)).focus()

    def on_descendant_focus(self) -> None:
        """Give the focused output the whole width, since dnf writes 80 columns."""
        self.query_one(Steps).display = not self.query_one(Pane).has_focus
        self.refresh_bindings()

    def on_key(self, event: events.Key) -> None:
        """Send typed text to the open question, also if another widget has the focus."""
        entry = self.query_one("Prompt Entry", Entry)
        if not self.progress.prompt or entry.has_focus or not event.is_printable:
            return
        if event.key in self.active_bindings:
            return
        event.stop()
        entry.focus()
        entry.insert_text_at_cursor(event.character or "")

    def on_prompt_answered(self, message: Prompt.Answered) -> None:
        """Send the answer, in a thread."""
        message.stop()
        places, run = self.desk.session.places, self.run
        prompt, text = message.prompt, message.text
        self.query_one(Prompt).say("Sending ...")
        in_background(self, lambda: prompts.send_answer(places, run, prompt, text), self._say_sent)

    def _say_sent(self, accepted: bool) -> None:
        """Say whether the answer counted. It does not if the prompt was closed already."""
        said = "Sent." if accepted else "It was answered already, or is no longer asked."
        self.query_one(Prompt).say(said)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Show only keys that do something."""
        over = self.progress.finished is not None
        if action == "next":
            return over
        if action == "back":
            return False
        if action == "follow":
            return self._picked is not None and not over
        if action == "stop":
            return not over and self._feed is not None
        if action in {"answer", "output", "sections"}:
            return action == self._escape
        return super().check_action(action, parameters)

    @property
    def _escape(self) -> str:
        """The action of Esc: from the steps to the question or the output, and back."""
        if not self.query_one(Steps).has_focus:
            return "sections"
        return "answer" if self.progress.prompt else "output"

    def action_answer(self) -> None:
        """Go to the open question."""
        self.query_one("Prompt Entry").focus()

    def action_output(self) -> None:
        """Go to the output."""
        self.query_one(Pane).focus()

    def action_sections(self) -> None:
        """Go to the steps."""
        steps = self.query_one(Steps)
        steps.display = True
        steps.focus()

    def action_follow(self) -> None:
        """Follow the active step again."""
        self._picked = None
        self._draw()

    def action_next(self) -> None:
        """Show the result."""
        over = self.progress.finished
        if over is None:
            return
        if self._goes_on and self._plan is not None:
            self.post_message(Gathered(self._plan))
            return
        failed = self.progress.failed
        self.post_message(
            Finished(
                self.run,
                over.outcome,
                over.message,
                self.progress.findings,
                failed.title if failed else "",
                can_undo=not (self._undoes or self._gathers or self.progress.returning),
                sections=self._plan.sections if self._plan is not None else (),
            )
        )

    @property
    def _goes_on(self) -> bool:
        """True if the review of the gathered certificates comes next."""
        over = self.progress.finished
        return bool(self._gathers) and over is not None and over.outcome == DONE

    def action_stop(self) -> None:
        """Ask, then ask the run to stop at its next safe boundary."""
        text = (
            "The step in progress is brought to its end first: nothing stops inside dnf or "
            "while a file is being replaced. What is done stays done."
        )
        places = self.desk.session.places

        def stop() -> None:
            in_background(self, lambda: lock.request_stop(places), self._say_stop)

        ask(self.app, "Stop the run?", text, stop)

    def _say_stop(self, heard: bool) -> None:
        """Confirm the request to stop. `heard` is False if there was no run."""
        said = "Asked to stop: the step in progress ends first." if heard else GOES_ON
        self.query_one("#run-note", Line).say(said, "strong" if heard else "quiet")

    def ask_to_leave(self) -> bool:
        """Quit with a last line, or ask first if the run is in progress. Return True."""
        if self.progress.finished is not None:
            outcome = self.progress.finished.outcome
            self.desk.last_words = f"Run {self.run}: {outcome.upper()}."
            self.app.exit(0 if outcome == DONE else 1)
            return True

        def leave() -> None:
            self.desk.last_words = (
                f"Run {self.run} goes on; `postfix-wizard attach` shows it again."
            )
            self.app.exit(0)

        ask(self.app, "Leave the run to itself?", GOES_ON, leave)
        return True
