"""`python -m promises DIRECTORY`: write docs/promises.md from the sessions' files in it."""

from __future__ import annotations

import sys
from pathlib import Path

from promises.evidence import read
from promises.page import NO_TEST, merged, promises, written

ROOT = Path(__file__).resolve().parents[2]


def main(directory: str) -> int:
    """Write the page and say which promises no test holds."""
    sessions = [read(path) for path in sorted(Path(directory).glob("*.json"))]
    page = ROOT / "docs/promises.md"
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    table = promises()
    held = merged(before, sessions, ROOT)
    unknown = {row.promise for row in held} - {promise.number for promise in table}
    if unknown:
        print(f"promises: there is no promise {min(unknown)}", file=sys.stderr)
        return 1
    page.write_text(written(table, held), encoding="utf-8")
    without = [one.number for one in table if one.number not in {row.promise for row in held}]
    if without:
        print(f"{NO_TEST} {', '.join(map(str, without))}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
