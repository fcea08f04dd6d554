"""`python -m wording [--write]`: compare the counts with those of counts.toml."""

from __future__ import annotations

import sys
from pathlib import Path

import tomlkit

from wording.count import by_package, places

ROOT = Path(__file__).parents[2]
LIMITS = Path(__file__).with_name("counts.toml")
PACKAGES = ("wizard", "screens")
HEAD = """\
# How often asked, held, holds, kept, left, looked, stands and told are in names, docstrings and comments of a
# directory. A count may only shrink: `scripts/words --write` writes what is true now.

"""


def main(words: list[str]) -> int:
    """Print where a count grew and return 1, or write the counts."""
    now = by_package(ROOT, PACKAGES)
    if words == ["--write"]:
        LIMITS.write_text(
            HEAD + "".join(f'"{name}" = {number}\n' for name, number in sorted(now.items()))
        )
        return 0
    limits = tomlkit.parse(LIMITS.read_text(encoding="utf-8")).unwrap()
    grown = {name: number for name, number in now.items() if number > limits.get(name, 0)}
    for name, number in grown.items():
        print(
            f"words: {name} has {number} private words, and had {limits.get(name, 0)}. Say it in the "
            "field's words (docs/glossary.md)."
        )
        for path in sorted((ROOT / name).glob("*.py")):
            for line, word in places(path.read_text(encoding="utf-8")):
                print(f"  {path.relative_to(ROOT)}:{line}: {word}")
    print(f"words: {sum(now.values())} private words, at most {sum(limits.values())}")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
