"""The section `delivery`: how mail for local recipients is delivered (local(8))."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.sections.reading import is_set_up, main_cf, value_of
from wizard.sections.section import WAITS, Issue, Section

_LMTP = "lmtp:unix:private/dovecot-lmtp"
_NAMES = ("recipient_delimiter", "home_mailbox", "mailbox_transport")


def _value(host: Host, _today: Answers) -> str:
    main = main_cf(host)
    return main.value("mailbox_transport") or main.value("home_mailbox") or "Postfix's own mailbox"


def _issues(host: Host, _today: Answers, _reported: Collection[str]) -> Iterator[Issue]:
    if host.parameters.get("mailbox_transport") == _LMTP and not host.dovecot.lmtp_socket:
        why = "Dovecot's socket private/dovecot-lmtp is not there: mail waits in the queue."
        yield Issue(WAITS, why)


DELIVERY = Section(
    "delivery",
    heading="Delivery",
    read_back=lambda host: (
        {name: value_of(host, name) for name in _NAMES} if is_set_up(host) else {}
    ),
    value=_value,
    issues=_issues,
)
