"""Call scp(1), answer its prompts, and explain its errors.

An unknown host's key is shown with ssh's own text, and the operator decides. A yes is saved in the
wizard's own known_hosts file. A changed key is refused (ssh_config(5), StrictHostKeyChecking). Keys
in root's own known_hosts are accepted, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.errors import Trouble
from wizard.run.terminal import Ask, Decision, GiveUp, Manner
from wizard.text import counted

ROOTS_OWN = "/root/.ssh/known_hosts"
PASSWORDS = 3
"""Password prompts at most."""

_CTRL_C = "\x03"
_QUESTION = re.compile(
    r"^(?!.*\s[0-9]+%).*(?:[Pp]ass(?:word|phrase|code)|PIN|[Cc]ode|\(yes/no|'yes'|^\(\S+@\S+\)).*[:?]\s*$"
)
"""Not any line with a colon at its end: a half-read line of progress has one, too."""
_KEY = re.compile(r"\(yes/no(/\[fingerprint\])?\)\?\s*$|^Please type 'yes'")
_AUTHENTICITY = re.compile(r"^The authenticity of host")
_PASSPHRASE = re.compile(r"passphrase for key")


def scp_argv(host: str, source: str, to: str, known_hosts: Path) -> tuple[str, ...]:
    """Return the argv that copies `source` of `host`, [user@]host, below the directory `to`."""
    settings = (
        f"UserKnownHostsFile={known_hosts} {ROOTS_OWN}",
        "StrictHostKeyChecking=ask",
        "UpdateHostKeys=no",
        "VerifyHostKeyDNS=no",
        "HashKnownHosts=no",
        "CheckHostIP=no",
        "BatchMode=no",
        f"NumberOfPasswordPrompts={PASSWORDS}",
        "ConnectTimeout=15",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ControlMaster=no",
        "ControlPath=none",
        "PermitLocalCommand=no",
    )
    options = [word for one in settings for word in ("-o", one)]
    return ("scp", "-pr", *options, "--", f"{host}:{source}", to)


def scp_manner(host: str, watch: Callable[[], Optional[Trouble]]) -> Manner:
    """Return how the prompts of a copy from `host` are answered. `watch` may end the copy."""
    return Manner(
        question=_QUESTION,
        decide=_Questions(host),
        watch=watch,
    )


class _Questions:
    """Decides on a question. After three wrong passwords the copy is given up."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._passwords = 0

    def __call__(self, lines: tuple[str, ...]) -> Decision:
        said = [line for line in lines if line.strip()]
        last = said[-1]
        if _KEY.search(last):
            return self._about_the_key(said)
        if not _PASSPHRASE.search(last):
            self._passwords += 1
        if self._passwords > PASSWORDS:
            return GiveUp(_CTRL_C, denied(self._host))
        return Ask(
            "\n".join(said[-3:]),
            Trouble(
                f"logging in to {self._host}",
                f"ssh asks: {last.strip()} - and nobody answered",
                "Start this where somebody can answer, or let root log in there with a key "
                f"that has no passphrase: ssh-copy-id {self._host}",
            ),
            no=_CTRL_C,
            echo=False,
        )

    def _about_the_key(self, said: list[str]) -> Decision:
        begins = [at for at, line in enumerate(said) if _AUTHENTICITY.search(line)]
        text = said[begins[-1] :] if begins else said[-1:]
        return Ask(
            "\n".join(text),
            Trouble(
                f"logging in to {self._host}",
                "ssh asks whether the host's key is the right one, and nobody answered: "
                + " ".join(line.strip() for line in text[1:-1]),
                "Compare the fingerprint on that server (ssh-keygen -lf "
                "/etc/ssh/ssh_host_ed25519_key.pub), and start this where somebody can answer; "
                f"or trust it beforehand, as root: ssh {self._host}",
            ),
            no="no",
        )


def denied(host: str) -> Trouble:
    """Return the error for a refused login."""
    return Trouble(
        f"logging in to {host}",
        "the password was wrong, or that server takes no password or key from here",
        f"Try it by hand: ssh {host} - and see there that PermitRootLogin allows it.",
    )


@dataclass(frozen=True)
class _Meaning:
    """The fault that `words` in scp's output show, and what to do next."""

    words: re.Pattern[str]
    wrong: str
    advice: str


_MEANINGS = (
    _Meaning(
        re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED"),
        "its host key is not the one that was accepted before: it is another server, or somebody "
        "stands in between; nothing was sent to it",
        "Ask whoever runs it why. Only if the key was changed on purpose, remove the old one from "
        "each file that ssh names: ssh-keygen -R HOST -f FILE",
    ),
    _Meaning(
        re.compile(r"Host key verification failed"),
        "its host key was not accepted",
        "Compare the fingerprint with the one that the server itself shows.",
    ),
    _Meaning(
        re.compile(r"Could not resolve hostname|Name or service not known"),
        "no address is known for it",
        "See whether the name is right: getent hosts NAME",
    ),
    _Meaning(
        re.compile(
            r"timed out|No route to host|Connection refused|Network is unreachable|"
            r"Connection closed by .* port|banner exchange"
        ),
        "it cannot be reached, or its sshd does not answer",
        "See that the server is up and lets this host in on port 22.",
    ),
    _Meaning(re.compile(r"Permission denied \("), denied("").wrong, denied("that server").advice),
    _Meaning(
        re.compile(
            r"not responding|lost connection|Connection (?:closed|reset)|Broken pipe|"
            r"send disconnect|aborted"
        ),
        "the connection broke off; nothing of what had come is used",
        "The next copy begins anew.",
    ),
    _Meaning(
        re.compile(r"No space left|Disk quota exceeded"),
        "no room is left for the copy",
        "Make room in /var/lib (df -h).",
    ),
)
"""The first match counts."""


def meaning(host: str, said: str) -> Optional[Trouble]:
    """Return the error that scp's output shows for a failed copy, None if it shows none."""
    found = next((one for one in _MEANINGS if one.words.search(said)), None)
    if found is None:
        return None
    return Trouble(f"copying from {host}", found.wrong, found.advice)


_ITS_OWN = re.compile(r"^(?:\S*/)?scp: (?P<what>.*\S)")
MAX_COMPLAINTS = 20
"""Complaints that are repeated. A circular link makes hundreds."""


def complaints(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return scp's own messages: one for each file that it could not copy, MAX_COMPLAINTS at most."""
    found = tuple(dict.fromkeys(match["what"] for match in map(_ITS_OWN.match, lines) if match))
    more = len(found) - MAX_COMPLAINTS
    return (
        *found[:MAX_COMPLAINTS],
        *((f"and {counted(more, 'more complaint')}",) if more > 0 else ()),
    )
