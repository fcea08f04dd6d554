"""Messages from screens and threads to the app: the next screen, and results of threads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional

from textual.message import Message

if TYPE_CHECKING:
    # Named in annotations only: the first paint does not wait for them.
    from wizard.drafts.draft import Draft
    from wizard.drafts.offer import Offer, Opening
    from wizard.finding import Finding
    from wizard.host.facts import Host
    from wizard.plan.model import Plan
    from wizard.run.history import RunSummary


@dataclass
class Go(Message):
    """Open a screen of `screens.places`."""

    place: str
    section: str = ""
    """Begin at this section's first field, if the screen has several sections."""
    came_from: str = ""
    """The screen of `screens.places` that was open before, "" for another one."""


@dataclass
class Again(Message):
    """Read the host again, and begin as at the start, or with a form."""

    place: str = ""
    """The form, "" for the first screen of a start."""
    section: str = ""


@dataclass
class Watch(Message):
    """Open the screen of a run, in progress or past."""

    run: str


@dataclass
class TakeBack(Message):
    """Open the review of the undo of a run.

    `came_from` opens the result again from which it was requested, `place` the other screen.
    """

    run: str
    came_from: Optional[Finished] = None
    place: str = ""


@dataclass
class HostRead(Message):
    """A thread read the host. `offer` is what an earlier sitting typed and did not run."""

    host: Host
    opening: Opening
    running: Optional[str]
    runs: tuple[RunSummary, ...]
    offer: Optional[Offer] = None
    user: str = ""
    """Who the operator is, for the head line."""
    to_undo: str = ""
    """The run that an undo takes back, "" for none."""


@dataclass
class Typed(Message):
    """Answers were typed or chosen: keep them as a draft."""


@dataclass
class NotStored(Message):
    """The draft could not be written. `text` says why, "" if it could again."""

    text: str


@dataclass
class HostLoaded(Message):
    """The app has stored the host's facts in the shared state."""


@dataclass
class Planned(Message):
    """A thread made a plan. `draft`, if there is one, replaces that of the shared state.

    `queued` is the number of messages in the queue then, None if it is not known.
    """

    plan: Plan
    draft: Optional[Draft] = None
    queued: Optional[int] = None


@dataclass
class Launched(Message):
    """A worker was started on the plan. `of_draft` is True if it runs what the forms have."""

    run: str
    of_draft: bool = False


@dataclass
class Finished(Message):
    """A run has ended, and the operator wants to see the result.

    `done` are the titles of its own steps that are done, in their order, and `steps` the number of
    its own steps. `failed_at` is the number of the failed step, `said` its message.
    """

    run: str
    outcome: str
    message: str
    findings: tuple[Finding, ...]
    plan: Plan
    done: tuple[str, ...] = ()
    steps: int = 0
    failed_step: str = ""
    failed_at: int = 0
    said: str = ""
    has_returned: bool = False
    """True if an automatic return put back all that the run had changed."""
    checked: float = 0.0
    """When the checks ran that made the findings, in seconds since 1970; 0 at the end of the run."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections of the run's plan; none are all of them."""
        return self.plan.sections

    def again(self) -> Finished:
        """Return a message of the same content: Textual sends each message only once."""
        return replace(self)

    @property
    def can_resume(self) -> bool:
        """True if it ended early and can be continued."""
        return self.outcome != "done" and not self.has_returned

    @property
    def is_offered_again(self) -> bool:
        """True if the next start offers the answers of the run's plan."""
        return self.can_resume and not self.plan.undoes

    @property
    def summary(self) -> str:
        """A sentence with the outcome of the run."""
        how = {"done": "is done", "died": "was cut off", "stopped": "was stopped"}
        return f"Run {self.run} {how.get(self.outcome, self.outcome)}."


@dataclass
class Quits(Message):
    """The operator quits at the end of a run, without a look at its result."""

    over: Finished


@dataclass
class Gathered(Message):
    """A gather run is done. The plan that uses the certificates can be made from its answers."""

    plan: Plan


@dataclass
class Failed(Message):
    """A thread ended with Trouble. `text` is its message."""

    text: str
