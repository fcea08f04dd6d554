"""The state that all screens share: the session, the facts of the host, and the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Callable, Optional

from screens.places import LIST, PLACES, Place, place_of_section
from screens.widgets.seat import Seat

if TYPE_CHECKING:
    from screens.widgets.items import Shown
    from wizard.answers.model import Answers
    from wizard.drafts.draft import Draft
    from wizard.host.facts import Host
    from wizard.move.model import Checklist
    from wizard.plan.choices import Choices
    from wizard.plan.model import Plan
    from wizard.run.history import RunSummary
    from wizard.session import Session
    from wizard.status.sections import SectionRow


NO_NAME = "host without a name"
OFFERED_AGAIN = "`postfix-wizard` offers it again, `postfix-wizard plan --draft` plans it."


@dataclass(frozen=True)
class Wish:
    """The options of the command line. `given` are the answers of a named file."""

    sections: tuple[str, ...] = ()
    dry_run: bool = False
    given: Optional[Answers] = None


@dataclass
class Desk:
    """The shared state. The app makes it once. Screens read it, and the app's handlers change it."""

    open_session: Callable[[], Session]
    wish: Wish = Wish()
    draft: Optional[Draft] = None
    plan: Optional[Plan] = None
    running: Optional[str] = None
    runs: tuple[RunSummary, ...] = ()
    to_undo: str = ""
    """The run that an undo takes back: the newest that changed something; "" for none."""
    sections: tuple[SectionRow, ...] = ()
    """The list of sections, once it was read."""
    from_runs: Optional[Answers] = None
    """The answers that the last runs wrote, read with the list."""
    move: Optional[Checklist] = None
    """The checklist of the move, once it was read; None without an old server."""
    listed: dict[tuple[str, str], Shown] = field(default_factory=dict)
    """By section and field: the rows of a list at the last visit of its form, for the next one."""
    accepted: set[str] = field(default_factory=set)
    doubted: set[str] = field(default_factory=set)
    """Blocklists that do not work and that the operator uses all the same, by name."""
    choices: Optional[Choices] = None
    """The operator's choices for conflicts with hand edits, None without one."""
    last_run: str = ""
    """A sentence on the last run that ended while the screens were open, "" for none."""
    host_name: str = ""
    user: str = ""
    """Who the operator is, as the head line says it: `sudo: NAME` or root."""
    not_stored: str = ""
    """Why the answers are not stored as a draft, "" if they are."""
    has_draft: bool = False
    """True if the answers of the run that ended here are the draft of the next start."""
    last_words: str = ""
    """Printed when the screens close, since nothing of them remains on the terminal."""

    @cached_property
    def session(self) -> Session:
        """The session. It is made at its first use, which is in a thread."""
        return self.open_session()

    def host(self) -> Host:
        """Return the facts that the draft has, else read them. For threads: it may take seconds."""
        return self.session.host() if self.draft is None else self.draft.host

    def find_seat(self) -> tuple[str, str]:
        """Return the host's name and the user, for a screen that opens before the host is read.

        For threads: the first use of the session imports it.
        """
        from wizard.host.network import own_name  # noqa: PLC0415 - not for the first paint

        session = self.session
        return own_name(session.door), session.caller().as_root

    def sit(self, host_name: str, user: str) -> None:
        """Store the host's name, "" if it has none, and the user for the head line."""
        self.host_name, self.user = host_name or NO_NAME, user

    @property
    def seat(self) -> Seat:
        """What the head line says of host, user and newest run. Before these are known, nothing."""
        if not self.host_name:
            return Seat()
        last = self.running or (self.runs[-1].run if self.runs else "none yet")
        return Seat(self.host_name, self.user, f"run: {last}")

    @property
    def places(self) -> tuple[Place, ...]:
        """The screens to show. With requested sections, only theirs and the review."""
        if not self.wish.sections:
            return (LIST, *PLACES) if self.lists_sections else PLACES
        names = {place_of_section(section).name for section in self.wish.sections}
        return tuple(one for one in PLACES if one.name in names or one.name == "review")

    @property
    def lists_sections(self) -> bool:
        """True if the host is set up, so that its sections can be listed."""
        draft = self.draft
        return draft is not None and draft.today is not None and not draft.first

    @property
    def last(self) -> Optional[RunSummary]:
        """The newest run that ever began, None while another is in progress.

        A run of a newer version counts as begun, so that no older one is resumed or undone instead.
        """
        begun = [one for one in self.runs if one.started is not None or one.newer is not None]
        return begun[-1] if begun and not self.running else None

    @property
    def early(self) -> Optional[RunSummary]:
        """The newest run if it ended early and can be resumed, else None."""
        return self.last if self.last is not None and self.last.can_resume else None

    def beside(self, name: str, by: int) -> Optional[Place]:
        """Return the screen after (1) or before (-1) this one, None at the ends."""
        names = [one.name for one in self.places]
        at = (names.index(name) if name in names else -1) + by
        return self.places[at] if 0 <= at < len(names) else None

    def forget(self) -> None:
        """Drop all facts and answers, after a run or before the host is read again."""
        self.draft = self.plan = self.running = None
        self.has_draft = False
        self.to_undo = ""
        self.runs, self.sections, self.from_runs, self.move = (), (), None, None
        self.accepted, self.doubted = set(), set()
        self.listed = {}
        self.choices = None

    @property
    def before_leaving(self) -> str:
        """The text of the question before the screens close: what ran, and what is saved or lost."""
        ran = self.last_run or "Nothing was run."
        since = "you typed since" if self.last_run else "you typed"
        if self.not_stored:
            return f"{ran} What {since} cannot be kept, and will be lost: {self.not_stored}"
        return f"{ran} What {since} is kept as a draft: the next start offers it again."

    def draft_line(self, not_stored: str) -> str:
        """Return the last line on what was typed, "" for none. `not_stored` says why it is lost."""
        draft = self.draft
        if draft is None and self.has_draft:
            return f"The draft of the run is kept: {OFFERED_AGAIN}"
        if draft is None or not draft.is_touched or (self.running and draft.run == self.running):
            return ""
        if not_stored:
            return f"What you typed is lost, since it could not be kept: {not_stored}"
        return f"What you typed is kept: {OFFERED_AGAIN}"

    @property
    def has_answers(self) -> bool:
        """True if something was typed or decided that no run has put in place."""
        return self.draft is not None and self.draft.is_touched
