"""postfix-wizard(1), from the tables of the commands and their options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from wizard.answers.cautions import CAUTIONS
from wizard.manual.page import Block, Entry, Example, Heading, Page, Paragraph
from wizard.options import OF_ITSELF, OF_SCREENS, OPTIONS


class Command(Protocol):
    """A row of the table of commands (`wizard.cli`)."""

    @property
    def name(self) -> str:
        """The word that calls it."""

    @property
    def help(self) -> str:
        """What it does, without a full stop."""

    @property
    def options(self) -> Sequence[str]:
        """The names of its options."""


EXIT_CODES = (
    ("0", "done, or nothing to do"),
    ("1", "failed, or `check` found something wrong, or the output cannot be written"),
    ("2", "`plan` has something to do; `status` found a difference"),
    ("64", "the command line is wrong"),
    ("65", "the answers are wrong, or a caution was not accepted"),
    ("66", "`plan --draft` has no draft; `apply --only` names another plan"),
    ("70", "a defect of the program"),
    ("75", "another run is in progress"),
    ("77", "only root may do that, or this user may not read a file of the command line"),
)
FILES = (
    ("/etc/postfix-wizard/answers.toml", "the answers that the last run put in place"),
    ("/var/lib/postfix-wizard/runs/", "one directory for each run: plan, journal, replaced files"),
    ("/var/lib/postfix-wizard/draft.json", "what was typed in the screens and not run yet"),
    ("/var/cache/postfix-wizard/", "the one-file program, unpacked; it can be removed"),
)

_SYNOPSIS_WIDTH = 64


def page(commands: Sequence[Command]) -> Page:
    """Return the page of all commands."""
    blocks = (*_begin(), *_commands(commands), *_end())
    return Page(
        "postfix-wizard",
        "1",
        "set up Postfix on a RHEL-family server, with a plan first and an undo after",
        blocks,
    )


def _begin() -> Iterator[Block]:
    yield Heading("synopsis")
    yield Example(
        (
            " ".join(("postfix-wizard", *map(_usage, OF_SCREENS))),
            "postfix-wizard COMMAND [OPTION]...",
            "postfix-wizard --version [--verbose]",
        )
    )
    yield Heading("description")
    yield Paragraph(
        "Without a command, the screens open. They ask for hostname, domains, networks, certificate "
        "and blocklists. Then they show a plan: the diff of each file, with the reason of each "
        "change, and each command. Nothing is changed before you agree. A run executes exactly this "
        "plan, in a systemd unit of its own, and tests the result by SMTP sessions."
    )
    yield Paragraph(
        "Each run can be undone. A second run with the same answers finds nothing to do. You must be "
        "root, except for `check --against`, `plan --root`, `help` and `--version`."
    )
    yield Heading("options without a command")
    for option in (*OF_SCREENS, *OF_ITSELF):
        yield from _entries(option)


def _commands(commands: Sequence[Command]) -> Iterator[Block]:
    for one in commands:
        yield Heading(f"`postfix-wizard {one.name}`")
        yield Example(_synopsis(one))
        yield Paragraph(f"{one.help[:1].upper()}{one.help[1:]}.")
        for option in one.options:
            yield from _entries(option)


def _end() -> Iterator[Block]:
    yield Heading("cautions")
    yield Paragraph(
        "A caution is a risk that you must accept before the plan runs. `plan` prints the whole option, "
        "such as `--accept public-range=203.0.113.0/24`. Commas separate several values, in any order. "
        "In a value, a comma, a blank or a quote is written as `%XX`."
    )
    for name, text in CAUTIONS.items():
        yield Entry(name, text)
    yield Heading("exit status")
    for code, text in EXIT_CODES:
        yield Entry(code, f"{text[:1].upper()}{text[1:]}." if text[0] != "`" else f"{text}.")
    yield Heading("files")
    for path, text in FILES:
        yield Entry(path, f"{text[:1].upper()}{text[1:]}.")
    yield Heading("examples")
    yield Example(
        (
            "postfix-wizard --dry-run",
            "postfix-wizard plan --answers mail.toml",
            "postfix-wizard apply --answers mail.toml",
            "postfix-wizard apply --section limits",
            "postfix-wizard check --stranger",
            "postfix-wizard undo --dry-run",
        )
    )
    yield Heading("see also")
    yield Paragraph("`postfix-wizard-answers`(5), `postconf`(5), `master`(5), `postfix`(1)")
    yield Paragraph(
        "`postfix-wizard help TOPIC` shows the other pages: `answers`, `policy`, `hand-edits`, `undo`."
    )


def _synopsis(command: Command) -> tuple[str, ...]:
    """Return the call with all options, in lines that break between options."""
    lines = [f"postfix-wizard {command.name}"]
    for usage in map(_usage, command.options):
        if len(lines[-1]) + len(usage) < _SYNOPSIS_WIDTH:
            lines[-1] += f" {usage}"
        else:
            lines.append(f"    {usage}")
    return tuple(lines)


def _usage(option: str) -> str:
    words = [_word(word, settings) for word, settings in OPTIONS[option]]
    first, settings = OPTIONS[option][0]
    if not first.startswith("-") and "nargs" not in settings:
        return words[0]
    again = "..." if OPTIONS[option][0][1].get("action") == "append" else ""
    return f"[{' | '.join(words)}]{again}"


def _word(word: str, settings: dict[str, Any]) -> str:
    metavar = settings.get("metavar", "")
    return f"{word} {metavar}".strip() if word.startswith("-") else metavar


def _entries(option: str) -> Iterator[Block]:
    for word, settings in OPTIONS[option]:
        text = settings["help"]
        yield Entry(_word(word, settings), f"{text[:1].upper()}{text[1:]}.")
