"""Find who starts, resumes or undoes a run, in the caller's own process.

The kernel sets the loginuid at login and a process cannot change it (pam_loginuid(8)). The
other values come from environments, which a user with root's rights can forge. So they are
parsed strictly: a plain user name, two addresses with their ports, a terminal. An unknown or
other value is "".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Optional

_NO_LOGIN = 4294967295
"""The loginuid of a process that no login started, such as a service."""
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\+-]{0,63}\$?", re.ASCII)
"""Also `EXAMPLE\\taro` and `EXAMPLE+taro`, as winbindd(8) names the users of a domain."""
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_TERMINAL = re.compile(r"/dev/([A-Za-z0-9/]{1,32})", re.ASCII)
_CONNECTION_WORDS = 4
_MAX_PARENTS = 64
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Caller:
    """The user that started a process.

    `loginuid` is None without a known login; `login_user` is its name. `ssh_connection` is
    `ADDRESS PORT ADDRESS PORT`, the client first (ssh(1)).
    """

    loginuid: Optional[int] = None
    login_user: str = ""
    sudo_user: str = ""
    ssh_connection: str = ""
    tty: str = ""

    @property
    def client(self) -> str:
        """The address that the login came from, "" for none."""
        return self.ssh_connection.partition(" ")[0]

    @property
    def shown(self) -> str:
        """The caller in a few words, "" if nothing is known."""
        name = self.login_user or self.sudo_user
        if not name and self.loginuid is not None:
            name = f"uid {self.loginuid}"
        sudo = self.sudo_user if self.sudo_user != name else ""
        parts = (name, sudo and f"as {sudo}", self.client and f"from {self.client}")
        return " ".join(filter(None, parts))

    @property
    def as_root(self) -> str:
        """How the caller became root, in a few words: `sudo: taro`, `root (taro)` or `root`."""
        if self.sudo_user:
            return f"sudo: {self.sudo_user}"
        return f"root ({self.login_user})" if self.login_user not in {"", "root"} else "root"

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The values by name, for a line of a log."""
        values = asdict(self).items()
        return tuple((name, "" if value is None else str(value)) for name, value in values)


NOBODY = Caller()
"""An unknown caller, as in the runs of earlier versions."""


def find_caller(
    environment: Optional[Mapping[str, str]] = None, proc: Path = Path("/proc")
) -> Caller:
    """Return who runs this process. Never raises; an unreadable value is unknown.

    sudo removes SSH_CONNECTION, and su(1) SUDO_USER. Then the nearest parent process with a
    plain value counts. Only root's processes count for SUDO_USER.
    """
    own = os.environ if environment is None else environment
    uid = _loginuid(proc)
    parents = list(_parents(proc))
    return Caller(
        uid,
        _name_of(uid),
        _nearest(own, (one for one, owner in parents if owner == 0), "SUDO_USER", plain_user),
        _nearest(own, (one for one, _ in parents), "SSH_CONNECTION", plain_connection),
        _terminal(),
    )


def plain_user(text: str) -> str:
    """Return a user name, "" for any other text."""
    return text if _USER.fullmatch(text) else ""


def plain_connection(text: str) -> str:
    """Return SSH_CONNECTION as two addresses with their ports, "" for any other text."""
    words = text.split(" ")
    if len(words) != _CONNECTION_WORDS:
        return ""
    try:
        client, server = (str(ip_address(words[at].partition("%")[0])) for at in (0, 2))
    except ValueError:
        return ""
    ports = words[1], words[3]
    if not all(_PORT.fullmatch(one) for one in ports):
        return ""
    return f"{client} {ports[0]} {server} {ports[1]}"


def _nearest(
    own: Mapping[str, str],
    parents: Iterator[Mapping[str, str]],
    name: str,
    plain: Callable[[str], str],
) -> str:
    candidates = (plain(one.get(name, "")) for one in (own, *parents))
    return next(filter(None, candidates), "")


def _loginuid(proc: Path) -> Optional[int]:
    try:
        uid = int((proc / "self/loginuid").read_bytes())
    except (OSError, ValueError):
        return None
    return None if uid == _NO_LOGIN else uid


def _name_of(uid: Optional[int]) -> str:
    if uid is None:
        return ""
    import pwd  # noqa: PLC0415 - a plan needs none of it

    try:
        return plain_user(pwd.getpwuid(uid).pw_name)
    except (KeyError, OSError, OverflowError):
        return ""


def _parents(proc: Path) -> Iterator[tuple[dict[str, str], int]]:
    """Yield each parent's environment and owner (uid), the nearest first."""
    pid = str(os.getppid()) if proc == Path("/proc") else _parent(proc / "self")
    for _ in range(_MAX_PARENTS):
        if pid in {"", "0", "1"}:
            return
        at = proc / pid
        with suppress(OSError):
            yield _environment(at), at.stat().st_uid
        pid = _parent(at)


def _environment(process: Path) -> dict[str, str]:
    with (process / "environ").open("rb") as file:
        text = file.read(_MAX_BYTES).decode("utf-8", "surrogateescape")
    rows = (row.partition("=") for row in text.split("\0"))
    return {name: value for name, equals, value in rows if equals}


def _parent(process: Path) -> str:
    try:
        status = (process / "status").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = re.search(r"^PPid:\s*(\d+)$", status, re.MULTILINE)
    return found[1] if found else ""


def _terminal() -> str:
    for fd in (0, 1, 2):
        with suppress(OSError):
            found = _TERMINAL.fullmatch(os.ttyname(fd))
            return found[1] if found else ""
    return ""
