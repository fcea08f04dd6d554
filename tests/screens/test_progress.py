"""How far a run is, its output and the queue of its events: no screen is opened."""

from __future__ import annotations

import threading
import time
from typing import Iterator

import pytest
from textual.message_pump import MessagePump

from screens.feed import MAX_WAITING_LINES, Feed
from screens.progress import MAX_LINES, Progress
from screens.run_steps import output_of
from tests.screens.hosts import fresh_host
from tests.screens.plans import RUN, happy_events, make_plan
from wizard.finding import Finding
from wizard.run import records


@pytest.mark.promise(3)
def test_the_feed_is_bounded_while_nobody_draws_and_drops_no_record() -> None:
    lines = tuple(f"line {number}" for number in range(100))
    events: list[records.Event] = [records.StepStarted("install")]
    events += [records.Output("install", lines)] * 1000
    events += [records.RunFinished("done", "")]
    done = threading.Event()

    def source() -> Iterator[records.Event]:
        yield from events
        done.set()

    class Frozen(MessagePump):
        def post_message(self, message: object) -> bool:
            del message
            return True

    feed = Feed(Frozen(), source())
    feed.start()
    assert done.wait(10)
    taken = feed.take()
    assert isinstance(taken[0], records.StepStarted)
    assert isinstance(taken[-1], records.RunFinished)
    kept = [event for event in taken if isinstance(event, records.Output)]
    assert sum(len(event.lines) for event in kept) <= MAX_WAITING_LINES


def test_what_comes_right_after_a_batch_was_taken_is_announced_too() -> None:
    second = threading.Event()
    announced = threading.Semaphore(0)

    def source() -> Iterator[records.Event]:
        yield records.StepStarted("install")
        second.wait(10)
        yield records.RunFinished("done", "")

    class Screen(MessagePump):
        def post_message(self, message: object) -> bool:
            del message
            # Between take() and the poster's next look, the reader is quicker.
            taken.extend(feed.take())
            second.set()
            until = time.monotonic() + 0.2
            while not feed._waiting and time.monotonic() < until and len(taken) < 2:
                time.sleep(0.001)
            announced.release()
            return True

    taken: list[records.Event] = []
    feed = Feed(Screen(), source())
    feed.start()
    assert announced.acquire(timeout=5)
    assert announced.acquire(timeout=5)
    assert len(taken) == 2


@pytest.mark.parametrize("outcome", [records.DONE, records.FAILED])
def test_what_a_step_says_at_its_end_is_in_its_output(outcome: str) -> None:
    # A step that is done says that a label could not be set, or that its output is not whole.
    progress = Progress(make_plan(fresh_host()).pending)
    progress.take(records.StepFinished("install", outcome, 1.0, "/etc/x: a word\nand another", {}))
    step = progress.steps["install"]
    assert output_of(step, 80) == ["", "/etc/x: a word", "and another"]
    assert output_of(step, 8) == ["", "/etc/x:", "a word", "and", "another"]
    assert step.written


def test_a_step_keeps_its_last_lines_only() -> None:
    progress = Progress(make_plan(fresh_host()).pending)
    for number in range(20):
        progress.take(records.Output("install", tuple(f"{number}-{i}" for i in range(1000))))
    step = progress.steps["install"]
    assert len(step.lines) == MAX_LINES
    assert step.lines[-1] == "19-999"


def test_the_time_of_a_step_counts_from_its_start_for_who_attaches_later() -> None:
    progress = Progress(make_plan(fresh_host()).pending)
    for event in (*happy_events()[:7], records.StepStarted("main.cf")):
        progress.take(event)
    now = time.monotonic()
    progress.take(records.Began("install", now - 500))
    progress.take(records.Began("main.cf", now - 60))
    assert progress.elapsed(now) == "1:04"
    # Of a boot before this one: its clock is ahead.
    progress.take(records.StepStarted("firewall"))
    progress.take(records.Began("firewall", now + 9999))
    assert progress.elapsed(time.monotonic()).startswith("1:0")


def test_the_bar_counts_what_is_done_and_the_time_of_all_steps() -> None:
    progress = Progress(make_plan(fresh_host()).pending)
    assert progress.bar == "step 1 of 4  [----------------]"
    for event in happy_events()[:8]:
        progress.take(event)
    assert progress.bar == "step 2 of 4  [####------------]"
    assert [one.id for one in progress.around] == ["install", "main.cf", "firewall"]
    began = progress.steps["main.cf"].began
    assert began is not None
    assert progress.elapsed(began + 60) == "1:04"


def test_a_run_that_is_gone_on_with_is_not_over() -> None:
    """Its journal has the end of the first attempt before the second one's records."""
    first, *rest = make_plan(fresh_host()).pending
    progress = Progress((first, *rest))
    for event in (
        records.RunStarted(RUN, "0" * 64, 1),
        records.StepStarted(first.id),
        records.StepFinished(first.id, "failed", 0.1, "No room.", {}),
        records.RunFinished("failed", "No room."),
    ):
        progress.take(event)
    assert progress.finished is not None
    assert {progress.steps[one.id].state for one in rest} == {"-"}
    progress.take(records.RunStarted(RUN, "0" * 64, 2))
    assert progress.finished is None
    assert {progress.steps[one.id].state for one in rest} == {"waits"}


def test_what_each_step_proved_is_kept_and_a_second_attempt_counts() -> None:
    progress = Progress(())
    waits, arrived = (Finding("aliases.delivery", "x", "y", "z", one) for one in ("waits", "right"))
    checked = Finding("main.cf", "x", "y", "z", "right")
    for found in ((checked,), (waits,), (arrived,)):
        progress.take(records.Found(found))
    assert progress.findings == (checked, arrived)
