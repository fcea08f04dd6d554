"""Read answers back from a host: today's values of its files and its firewall.

Answers cannot express some values, such as a table in mynetworks. Such a value stays in the file,
and its field is an `Unsaid` with the live text (`wizard.answers.unsaid`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

from wizard.answers.build import build_each, check_section
from wizard.answers.exchange import NO_ITEMS, Unexpressed
from wizard.answers.fields import field_of
from wizard.answers.model import Answers
from wizard.answers.unsaid import is_unsaid, unsaid
from wizard.host.facts import Host
from wizard.sections.reading import is_set_up, main_cf, numbers_of
from wizard.sections.registry import SECTIONS

Values = dict[str, dict[str, Any]]


def read_values(host: Host) -> Values:
    """Return values for a form: today's if the host is set up, else suggestions."""
    return {one.name: {**numbers_of(host, one.name), **one.read_back(host)} for one in SECTIONS}


def read_back(host: Host) -> Optional[Answers]:
    """Return the host's answers, None if it is not set up or has no usable name.

    A value that no answer can express is `Unsaid`. A list has only the items that answers can
    express.
    """
    if not is_set_up(host):
        return None
    answers = {
        section: {name: _as_answer(section, name, value) for name, value in values.items()}
        for section, values in read_values(host).items()
    }
    if is_unsaid(answers["hostname"].get("myhostname")):
        return None
    result = build_each(answers)
    return result if isinstance(result, Answers) else None


def why_none(host: Host, never: str) -> str:
    """Return why a host has no answers of today: `never` for one that nobody set up."""
    if not is_set_up(host):
        return never
    live = main_cf(host).value("myhostname") or host.network.hostname
    return (
        f"this server's name is {live or 'not known'}, and no answer can be that, so what it has today"
        " cannot be read back. Run the section hostname by itself first, with a full name"
    )


def lost_items(host: Host, today: Answers) -> Iterator[Unexpressed]:
    """Yield the lists of the host of which only some items are among today's answers."""
    for section, values in read_values(host).items() if is_set_up(host) else ():
        for name, value in values.items():
            own = getattr(getattr(today, section), name)
            if isinstance(value, list) and not is_unsaid(own):
                lost = [one for one in value if isinstance(one, str) and one not in own]
                if lost:
                    yield Unexpressed(section, name, ", ".join(lost), NO_ITEMS)


def _as_answer(section: str, name: str, value: Any) -> Any:
    """Return a live value as an answer, or an `Unsaid` if no answer expresses it."""
    if _is_right(section, name, value):
        return value
    field = field_of(section, name)
    if isinstance(value, list):
        # The whole list was checked first, since a list may have ten thousand names.
        right = [one for one in value if _is_right(section, name, [one])]
        return right or (unsaid("list", ", ".join(value)) if field and field.required else [])
    return unsaid(field.kind if field else "text", str(value))


def _is_right(section: str, name: str, value: Any) -> bool:
    if isinstance(value, list) and any(map(is_unsaid, value)):
        return False
    return all(one.name != name for one in check_section(section, {name: value})[1])
