"""The entry point: a subcommand goes to wizard.cli, else the screens open.

Textual is imported only once it is certain that a screen opens.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Optional, Sequence

from wizard.caller import clean
from wizard.errors import Trouble, UsageTrouble

if TYPE_CHECKING:
    from pathlib import Path

    from screens.app import WizardApp
    from wizard.session import Session

SCREEN_OPTIONS = ("--answers", "--section", "--dry-run")
DEFECT = 70
"""EX_SOFTWARE of sysexits(3)."""


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the program and return its exit status, after sysexits(3)."""
    # If the caller ignores SIGCHLD, no exit status of a child can be read (wait(2)).
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    words = list(sys.argv[1:] if argv is None else argv)
    if any(word.partition("=")[0] not in SCREEN_OPTIONS for word in words[:1]):
        from wizard import cli  # noqa: PLC0415 - the screens do without it, and it without them

        return cli.main(words)
    try:
        return _screens(words)
    except Trouble as trouble:
        print(f"postfix-wizard: {trouble}", file=sys.stderr)  # noqa: T201 - its only word
        return trouble.exit_code
    except KeyboardInterrupt:
        return 130


def program() -> int:
    """Run the installed program without the caller's environment (caller.py)."""
    clean(os.environ, os.geteuid())
    return main()


def _screens(words: Sequence[str]) -> int:
    from screens.terminal import (  # noqa: PLC0415 - not for commands
        capabilities,
        need_root,
        need_terminal,
    )

    sections: tuple[str, ...] = ()
    answers: Optional[Path] = None
    dry_run = False
    if words:
        sections, answers, dry_run = parse(words)
    # First what no terminal helps: for other users it is not the usage that is wrong.
    need_root()
    need_terminal(os.environ)
    given = None
    if answers is not None:
        from wizard.answers.toml import read_answers  # noqa: PLC0415 - 30 ms, rarely needed

        given = read_answers(answers, sections)
    # An import makes no garbage, and the collector would take a tenth of the start.
    gc.disable()
    from screens.app import WizardApp  # noqa: PLC0415 - Textual: 200 ms, only now
    from screens.desk import Wish  # noqa: PLC0415

    wish = Wish(sections, dry_run, given)
    return show(WizardApp(_open_session, wish, terminal=capabilities(os.environ)))


def parse(words: Sequence[str]) -> tuple[tuple[str, ...], Optional[Path], bool]:
    """Return the sections, the answers file, and True for a dry run.

    Raises UsageTrouble on any other option.
    """
    from wizard.options import OF_SCREENS, Parser, add_option  # noqa: PLC0415 - rarely needed
    from wizard.text import printable  # noqa: PLC0415 - rarely needed

    parser = Parser(prog="postfix-wizard", add_help=False, allow_abbrev=False)
    for name in OF_SCREENS:
        add_option(parser, name)
    parsed, others = parser.parse_known_args(words)
    if others:
        first = printable(others[0])
        raise UsageTrouble(
            "reading the command line",
            f"{first} is no option of the screens",
            "A command comes first, then its options: `postfix-wizard plan --section limits`. "
            "See `postfix-wizard --help`.",
        )
    given = vars(parsed)
    return tuple(given.get("sections", ())), given.get("answers"), "dry_run" in given


def _open_session() -> Session:
    # In a thread, while the operator reads the first screen, since its imports are slow.
    from wizard.session import local_session  # noqa: PLC0415

    return local_session()


def show(app: WizardApp) -> int:
    """Run the screens to their end and return the exit status.

    A defect prints one sentence, after the terminal is restored.
    """
    from screens.signals import restore, terminal_attributes  # noqa: PLC0415

    # Imported modules stay, so the collector need not search them: 20 ms a screen.
    gc.freeze()
    gc.enable()
    before = terminal_attributes()
    error: Optional[BaseException] = None
    code: Optional[int] = None
    try:
        code = app.run(mouse=app.capabilities.has_mouse)
    except Exception as caught:  # noqa: BLE001 - a traceback is a defect of its own
        error = caught
    finally:
        restore(before)
    about_draft = ""
    try:
        about_draft = app.desk.draft_line(app.keeper.flush())
    except Exception as caught:  # noqa: BLE001 - as above
        error = error or caught
    error = error or app.crash
    if error is None:
        for line in filter(None, (app.desk.last_words, about_draft)):
            print(line)  # noqa: T201 - what a terminal keeps of the screens
        return code or 0
    from screens.crash import report_crash  # noqa: PLC0415 - only after a defect

    for line in filter(None, (report_crash(error), about_draft)):
        print(line, file=sys.stderr)  # noqa: T201
    return DEFECT
