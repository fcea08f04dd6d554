"""Read Dovecot's facts: `dovecot --version`, `doveconf -a`, and whether it reads conf.d.

Both commands only read, and have a timeout. doveconf(1) hides keys and passwords without -P.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

from wizard.door import Door, Later, Running
from wizard.errors import Trouble
from wizard.host.aliases import passwd_rows
from wizard.host.facts import Dovecot
from wizard.host.sockets import AUTH, LMTP, is_socket
from wizard.host.waiting import count_waiting
from wizard.paths import ALIASES, DOVECOT_CONF, QUEUE

MAIN = "/etc/dovecot/dovecot.conf"

VERSION = ("dovecot", "--version")
SETTINGS = ("env", "DOVECOT_HOSTDOMAIN=localhost", "doveconf", "-a")
"""With this host name doveconf queries no DNS; with a silent resolver it took 20 s."""

SECONDS = 10.0
"""Timeout of each command. They take 20 ms, and some seconds on a very busy host."""

FIRST_USER, LAST_USER = 1000, 60000
"""login.defs(5) UID_MIN and UID_MAX: people. Dovecot delivers to them, and refuses root."""

OF_THIS_HOST = frozenset({"passdb pam", "passdb passwd", "passdb shadow", "userdb passwd"})
"""Where Dovecot finds passwords and users, if they are those of this host: PAM and passwd(5)."""

_NUMBER = re.compile(r"\d+(?:\.\d+)+")
_INCLUDE = re.compile(r"^[ \t]*!include(?:_try)?[ \t]+(\S+)", re.MULTILINE)
_ROOT = re.compile(r"^root:[ \t]*([\w.-]+)[ \t\r]*$", re.MULTILINE)
_CONF_D = "/etc/dovecot/conf.d"
_OLD_FILE = re.compile(r"^[ \t]*\w+_file[ \t]*=[ \t]*<[^\n]*", re.MULTILINE)
_BACKEND = re.compile(r"(passdb|userdb) ?(\S*) ?\{")
_DRIVER = re.compile(r"  driver = (\S+)")
_NO_LOGIN = ("nologin", "false")


def begin_dovecot(door: Door) -> Later[Dovecot]:
    """Start Dovecot's commands; call the result to wait for the facts."""
    version = door.start(VERSION, timeout=SECONDS)
    settings = door.start(SETTINGS, timeout=SECONDS) if version is not None else None
    return lambda: _read(door, version, settings)


def _read(door: Door, version: Optional[Running], settings: Optional[Running]) -> Dovecot:
    if version is None or settings is None:
        return Dovecot()
    (number, _, _), (said, complaint, hangs) = (_output(one) for one in (version, settings))
    found = _NUMBER.search(number)
    version_number = found[0] if found else ""
    return Dovecot(
        version=version_number,
        old_lines=old_lines(door) if version_number.startswith("2.4.") else (),
        settings=flattened(said),
        backends=backends_of(said),
        complaint=complaint,
        hangs=hangs,
        reads_conf_d=includes(door.read_text(MAIN) or "", DOVECOT_CONF),
        reader=reader(door.read_text("/etc/passwd") or "", door.read_text(ALIASES) or ""),
    )


def old_lines(door: Door) -> tuple[str, ...]:
    """Return lines such as `ssl_server_cert_file = </PATH`, each with its file.

    `<` meant the text of a file in 2.3. In 2.4 a setting that ends in _file has a name, so Dovecot
    takes the text for the name and does not start; doveconf(1) accepts it.
    """
    main = door.read_text(MAIN) or ""
    names = [f"{_CONF_D}/{one}" for one in sorted(door.list_dir(_CONF_D) or ())]
    found = []
    for path in (MAIN, *(one for one in names if includes(main, one))):
        text = main if path == MAIN else door.read_text(path) or ""
        found += [f"{path}: {one.strip()}" for one in _OLD_FILE.findall(text)]
    return tuple(found)


