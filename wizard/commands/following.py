"""A run followed as plain lines: steps, their output, prompts, the checks, the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from wizard.check.report import summary, table_lines
from wizard.commands.console import Console
from wizard.errors import Trouble
from wizard.finding import RIGHT
from wizard.plan.model import Step
from wizard.run import records
from wizard.run.follow import follow, is_prompt_open
from wizard.run.history import plan_of
from wizard.run.lock import request_stop
from wizard.run.paths import Places
from wizard.run.prompts import send_answer


def follow_run(places: Places, run: str, console: Console) -> int:
    """Print a run from its first line to its end; return 0 if it was done.

    Ctrl-C asks the worker to stop at the next safe boundary and continues to follow. A second
    Ctrl-C ends the following, while the run continues. Raises Trouble if the output cannot be
    written; then the run continues, too.
    """
    console.work.runs.append(run)
    try:
        return _follow_with_stop(places, run, console)
    except OSError as error:
        # An error of the run's own files is Trouble already, so this is the output.
        wrong = f"the output cannot be written: {error.strerror or error}"
        on = "The run goes on by itself; `postfix-wizard attach` shows it."
        raise Trouble(f"following run {run}", wrong, on) from error


def _follow_with_stop(places: Places, run: str, console: Console) -> int:
    titles = _numbered(plan_of(places, run).pending)
    try:
        return _follow(places, run, console, titles)
    except KeyboardInterrupt:
        request_stop(places)
        console.say(
            "",
            "Asked to stop: the step in progress ends first, since nothing is left half-done.",
            "Ctrl-C once more leaves the run to itself; `postfix-wizard attach` shows it again.",
        )
    try:
        return _follow(places, run, console, titles)
    except KeyboardInterrupt:
        console.say("", f"The run {run} ends on its own; `postfix-wizard attach` shows it again.")
        return 1


def _numbered(steps: Sequence[Step], word: str = "") -> dict[str, str]:
    return {
        step.id: f"[{word}{number}/{len(steps)}] {step.title}"
        for number, step in enumerate(steps, 1)
    }


def _follow(places: Places, run: str, console: Console, titles: dict[str, str]) -> int:
    code = 1
    for event in follow(places, run):
        if isinstance(event, records.Prompted):
            _answer(places, run, console, event)
        elif isinstance(event, records.RunFinished):
            code = 0 if event.outcome == records.DONE else 1
            console.say(f"Run {run}: {event.outcome}.", *event.message.splitlines())
        elif isinstance(event, records.Returning):
            titles = titles | _numbered(event.steps, "back ")
            console.say(*event.cause.splitlines(), "What was changed is put back:")
        else:
            say = _SAY.get(type(event))
            if say is not None:
                say(event, console, titles)
    return code


def _answer(places: Places, run: str, console: Console, prompt: records.Prompted) -> None:
    *before, last = prompt.text.splitlines() or [""]
    console.say("The run asks:", *before)
    if not console.is_terminal:
        console.say(last)
        return
    number = prompt.prompt
    answer = console.ask_while(last, lambda: is_prompt_open(places, run, number), echo=prompt.echo)
    if answer is None or not send_answer(places, run, number, answer):
        console.say("(It was answered already, or it is no longer asked.)")


def _started(event: records.StepStarted, console: Console, titles: dict[str, str]) -> None:
    console.say(titles.get(event.step, event.step))


def _output(event: records.Output, console: Console, _titles: dict[str, str]) -> None:
    console.say(*(f"    {line}" for line in event.lines))


def _finished(event: records.StepFinished, console: Console, _titles: dict[str, str]) -> None:
    console.say(f"    {event.outcome}, {event.seconds:.1f} s")
    if event.outcome == records.DONE:
        # The run's end says why a step failed. The message of a done step is printed only here.
        console.say(*(f"    {line}" for line in event.message.splitlines()))


def _found(event: records.Found, console: Console, _titles: dict[str, str]) -> None:
    """Print again each finding that is not right, with its advice, and the summary."""
    for finding in event.findings:
        if finding.verdict != RIGHT:
            console.say(*table_lines(finding))
    console.say(summary(event.findings))


_SAY: dict[type, Callable[..., None]] = {
    records.StepStarted: _started,
    records.Output: _output,
    records.StepFinished: _finished,
    records.Found: _found,
}
