"""`postfix-wizard check`: proves the live state."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

from wizard.answers.model import SECTIONS, Answers
from wizard.answers.rules.mail import email
from wizard.answers.toml import read_answers, saved_answers
from wizard.check.outside import NOT_QUERIED
from wizard.check.report import as_data, as_table, failed, to_publish
from wizard.commands.against import print_target, refuse_mixed, run_against
from wizard.commands.console import Console
from wizard.commands.planning import Options, need_root, plan_on
from wizard.commands.refused import or_refused
from wizard.errors import AnswersTrouble, Trouble, UsageTrouble
from wizard.host.facts import Host
from wizard.plan.choices import PLANNED
from wizard.planning.read_back import why_none
from wizard.session import Session

HOST_SECONDS = 15.0
"""For each command that reads the host before the checks, which have a limit of their own."""


@or_refused(as_data())
def run_check(session: Session, options: Options, console: Console) -> int:
    """Print the table of findings; return 1 if one that counts is wrong."""
    refuse_mixed(options)
    if options.against is not None:
        return run_against(options, session, console)
    if options.quiet_outside and options.stranger:
        raise UsageTrouble(
            "checking this server",
            "--stranger has Postfix query blocklists and domains of others",
            "Say --stranger or --quiet-outside, not both.",
        )
    need_root("checking this server")
    # Imported here, since they take 90 ms: nobody waits for them who is refused.
    from wizard.check.abuse.as_stranger import check_as_stranger  # noqa: PLC0415
    from wizard.check.cures.advise import with_cures  # noqa: PLC0415
    from wizard.check.dovecot.login import User, check_login  # noqa: PLC0415
    from wizard.check.host.units import with_start  # noqa: PLC0415
    from wizard.check.prove import prove  # noqa: PLC0415

    host = replace(session, door=session.door.within(HOST_SECONDS)).host()
    answers = read_answers(options.answers) if options.answers else session.answers(host)
    if answers is None:
        raise AnswersTrouble(
            "checking this server",
            why_none(host, "it was not set up before, and no answers say what it should be"),
            "Name a file with --answers, or set the server up first.",
        )
    if options.print_target:
        return print_target(answers, session, console)
    sender, password = _login(options, answers, console)
    # On a server that somebody else set up, nobody chose the policy.
    chosen = options.answers or saved_answers(session.door) is not None
    why_not = NOT_QUERIED if options.quiet_outside else ""
    records_to_publish = session.begin_records(answers, host, why_not=why_not)
    found = prove(
        answers,
        session.door,
        sections=() if chosen else SECTIONS,
        asks_others=not options.quiet_outside,
    )
    findings = tuple(with_start(found))
    if options.stranger:
        findings += tuple(check_as_stranger(answers, host, session.door))
    if options.user:
        user = User(options.user, sender, password)
        findings += tuple(check_login(answers, session.door, user))
    findings = with_cures(
        findings,
        answers,
        session.door,
        cache(partial(_changes, session, host)),
        are_chosen=bool(chosen),
        are_saved=not options.answers,
    )
    records = records_to_publish()
    if options.json:
        console.say_json(as_data(findings, records))
    else:
        console.say(*as_table(findings).splitlines(), *to_publish(findings, records))
    return 1 if failed(findings) else 0


def _changes(session: Session, host: Host, section: str) -> bool:
    """Return whether `apply --yes --take-planned` of this section would run, and has anything to do."""
    try:
        plan = plan_on(session, host, Options(sections=(section,), conflicts=PLANNED))
    except Trouble:
        return False
    return bool(plan.pending) and not plan.obstacles and not plan.cautions


def _login(options: Options, answers: Answers, console: Console) -> tuple[str, str]:
    """Return the sender's address of the user to log in as, and the password from a prompt.

    Both are "" without --user. Raises UsageTrouble without a terminal or a usable value.
    """
    name = options.user
    if not name:
        return "", ""
    doing = "checking a login"
    try:
        sender = email(name if "@" in name else f"{name}@{answers.hostname.mydomain}")
    except ValueError as fault:
        raise UsageTrouble(
            doing, f"{name!a} {fault}", "Write the name as mail programs do."
        ) from fault
    password = console.ask_secret(f"Password of {name}: ")
    if password is None:
        raise UsageTrouble(
            doing,
            "nobody can be asked for the password here, for there is no terminal",
            "Log in with a terminal (`ssh -t`). It is taken from no file and no option.",
        )
    if not password or "\0" in password:
        raise UsageTrouble(doing, "no password was given", "Type it when it is asked for.")
    return sender, password
