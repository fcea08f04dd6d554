"""`check --against HOST` and `check --print-target`: a server, checked from another machine."""

from __future__ import annotations

from wizard.answers.model import Answers
from wizard.check.report import as_data, as_table, failed
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.errors import UsageTrouble
from wizard.session import Session

DOING = "checking a server from this machine"
_NEEDS_ROOT = "It reads this machine, and --against another one. Run it on the server, as root."

_NOT_WITH_AGAINST = (
    ("answers", "--answers", "What the server should be is in --target FILE."),
    ("stranger", "--stranger", "--against tries the same, from here."),
    ("quiet_outside", "--quiet-outside", "--against asks a server of others."),
    ("user", "--user", _NEEDS_ROOT),
    ("print_target", "--print-target", _NEEDS_ROOT),
)
"""Options that exclude --against: the field, the option, what to do."""

_NOT_WITH_PRINT = (
    ("stranger", "--stranger"),
    ("quiet_outside", "--quiet-outside"),
    ("user", "--user"),
)


def refuse_mixed(options: Options) -> None:
    """Raise UsageTrouble for options of `check` that exclude each other."""
    if options.against is not None:
        for field, option, advice in _NOT_WITH_AGAINST:
            if getattr(options, field):
                raise UsageTrouble(DOING, f"--against and {option} exclude each other", advice)
        if options.rates and options.target is None:
            raise UsageTrouble(
                DOING, "--rates needs --target FILE, which has the limits", "Add --target FILE."
            )
        return
    for given, option in ((options.target is not None, "--target"), (options.rates, "--rates")):
        if given:
            raise UsageTrouble(
                DOING, f"{option} needs --against HOST", "Name the server with --against."
            )
    if options.print_target:
        for field, option in _NOT_WITH_PRINT:
            if getattr(options, field):
                raise UsageTrouble(
                    "printing what this server should be",
                    f"--print-target and {option} exclude each other",
                    "Leave one of them out.",
                )


def run_against(options: Options, session: Session, console: Console) -> int:
    """Check the server that --against names; return 1 if something is wrong.

    Any user may do it. Raises UsageTrouble for what is not a host, AnswersTrouble for a file that
    is not a target, and Trouble on a machine that the server trusts.
    """
    # Imported here, since they take 90 ms: nobody waits for them who is refused.
    from wizard.check.against.findings import Against, check_against  # noqa: PLC0415
    from wizard.check.against.reach import outside_host  # noqa: PLC0415
    from wizard.check.against.target_file import read_target  # noqa: PLC0415
    from wizard.host.network import parse_resolvers  # noqa: PLC0415

    given = options.against or ""
    try:
        host = outside_host(given)
    except ValueError as fault:
        wrong = f"{given!a} {fault}"
        raise UsageTrouble(DOING, wrong, "Name the server as others reach it.") from fault
    known = None if options.target is None else read_target(options.target)
    resolvers = parse_resolvers(session.door.readable_text("/etc/resolv.conf"))
    findings = tuple(check_against(Against(host, known, resolvers, rates=options.rates)))
    if options.json:
        console.say_json(as_data(findings))
    else:
        console.say(*as_table(findings).splitlines())
    return 1 if failed(findings) else 0


def print_target(answers: Answers, session: Session, console: Console) -> int:
    """Print what a check from another machine needs to know of this server. Raises Trouble."""
    from wizard.check.against.known import known_server  # noqa: PLC0415 - as above
    from wizard.check.against.target_file import target_text  # noqa: PLC0415

    print(target_text(known_server(answers, session.door)), file=console.out)
    return 0
