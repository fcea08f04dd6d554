"""The section `limits`: the size of messages, and the rates of clients."""

from __future__ import annotations

from typing import Any

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.postfix.parameters import DEFAULTS
from wizard.sections.reading import NUMBER, is_set_up, value_of
from wizard.sections.section import Section

MIB = 1024 * 1024


def _read_back(host: Host) -> dict[str, Any]:
    unit = "anvil_rate_time_unit"
    return {unit: value_of(host, unit)} if is_set_up(host) else {}


def _value(host: Host, _today: Answers) -> str:
    name = "message_size_limit"
    size = value_of(host, name) or DEFAULTS[name]
    if not NUMBER.fullmatch(size):
        return f"messages up to {size}"
    if int(size) == 0:
        return "messages of any size"
    return f"messages up to {round(int(size) / MIB, 1):g} MiB"


LIMITS = Section("limits", heading="Limits", read_back=_read_back, value=_value)
