"""The interface of a section: one record of data and functions for the engines.

Each field except the name has a default that adds nothing. The engines (plan, status, check, the
screens) use `wizard.sections.registry` and import no section. Some of their tables still name one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from wizard.answers.model import Answers, Problem
from wizard.host.facts import Host
from wizard.plan.hand_edit import HandEdit
from wizard.plan.part import Gathering, Part, Request
from wizard.postfix.proposal import Proposal
from wizard.postfix.sender_access import rows_by_key

if TYPE_CHECKING:
    from wizard.door import Door
    from wizard.finding import Finding
    from wizard.postfix.settings import Settings

NONE = "none"
"""The value, in words, of a section that this host does not use."""
NOT_YET = "..."
"""The placeholder in a preview for a value that is missing or not valid yet."""

Texts = Mapping[str, Optional[bytes]]
"""Files by path; None for a missing file."""
TextByName = Mapping[str, str]
"""Values by name, such as the settings of a file."""


MISSING = "missing"
UNHEALTHY = "unhealthy"
BY_HAND = "changed by hand"
WAITS = "waits"
"""The states of an issue. Waits: mail waits for Dovecot, or a key for its record."""


@dataclass(frozen=True)
class Issue:
    """One issue of a section: MISSING, UNHEALTHY, BY_HAND or WAITS. `why` is a sentence."""

    state: str
    why: str


def same_rows(indexed: TextByName, wanted: TextByName) -> tuple[str, bool]:
    """Return in words if a table has the rows of its text, and True if it has. No row is shown."""
    is_same = indexed == wanted
    return ("the same" if is_same else "other rows than its text"), is_same


@dataclass(frozen=True)
class Table:
    """The indexed table of a managed file.

    `dump` is the table as the host's tool lists it, `unknown` the reason if it cannot be listed,
    else "". `compare` compares `rows` of the dump with `wanted` of the text. `command` builds it, ""
    for postmap(1).
    """

    dump: Callable[[Host], Optional[bytes]]
    rows: Callable[[bytes], TextByName]
    wanted: Callable[[bytes], TextByName]
    compare: Callable[[TextByName, TextByName], tuple[str, bool]] = same_rows
    unknown: Callable[[Host], str] = lambda _: ""
    command: str = ""


@dataclass(frozen=True)
class ManagedFile:
    """A file of the host that one section owns.

    Its facts are those of `Host.files`. `entries` parses the text into entries by name: each can be
    a hand edit; by default the whole text is one. `has_answers` is True if the section's answers
    are read back from the text. `mode` is that of a new one, `owner` the user to whom a package gives
    it, "" for root. `short` is the name of its tab in the review, if that is not the file's own.
    """

    path: str
    entries: Callable[[bytes], dict[str, str]] = lambda text: {
        "": text.decode("utf-8", "surrogateescape")
    }
    has_answers: bool = True
    table: Optional[Table] = None
    mode: int = 0o644
    owner: str = ""
    short: str = ""


def made_table(path: str) -> ManagedFile:
    """Return a text for postmap(1) that runs make of the host, and none of whose rows is an answer."""
    table = Table(lambda host: host.tables.get(path), rows_by_key, rows_by_key)
    return ManagedFile(path, entries=rows_by_key, has_answers=False, table=table)


@dataclass(frozen=True)
class Section:
    """One section of the answers.

    - `title`: its name in the list of sections, "" for the capitalized `name`. `heading`: the
      heading of its form. `files`: the files that it owns. `units` and `programs`: what it must know
      of the host, as in `Needs`.
    - `complete`: reads the facts that only its answers name, once they are known. It never raises, and
      only a plan of the section calls it.
    - `edit_main` and `edit_master`: what it changes in the proposed main.cf and master.cf, after the
      policy and the sections before it. The latter also gets the next main.cf.
    - `plan`: what it adds to a plan. `gather`: what must be fetched before a plan can be made.
    - `read_back`: today's values of its fields, or suggestions if the host is not set up. Numbers
      in main.cf are read without it (`wizard.sections.reading.numbers_of`).
    - `keep`: copies a hand edit that the operator keeps into the answers.
    - `value`: today's value in a few words. `unused`: that value if the host does not use it.
    - `settings`: its settings in files, to compare today's with those of a run. `is_planned`: True
      if a run that wrote these paths planned the section.
    - `drift`: patterns (fnmatch(3)) of the IDs of drift items that are about it; the longest one that
      matches counts. `issues`: what the host alone shows, without what the IDs in `reported` report.
    - `check`: findings on the live host. `about`: what they are about, by patterns of their IDs, as in
      `wizard.check.counting`. Without a row, `NAME.*` is about the section's files and units.
    - `signing_keys`: the public parts of keys that sign mail, by name of their DNS records.
    - `withdrawals`: records of keys that sign no more, by name with the date (YYYY-MM-DD) from which each is
      to be withdrawn.
    - `stays`: a sentence for each thing that its units made and that undo does not take away.
    - `preview`: by field, what the plan writes for it, if that is not `parameter = value`. It gets the
      checked values of the section and those of `hostname`.
    - `excluded`: the values of its fields that the facts of the host exclude, such as a zone that the
      firewall does not have. A form refuses them, and a plan has them as obstacles.
    """

    name: str
    title: str = ""
    heading: str = ""
    files: tuple[ManagedFile, ...] = ()
    units: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    complete: Callable[[Door, Answers, Host], Host] = lambda _door, _answers, host: host
    edit_main: Callable[[Request, Proposal], Proposal] = lambda _request, proposal: proposal
    edit_master: Callable[[Request, Proposal, bytes], Proposal] = lambda _request, proposal, _main: (
        proposal
    )
    plan: Callable[[Request], Part] = lambda _request: Part()
    gather: Callable[[Answers, Host, Collection[str]], Optional[Gathering]] = (
        lambda _answers, _host, _sections: None
    )
    read_back: Callable[[Host], dict[str, Any]] = lambda _host: {}
    keep: Callable[[Answers, HandEdit], Answers] = lambda answers, _edit: answers
    value: Callable[[Host, Answers], str] = lambda _host, _today: ""
    unused: Optional[str] = None
    settings: Callable[[Texts], TextByName] = lambda _texts: {}
    is_planned: Callable[[Collection[str]], bool] = lambda _paths: True
    drift: tuple[str, ...] = ()
    issues: Callable[[Host, Answers, Collection[str]], Iterator[Issue]] = (
        lambda _host, _today, _reported: iter(())
    )
    check: Callable[[Door, Settings, Answers], Iterator[Finding]] = (
        lambda _door, _settings, _answers: iter(())
    )
    about: tuple[tuple[str, str], ...] = ()
    signing_keys: Callable[[Door, Answers], Mapping[str, str]] = lambda _door, _answers: {}
    withdrawals: Callable[[Host], Mapping[str, str]] = lambda _host: {}
    stays: tuple[str, ...] = ()
    preview: Callable[[Mapping[str, Any]], TextByName] = lambda _checked: {}
    excluded: Callable[[Answers, Host], Iterator[Problem]] = lambda _answers, _host: iter(())
