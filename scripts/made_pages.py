"""Write what is made of the program's tables.

    .venv/bin/python scripts/made_pages.py               # the pages of docs/ that are committed
    python3 scripts/made_pages.py DIRECTORY              # man pages and completions, for a package

A test compares the pages of docs/ with the tables. Needs Python 3.9 or newer; with the directory of
the program's tree in PYTHONPATH, it needs nothing else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argument_specs
import completions
from wizard import __version__
from wizard.cli import COMMANDS
from wizard.manual.page import markdown, roff
from wizard.manual.topics import TOPICS

ROOT = Path(__file__).resolve().parents[1]
DOCS = {
    "docs/policy.md": ("policy", "What it changes in Postfix, and why"),
    "docs/howto/undo.md": ("undo", "Undo a run"),
    "docs/howto/hand-edits.md": ("hand-edits", "Edit a file by hand"),
    "docs/commands.md": ("commands", "The commands"),
}
"""By page: the topic, and the title."""
_MADE = "\nMade by `scripts/made_pages.py` from the program's tables; do not edit it by hand.\n"


def docs() -> dict[str, str]:
    """Return the texts of the pages of docs/ by path."""
    texts = {}
    for path, (topic, title) in DOCS.items():
        head, _, rest = markdown(TOPICS[topic](COMMANDS), title).partition("\n")
        texts[path] = f"{head}\n{_MADE}{rest}"
    return {**texts, argument_specs.PATH: argument_specs.text()}


def package_files() -> dict[str, str]:
    """Return man pages and completions by the path that they have below /usr/share."""
    pages = {name: TOPICS[name](COMMANDS) for name in ("commands", "answers")}
    return {
        **{
            f"man/man{page.section}/{page.name}.{page.section}": roff(page, __version__)
            for page in pages.values()
        },
        "bash-completion/completions/postfix-wizard": completions.bash(),
        "zsh/site-functions/_postfix-wizard": completions.zsh(),
    }


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description="Write what is made of the program's tables.")
    parser.add_argument("directory", nargs="?", type=Path, help="for a package's files; docs/ else")
    directory = parser.parse_args().directory
    root, files = (directory, package_files()) if directory else (ROOT, docs())
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
