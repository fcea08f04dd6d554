"""The program in the virtual machine, and what SELinux says of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from lab.vm import cli
from lab.vm.machine import Vm

GUEST = (Path(__file__).parent / "guest.py").read_text()
ANSWERS = "/root/answers.toml"
SECONDS = 1500.0
"""For one command: the emulated processor shares two cores with other work."""

KNOWN = {
    r"scontext=\S+:(firewalld|systemd_journal_init)_t:.* permissive=1": "a permissive domain",
    r'comm="(groupadd|useradd|usermod|chown|postfix|post-install)" path="/tmp/tmp\w+".*initrc_tmp_t': (
        "what dnf has for the output of a package's scripts"
    ),
    r'comm="chown" name="postfix".*postfix_master_t.*postfix_etc_t': (
        "the package's own `postfix set-permissions`"
    ),
    r'denied  \{ use \} .*comm="postdrop" path="pipe:.*:postfix_postdrop_t:.*:initrc_t:.* tclass=fd': (
        "postdrop may not use the pipe for the messages of a unit's command; the mail gets through"
    ),
    r'comm="(?!python)\w+".* (path="/etc/postfix/|name=")sender_access(\.lmdb)?".*httpd_sys_content_t': (
        "the label that the test gave the file by chcon"
    ),
}
"""Denials that are not the program's, with their causes; docs/limits.md names them."""


@dataclass(frozen=True)
class Labels:
    """The written paths that exist, and those whose label is not the policy's."""

    paths: frozenset[str]
    wrong: tuple[str, ...]


@dataclass
class Machine:
    """The machine, and the audit records that were read already."""

    vm: Vm
    _seen: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def run(self, *argv: str) -> str:
        """Run a command that must succeed, and return its output."""
        return self.vm.run(argv, timeout=SECONDS, check=True).stdout

    def wizard(self, *words: str) -> tuple[int, str]:
        """Run the program; return its exit status and its output."""
        done = self.vm.run([cli.PROGRAM, *words], timeout=SECONDS)
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        return done.returncode, said

    def apply(self, answers: str, *words: str) -> tuple[int, str]:
        """Apply these answers without a screen."""
        self.vm.write(ANSWERS, answers, 0o600)
        return self.wizard("apply", "--answers", ANSWERS, "--yes", *words)

    def labels(self) -> Labels:
        """Compare each written path with `matchpathcon -V`."""
        done = self.vm.run(["python3", "-"], data=GUEST, timeout=SECONDS, check=True)
        found = json.loads(done.stdout)
        assert found["lines"] == len(found["paths"]), found
        self._count("paths compared", len(found["paths"]))
        return Labels(frozenset(found["paths"]), tuple(found["wrong"]))

    def label(self, path: str) -> str:
        """Return a path's label."""
        return self.run("stat", "-c", "%C", path).strip()

    def denials(self) -> list[str]:
        """Return the new denials that are not known to be of others."""
        done = self.vm.run(["ausearch", "--input-logs", "--raw", "-m", "AVC"], timeout=SECONDS)
        lines = [line for line in done.stdout.splitlines() if "denied" in line]
        new = [line for line in lines if line not in self._seen]
        self._seen.update(new)
        unknown = [line for line in new if not any(re.search(one, line) for one in KNOWN)]
        self._count("denials of others", len(new) - len(unknown))
        return unknown

    def _count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number
