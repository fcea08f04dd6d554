"""`scripts/bench [ROW...] [--pairs N]`: measure, print the table, write docs/performance.md."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.catalogue import ROWS
from benchmarks.figures import Figure, duration
from benchmarks.report import Circumstances, keep, keep_failure, write_document
from benchmarks.table import plain
from lab.shell import LabError, require_root


def main() -> int:
    """Measure the rows that were asked for; 1 when one could not be measured."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(names)}")
    parser.add_argument("--pairs", type=int, help="as many pairs instead of the row's own number")
    asked = parser.parse_args()
    unknown = [name for name in asked.rows if name not in names]
    if unknown:
        parser.error(f"there is no row {unknown[0]}: choose of {', '.join(names)}")
    try:
        require_root()
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 77
    code = 0
    figures: list[Figure] = []
    for row in ROWS:
        if asked.rows and row.name not in asked.rows:
            continue
        print(f"== {row.title}", file=sys.stderr, flush=True)
        here = Circumstances.now()
        began = time.monotonic()
        try:
            measured = row.measure(asked.pairs or row.pairs)
        except (LabError, TimeoutError, EOFError) as error:
            print(f"bench: {row.name}: {error}", file=sys.stderr)
            keep_failure(row.name, here, str(error).partition("\n")[0])
            code = 1
            continue
        keep(row.name, here, time.monotonic() - began, measured)
        print(f"{plain(measured)}\n({duration(time.monotonic() - began)})", file=sys.stderr)
        figures += measured
    print(plain(figures))
    print(f"\nwritten: {write_document()}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
