"""The command line, a table of commands; the screens open without one."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Container, Sequence, TextIO

from wizard import __version__
from wizard.errors import Trouble, UsageTrouble
from wizard.options import OF_ITSELF, OF_SCREENS, Parser, add_option

if TYPE_CHECKING:
    from wizard.commands.console import Console
    from wizard.commands.planning import Options
    from wizard.session import Session

    Run = Callable[[Session, Options, Console], int]

WORKER = "worker"
"""The command that systemd starts; not for people."""

HELP = "help"
"""The command that shows the manual. It needs no host."""

GARBAGE = 50_000
"""New objects after which the collector checks the youngest generation (gc.set_threshold)."""


@dataclass(frozen=True)
class Command:
    """One command: its help, its options by name, and the module that runs it.

    That is the one of its name in `wizard.commands`, with the function `run_NAME`. It is imported
    only when called, so that a command imports only its own.
    """

    name: str
    help: str
    options: tuple[str, ...]
    module: str = ""


COMMANDS = (
    Command(
        "plan",
        "print the diffs and commands; change nothing (exit status 2: there is something to do)",
        ("answers", "draft", "section", "conflicts", "accept", "root", "json"),
    ),
    Command(
        "apply",
        "print the plan, ask, and run it, without screens",
        ("answers", "section", "conflicts", "accept", "only", "wait", "yes", "result"),
    ),
    Command("attach", "follow the run in progress, from its first line", (), module="runs"),
    Command(
        "resume",
        "continue a run that was cut off, was stopped or failed",
        ("wait", "yes", "result"),
    ),
    Command(
        "undo",
        "undo the newest run that changed something, or the run that you name",
        ("run", "with-later", "dry-run", "remove-package", "wait", "yes", "result"),
    ),
    Command(
        "check",
        "test the server: SMTP sessions, TLS, DNS, firewall and more",
        (
            *("answers", "stranger", "quiet-outside", "user"),
            *("against", "target", "rates", "print-target", "json"),
        ),
    ),
    Command(
        "status",
        "show what differs from what the runs wrote (exit status 2: something differs)",
        ("json",),
    ),
    Command(
        "answers",
        "print the answers that this host's files express today, as TOML or JSON, without secrets",
        ("root", "json"),
    ),
    Command(
        "move",
        "show what remains of the move from an old server: records, queue, renewals",
        ("answers", "done", "undone", "json"),
    ),
    Command(
        "export",
        "write today's answers of this host as files for Ansible, without secrets",
        ("format", "directory", "partial", "root"),
    ),
    Command(
        "log",
        "count refusals, failed logins, waiting mail and warnings in Postfix's log",
        ("since", "pflogsumm", "json"),
    ),
    Command("runs", "list past runs, or remove old ones", ("json", "prune", "pruned", "yes")),
    Command(HELP, "show a page of the manual; without TOPIC, the page of all commands", ("topic",)),
)


def parser() -> Parser:
    """Return the parser of all commands; without a command the screens' options apply."""
    top = Parser(
        prog="postfix-wizard",
        usage="postfix-wizard [--answers FILE] [--section NAME] [--dry-run]\n"
        "       postfix-wizard COMMAND ...",
        description="Set up Postfix on a RHEL-family server: without a command, the wizard opens.",
        allow_abbrev=False,
    )
    for option in (*OF_ITSELF, *OF_SCREENS):
        add_option(top, option)
    commands = top.add_subparsers(
        prog=top.prog, dest="command", metavar="COMMAND", title="commands"
    )
    for command in COMMANDS:
        below = commands.add_parser(
            command.name, help=command.help, description=command.help, allow_abbrev=False
        )
        for option in command.options:
            add_option(below, option)
    return top


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; a Trouble is printed to stderr."""
    if argv[:1] == [WORKER]:
        from wizard.run.worker import main as work  # noqa: PLC0415 - the worker alone needs it

        return work(argv[1:])
    return say_trouble(lambda: _run(parser().parse_args(argv)))


def say_trouble(run: Callable[[], int]) -> int:
    """Run and return the exit code; a Trouble is printed to stderr and has its own exit code.

    An OSError here is an output that cannot be written: other file errors are Trouble already.
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
    """Flush a stream; if that fails, redirect it to /dev/null, since Python flushes it at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _print_version(options: Container[str]) -> int:
    if "version" not in options:
        raise UsageTrouble(
            "reading the command line",
            "--verbose goes with --version",
            "Write `postfix-wizard --version --verbose`.",
        )
    if "verbose" in options:
        from wizard.version import details  # noqa: PLC0415 - --version alone needs none of it

        print(*details(), sep="\n")
    else:
        print(f"postfix-wizard {__version__}")
    return 0


def _print_help(topic: str) -> int:
    from wizard.manual.page import plain  # noqa: PLC0415 - only this command needs the manual
    from wizard.manual.topics import TOPICS  # noqa: PLC0415
    from wizard.text import printable  # noqa: PLC0415

    if topic not in TOPICS:
        raise UsageTrouble(
            "reading the command line",
            f"the manual has no page {printable(topic)}",
            f"Choose one of {', '.join(TOPICS)}: `postfix-wizard help undo`.",
        )
    print(plain(TOPICS[topic](COMMANDS)), end="")
    return 0


def _run(arguments: argparse.Namespace) -> int:
    if {*OF_ITSELF} & vars(arguments).keys():
        return _print_version(vars(arguments))
    if arguments.command == HELP:
        return _print_help(vars(arguments).get("topic", "commands"))
    # A plan has many tuples and no cycles: a collection at each 700 new objects takes a sixth of
    # the time of a large plan.
    gc.set_threshold(GARBAGE)
    # Imported here, since --version and --help need none of it.
    from wizard.answers.accept import read_accepted  # noqa: PLC0415
    from wizard.commands.console import console  # noqa: PLC0415
    from wizard.commands.planning import Options  # noqa: PLC0415
    from wizard.session import local_session  # noqa: PLC0415

    given: dict[str, Any] = {
        option: tuple(value) if isinstance(value, list) else value
        for option, value in vars(arguments).items()
    }
    name, root = given.pop("command"), given.pop("root", Path("/"))
    options = Options(**{**given, "accepted": read_accepted(given.get("accepted", ()))})
    session = local_session(root)
    command = next(one for one in COMMANDS if one.name == name)
    module = import_module(f"wizard.commands.{command.module or name}")
    run: Run = getattr(module, f"run_{name}")
    return run(session, options, console())
