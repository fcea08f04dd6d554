"""The table of all fields of all sections, and the validation of a value by its field's rule.

The screens, the answers file and the command line all validate here.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Callable, Iterator, Optional, get_type_hints

from wizard.answers.field import FIELD, Field, named
from wizard.answers.model import Answers
from wizard.answers.rules import (
    addresses,
    backup,
    characters,
    mail,
    names,
    networks,
    parameters,
    paths,
    programs,
)
from wizard.answers.sections.blocklists import CustomBlocklist

SECTION_TYPES: dict[str, Any] = get_type_hints(Answers)
"""The dataclass of the answers by section."""


def _fields(section: str, kind: Any) -> Iterator[Field]:
    return (named(section, one) for one in dataclasses.fields(kind) if FIELD in one.metadata)


FIELDS: tuple[Field, ...] = tuple(
    field for section, kind in SECTION_TYPES.items() for field in _fields(section, kind)
)
CUSTOM_FIELDS: tuple[Field, ...] = tuple(_fields("blocklists.custom", CustomBlocklist))
"""The keys of one [[blocklists.custom]] entry."""


RULES: dict[str, Callable[[str], str]] = {
    rule.__name__: rule
    for rule in (
        addresses.address,
        addresses.interfaces,
        addresses.ipv4_or_none,
        backup.backup_address,
        backup.recipients_file,
        mail.email,
        mail.mail_reader,
        mail.sender,
        names.fqdn,
        names.origin,
        names.relay_host,
        names.selector,
        names.server_or_none,
        names.spf_name,
        names.ssh_host,
        networks.network,
        parameters.mailbox_transport,
        parameters.recipient_delimiter,
        parameters.relay_user,
        parameters.replies,
        parameters.time_unit,
        paths.absolute_path,
        paths.home_mailbox,
        paths.key_file,
        paths.zone_file,
        programs.acme_server,
        programs.firewall_zone,
        programs.lineage,
    )
}
"""The rules by the names in `Field.rule`."""


def rule_of(field: Field) -> Callable[[str], str]:
    """Return the rule for one item's text; it raises ValueError with what to write instead."""
    return RULES[field.rule] if field.rule else characters.printable


def fields_of(section: str) -> tuple[Field, ...]:
    """Return the section's fields in the order of the form; empty for an unknown section."""
    table = CUSTOM_FIELDS if section == "blocklists.custom" else FIELDS
    return tuple(field for field in table if field.section == section)


def field_of(section: str, name: str) -> Optional[Field]:
    """Return one field, None when there is none of that name."""
    return next((field for field in fields_of(section) if field.name == name), None)


def check_text(field: Field, text: str) -> str:
    """Validate one item as typed; return its value. Raises ValueError."""
    if field.choices:
        characters.printable(text)
        if text not in field.choices:
            raise ValueError(f"Choose one of {', '.join(field.choices)}.")
        return text
    value = rule_of(field)(text)
    if field.required and not value:
        raise ValueError(f"{field.label}: a value is needed.")
    return value


def check_number(field: Field, number: int) -> list[str]:
    """Validate a number by its bounds; return its problems, at most one."""
    if field.lowest <= number <= field.highest:
        return []
    return [f"Write a number between {field.lowest} and {field.highest}."]
