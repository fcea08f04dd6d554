"""Runs in the virtual machine: prints which written paths have another label than the policy's.

Written are the paths that the journals of all runs name, and all that is in the program's own
directories and in certbot's. The answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OWN = ("/etc/postfix-wizard", "/var/lib/postfix-wizard", "/run/postfix-wizard", "/etc/letsencrypt")


def journalled() -> Iterator[str]:
    """Yield the paths that the runs wrote, as their journals have them."""
    for journal in Path("/var/lib/postfix-wizard/runs").glob("*/journal"):
        for line in journal.read_text().splitlines():
            undo = json.loads(line.partition(" ")[2])["record"].get("undo", {})
            yield from (file["path"] for file in undo.get("files", ()))
            yield from undo.get("directories", ())
            if "original" in undo:
                yield undo["original"]


def below(top: str) -> Iterator[str]:
    """Yield a directory and all that is in it."""
    yield top
    for here, inner, names in os.walk(top):
        yield from (str(Path(here, name)) for name in (*inner, *names))


def main() -> None:
    """Compare with `matchpathcon -V`."""
    paths = {path for path in journalled() if os.path.lexists(path)}
    paths |= {path for top in OWN if os.path.lexists(top) for path in below(top)}
    done = subprocess.run(
        ["matchpathcon", "-V", *sorted(paths)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    right = ("verified.", "should be <<none>>")
    wrong = [line for line in lines if not line.endswith(right)]
    json.dump({"paths": sorted(paths), "wrong": wrong, "lines": len(lines)}, sys.stdout)


main()
