#!/usr/bin/python3
"""Write the state of the mail server for the textfile collector of node_exporter.

    postfix_wizard_textfile.py [--program "postfix-wizard"] [--timeout SECONDS] DIRECTORY/postfix_wizard.prom

Call it as root every few minutes, from a systemd timer or cron. It replaces the file as a whole, so that no reader sees a
part of it. If a command does not answer as expected, its metrics are missing, postfix_wizard_up is 0, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

from wizard_json import OPTIONS, VERDICTS, UnusableAnswer, call

Samples = Iterable[tuple[Mapping[str, str], float]]

METRICS = {
    "up": "Whether a command of postfix-wizard answered as expected.",
    "seconds": "How long the command took.",
    "findings": "Findings of the check, by verdict.",
    "problem": "A finding that is wrong or a warning.",
    "drifted_items": "Items that differ from what the runs wrote.",
    "section": "The state of each section.",
}
"""By name, without the prefix: the help. All of them are gauges."""


def of_check(found: dict[str, Any]) -> Iterator[tuple[str, Samples]]:
    """Yield the metrics of `check`, each with its samples."""
    counts = Counter(one["verdict"] for one in found["findings"])
    yield "findings", [({"verdict": one}, counts[one]) for one in VERDICTS]
    # Prometheus refuses a sample that is there twice.
    bad = {
        (one["id"], one["verdict"]) for one in found["findings"] if one["verdict"] in VERDICTS[:2]
    }
    yield "problem", [({"id": id_, "verdict": verdict}, 1) for id_, verdict in sorted(bad)]


def of_status(found: dict[str, Any]) -> Iterator[tuple[str, Samples]]:
    """Yield the metrics of `status`, each with its samples."""
    yield "drifted_items", [({}, found["drifted"])]
    yield (
        "section",
        [({"section": one["section"], "state": one["state"]}, 1) for one in found["sections"]],
    )


READERS: dict[str, Callable[[dict[str, Any]], Iterator[tuple[str, Samples]]]] = {
    "check": of_check,
    "status": of_status,
}


def text_of(name: str, samples: Samples) -> str:
    """Return one metric in the text format of Prometheus."""
    whole = f"postfix_wizard_{name}"
    lines = [f"# HELP {whole} {METRICS[name]}", f"# TYPE {whole} gauge"]
    for labels, value in samples:
        pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{whole}{{{pairs}}} {value:g}" if pairs else f"{whole} {value:g}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def replace(path: Path, text: str) -> None:
    """Replace the file at once. Raises OSError; then the old file stays as it is."""
    # The collector reads *.prom, so the new file has another name at first.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def collect(program: Sequence[str], seconds: float) -> tuple[str, list[str]]:
    """Return the text of all metrics, and why a command did not answer as expected."""
    metrics: list[tuple[str, Samples]] = []
    up, took, wrong = [], [], []
    for command in OPTIONS:
        began = time.monotonic()
        try:
            more = list(READERS[command](call(program, command, seconds)))
        except UnusableAnswer as error:
            more, reason = [], str(error)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            more, reason = [], f"{command} printed another form than docs/json.md says: {error!r}"
        else:
            reason = ""
        metrics += more
        up.append(({"command": command}, float(not reason)))
        took.append(({"command": command}, time.monotonic() - began))
        wrong += [reason] if reason else []
    texts = [text_of(*one) for one in (("up", up), ("seconds", took), *metrics)]
    return "".join(texts), wrong


def main() -> int:
    """Write the file; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--program", default="postfix-wizard")
    parser.add_argument("--timeout", type=float, default=50, metavar="SECONDS")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    text, wrong = collect(shlex.split(given.program), given.timeout)
    try:
        replace(given.file, text)
    except OSError as error:
        wrong.append(f"While writing {given.file}: {error.strerror}. The file is as it was.")
    for reason in wrong:
        print(f"postfix_wizard_textfile: {reason}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
