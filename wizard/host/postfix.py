"""Read Postfix's facts: its package (rpm(8)), postconf(1), the rows of an indexed table."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Optional

from wizard.door import Door, Later
from wizard.host.facts import Package, Postfix
from wizard.host.main_cf import likely_database_type
from wizard.paths import SENDER_ACCESS

BEGIN = "# Rows from postfix-wizard's answers: change them there."
END = "# Your own rows go below this line."
"""The comment lines around the answers' rows in sender_access."""

INDEX_SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "sdbm": ".dir"}
"""Suffixes of index files by table type (DATABASE_README)."""

_BUILT = ("lmdb", "hash", "cdb", "btree")
"""Types of indexed tables, the preferred first."""

NEVRA = "%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}"
"""rpm's query format for name-epoch:version-release.arch, with epoch 0 too."""


IN_FORCE = ("myhostname", "mydomain", "mynetworks")
"""Parameters with defaults that Postfix derives from the host's name and addresses."""


def begin_package(door: Door, name: str = "postfix") -> Later[Optional[Package]]:
    """Query rpm for the package; None when it is not installed, or not known in another root."""
    running = door.start(("rpm", "-q", "--qf", NEVRA + r"\n", name))

    def finish() -> Optional[Package]:
        if running is None:
            return None
        outcome = running.outcome()
        if outcome.code != 0:
            return None
        # Two versions can be installed only by force; the last is the newest.
        return Package(outcome.text.split()[-1], candidate=False)

    return finish


@dataclass(frozen=True)
class Configuration:
    """postconf's output: `parameters` are main.cf's own (-n), `defaults` the program's (-d).

    `in_force` has the values of IN_FORCE, with `$name` expanded (-x).
    """

    parameters: dict[str, str]
    defaults: dict[str, str]
    table_types: tuple[str, ...]
    stderr: tuple[str, ...]
    in_force: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """Return main.cf's value, else the default; "" for an unknown parameter."""
        return self.parameters.get(name, self.defaults.get(name, ""))

    @property
    def instances(self) -> tuple[str, ...]:
        """The configuration directories of further instances (MULTI_INSTANCE_README)."""
        return tuple(re.findall(r"[^,\s]+", self.value("multi_instance_directories")))


def installed_postfix(package: Optional[Package], configuration: Configuration) -> Postfix:
    """Return the facts of an installed Postfix."""
    version = configuration.value("mail_version")
    table_type = configuration.value("default_database_type")
    return Postfix(
        package,
        version,
        usable_type(
            table_type or likely_database_type(configuration.parameters, version),
            configuration.table_types,
        ),
        configuration.table_types,
        frozenset(configuration.defaults),
        configuration.instances,
        configuration.stderr,
        defaults=configuration.defaults,
        in_force=configuration.in_force,
    )


def usable_type(wanted: str, types: Collection[str]) -> str:
    """Return a type of indexed tables that Postfix has; `types` are those of `postconf -m`."""
    return (
        wanted if not types or wanted in types else next(filter(types.__contains__, _BUILT), wanted)
    )


def begin_configuration(door: Door) -> Later[Optional[Configuration]]:
    """Start postconf; None without postconf and in another root.

    -n reads main.cf; -d and -m do not. So these two work also with a broken main.cf, and then
    `stderr` has Postfix's message.
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


def read_table(
    door: Door, table_type: str, path: str = SENDER_ACCESS, program: str = "postmap"
) -> Optional[bytes]:
    """Return the rows of the indexed table as `postmap -s` or `postalias -s` prints them.

    None where there is no index of that type, or it cannot be read.
    """
    suffix = INDEX_SUFFIX.get(table_type)
    status = None if suffix is None else door.stat(f"{path}{suffix}")
    # The program would block on a FIFO until it is ended.
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    outcome = door.run((program, "-s", f"{table_type}:{path}"), timeout=60)
    return outcome.stdout if outcome is not None and outcome.code == 0 else None
