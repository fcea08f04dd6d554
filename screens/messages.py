"""What screens tell the app: where to go, and what a thread has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from textual.message import Message

if TYPE_CHECKING:
    # Named in annotations only: the first paint does not wait for them.
    from screens.diffs import FileDiff
    from screens.draft import Draft
    from wizard.answers.build import Values
    from wizard.answers.model import Answers
    from wizard.dns.blocklists import Health
    from wizard.dns.records import Published
    from wizard.finding import Finding
    from wizard.host.facts import Host
    from wizard.host.suggest import Suggestion
    from wizard.log.tally import Tally
    from wizard.move.model import Checklist
    from wizard.plan.model import Plan
    from wizard.run.history import RunSummary
    from wizard.status.sections import SectionRow


@dataclass
class Go(Message):
    """Open a place of `screens.places`."""

    place: str
    section: str = ""
    """Begin at its first field, where the place asks several."""


@dataclass
class Again(Message):
    """Read the host anew, and begin where a start would."""


@dataclass
class Watch(Message):
    """Open the screen of a run, in progress or past."""

    run: str


@dataclass
class TakeBack(Message):
    """Open the review of what takes a run back.

    `came_from` opens the screen that asked for it again, None where that is Host.
    """

    run: str
    came_from: Optional[Finished] = None


@dataclass
class HostRead(Message):
    """The host was read in a thread; `values` are what the forms begin with.

    `first` says that all is to be asked and planned: the host was never set up by this policy,
    or an answers file is applied whole.
    """

    host: Host
    values: Values
    first: bool
    running: Optional[str]
    runs: tuple[RunSummary, ...]
    today: Optional[Answers] = None
    """What was read back, None where the host was never set up."""


@dataclass
class HostLoaded(Message):
    """The app has put what was read on the desk."""


@dataclass
class Listed(Message):
    """The sections were looked at in a thread; `as_left` are the answers that the runs left."""

    rows: tuple[SectionRow, ...]
    from_runs: Optional[Answers]


@dataclass
class ListsQueried(Message):
    """Blocklists were asked in a thread."""

    found: tuple[Health, ...]


@dataclass
class RecordsRead(Message):
    """The DNS was asked in a thread: what it says, and the records that there should be."""

    findings: tuple[Finding, ...]
    records: tuple[Published, ...]


@dataclass
class LogRead(Message):
    """A reading of Postfix's log came to its end: the counts, or else pflogsumm's `report`.

    `since` is in seconds since the epoch; `number` says which reading it was.
    """

    number: int
    since: float
    source: str = ""
    found: Optional[Tally] = None
    report: tuple[str, ...] = ()


@dataclass
class MoveSeen(Message):
    """The move was looked at in a thread; None where no old server is named."""

    found: Optional[Checklist]


@dataclass
class NamesFound(Message):
    """The zones of this host's named were read in a thread for names whose mail comes here."""

    found: tuple[Suggestion, ...]


@dataclass
class Planned(Message):
    """A plan was made in a thread; `draft` takes the place of the desk's, where there is one."""

    plan: Plan
    draft: Optional[Draft] = None


@dataclass
class Compared(Message):
    """The hunks of a plan's files were made in a thread."""

    diffs: tuple[FileDiff, ...]


@dataclass
class Launched(Message):
    """A worker was started on the plan."""

    run: str


@dataclass
class Finished(Message):
    """A run has come to its end, and the operator wants to see what it came to."""

    run: str
    outcome: str
    message: str
    findings: tuple[Finding, ...]
    failed_step: str
    can_undo: bool

    def again(self) -> Finished:
        """Return a message of the same content: Textual sends each message only once."""
        return Finished(
            self.run, self.outcome, self.message, self.findings, self.failed_step, self.can_undo
        )

    @property
    def summary(self) -> str:
        """What became of the run, in a sentence."""
        how = {"done": "is done", "died": "was cut off", "stopped": "was stopped"}
        return f"Run {self.run} {how.get(self.outcome, self.outcome)}."


@dataclass
class Gathered(Message):
    """A gather run is done: the plan that uses what it brought can be made, of the same answers."""

    plan: Plan


@dataclass
class Failed(Message):
    """What a thread did ended in Trouble; `text` is its sentence."""

    text: str
