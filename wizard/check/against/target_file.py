"""What the check from another machine needs to know of a server, as a JSON file.

`check --print-target` writes it on the server, `check --against HOST --target FILE` reads it. It has
names, limits and trusted networks, and no secret. Somebody else may have written it, so each value
is checked before it is used.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable

from wizard.check.abuse.attempts import Target
from wizard.check.network.stranger import Network
from wizard.errors import AnswersTrouble, Trouble, refused_access
from wizard.text import printable

VERSION = 1
"""The version of the file. A new field does not change it; a removed or changed field does."""

MAX_BYTES = 1024 * 1024
MAX_NETWORKS = 10_000
MAX_NUMBER = 2**53
"""The largest whole number that all JSON programs keep exactly (RFC 8259, section 6)."""
MAX_TEXT = 200
"""Characters of a reason."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?", re.ASCII)
_PRINT_AGAIN = (
    "On the server, as root: `postfix-wizard check --print-target >FILE`; copy FILE here."
)


@dataclass(frozen=True)
class KnownServer:
    """A server as it was planned, without its address, and the networks that it trusts."""

    target: Target
    trusted: tuple[Network, ...] = ()


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value)) and ".." not in value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and printable(value) == value.strip()


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_NUMBER


def _is_unit(value: Any) -> bool:
    return _is_number(value) and value > 0


_FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_name, "is not a host name in ASCII"),
    "domain": (_is_name, "is not a domain in ASCII"),
    "size": (_is_number, "is not a whole number of bytes"),
    "waits": (_is_text, "is not a printable text of one line"),
    "unit": (_is_unit, "is not a whole number of seconds from 1 on"),
    "connection_rate": (_is_number, "is not a whole number"),
    "connections": (_is_number, "is not a whole number"),
    "message_rate": (_is_number, "is not a whole number"),
    "recipient_rate": (_is_number, "is not a whole number"),
}
"""The fields of `target`: those of Target that the file has, what each must be, and the fault."""


def target_text(known: KnownServer) -> str:
    """Return the text of the file: {"version": 1, "target": {...}, "trusted": [...]}.

    Raises Trouble if a value is one that no check from outside can use.
    """
    fields = asdict(known.target)
    # A number that was read back can be of a class of its own (`Unsaid`), which is 0 here.
    server = {
        name: int(fields[name]) if isinstance(fields[name], int) else str(fields[name])
        for name in _FIELDS
    }
    server["waits"] = printable(known.target.waits, MAX_TEXT)
    trusted = [str(one) for one in known.trusted]
    fault = next(_faults(server, trusted), "")
    if fault:
        advice = "Repair it in main.cf or in the answers; `postfix-wizard check` names the place."
        raise Trouble("printing what this server should be", fault, advice)
    return json.dumps({"version": VERSION, "target": server, "trusted": trusted}, indent=2)


def read_target(path: Path) -> KnownServer:
    """Read the file. Raises AnswersTrouble if it cannot be read or is not such a file.

    Raises PermissionTrouble if this user may not read it. Only a regular file is read: a FIFO or a device could wait or go on for ever.
    """
    doing = f"reading the target in {path}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise AnswersTrouble(doing, "it is not a regular file", _PRINT_AGAIN)
            data = file.read(MAX_BYTES + 1)
    except PermissionError as error:
        advice = f"Look with `namei -l {shlex.quote(str(path))}`."
        raise refused_access(doing, error.strerror or str(error), advice) from error
    except OSError as error:
        raise AnswersTrouble(doing, error.strerror or str(error), "Check the path.") from error
    except ValueError as error:
        # A path with a NUL.
        raise AnswersTrouble(doing, str(error), "Check the path.") from error
    try:
        return parse_target(data)
    except ValueError as error:
        raise AnswersTrouble(doing, str(error), _PRINT_AGAIN) from error


def parse_target(data: bytes) -> KnownServer:
    """Return what the bytes of the file say. Raises ValueError with the fault in words."""
    if len(data) > MAX_BYTES:
        raise ValueError("it is larger than 1 MiB")
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # UnicodeDecodeError and JSONDecodeError are both a ValueError.
        raise ValueError("it is not JSON in UTF-8") from error
    if not isinstance(document, dict) or "target" not in document:
        raise ValueError("it is JSON, but no target of this program")
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        shown = printable(repr(version), MAX_TEXT)
        raise ValueError(f"it has version {shown}, and this program reads version {VERSION} alone")
    server: Any = document["target"]
    trusted: Any = document.get("trusted")
    fault = next(_faults(server, trusted), "")
    if fault:
        raise ValueError(fault)
    target = Target("", **{name: server[name] for name in _FIELDS})
    return KnownServer(target, tuple(map(ipaddress.ip_network, trusted)))


def _faults(server: Any, trusted: Any) -> Iterator[str]:
    """Yield what is wrong with the two parts of the file, in words."""
    if not isinstance(server, dict):
        yield "`target` is not an object"
        return
    for name, (is_valid, fault) in _FIELDS.items():
        if name not in server:
            yield f"`target` has no `{name}`"
        elif not is_valid(server[name]):
            shown = printable(repr(server[name]), MAX_TEXT)
            yield f"`target`: `{name}` {fault}: {shown}"
    if not isinstance(trusted, list) or len(trusted) > MAX_NETWORKS:
        yield f"`trusted` is not a list of at most {MAX_NETWORKS:,} networks"
        return
    yield from _network_faults(trusted)


def _network_faults(trusted: Sequence[Any]) -> Iterator[str]:
    for one in trusted:
        if not _is_network(one):
            yield f"`trusted`: {printable(repr(one), MAX_TEXT)} is not a network"


def _is_network(value: Any) -> bool:
    if not isinstance(value, str):
        return False  # Python takes whole numbers for addresses
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return False
    return True
