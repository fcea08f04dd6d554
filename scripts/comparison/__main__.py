"""`python -m comparison OLD NEW`: compare two one-file programs; see `scripts/compare`."""

from __future__ import annotations

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

from comparison import calls, life, roots, sentences
from comparison.differences import differences, read_allowed, tracebacks
from comparison.observed import Observed

ALLOWED = Path(__file__).with_name("allowed.toml")
KEPT = Path(__file__).parents[2] / ".cache/comparison"
SUITES = ("el9", "el10")


def main() -> int:
    """Observe both programs, compare, and return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/compare", description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--only", choices=("roots", "life"), help="leave the other half out")
    parser.add_argument("--roots", default="*", help="a shell pattern of the saved roots to take")
    parser.add_argument("--suite", choices=SUITES, action="append", help="live on this suite alone")
    parser.add_argument("--allowed", type=Path, default=ALLOWED, help="the wanted differences")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where the outputs are kept")
    parser.add_argument(
        "--sentences-may-differ", action="store_true", help="compare all but sentences"
    )
    options = parser.parse_args()
    programs = {"old": options.old.resolve(), "new": options.new.resolve()}
    seen = {name: Observed(options.kept / name) for name in programs}
    for one in seen.values():
        shutil.rmtree(one.directory, ignore_errors=True)
    if options.only != "life":
        every = roots.make(options.kept / "roots")
        made = [one for one in every if fnmatchcase(one.name, options.roots)]
        if not made:
            parser.error(f"no saved root is named like {options.roots!r}")
        for name, program in programs.items():
            count = calls.observe(program, made, seen[name])
            print(
                f"{name}: {count} calls, {len(made)} of {len(every)} saved roots", file=sys.stderr
            )
    if options.only != "roots":
        with ThreadPoolExecutor() as pool:
            suites = options.suite or SUITES
            list(pool.map(lambda suite: _live(suite, programs, seen), suites))
    return _compare(seen, options)


def _live(suite: str, programs: dict[str, Path], seen: dict[str, Observed]) -> None:
    """Let one program live after the other, since both hosts have the same name."""
    for name, program in programs.items():
        life.observe(program, suite, seen[name])
        print(f"{name}: lived on {suite}", file=sys.stderr)


def _compare(seen: dict[str, Observed], options: argparse.Namespace) -> int:
    texts = {name: one.all() for name, one in seen.items()}
    failed = [f"{name}/{at}" for name in texts for at in tracebacks(texts[name])]
    for at in failed:
        print(f"TRACEBACK in {at}")
    if options.sentences_may_differ:
        texts = {
            name: {at: sentences.without(text) for at, text in all_of_it.items()}
            for name, all_of_it in texts.items()
        }
    allowed = read_allowed(options.allowed)
    unwanted = by_name = 0
    for found in differences(texts["old"], texts["new"], allowed):
        if found.allowed_by:
            by_name += 1
            print(f"allowed: {found.name}: {', '.join(found.allowed_by)}")
            continue
        unwanted += 1
        print(f"DIFFERS: {found.name}", *found.lines, sep="\n    ")
    unused = [one.name for one in allowed if not one.met]
    for name in unused:
        print(f"allowed, and not met: {name}")
    count = len(texts["new"])
    print(f"{count} observations, {by_name} with allowed differences, {unwanted} that differ")
    return 1 if unwanted or failed or unused or not count else 0


if __name__ == "__main__":
    sys.exit(main())
