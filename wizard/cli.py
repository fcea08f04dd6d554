"""The command line, a table of commands; the screens open without one."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import re
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Callable, NoReturn, Sequence, TextIO

from wizard import __version__
from wizard.answers.model import POLICY, SECTIONS
from wizard.errors import Trouble, UsageTrouble

if TYPE_CHECKING:
    from wizard.commands.console import Console
    from wizard.commands.planning import Options
    from wizard.session import Session

    Run = Callable[[Session, Options, Console], int]

WORKER = "worker"
"""What systemd starts; not for humans."""

GARBAGE = 50_000
"""New objects after which the collector checks the youngest generation (gc.set_threshold)."""


@dataclass(frozen=True)
class Command:
    """One command: its help, its options by name, and the function that runs it.

    `runs` is MODULE:FUNCTION, imported only when called, so that each start pays for its own.
    """

    name: str
    help: str
    options: tuple[str, ...]
    runs: str


COMMANDS = (
    Command(
        "plan",
        "print the diffs and commands; change nothing (exit 2: something is to be done)",
        ("answers", "section", "conflicts", "accept", "root", "json"),
        "wizard.commands.plan:run_plan",
    ),
    Command(
        "apply",
        "plan and run without a screen, after a yes",
        ("answers", "section", "conflicts", "accept", "yes"),
        "wizard.commands.apply:run_apply",
    ),
    Command(
        "attach",
        "follow the run in progress, from its first line",
        (),
        "wizard.commands.runs:run_attach",
    ),
    Command(
        "resume",
        "go on with a run that was cut off, stopped or failed",
        ("yes",),
        "wizard.commands.resume:run_resume",
    ),
    Command(
        "undo",
        "take back the newest run that changed something, or the one named",
        ("run", "with-later", "dry-run", "remove-package", "yes"),
        "wizard.commands.undo:run_undo",
    ),
    Command(
        "check",
        "prove the live server by talking to it",
        ("answers", "stranger", "user", "from-outside", "json"),
        "wizard.commands.check:run_check",
    ),
    Command(
        "status",
        "show what differs from what the runs left (exit 2: something does)",
        ("json",),
        "wizard.commands.status:run_status",
    ),
    Command(
        "move",
        "look at what is left of the move from an old server: records, queue, renewals",
        ("answers", "done", "undone", "json"),
        "wizard.commands.move:run_move",
    ),
    Command(
        "log",
        "count what Postfix's log tells: refusals, failed logins, what waits, warnings",
        ("since", "pflogsumm", "json"),
        "wizard.commands.log:run_log",
    ),
    Command(
        "runs",
        "list the runs of the past, or remove old ones",
        ("json", "prune", "yes"),
        "wizard.commands.runs:run_runs",
    ),
)


def add_answers(parser: argparse.ArgumentParser) -> None:
    """Add --answers, for the commands and the screens alike."""
    parser.add_argument(
        "--answers",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="answers in TOML; else the saved ones",
    )


def add_section(parser: argparse.ArgumentParser) -> None:
    """Add --section, for the commands and the screens alike."""
    parser.add_argument(
        "--section",
        action="append",
        default=argparse.SUPPRESS,
        choices=(*SECTIONS, POLICY),
        metavar="NAME",
        help=f"change this section alone: {', '.join((*SECTIONS, POLICY))}",
    )


def _add_conflicts(parser: argparse.ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group()
    for option, choice, text in (
        ("--keep-mine", "mine", "leave what was changed by hand since the last run as it stands"),
        ("--take-planned", "planned", "write what is planned over what was changed by hand"),
    ):
        either.add_argument(
            option,
            dest="conflicts",
            action="store_const",
            const=choice,
            default=argparse.SUPPRESS,
            help=text,
        )


def _add_accept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="accept a caution with its value, as the plan prints both",
    )


def _add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="look at a copied /etc in DIR"
    )


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask whether to begin")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", default="", metavar="RUN", help="a run's ID, as `runs` lists them"
    )


def _add_with_later(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--with-later",
        action="store_true",
        help="take back all runs after RUN too, the newest first",
    )


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show it and change nothing")


def _add_remove_package(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remove-package",
        action="store_true",
        help="remove the package too, where the run installed it; dnf asks",
    )


def _add_since(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since",
        default=argparse.SUPPRESS,
        metavar="WHEN",
        help="30min, 6h, 7d, today, yesterday, 2026-11-24 or '2026-11-24 08:30'; else a day ago",
    )


def _add_pflogsumm(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pflogsumm",
        action="store_true",
        help="show pflogsumm's own report of the same lines, where this host has it",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="JSON instead of text")


def _add_done(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--done",
        action="append",
        default=[],
        metavar="ID",
        help="tick by hand what cannot be seen from here; the list names the IDs",
    )


def _add_undone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--undone", action="append", default=[], metavar="ID", help="take a tick back"
    )


def _add_stranger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stranger",
        action="store_true",
        help="also try what strangers try (relaying, logins, limits); takes some seconds",
    )


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--user",
        default="",
        metavar="NAME",
        help="also log in as NAME on 587 and 465; the password is asked for and kept nowhere",
    )


def _add_from_outside(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from-outside",
        default="",
        metavar="HOST",
        help="print a script that tries the same on HOST from elsewhere; look at nothing here",
    )


def _add_prune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove old runs: their output and the files that they replaced are lost, and they"
        " cannot be undone any more; runs that say how a file or service is now stay",
    )
    either = parser.add_mutually_exclusive_group()
    for option, metavar, text in (
        ("--keep", "N", "with --prune: the newest N runs stay"),
        ("--older-than", "DAYS", "with --prune: runs of the last DAYS days stay"),
    ):
        either.add_argument(option, type=_number, metavar=metavar, help=text)


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r:.60} is not a whole number from 0 on")
    return int(text)


_OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "answers": add_answers,
    "section": add_section,
    "conflicts": _add_conflicts,
    "accept": _add_accept,
    "root": _add_root,
    "run": _add_run,
    "with-later": _add_with_later,
    "dry-run": _add_dry_run,
    "remove-package": _add_remove_package,
    "yes": _add_yes,
    "since": _add_since,
    "pflogsumm": _add_pflogsumm,
    "json": _add_json,
    "done": _add_done,
    "undone": _add_undone,
    "stranger": _add_stranger,
    "user": _add_user,
    "from-outside": _add_from_outside,
    "prune": _add_prune,
}


class Parser(argparse.ArgumentParser):
    """argparse exits with 2, which is our word for "something is to be done"; usage is 64."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageTrouble."""
        raise UsageTrouble("reading the command line", message, f"See `{self.prog} --help`.")


