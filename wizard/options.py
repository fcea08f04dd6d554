"""The options of the command line, for argparse."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Callable

from wizard.answers.model import POLICY, SECTIONS


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


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
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
"""The functions that add an option to a parser, by the option's name."""
