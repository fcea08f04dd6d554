"""One right server, broken again and again: broken, proven to be content, checked, put back."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.host import Host
from tests.lab.broken.certificate import MADE
from tests.lab.broken.way import RESTART, Way
from tests.lab.program import ANSWERS, ZEKE, apply
from wizard.finding import NO_CURE, Cure, Edit

_RIGHT = "/root/right"
_TREES = (
    "/etc/postfix /etc/firewalld /etc/letsencrypt /etc/dovecot /etc/postfix-wizard "
    "/etc/systemd/system /var/named"
)
_FILES = "/etc/aliases* /etc/resolv.conf /etc/hosts /etc/nsswitch.conf"

_KEEP = f"mkdir {_RIGHT}; cp -a --parents {_TREES} {_FILES} {_RIGHT}"
_PUT_BACK = f"""
for tree in {_TREES}; do find $tree -mindepth 1 -delete; cp -a {_RIGHT}$tree/. $tree/; done
rm -f /etc/aliases*
cp -a --remove-destination {_RIGHT}/etc/aliases* {_RIGHT}/etc/resolv.conf {_RIGHT}/etc/hosts {_RIGHT}/etc/nsswitch.conf /etc/
"""
_OLD = "find /etc/postfix -maxdepth 1 -name '*.cf' -mmin -1 -exec touch -d '3 seconds ago' {} +"
"""Postfix's programs wait a second for a main.cf that was just written to be older."""

_LEFT = f"""
state() {{
    cd $1/
    postconf -c $PWD/etc/postfix -n 2>&1 | grep -v ^config_directory
    postconf -c $PWD/etc/postfix -M 2>&1 || :
    for tree in {_TREES} /etc/aliases*; do
        find .$tree ! -name 'm*.cf' -printf '%p %m %u:%g %l\\n'
        find .$tree -type f ! -name 'm*.cf' ! -name '*.db' ! -name '*.lmdb' -exec md5sum {{}} +
    done
}}
diff <(state {_RIGHT} | sort) <(state '' | sort) | grep '^[<>]' || :
"""
"""Compares what Postfix reads and the files of the other services with those of the right server."""

_FURNISH = """
grep -q '^root:' /etc/aliases || printf 'root: taro\\n' >>/etc/aliases; newaliases
firewall-cmd -q --permanent --zone=public --add-service=http; firewall-cmd -q --reload
systemctl -q enable --now certbot-renew.timer
cp -a /etc/letsencrypt/archive/zeke.ne.jp/. /srv/broken/
systemctl restart postfix
"""


@dataclass(frozen=True)
class Found:
    """A finding as `check --json` has it."""

    verdict: str
    looked_at: str
    seen: str
    advice: str
    follows: str = ""
    cure: Cure = NO_CURE

    def names(self, cause: tuple[str, ...]) -> bool:
        """Return whether a finding that is not right has all these words."""
        text = f"{self.looked_at} {self.seen} {self.advice}"
        return self.verdict in {"wrong", "warning"} and all(
            re.search(word, text, re.IGNORECASE) for word in cause
        )


def has_cause(way: Way, found: dict[str, Found]) -> bool:
    """True if a finding has the words of the cause, and that is the one that the way wants."""
    return any(one.names(way.cause) for key, one in found.items() if way.finding in {"", key})


def _found(one: dict[str, Any]) -> Found:
    cured_by = Cure(
        tuple(map(tuple, one["cure"]["commands"])),
        tuple(Edit(**edit) for edit in one["cure"]["edits"]),
        one["cure"]["reason"],
    )
    return Found(
        one["verdict"], one["looked_at"], one["seen"], one["advice"], one["follows"], cured_by
    )


