"""The options of the screens. They are the same as those of the commands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn, Optional, Sequence

from wizard.answers.model import POLICY, SECTIONS
from wizard.errors import UsageTrouble


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageTrouble("reading the command line", message, "See `postfix-wizard --help`.")


def parse(words: Sequence[str]) -> tuple[tuple[str, ...], Optional[Path], bool]:
    """Return the sections, the answers file, and True for a dry run.

    Raises UsageTrouble on any other option.
    """
    parser = _Parser(prog="postfix-wizard", add_help=False, allow_abbrev=False)
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--section", action="append", default=[], choices=(*SECTIONS, POLICY))
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(words)
    return tuple(options.section), options.answers, options.dry_run
