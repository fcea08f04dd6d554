"""Make a plan from the options of the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Optional

from wizard.answers.accept import Accepted
from wizard.answers.model import Answers, narrowed
from wizard.answers.toml import (
    format_answers,
    parse_stored,
    read_answers,
    read_stored,
    saved_answers,
)
from wizard.answers.unnamed import with_unnamed
from wizard.commands.console import Console
from wizard.errors import AnswersTrouble, PermissionTrouble, Trouble, UsageTrouble, as_root
from wizard.host.facts import Host
from wizard.make_plan import with_proof
from wizard.plan import report
from wizard.plan.choices import OPEN, Choices
from wizard.plan.model import Plan
from wizard.planning.read_back import why_none
from wizard.session import Session


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    answers: Optional[Path] = None
    draft: bool = False
    """Plan the answers that were typed in the screens and not run yet."""
    sections: tuple[str, ...] = ()
    accepted: Accepted = field(default_factory=Accepted)
    """Values of --accept: cautions and choices by name."""
    only: Optional[str] = None
    """The ID of the only plan to run (`wizard.run.plan_id`)."""
    run: str = ""
    with_later: bool = False
    """Take back all runs after `run` too."""
    remove_package: bool = False
    dry_run: bool = False
    yes: bool = False
    json: bool = False
    conflicts: str = OPEN
    """The choice for every conflict with a hand edit: MINE, PLANNED or OPEN."""
    since: str = "1d"
    """From when on the log is counted, in a form of `wizard.log.since`."""
    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    """Items of the move to tick and to untick by hand."""
    pflogsumm: bool = False
    stranger: bool = False
    quiet_outside: bool = False
    against: Optional[str] = None
    """A server to check from this machine."""
    target: Optional[Path] = None
    """What that server should be: the file of `print_target`."""
    rates: bool = False
    print_target: bool = False
    user: str = ""
    prune: bool = False
    keep: Optional[int] = None
    """The number of newest runs that a prune does not remove."""
    wait: int = 0
    """Seconds to wait for the end of another run."""
    format: str = ""
    """The program that an export is for: `ansible`."""
    directory: Path = Path()
    partial: bool = False
    """Export also if the answers do not express all of the host."""
    older_than: Optional[int] = None
    """Days. A prune removes older runs."""


def make_plan(session: Session, options: Options) -> tuple[Plan, Host]:
    """Return the plan and the host. Raises Trouble if the host or the answers are unreadable."""
    if options.draft:
        return _plan_draft(session, options)
    given = read_answers(options.answers, options.sections) if options.answers else None
    host = session.host()
    return plan_on(session, host, options, given), host


def plan_on(
    session: Session, host: Host, options: Options, given: Optional[Answers] = None
) -> Plan:
    """Return the plan for a host that was read already: of `given`, else of its own answers."""
    answers = given or session.answers(host)
    if answers is None:
        raise AnswersTrouble(
            "looking for answers",
            why_none(host, "none were given and this host was not set up before"),
            "Name a file with --answers, or open the wizard: `postfix-wizard`.",
        )
    answers = _narrowed(answers, session, host, options)
    choices = Choices(rest=options.conflicts, accepted=options.accepted.by_name)
    plan = session.plan(answers, host, options.sections, choices)
    if given is not None and not options.sections and session.door.is_live:
        plan = with_saving(plan, given, _saved(session))
    return plan


def _plan_draft(session: Session, options: Options) -> tuple[Plan, Host]:
    """Return the plan of the draft, with what must be said about it as warnings."""
    # Its imports read past runs, which no other plan needs.
    from wizard.commands.drafted import draft_to_plan  # noqa: PLC0415

    doing = "reading the draft"
    if options.answers is not None or not session.door.is_live:
        raise UsageTrouble(
            doing,
            "--draft goes with neither --answers nor --root: it has this host's answers",
            "Leave one of them out.",
        )
    need_root(doing)
    host = session.host()
    answers, sections, says = draft_to_plan(session, host, options.sections)
    today = session.today(host) if sections else None
    if today is not None:
        answers = narrowed(answers, today, sections)
    choices = Choices(rest=options.conflicts, accepted=options.accepted.by_name)
    plan = session.plan(answers, host, sections, choices)
    return replace(plan, warnings=(*plan.warnings, *says)), host


def with_saving(plan: Plan, given: Answers, saved: Optional[Answers]) -> Plan:
    """Return the plan with its proof pending, if only the saved answers differ from those given.

    The end of each run saves them. Without them, a later check would compare with what it reads
    back from a broken host.
    """
    # A field that no answer expresses is not saved.
    if plan.pending or plan.obstacles or saved == parse_stored(format_answers(given)):
        return plan
    return with_proof(
        plan, "Nothing changes but the saved answers, which are others than these, or none."
    )


def _saved(session: Session) -> Optional[Answers]:
    """Return the saved answers, None if there are none or they cannot be read."""
    try:
        path = saved_answers(session.door)
        return None if path is None else read_stored(path)
    except Trouble:
        return None


def _narrowed(answers: Answers, session: Session, host: Host, options: Options) -> Answers:
    """Return the answers, with the host's values of all that was not named.

    These are the sections that were not named, and the optional numbers that the file does not name.
    """
    if not options.sections:
        return answers
    today = session.today(host)
    if today is None:
        return answers
    return narrowed(with_unnamed(answers, today), today, options.sections)


def say_to_copy(plan: Plan, console: Console) -> None:
    """Show the changes that the operator has to copy, since no step writes them."""
    for change in plan.to_copy:
        console.say(report.TO_COPY)
        console.say_diff(report.file_diff(change))


def need_root(doing: str) -> None:
    """Raise PermissionTrouble unless this is root."""
    if os.geteuid() != 0:
        raise PermissionTrouble(doing, "only root can do this", as_root())


def need_an_answer(doing: str, options: Options, console: Console, shown_by: str) -> None:
    """Raise UsageTrouble if there is neither a terminal for a prompt nor --yes.

    `shown_by` is the command that shows the steps without running them.
    """
    if not options.yes and not console.is_terminal:
        raise UsageTrouble(
            doing,
            "nobody can be asked here, for there is no terminal",
            f"Add --yes when you have read what `{shown_by}` prints.",
        )
