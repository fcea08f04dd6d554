"""The section `delivery`: how mail for local recipients is delivered (local(8))."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.plan.part import Part, Request
from wizard.sections.reading import is_set_up, main_cf, value_of
from wizard.sections.section import WAITS, Issue, Section

_LMTP = "lmtp:unix:private/dovecot-lmtp"
_NAMES = ("recipient_delimiter", "home_mailbox", "mailbox_transport")


@dataclass(frozen=True)
class _Other:
    """A parameter that comes before an answer, the values that do, and what they do (local(8)).

    With `after_transport` it counts only if mailbox_transport is empty.
    """

    name: str
    applies: Callable[[str], bool]
    does: str
    after_transport: bool = False


_OTHERS = (
    _Other(
        "local_transport",
        lambda value: value.partition(":")[0] not in {"", "local"},
        "local(8) does not get the mail of local domains, so nothing of this section counts",
    ),
    _Other(
        "mailbox_transport_maps",
        bool,
        "it comes before mailbox_transport, mailbox_command and home_mailbox for the users in it",
    ),
    _Other(
        "mailbox_command_maps",
        bool,
        "it comes before home_mailbox: the mail of the users in it goes to a command",
        after_transport=True,
    ),
    _Other(
        "mailbox_command",
        bool,
        "it comes before home_mailbox: mail goes to that command. Take it out",
        after_transport=True,
    ),
)


def _plan(request: Request) -> Part:
    """Name the parameters that stay and come before the answers."""
    if "delivery" not in request.scope:
        return Part()
    own, main = request.answers.delivery, main_cf(request.host)
    transport = str(own.mailbox_transport)
    live = {one: main.value(one.name) or "" for one in _OTHERS}
    return Part(
        warnings=tuple(
            f"{one.name} = {value} stays: {one.does}."
            for one, value in live.items()
            if one.applies(value)
            and not (one.after_transport and (transport or not own.home_mailbox))
        )
    )


def _value(host: Host, _today: Answers) -> str:
    """Return what gets the mail of users who are in no map, in the order of local(8)."""
    others = {one.name: one.applies for one in _OTHERS}
    for name in ("local_transport", "mailbox_transport", "mailbox_command", "home_mailbox"):
        value = main_cf(host).value(name) or ""
        if others.get(name, bool)(value):
            return f"{name} = {value}" if name in others else value
    return "Postfix's own mailbox"


def _issues(host: Host, _today: Answers, _reported: Collection[str]) -> Iterator[Issue]:
    if host.parameters.get("mailbox_transport") == _LMTP and not host.dovecot.lmtp_socket:
        why = "Dovecot's socket private/dovecot-lmtp is not there: mail waits in the queue."
        yield Issue(WAITS, why)


DELIVERY = Section(
    "delivery",
    heading="Delivery",
    plan=_plan,
    read_back=lambda host: (
        {name: value_of(host, name) for name in _NAMES} if is_set_up(host) else {}
    ),
    value=_value,
    issues=_issues,
)
