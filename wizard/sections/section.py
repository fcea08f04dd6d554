"""What a section of the answers gives to the engines: one record of data and functions.

Each member but the name has a default that adds nothing. The engines (plan, status, check, the
screens) go through `wizard.sections.registry` and import no section; some of their tables still name one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from wizard.answers.model import Answers
from wizard.host.facts import FileFacts, Host
from wizard.plan.hand_edit import HandEdit
from wizard.plan.part import Gathering, Part, Request

if TYPE_CHECKING:
    from wizard.door import Door
    from wizard.finding import Finding
    from wizard.postfix.settings import Settings

NONE = "none"
"""The value of a section that this host makes no use of, in words."""
NOT_YET = "..."
"""What stands for a value that is not right yet, in what a field becomes."""

Texts = Mapping[str, Optional[bytes]]
"""Files by path; None for one that is not there."""
TextByName = Mapping[str, str]
"""What a file says, by the name of each thing that is set."""


@dataclass(frozen=True)
class Table:
    """The indexed table of a managed file.

    `dump` is its content as the host's tool lists it, `unknown` why that is not known ("" where it
    is). The table is right if `rows` of the dump equals `wanted` of the text. `command` builds it.
    """

    dump: Callable[[Host], Optional[bytes]]
    unknown: Callable[[Host], str]
    rows: Callable[[bytes], TextByName]
    wanted: Callable[[bytes], TextByName]
    command: str


@dataclass(frozen=True)
class ManagedFile:
    """A file of the host that one section owns.

    `facts` is None where the file is there and cannot be read. `with_text` gives the host with
    another text in its place. `things` are its parts by name: each can be a hand edit.
    """

    path: str
    facts: Callable[[Host], Optional[FileFacts]]
    with_text: Callable[[Host, Optional[bytes]], Host]
    entries: Callable[[bytes], dict[str, str]]
    table: Optional[Table] = None


def _no_part(_request: Request) -> Part:
    return Part()


def _no_gathering(
    _answers: Answers, _host: Host, _sections: Collection[str]
) -> Optional[Gathering]:
    return None


def _nothing(_host: Host) -> dict[str, Any]:
    return {}


def _no_value(_host: Host, _today: Answers) -> str:
    return ""


def _unchanged(answers: Answers, _edit: HandEdit) -> Answers:
    return answers


def _always(_paths: Collection[str]) -> bool:
    return True


def _no_values(_texts: Texts) -> TextByName:
    return {}


def _no_findings(_door: Door, _settings: Settings, _answers: Answers) -> Iterator[Finding]:
    return iter(())


def _no_preview(_checked: Mapping[str, Any]) -> TextByName:
    return {}


@dataclass(frozen=True)
class Section:
    """One section of the answers.

    `title` is its name in the list of sections, "" for its own with a capital; `heading` is
    above its form. `plan` returns what it adds to a plan, `gather` what must be fetched before a
    plan can be made. `read_back` returns the values of its fields as the host has them: today's
    where it is set up, else good first guesses. `keep` puts a hand edit that the operator chose to
    keep into the answers. `value` is today's value in a few words, `unused` that value where the
    host does not use the section. `settings` is what files say of it, compared between runs and
    today; `is_planned`, whether a run that wrote these paths was planned for it. `check` examines
    the live host. `preview` says what its fields become, where that is more than
    `parameter = value`.
    """

    name: str
    title: str = ""
    heading: str = ""
    files: tuple[ManagedFile, ...] = ()
    plan: Callable[[Request], Part] = _no_part
    gather: Callable[[Answers, Host, Collection[str]], Optional[Gathering]] = _no_gathering
    read_back: Callable[[Host], dict[str, Any]] = _nothing
    keep: Callable[[Answers, HandEdit], Answers] = _unchanged
    value: Callable[[Host, Answers], str] = _no_value
    unused: Optional[str] = None
    settings: Callable[[Texts], TextByName] = _no_values
    is_planned: Callable[[Collection[str]], bool] = _always
    check: Callable[[Door, Settings, Answers], Iterator[Finding]] = _no_findings
    preview: Callable[[Mapping[str, Any]], TextByName] = _no_preview
