"""The section `limits`: the size of messages, and the rates of clients."""

from __future__ import annotations

import re
from typing import Any

from wizard.answers.field import Field
from wizard.answers.fields import fields_of
from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.postfix.parameters import DEFAULTS
from wizard.sections.reading import is_set_up, value_of
from wizard.sections.section import Section

MIB = 1024 * 1024
_NUMBER = re.compile(r"[0-9]{1,18}")
"""A number of Postfix: it has at most 64 bits."""


def _read_back(host: Host) -> dict[str, Any]:
    if not is_set_up(host):
        return {}
    return {field.name: _live(field, value_of(host, field.name)) for field in fields_of("limits")}


def _live(field: Field, text: str) -> Any:
    if field.kind == "number" and _NUMBER.fullmatch(text):
        return int(text)
    return None if field.optional and not text else text


def _value(host: Host, _today: Answers) -> str:
    name = "message_size_limit"
    size = value_of(host, name) or DEFAULTS[name]
    if not _NUMBER.fullmatch(size):
        return f"messages up to {size}"
    if int(size) == 0:
        return "messages of any size"
    return f"messages up to {round(int(size) / MIB, 1):g} MiB"


LIMITS = Section("limits", heading="Limits", read_back=_read_back, value=_value)
