"""The section `delivery`: how mail for local recipients is delivered (local(8))."""

from __future__ import annotations

from typing import Any

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.sections.reading import is_set_up, main_cf, value_of
from wizard.sections.section import Section

_NAMES = ("recipient_delimiter", "home_mailbox", "mailbox_transport")


def _read_back(host: Host) -> dict[str, Any]:
    return {name: value_of(host, name) for name in _NAMES} if is_set_up(host) else {}


def _value(host: Host, _today: Answers) -> str:
    main = main_cf(host)
    return main.value("mailbox_transport") or main.value("home_mailbox") or "Postfix's own mailbox"


DELIVERY = Section("delivery", heading="Delivery", read_back=_read_back, value=_value)
