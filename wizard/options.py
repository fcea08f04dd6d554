"""The options of the command line, for argparse.

None has a default here: `Options` of wizard/commands/planning.py has them.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn

from wizard.answers.model import POLICY, SECTIONS
from wizard.errors import UsageTrouble


class Parser(argparse.ArgumentParser):
    """argparse exits with 2 on a usage error, but here 2 means pending changes; usage is 64."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageTrouble."""
        raise UsageTrouble("reading the command line", message, f"See `{self.prog} --help`.")


def add_option(parser: argparse.ArgumentParser, name: str) -> None:
    """Add an option of the table. Of several arguments at most one may be given."""
    arguments = OPTIONS[name]
    place = parser.add_mutually_exclusive_group() if len(arguments) > 1 else parser
    for word, settings in arguments:
        place.add_argument(word, default=argparse.SUPPRESS, **settings)


def _argument(word: str, **settings: Any) -> tuple[str, dict[str, Any]]:
    return word, settings


def _flag(word: str, text: str) -> tuple[tuple[str, dict[str, Any]]]:
    return (_argument(word, action="store_true", help=text),)


def _value(
    word: str, metavar: str, text: str, **settings: Any
) -> tuple[tuple[str, dict[str, Any]]]:
    return (_argument(word, metavar=metavar, help=text, **settings),)


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r:.60} is not a whole number from 0 on")
    return int(text)


HELP_TOPICS = ("commands", "answers", "policy", "hand-edits", "undo")
"""The pages of the manual (`wizard.manual.topics`)."""

EXPORT_FORMATS = ("ansible",)

OPTIONS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "version": _flag("--version", "print the version and end"),
    "verbose": _flag(
        "--verbose",
        "with --version: also commit, lock, and the bundled components with their licences",
    ),
    "answers": _value(
        "--answers",
        "FILE",
        "the answers as TOML or JSON: a file, the plan.json of a run, or - for standard input; without it, the"
        " saved answers",
        type=Path,
    ),
    "draft": _flag(
        "--draft",
        "use what you typed in the screens and did not run yet (exit status 66: there is none)",
    ),
    "section": _value(
        "--section",
        "NAME",
        f"change only this section (may be given several times): {', '.join((*SECTIONS, POLICY))}",
        action="append",
        dest="sections",
        choices=(*SECTIONS, POLICY),
    ),
    "conflicts": tuple(
        _argument(word, dest="conflicts", action="store_const", const=choice, help=text)
        for word, choice, text in (
            (
                "--keep-mine",
                "mine",
                "keep all settings that you changed by hand since the last run",
            ),
            ("--take-planned", "planned", "overwrite settings that you changed by hand"),
        )
    ),
    "accept": _value(
        "--accept",
        "NAME=VALUE",
        "accept a caution; the plan prints NAME=VALUE",
        action="append",
        dest="accepted",
    ),
    "only": _value(
        "--only",
        "PLAN_ID",
        "run the plan with this ID, as `plan --json` names it, and no other (exit status 66: the plan"
        " is another one now)",
    ),
    "root": _value(
        "--root",
        "DIR",
        "read the copy of a server's files in DIR, such as DIR/etc/postfix, not this host",
        type=Path,
    ),
    "yes": _flag("--yes", "do not ask before it begins"),
    "wait": _value(
        "--wait",
        "SECONDS",
        "wait so long for the end of another run; without it, exit status 75 at once",
        type=_number,
    ),
    "run": _value("run", "RUN", "a run's ID, as `runs` lists them", nargs="?"),
    "with-later": _flag("--with-later", "undo all runs after RUN, too, the newest first"),
    "dry-run": _flag("--dry-run", "show the plan of the undo, and change nothing"),
    "dry-run-of-screens": _flag("--dry-run", "end at the review, and change nothing"),
    "remove-package": _flag(
        "--remove-package", "remove the packages that the run installed, too; dnf asks"
    ),
    "since": _value(
        "--since",
        "WHEN",
        "30min, 6h, 7d, today, yesterday, 2026-11-24 or '2026-11-24 08:30'; without it, one day",
    ),
    "pflogsumm": _flag(
        "--pflogsumm", "show pflogsumm's report of the same lines instead, if it is installed"
    ),
    "json": _flag("--json", "JSON instead of text"),
    "result": _flag(
        "--json",
        "print one JSON object with the result; the progress goes to standard error, and nobody is"
        " asked: add --yes",
    ),
    "topic": _value("topic", "TOPIC", f"one of {', '.join(HELP_TOPICS)}", nargs="?"),
    "format": _value(
        "format", "FORMAT", f"one of {', '.join(EXPORT_FORMATS)}", choices=EXPORT_FORMATS
    ),
    "directory": _value(
        "directory", "DIR", "a directory that is empty or does not exist yet", type=Path
    ),
    "partial": _flag(
        "--partial", "write the files also if the answers do not express all of this host"
    ),
    "done": _value(
        "--done",
        "ID",
        "tick an item that cannot be seen from here; the list shows the IDs",
        action="append",
    ),
    "undone": _value("--undone", "ID", "remove the tick of an item", action="append"),
    "stranger": _flag(
        "--stranger",
        "also try what strangers try (relaying, logins, limits); it takes some seconds",
    ),
    "quiet-outside": _flag(
        "--quiet-outside",
        "for monitoring: query no servers, blocklists or domains of others; what depends on them"
        " is unknown",
    ),
    "user": _value(
        "--user",
        "NAME",
        "also log in as NAME on 587 and 465; it asks for the password and does not store it",
    ),
    "against": _value(
        "--against",
        "HOST",
        "check the server HOST from this machine instead, as any user",
    ),
    "target": _value(
        "--target",
        "FILE",
        "with --against: the output of --print-target on HOST",
        type=Path,
    ),
    "rates": _flag(
        "--rates",
        "with --against: test the limits, too; HOST then refuses this address for a minute",
    ),
    "print-target": _flag(
        "--print-target",
        "print what --against needs to know of this server, as JSON; check nothing",
    ),
    "prune": _flag(
        "--prune",
        "remove old runs: their output and the files that they replaced are lost, and they cannot be"
        " undone any more. Runs that describe the present state of a file or service stay",
    ),
    "pruned": tuple(
        _argument(word, type=_number, metavar=metavar, help=text)
        for word, metavar, text in (
            ("--keep", "N", "with --prune: keep the newest N runs"),
            ("--older-than", "DAYS", "with --prune: keep the runs of the last DAYS days"),
        )
    ),
}
"""The arguments of each option, by the option's name."""

OF_ITSELF = ("version", "verbose")
"""The options of no command that print what this program is."""

OF_SCREENS = ("answers", "section", "dry-run-of-screens")
"""The options of the wizard without a command."""
