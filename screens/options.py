"""The options of the screens. They are the same as those of the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from wizard.options import OF_SCREENS, Parser, add_option


def parse(words: Sequence[str]) -> tuple[tuple[str, ...], Optional[Path], bool]:
    """Return the sections, the answers file, and True for a dry run.

    Raises UsageTrouble on any other option.
    """
    parser = Parser(prog="postfix-wizard", add_help=False, allow_abbrev=False)
    for name in OF_SCREENS:
        add_option(parser, name)
    given = vars(parser.parse_args(words))
    return tuple(given.get("sections", ())), given.get("answers"), "dry_run" in given
