"""The actions of an undo and of an automatic return."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.plan.actions import UnitState
from wizard.plan.files import Past


@dataclass(frozen=True)
class ReleaseMail:
    """Release messages that a run put on hold: the queue ID and the time of arrival of each.

    `settings` are the parameters of main.cf by which Postfix's commands find the queue.
    """

    messages: tuple[tuple[str, int], ...]
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PutBack:
    """Put back the former state of each path that is as the run wrote it.

    `directories` are those that the run made, outermost first; they are removed if they are empty.
    `links` are the run's links of the lineages of `files`. If certbot renewed a lineage since, it
    needs the files.
    """

    files: tuple[Past, ...]
    directories: tuple[str, ...] = ()
    links: tuple[Past, ...] = ()


@dataclass(frozen=True)
class ReturnUnit:
    """Stop the unit if `to` is not active; else run `systemctl VERB` and wait for its greeting."""

    unit: str
    verb: str
    to: str


@dataclass(frozen=True)
class Disable:
    """Run `systemctl disable UNIT`: the unit was not started at boot before."""

    unit: str


@dataclass(frozen=True)
class ReturnMta:
    """Restore each unit of another mail server: first if it starts at boot, then if it runs."""

    name: str
    units: tuple[UnitState, ...]


@dataclass(frozen=True)
class ReturnAlternative:
    """Restore the state `was` of an alternative, if it still leads to `path`.

    `units` are those of `SetAlternative`.
    """

    name: str
    path: str
    was: str
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloseFirewall:
    """Remove the services from the permanent and the run-time zone, without a reload."""

    zone: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class ClosePort:
    """Close port 80 of the zone at run time, which a killed worker did not close."""

    zone: str


@dataclass(frozen=True)
class Remove:
    """Run `dnf remove PACKAGE` in a terminal. The operator confirms what dnf would also remove."""

    package: str
    argv: tuple[str, ...]
