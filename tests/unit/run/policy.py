"""A policy for tests: selinuxfs and matchpathcon's answer are doubles, the labels are real attributes.

Without SELinux the kernel lets root set `security.selinux` to any value, so the tests see what
was labelled, with what and when. That a kernel with a policy accepts it is shown by tests/selinux.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

import pytest

from wizard import environment
from wizard.plan.files import Link, sha256
from wizard.run import labels

ALIASES = "system_u:object_r:etc_aliases_t:s0"
CERT = "system_u:object_r:cert_t:s0"
ETC = "system_u:object_r:etc_t:s0"
BY_HAND = "unconfined_u:object_r:httpd_sys_content_t:s0"
NONE = "<<none>>"

_MATCHPATHCON = """\
#!/bin/sh
# Logs its arguments, a call a line, and answers from the table by kind and path.
here={here}
for word; do printf '%s|' "$word" >>"$here/calls"; done
echo >>"$here/calls"
[ ! -e "$here/broken" ] || {{ . "$here/broken"; }}
kind=$4
shift 4
for path; do
    found=
    while IFS='|' read -r of pattern label; do
        [ "$of" = "$kind" ] || continue
        case $path in $pattern) found=$label ;; esac
    done <"$here/patterns"
    printf '%s\\n' "${{found:-system_u:object_r:$kind:s0}}"
done
"""


@dataclass(frozen=True)
class Policy:
    """The doubles' directory. A path without a pattern has a label made of its kind."""

    directory: Path

    def add(self, pattern: str, label: str, kind: str = labels.FILE) -> None:
        """Add a pattern as sh(1) has them; the last one that matches counts."""
        with (self.directory / "patterns").open("a") as table:
            table.write(f"{kind}|{pattern}|{label}\n")

    def break_by(self, script: str) -> None:
        """Let matchpathcon run these lines of sh(1) before it answers."""
        (self.directory / "broken").write_text(script)

    def calls(self) -> list[list[str]]:
        """Return the arguments of each call of matchpathcon."""
        log = self.directory / "calls"
        lines = log.read_text().split("|\n")[:-1] if log.exists() else []
        return [line.split("|") for line in lines]


def policy(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """Turn the doubles on."""
    programs = directory / "bin"
    programs.mkdir(parents=True)
    (directory / "patterns").touch()
    (directory / "enforce").write_text("1")
    program = programs / "matchpathcon"
    program.write_text(_MATCHPATHCON.format(here=shlex.quote(str(directory))))
    program.chmod(0o755)
    path = f"{programs}:/usr/bin:/bin"
    variables = {"PATH": path, "LC_ALL": "C.UTF-8"}
    monkeypatch.setattr(environment, "child_environment", lambda: variables)
    monkeypatch.setattr(labels, "SELINUXFS", str(directory))
    monkeypatch.setattr(labels, "_hung", [])
    return Policy(directory)


def label_of(path: Union[Path, str]) -> Optional[str]:
    """Return the label of a file, directory or link itself, None where it has none."""
    try:
        raw = os.getxattr(path, labels.ATTRIBUTE, follow_symlinks=False)
    except OSError:
        return None
    assert raw.endswith(b"\0"), raw
    return raw[:-1].decode()


def mark(path: Path, label: str) -> None:
    """Give a path the label that something else gave it."""
    os.setxattr(path, labels.ATTRIBUTE, label.encode() + b"\0", follow_symlinks=False)


def lineage(etc: Path) -> tuple[Link, ...]:
    """Make a lineage as scp leaves it, and return the links that it is to have."""
    live, archive = etc / "letsencrypt/live/x", etc / "letsencrypt/archive/x"
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    links = []
    for name in ("cert", "chain", "fullchain", "privkey"):
        (archive / f"{name}1.pem").write_text(name)
        (live / f"{name}.pem").write_text(name)
        was = f"file:{sha256(name.encode())}"
        links.append(Link(str(live / f"{name}.pem"), f"../../archive/x/{name}1.pem", was))
    return tuple(links)


def certificates(on: Policy, etc: Path) -> None:
    """Add EL's patterns for certbot's tree."""
    for kind in (labels.FILE, labels.DIRECTORY, labels.LINK):
        on.add(f"{etc}/letsencrypt*", ETC, kind)
        for part in ("live", "archive"):
            on.add(f"{etc}/letsencrypt/{part}*", CERT, kind)
