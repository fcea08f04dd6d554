"""What Postfix says of itself: postconf(1), and the rows of an indexed table: postmap(1)."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from typing import Optional

from wizard.door import Door
from wizard.host.later import Later
from wizard.paths import SENDER_ACCESS

BEGIN = "# Rows from postfix-wizard's answers: change them there."
END = "# Your own rows go below this line."
"""The comment lines of sender_access around the rows that the answers own."""

INDEX_SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "sdbm": ".dir"}
"""What postmap adds to a table's path, by type (DATABASE_README)."""


IN_FORCE = ("myhostname", "mydomain", "mynetworks")
"""What Postfix makes of the host itself, its name and its addresses, where main.cf does not say."""


@dataclass(frozen=True)
class Configuration:
    """postconf's answers: `parameters` are main.cf's own (-n), `defaults` the program's (-d).

    `in_force` has IN_FORCE as they hold, with the parameters that they name put in (-x).
    """

    parameters: dict[str, str]
    defaults: dict[str, str]
    table_types: tuple[str, ...]
    stderr: tuple[str, ...]
    in_force: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return what is in force, "" when Postfix does not know the name."""
        return self.parameters.get(name, self.defaults.get(name, ""))

    @property
    def instances(self) -> tuple[str, ...]:
        """The configuration directories of further instances (MULTI_INSTANCE_README)."""
        return tuple(re.findall(r"[^,\s]+", self.value("multi_instance_directories")))


def begin_configuration(door: Door) -> Later[Optional[Configuration]]:
    """Ask postconf; None when there is none, or another root is looked at.

    -n is asked of the file, -d and -m of the program: the latter two answer also when main.cf
    is broken, and then `stderr` says what Postfix makes of it.
    """
    own, defaults, types = (door.start(("postconf", option)) for option in ("-n", "-d", "-m"))
    expanded = door.start(("postconf", "-x", *IN_FORCE))

    def finish() -> Optional[Configuration]:
        if own is None or defaults is None or types is None:
            return None
        said = own.outcome()
        in_force = expanded.outcome() if expanded is not None else None
        return Configuration(
            parameters(said.text),
            parameters(defaults.outcome().text),
            tuple(types.outcome().text.split()),
            said.complaints,
            parameters(in_force.text) if in_force is not None and in_force.code == 0 else {},
        )

    return finish


def parameters(text: str) -> dict[str, str]:
    """Return the `name = value` lines that postconf prints, as a dict."""
    rows = (line.partition(" =") for line in text.splitlines())
    return {name: value.strip() for name, equals, value in rows if equals}


def read_table(door: Door, table_type: str, path: str = SENDER_ACCESS) -> Optional[bytes]:
    """Return the rows of the indexed table as `postmap -s` prints them.

    None where there is no index of that type, or it cannot be read.
    """
    suffix = INDEX_SUFFIX.get(table_type)
    status = None if suffix is None else door.stat(f"{path}{suffix}")
    # A FIFO in its place would hold postmap until it is ended.
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    outcome = door.run(("postmap", "-s", f"{table_type}:{path}"), timeout=60)
    return outcome.stdout if outcome is not None and outcome.code == 0 else None
