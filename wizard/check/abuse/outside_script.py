"""The list of attempts as a script for another host, which meets the firewall too.

The script is the source of the modules that try the list here, one after another, so both test the
same. It needs no installation. It contains the facts about the server as JSON in Python literals,
never as code.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType

from wizard import finding as model
from wizard import text
from wizard.answers.model import Answers
from wizard.certificates import der, keys
from wizard.check.abuse import (
    attempts,
    client_hello,
    offers,
    outside_main,
    rates,
    suites,
    trials,
)
from wizard.check.abuse.as_stranger import target_of
from wizard.check.abuse.attempts import Target
from wizard.check.dovecot import delivery
from wizard.check.network.stranger import Network, networks
from wizard.check.smtp import refusals, session
from wizard.check.tls import handshake
from wizard.host.facts import Host
from wizard.postfix.render import render

MODULES: tuple[ModuleType, ...] = (
    model,
    text,
    handshake,
    session,
    refusals,
    der,
    keys,
    suites,
    client_hello,
    attempts,
    offers,
    trials,
    rates,
    outside_main,
)
"""Each module comes after those that it imports. They import nothing else but the standard library."""

OWN = "wizard"


@dataclass(frozen=True)
class Part:
    """A module without its imports. `imports` has those of the standard library, a line for each."""

    name: str
    text: str
    imports: frozenset[str]


def script_for(answers: Answers, host: Host, server: str) -> str:
    """Return the script that tests a server with these answers at the name or address `server`."""
    waits = delivery.socket_fault(delivery.AUTH_SOCKET)
    trusted = networks(re.split(r"[,\s]+", host.parameters.get("mynetworks", "")))
    return outside_script(server, target_of(answers, "", waits), trusted)


def outside_script(host: str, target: Target, trusted: Sequence[Network]) -> str:
    """Return the script that tests `host`, which is a validated name or address.

    `target` is what the server should be; the script looks its address up. `trusted` are the
    networks of mynetworks.
    """
    server = asdict(target)
    del server["address"]
    known = {"host": host, "server": server, "trusted": [str(one) for one in trusted]}
    parts = [_part(module) for module in MODULES]
    imports = sorted({"import json", "import sys"}.union(*(part.imports for part in parts)))
    # ASCII, and each line a literal of its own: whatever is in it, it is no code.
    lines = [repr(f"{line}\n") for line in json.dumps(known, indent=1).splitlines()]
    rendered = render("outside_script.j2", host=host, imports=imports, known=lines, parts=parts)
    return "\n".join((*rendered, ""))


def _part(module: ModuleType) -> Part:
    source = inspect.getsource(module)
    lines = source.splitlines()
    imports = [
        one for one in ast.parse(source).body if isinstance(one, (ast.Import, ast.ImportFrom))
    ]
    standard = frozenset(line for one in imports for line in _standard(one))
    dropped = {
        number
        for one in imports
        for number in range(one.lineno, (one.end_lineno or one.lineno) + 1)
    }
    rest = [line for number, line in enumerate(lines, 1) if number not in dropped]
    return Part(module.__name__, _without_gaps(rest), standard)


def _standard(one: ast.stmt) -> Iterator[str]:
    """Yield an import from the standard library as lines with one name each."""
    if isinstance(one, ast.ImportFrom):
        if one.module != "__future__" and (one.module or "").partition(".")[0] != OWN:
            yield from (f"from {one.module} import {name.name}" for name in one.names)
    elif isinstance(one, ast.Import):
        yield from (f"import {name.name}" for name in one.names)


def _without_gaps(lines: Sequence[str]) -> str:
    """Return the lines without the empty lines around removed imports."""
    closed: list[str] = []
    for line in lines:
        if line or closed[-2:] != ["", ""]:
            closed.append(line)
    return "\n".join(closed).strip("\n")
