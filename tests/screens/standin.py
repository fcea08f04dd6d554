"""A stand-in for a session, made of data, and the app over it."""

from __future__ import annotations

import atexit
import itertools
import threading
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Collection, Iterator, Optional, Sequence, Union, cast

from screens.app import WizardApp
from screens.desk import Wish
from screens.terminal import PLAIN, Capabilities
from tests.screens.hosts import StandInHost, fresh_host, suggestions
from tests.screens.plans import FINDINGS, FLOWING, RUN, happy_events, make_plan, undo_plan
from wizard.answers.catalogue import ListZone
from wizard.answers.model import Answers, Caution
from wizard.certificates.model import CertificatePair
from wizard.dns.blocklists import Health
from wizard.drafts.offer import Opening
from wizard.drafts.store import DraftStore, this_process
from wizard.errors import Trouble
from wizard.finding import Finding
from wizard.host.facts import (
    Host,
)
from wizard.log.tally import Tally
from wizard.move.model import Checklist
from wizard.plan.choices import Choices
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Plan
from wizard.run import records
from wizard.run.caller import Caller
from wizard.run.history import RunSummary
from wizard.run.lock import Holder
from wizard.run.paths import Places
from wizard.secrets import MASK
from wizard.session import Session
from wizard.status.expected import ExpectedState
from wizard.status.mail_state import MailState
from wizard.status.sections import SectionRow, section_rows

UNDECIDED = Choices()

_KEEPS = TemporaryDirectory()

atexit.register(_KEEPS.cleanup)

_NUMBERS = itertools.count()
"""For the drafts of the stand-ins: a directory each."""