def parser() -> Parser:
    """Return the parser of all commands; without a command the screens' options apply."""
    top = Parser(
        prog="postfix-wizard",
        description="Set up Postfix on a RHEL-family server: without a command, the wizard opens.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"postfix-wizard {__version__}")
    add_answers(top)
    add_section(top)
    top.add_argument("--dry-run", action="store_true", help="the wizard ends at the review")
    commands = top.add_subparsers(
        prog=top.prog, dest="command", metavar="COMMAND", title="commands"
    )
    for command in COMMANDS:
        below = commands.add_parser(
            command.name, help=command.help, description=command.help, allow_abbrev=False
        )
        for option in command.options:
            _OPTIONS[option](below)
    return top


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; every Trouble is a sentence on stderr."""
    if argv[:1] == [WORKER]:
        from wizard.run.worker import main as work  # noqa: PLC0415 - the worker alone needs it

        return work(argv[1:])
    return say_trouble(lambda: _run(parser().parse_args(argv)))


def say_trouble(run: Callable[[], int]) -> int:
    """Run and return its code; a Trouble becomes its sentence on stderr and its exit code.

    So does an output that cannot be written: all other errors of files are Trouble by then.
    """
    if sys.stdout is None:  # the caller closed it (Python leaves no stream then)
        _complain("postfix-wizard: standard output is closed. Open it, at least on /dev/null.")
        return 1
    try:
        code = _exit_code(run)
        sys.stdout.flush()
    except Trouble as trouble:
        _complain(f"postfix-wizard: {trouble}")
        code = trouble.exit_code
    except KeyboardInterrupt:
        _complain("\npostfix-wizard: interrupted before anything was begun.")
        code = 130
    except BrokenPipeError:
        # The reader of our output closed the pipe, as head(1) does.
        code = 1
    except OSError as error:
        where = error.filename or "the output"
        _complain(f"postfix-wizard: While writing {where}: {error.strerror or error}.")
        code = 1
    else:
        return code
    _empty(sys.stdout)
    return code


def _exit_code(run: Callable[[], int]) -> int:
    try:
        return run()
    except SystemExit as end:
        # argparse(3) ends so after --help and --version, with its text still in the buffer.
        return int(end.code or 0)


def _complain(text: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(text, file=sys.stderr)
        _empty(sys.stderr)


def _empty(stream: TextIO) -> None:
    """Write what is still in the buffer, or else nowhere: the interpreter flushes it at its end."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _run(arguments: argparse.Namespace) -> int:
    # Plans are made of many tuples and no cycles: to look for those at each 700 new objects
    # takes a sixth of a large plan's time.
    gc.set_threshold(GARBAGE)
    # Here and not above: --version and --help need none of it.
    from wizard.answers.accept import read_accepted  # noqa: PLC0415
    from wizard.commands.console import console  # noqa: PLC0415
    from wizard.commands.planning import Options  # noqa: PLC0415
    from wizard.session import local_session  # noqa: PLC0415

    options = Options(
        answers=getattr(arguments, "answers", None),
        sections=tuple(getattr(arguments, "section", ())),
        accepted=read_accepted(getattr(arguments, "accept", ())),
        run=getattr(arguments, "run", ""),
        with_later=getattr(arguments, "with_later", False),
        remove_package=getattr(arguments, "remove_package", False),
        dry_run=getattr(arguments, "dry_run", False),
        yes=getattr(arguments, "yes", False),
        json=getattr(arguments, "json", False),
        conflicts=getattr(arguments, "conflicts", ""),
        since=getattr(arguments, "since", Options.since),
        done=tuple(getattr(arguments, "done", ())),
        undone=tuple(getattr(arguments, "undone", ())),
        pflogsumm=getattr(arguments, "pflogsumm", False),
        stranger=getattr(arguments, "stranger", False),
        user=getattr(arguments, "user", ""),
        from_outside=getattr(arguments, "from_outside", ""),
        prune=getattr(arguments, "prune", False),
        keep=getattr(arguments, "keep", None),
        older_than=getattr(arguments, "older_than", None),
    )
    session = local_session(getattr(arguments, "root", Path("/")))
    command = next(one for one in COMMANDS if one.name == arguments.command)
    module, _, function = command.runs.partition(":")
    run: Run = getattr(import_module(module), function)
    return run(session, options, console())
