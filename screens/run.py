"""Run: how far the run is, the output of the active step, and its questions."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar, Optional

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.ask import ask
from screens.background import in_background
from screens.desk import Desk
from screens.feed import FAR_BEHIND, Fed, Feed
from screens.frame import WizardScreen
from screens.messages import Failed, Finished, Gathered, Quits
from screens.progress import DONE, Progress
from screens.run_steps import Steps, is_cut, output_of, step_row
from screens.widgets.entry import Entry
from screens.widgets.keyline import KeyLine
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.prompt import Prompt
from screens.widgets.row import Row
from screens.widgets.rows import Rows
from screens.widgets.seat import Seat
from wizard.plan.model import Plan
from wizard.run import follow, history, lock, prompts
from wizard.run.records import DIED, RunFinished
from wizard.text import counted

GOES_ON = "Closing this terminal stops nothing. Back: postfix-wizard attach."
NOTE = f"{GOES_ON}\nCtrl-C: stops after this step."
OVER = "`postfix-wizard runs` lists this run and those before it."


class RunScreen(WizardScreen):
    """A viewer of a run. Closing it, or losing the terminal, never changes the run."""

    HELP_TEXT: ClassVar[str] = (
        "The run has a process of its own that no terminal owns. This screen shows it and sends "
        "your answers to its questions. The output of the active step is followed; Up stops that, "
        "End follows again. Esc shows all steps; Enter there shows the output of one."
    )
    MAIN: ClassVar[tuple[str, ...]] = ("next",)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+n", "next", "Result", tooltip="Show the result of the run."),
        Binding("f", "follow", "Follow", tooltip="Follow the active step again."),
        Binding(
            "s",
            "stop",
            "Stop",
            tooltip="Stop after this step, after a yes (also Ctrl-C).",
        ),
        Binding("escape", "answer", "Question", tooltip="Go to the open question."),
        Binding(
            "escape", "output", "Close list", tooltip="Go back to the output of the step (also o)."
        ),
        Binding("o", "output", "Output", show=False),
        Binding("escape,enter", "sections", "All steps", tooltip="Show all steps."),
    ]

    def __init__(self, desk: Desk, run: str) -> None:
        super().__init__(desk, "Run")
        self.run = run
        self.progress = Progress(())
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
        """Put how far it is above the output, and the question below."""
        self.fit()
        yield self.head()
        with Widget(id="run-body"):
            yield Line("Reading the run ...", "strong", id="run-says")
            with Widget(id="run-main"):
                yield Steps(id="steps")
                with Widget(id="run-output"):
                    yield Line("", "quiet", id="run-picked")
                    yield Pane(id="output")
        with Widget(id="run-foot"):
            yield Prompt()
            yield Line(NOTE, "quiet", id="run-note")
        yield KeyLine()

    def on_mount(self) -> None:
        """Read the plan in a thread, then follow the run. As the first screen, find the seat before."""
        self.query_one(Prompt).display = False
        self.query_one(Pane).focus()
        if self.desk.host_name:
            self._read_plan()
        else:
            in_background(self, self.desk.find_seat, self._sit)

    def _sit(self, seat: tuple[str, str]) -> None:
        """Say in the head line where the operator is."""
        self.desk.sit(*seat)
        self.show_head()
        self._read_plan()

    def _read_plan(self) -> None:
        desk, run = self.desk, self.run
        in_background(self, lambda: history.plan_of(desk.session.places, run), self._follow)

    def _follow(self, plan: Plan) -> None:
        """Show the steps and begin to follow."""
        self.progress = Progress(plan.pending)
        self._gathers = plan.gathers
        self._plan = plan
        self._draw()
        events = follow.follow(self.desk.session.places, self.run, behind=FAR_BEHIND)
        self._feed = Feed(self, events)
        self._feed.start()
        self.set_interval(1.0, self._say)

    def on_failed(self, message: Failed) -> None:
        """Show why the run cannot be followed. The run itself continues."""
        message.stop()
        self.query_one("#run-says", Line).say_error(message.text)

    def on_fed(self, message: Fed) -> None:
        """Take a batch of events and draw once."""
        message.stop()
        if self._feed is None:
            return
        for event in self._feed.take():
            self.progress.take(event)
        self._draw()

    def on_resize(self) -> None:
        """Follow the terminal's width: wide terminals always show all steps."""
        self.fit()
        self._draw_steps()

    def on_steps_resized(self, message: Steps.Resized) -> None:
        """Cut the titles to the new width, and wrap what is said of a step."""
        message.stop()
        self._draw_steps()
        self._drawn = self._drawn[0], -1
        self._draw_output()

    @property
    def shows_all(self) -> bool:
        """True if all steps are in sight, not only those around the active one."""
        return self.has_class("-wide") or self.has_class("-all")

    @property
    def in_view(self) -> str:
        """The step whose output is shown."""
        return self._picked if self._picked is not None else self.progress.active

    def _draw(self) -> None:
        self._draw_steps()
        self._draw_output()
        self._say()
        if self.query_one(Prompt).ask(self.progress.prompt):
            self.action_output()
        self.refresh_bindings()

    def _draw_steps(self) -> None:
        steps = self.query_one(Steps)
        steps.can_focus = self.shows_all
        steps.show(self._rows())
        if self._picked is None and steps.current and steps.current.key != self.progress.active:
            self._wanted_move = True
            steps.go_to(self.progress.active)

    def _draw_output(self) -> None:
        step = self.progress.steps.get(self.in_view)
        if step is None or (step.id, step.written) == self._drawn:
            return
        fresh = self._drawn[0] != step.id
        self._drawn = (step.id, step.written)
        pane = self.query_one(Pane)
        pane.show(output_of(step, max(20, pane.size.width)), fresh=fresh)

    @property
    def _steps_width(self) -> int:
        return max(20, self.query_one(Steps).size.width)

    def _rows(self) -> list[Row]:
        width = self._steps_width
        shown = self.progress.steps.values() if self.shows_all else self.progress.around
        return [step_row(step, width, shows_all=self.shows_all) for step in shown]

    def _say(self) -> None:
        """Write the line above: how far the run is, or how it ended."""
        progress = self.progress
        says = self.query_one("#run-says", Line)
        if progress.finished is not None:
            outcome = progress.finished.outcome
            look = "right" if outcome == DONE else "wrong"
            said = "CUT OFF" if outcome == DIED else outcome.upper()
            comes = "review" if self._goes_on else "result"
            count = f"{progress.count_done} of {counted(len(progress.own), 'step')} done"
            says.say(f"The run is over: {said}. {count}. Enter: {comes}.", look, said)
            self.query_one("#run-note", Line).say(OVER, "quiet")
        elif progress.steps:
            back = "FAILED. What it changed is put back: " if progress.returning else ""
            time_taken = progress.elapsed(time.monotonic())
            says.say(f"{back}{progress.bar}  {time_taken}", "strong")
        self._say_picked()

    def _say_picked(self) -> None:
        """Name the step whose output is shown, if that is not the active one or its title is cut."""
        step = self.progress.steps.get(self.in_view)
        named = self.query_one("#run-picked", Line)
        is_picked = self._picked is not None and self._picked != self.progress.active
        named.display = step is not None and (is_picked or is_cut(step, self._steps_width))
        if step is not None:
            is_away = is_picked and self.progress.finished is None
            follows = " f follows the active step again." if is_away else ""
            named.say(f"Output of: {step.title}.{follows}", "quiet")

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the output of the step under the cursor."""
        event.stop()
        if self._wanted_move:
            self._wanted_move = False
            return
        if self.shows_all and event.row is not None and event.row.key != self.in_view:
            self._picked = event.row.key
            self._draw_output()
            self._say()
            self.refresh_bindings()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Go to the step's output."""
        event.stop()
        self.action_output()

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
        at_steps = isinstance(self.focused, Steps)
        offered = {
            "next": over,
            "back": False,
            "follow": self._picked is not None and not over,
            "stop": not over and self._feed is not None,
            "sections": not at_steps,
            "answer": at_steps and self.progress.prompt is not None,
            "output": at_steps and self.progress.prompt is None,
        }
        if action in offered:
            return offered[action]
        return super().check_action(action, parameters)

    def action_answer(self) -> None:
        """Go to the open question."""
        self.action_output()
        self.query_one("Prompt Entry").focus()

    def action_output(self) -> None:
        """Go to the output, over the whole width."""
        self.remove_class("-all")
        self._draw_steps()
        self.query_one(Pane).focus()

    def action_sections(self) -> None:
        """Show all steps."""
        self.add_class("-all")
        self._draw_steps()
        self.query_one(Steps).focus()

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
        if self._plan is not None:
            self.post_message(self._finished(over, self._plan))

    def _finished(self, over: RunFinished, plan: Plan) -> Finished:
        """Return what the result shows of the run."""
        progress = self.progress
        own, failed = progress.own, progress.failed
        return Finished(
            self.run,
            over.outcome,
            over.message,
            progress.findings,
            plan,
            tuple(one.title for one in own if one.state == DONE),
            len(own),
            failed.title if failed else "",
            next((number for number, one in enumerate(own, 1) if one is failed), 0),
            failed.message if failed else "",
            has_returned=progress.has_returned,
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

    def interrupt(self) -> bool:
        """Ctrl-C: ask to stop the run. Return False if the run is over."""
        if not self.check_action("stop", ()):
            return False
        self.action_stop()
        return True

    def _say_stop(self, heard: bool) -> None:
        """Confirm the request to stop. `heard` is False if there was no run."""
        said = "Asked to stop: the step in progress ends first." if heard else GOES_ON
        self.query_one("#run-note", Line).say(said, "strong" if heard else "quiet")

    def ask_to_leave(self) -> bool:
        """Quit with a last line, or ask first if the run is in progress. Return True."""
        over = self.progress.finished
        if over is not None:
            outcome = over.outcome
            if self._plan is not None:
                # Straight to the app, which must know it before it ends.
                self.app.post_message(Quits(self._finished(over, self._plan)))
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