def _output(running: Running) -> tuple[str, str, bool]:
    """Return a command's output, why it is empty, and whether it did not end in time."""
    try:
        done = running.outcome()
    except Trouble as trouble:
        return "", trouble.wrong, True
    if done.code:
        return "", next(iter(done.complaints), "it says nothing"), False
    return done.text, "", False


def with_queue(door: Door, dovecot: Dovecot, queue: str, transport: str) -> Dovecot:
    """Add facts from Postfix's queue directory: the sockets, and how many messages wait."""
    queue = queue or QUEUE
    socket = transport.rpartition(":")[2] if transport.startswith("lmtp:unix:") else ""
    waiting = count_waiting(door, queue, socket) if dovecot.version and socket else 0
    return replace(
        dovecot,
        auth_socket=is_socket(door, f"{queue}/{AUTH}"),
        lmtp_socket=is_socket(door, f"{queue}/{LMTP}"),
        waiting=waiting,
    )


def flattened(text: str) -> dict[str, str]:
    """Return the values of `doveconf -a` by path, such as `service lmtp/unix_listener lmtp/mode`.

    A block without settings, as 2.4 prints `userdb passwd`, has the value "".
    """
    found: dict[str, str] = {}
    above: list[str] = []
    last = ""
    for raw in text.splitlines():
        line = raw.strip()
        name, equals, value = line.partition(" =")
        if line.startswith("#") or not line:
            continue
        if line == "}":
            if last.endswith("{"):
                found["/".join(above)] = ""
            del above[-1:]
        elif line.endswith("{") and (not equals or line.endswith("= {")):
            above.append(name.rstrip(" {"))
        elif equals:
            found["/".join([*above, name])] = value.strip().strip('"').strip()
        last = line
    return found


def backends_of(text: str) -> tuple[str, ...]:
    """Return each passdb and userdb of `doveconf -a` with its driver, such as `passdb pam`."""
    return tuple(
        f"{kind} {driver or name or '?'}" for kind, name, driver in _blocks(text.splitlines())
    )


def _blocks(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and driver of each block passdb and userdb. 2.3 gives them no name."""
    for at, line in enumerate(lines):
        begins = _BACKEND.match(line)
        if begins:
            rest = lines[at + 1 :]
            inside = rest[: rest.index("}")] if "}" in rest and line.endswith("{") else []
            driver = next((one[1] for one in map(_DRIVER.match, inside) if one), "")
            yield begins[1], begins[2], driver


def includes(text: str, path: str, directory: str = "/etc/dovecot") -> bool:
    """True if one of the !include lines of a dovecot.conf includes the file `path`."""
    patterns = (one if one.startswith("/") else f"{directory}/{one}" for one in includes_of(text))
    return any(fnmatch.fnmatch(path, one) for one in patterns)


def includes_of(text: str) -> list[str]:
    """Return the patterns of a dovecot.conf's !include lines."""
    return _INCLUDE.findall(text)


def login_users(passwd: str) -> list[str]:
    """Return the people among the users of a passwd(5): those with a shell and a number of theirs."""
    return [fields[0] for fields in people_rows(passwd)]


def people_rows(passwd: str) -> list[list[str]]:
    """Return the fields of these users. With many of them, a look-up of each takes a minute."""
    return [
        fields
        for fields in passwd_rows(passwd)
        if len(fields) == 7  # noqa: PLR2004 (passwd(5))
        and FIRST_USER <= int(fields[2]) <= LAST_USER
        and fields[3].isdecimal()
        # A power cut may leave NUL bytes in a file.
        and fields[0]
        and "\0" not in fields[0]
        and not fields[6].endswith(_NO_LOGIN)
    ]


def people_of(door: Door) -> list[str]:
    """Return the people of this host, none if /etc/passwd cannot be read."""
    return login_users(door.readable_text("/etc/passwd"))


def reader(passwd: str, aliases: str) -> str:
    """Return a user for tests of Dovecot: the reader of root's mail, else the first; "" for none."""
    users = login_users(passwd)
    of_root = _ROOT.search(aliases)
    return of_root[1] if of_root and of_root[1] in users else next(iter(users), "")