class Rig:
    """A host that the wizard set up, with Dovecot behind it and certbot beside it.

    `more` are the further files and trees of a subclass that are put back as well.
    """

    more = ""

    def __init__(self, host: Host, suite: str = "") -> None:
        self._owed = ""
        self.exit_status = 0
        self.host = host
        self.suite = suite
        _give_pairs(host)
        self.set_up(ZEKE.replace("reject_senders = []", 'reject_senders = ["spam.example"]'))
        self.bash(_FURNISH)
        self.bash(_KEEP)
        if self.more:
            self.bash(f"tar -C / -cf {_RIGHT}/more.tar {self.more}")

    def set_up(self, answers: str) -> None:
        """Have the wizard set the host up."""
        self.host.write(ANSWERS, answers, 0o600)
        code, said = apply(self.host)
        assert code == 0, said
        self.host.start_dovecot()

    def bash(self, script: str) -> str:
        """Run a script that must not fail, and return what it printed."""
        return self.host.run(["bash", "-ec", script], check=True).stdout

    def content(self) -> bool:
        """Whether `postfix check` succeeds, whatever it murmurs, and systemd sees an active unit."""
        done = self.host.run(["bash", "-c", "postfix check && systemctl is-active postfix"])
        return (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["active"])

    def hit(self, way: Way) -> None:
        """Make the server right again, then break it, and let the break take effect."""
        begin = (
            self._owed if way.settle == RESTART or not self._owed else f"{self._owed}\n{RESTART}"
        )
        again = ""
        if self.more:
            again = f"cd /; rm -rf {self.more}; tar -xpf {_RIGHT}/more.tar"
        self._owed = f"{_PUT_BACK}\n{again}\n{way.mend}"
        self.bash(f"{begin}\n{way.script}\n{_OLD}\n{way.settle}")

    def check(self) -> dict[str, Found]:
        """Return the findings of `check --json` by their ids; its exit status is `exit_status`."""
        done = self.host.run(["postfix-wizard", "check", "--json"])
        assert done.stdout, done.stderr
        self.exit_status = done.returncode
        rows = json.loads(done.stdout)["findings"]
        # Of several findings of one kind, such as dns.dkim of each domain, the last that is not right counts.
        rows.sort(key=lambda one: one["verdict"] in {"wrong", "warning"})
        return {one["id"]: _found(one) for one in rows}

    def apply(self, cured_by: Cure) -> str:
        """Do literally what a cure says: the edits, then the commands; return what failed of it."""
        for one in cured_by.edits:
            self._edit(one)
        said = []
        for argv in cured_by.commands:
            # systemd waits 90 seconds for a Dovecot that hangs.
            done = self.host.run(list(argv), timeout=150)
            if done.returncode:
                said.append(f"{argv[0]} {done.returncode}: {done.stdout}{done.stderr}"[-300:])
        return "; ".join(said)

    def _edit(self, edit: Edit) -> None:
        if edit.old:
            text = self.host.run(["cat", edit.path], check=True).stdout
            assert text.count(edit.old) == 1
            self.host.write(edit.path, text.replace(edit.old, edit.new))
        else:
            self.host.run(["mkdir", "-p", str(Path(edit.path).parent)], check=True)
            self.host.write(edit.path, edit.new)

    def left(self) -> str:
        """Return how the configuration differs from the right one: `<` is gone, `>` is there instead."""
        return self.bash(_LEFT)

    def check_without_answers(self) -> dict[str, Found]:
        """Check as on a server that the wizard never set up: by what is read back."""
        self.bash("mv /etc/postfix-wizard/answers.toml /root/aside")
        found = self.check()
        self.bash("mv /root/aside /etc/postfix-wizard/answers.toml")
        return found

    def put_back(self) -> None:
        """Make the server right again."""
        self.bash(f"{self._owed}\n{RESTART}")
        self._owed = ""


def _give_pairs(host: Host) -> None:
    """Write certificates of other names and times; openssl of this machine makes them."""
    for name, (subject, days, algorithm) in MADE.items():
        with tempfile.TemporaryDirectory() as place:
            cert, key, request = (str(Path(place, word)) for word in ("cert", "key", "request"))
            asks = ["openssl", "req", "-new", "-newkey", *algorithm, "-nodes", "-keyout", key]
            asks += ["-subj", f"/CN={subject}", "-addext", f"subjectAltName=DNS:{subject}"]
            # Only x509, not req, makes a certificate that ended before today.
            signs = ["openssl", "x509", "-req", "-in", request, "-signkey", key]
            signs += ["-days", str(days), "-copy_extensions", "copy", "-out", cert]
            for argv in ([*asks, "-out", request], signs):
                subprocess.run(argv, check=True, capture_output=True)
            host.push(Path(cert), f"/srv/broken/{name}.pem")
            host.push(Path(key), f"/srv/broken/{name}.key")