def _set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@dataclass
class StandIn:
    """What `wizard.session.Session` is to the screens."""

    the_host: Host = field(default_factory=fresh_host)
    saved: Optional[Answers] = None
    cautions: tuple[Caution, ...] = ()
    edits: tuple[HandEdit, ...] = ()
    events: list[records.Event] = field(default_factory=happy_events)
    in_progress: Optional[str] = None
    past: tuple[RunSummary, ...] = ()
    plan_made: Optional[Plan] = None
    planned: list[tuple[Answers, tuple[str, ...]]] = field(default_factory=list)
    started: list[Plan] = field(default_factory=list)
    sent: list[tuple[int, str]] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    stops: int = 0
    ill: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    listed_sections: tuple[SectionRow, ...] = ()
    as_left: Optional[Answers] = None
    sections_wait: threading.Event = field(default_factory=_set_event)
    lists_wait: threading.Event = field(default_factory=_set_event)
    went_on: threading.Event = field(default_factory=threading.Event)
    can_undo: bool = True
    changed_nothing: tuple[str, ...] = ()
    mail: MailState = FLOWING
    in_queue: Optional[int] = None
    checked: Union[tuple[Finding, ...], Trouble] = FINDINGS
    check_waits: threading.Event = field(default_factory=_set_event)
    logged: Tally = field(default_factory=Tally)
    has_pflogsumm: bool = False
    pair_problem: str = ""

    state: Path = field(default_factory=lambda: Path(_KEEPS.name) / str(next(_NUMBERS)))
    """The directory of its drafts."""

    writer: str = ""
    """The process that writes drafts, "" for this one."""

    hosts_read: int = 0
    program: tuple[str, ...] = ()

    def caller(self) -> Caller:
        return Caller(sudo_user="taro")

    @property
    def places(self) -> StandIn:
        """Itself: the functions of FUNCTIONS hand what they are asked to its methods."""
        return self

    door = places

    def host(self) -> Host:
        self.hosts_read += 1
        return self.the_host

    def answers(self, _host: Host) -> Optional[Answers]:
        return self.saved

    def today(self, _host: Host) -> Optional[Answers]:
        return self.saved

    def opening(
        self, host: Host, given: Optional[Answers] = None, sections: Collection[str] = ()
    ) -> Opening:
        return Session.opening(cast("Session", self), host, given, sections)

    def certificate_pair(self, cert_file: str, key_file: str) -> CertificatePair:
        return CertificatePair(cert_file, key_file, problem=self.pair_problem)

    def drafts(self) -> DraftStore:
        return DraftStore(Places(self.state), "taro", self.writer or this_process())

    def sections(self, host: Host) -> tuple[tuple[SectionRow, ...], Optional[Answers]]:
        self.sections_wait.wait(10)
        rows = self.listed_sections or section_rows(host, self.today(host), ExpectedState(), ())
        return rows, self.as_left or self.today(host)

    def plan(
        self,
        given: Answers,
        host: Host,
        sections: Collection[str] = (),
        choices: Choices = UNDECIDED,
    ) -> Plan:
        self.planned.append((given, tuple(sections)))
        plan = self.plan_made or make_plan(host, self.cautions)
        edits = tuple(
            replace(one, choice=choices.of(one.path, one.name)) if one.conflict else one
            for one in self.edits
        )
        return replace(plan, edits=edits)

    def ask_lists(
        self, zones: Collection[ListZone], _host: Host, _key_file: str
    ) -> tuple[Health, ...]:
        self.asked += [one.zone for one in zones]
        self.lists_wait.wait(10)
        return tuple(
            Health(one, "needs a key", "it cannot be asked without its key", "Write it.")
            if MASK in one.zone
            else Health(one, *self.ill[one.zone])
            if one.zone in self.ill
            else Health(one, "works", "", own=self.listed.get(one.zone, ()))
            for one in zones
        )

    def move(self, _answers: Answers, _host: Host) -> Optional[Checklist]:
        return None

    def log(self, _since: float, _now: float, _wanted: Callable[[], bool]) -> tuple[str, Tally]:
        return "the journal", self.logged

    def start(self, plan: Plan, *, attended: bool) -> str:
        assert attended
        self.started.append(plan)
        return RUN

    def undo_plan(self, run: str) -> Plan:
        self.undone.append(run)
        return undo_plan(self.the_host, run)

    def resume(self, run: str, _program: Sequence[str], *, attended: bool) -> None:
        assert attended
        self.resumed.append(run)

    def has_something_to_undo(self, _run: str) -> bool:
        return self.can_undo

    def newest_to_undo(self) -> str:
        for one in reversed(self.past):
            if one.newer is not None or (one.can_undo and one.run not in self.changed_nothing):
                return "" if one.newer is not None else one.run
        return ""

    def runs_to_undo(self) -> frozenset[str]:
        able = (one.run for one in self.past if one.can_undo)
        return frozenset(able) - frozenset(self.changed_nothing)

    def queued(self) -> Optional[int]:
        return self.in_queue

    def mail_state(self, _plan: Plan) -> MailState:
        return self.mail

    def check(self) -> tuple[Finding, ...]:
        self.check_waits.wait(10)
        if isinstance(self.checked, Trouble):
            raise self.checked
        return self.checked

    def plan_of(self, _run: str) -> Plan:
        return self.plan_made or make_plan(self.the_host)

    def follow(self, _run: str, *, behind: int) -> Iterator[records.Event]:
        assert behind > 0
        asked = {e.prompt for e in self.events if isinstance(e, records.PromptClosed)}
        for event in self.events:
            yield event
            if isinstance(event, records.Prompted) and event.prompt in asked:
                self.went_on.wait(10)

    def answer(self, _run: str, prompt: int, text: str) -> bool:
        self.sent.append((prompt, text))
        self.went_on.set()
        return True

    def stop(self) -> bool:
        self.stops += 1
        return True

    def running(self) -> Optional[Holder]:
        return None if self.in_progress is None else Holder(0, self.in_progress, 0.0)

    def runs(self) -> tuple[RunSummary, ...]:
        return self.past


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "wizard.host.network.own_name": lambda one: one.the_host.network.hostname,
    "wizard.log.pflogsumm.is_there": lambda one: one.has_pflogsumm,
    "wizard.log.pflogsumm.report": lambda one, lines: one.pflogsumm(lines),
    "wizard.log.read.classic_lines": lambda _one, *_asked: (),
    "wizard.log.read.read_log": lambda one, *asked: one.log(*asked),
    "wizard.move.ticks.write_saved": lambda one, _old, saved: one.keep_move(saved),
    "wizard.planning.read_back.read_values": lambda _host: suggestions(),
    "wizard.run.follow.follow": lambda one, run, behind: one.follow(run, behind=behind),
    "wizard.run.history.plan_of": lambda one, run: one.plan_of(run),
    "wizard.run.history.runs": lambda one: one.runs(),
    "wizard.run.launch.relaunch": lambda one, *run, attended: one.resume(*run, attended=attended),
    "wizard.run.lock.holder": lambda one: one.running(),
    "wizard.run.lock.request_stop": lambda one: one.stop(),
    "wizard.run.prompts.send_answer": lambda one, *answer: one.answer(*answer),
}
"""What the screens call with the places, door or host of a session, and what a stand-in does."""


def _hand_over(path: str, to_stand_in: Callable[..., Any]) -> None:
    """Let a function call the stand-in where it is given one."""
    module, _, name = path.rpartition(".")
    real = getattr(import_module(module), name)

    def either(one: Any, *more: Any, **named: Any) -> Any:
        stands_in = isinstance(one, (StandIn, StandInHost))
        return (to_stand_in if stands_in else real)(one, *more, **named)

    setattr(import_module(module), name, either)


for _path, _to_stand_in in FUNCTIONS.items():
    _hand_over(_path, _to_stand_in)


def make_app(
    session: Optional[StandIn] = None,
    wish: Optional[Wish] = None,
    terminal: Capabilities = PLAIN,
) -> WizardApp:
    stand_in = session or StandIn()
    return WizardApp(lambda: cast("Session", stand_in), wish or Wish(), terminal=terminal)
