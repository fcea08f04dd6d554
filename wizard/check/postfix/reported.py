"""Faults that smtpd reports to postmaster by mail, and that can be seen without a session (postconf(5))."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from wizard.check.postfix.backends import Backend, backends
from wizard.check.postfix.restrictions import CLASSES, LISTS, items
from wizard.check.tls.services import PortSettings
from wizard.paths import QUEUE
from wizard.postfix.restriction_names import is_known
from wizard.postfix.settings import Settings

SOFTWARE, RESOURCE = "software", "resource"
"""The classes of a fault of the server, and of a full disk, in notify_classes."""
SECONDS = 1.0

_SPACE_FACTOR = 1.5
"""smtpd refuses mail with less room than this times message_size_limit (postconf(5), queue_minfree)."""


def reported(here: PortSettings) -> dict[str, str]:
    """Return by the beginning of a line why it would meet a fault that smtpd reports."""
    return dict(_reported(here))


def _reported(here: PortSettings) -> Iterator[tuple[str, str]]:
    classes = here.words("notify_classes")
    if SOFTWARE in classes and _has_unknown_restriction(here):
        yield "RCPT", "because of restrictions: their names"
    if RESOURCE in classes and _is_full(here):
        yield "MAIL", "because of queue: space"
        yield "RCPT", "because of queue: space"


def _has_unknown_restriction(here: PortSettings) -> bool:
    settings = here.settings
    classes = settings.words(CLASSES)
    listed = [settings.words(name) for name in (*LISTS, *classes)]
    return any(not is_known(name, classes) for words in listed for name, _ in items(words))


def _is_full(here: PortSettings) -> bool:
    least = here.settings.number("queue_minfree") or 0
    most = here.settings.number("message_size_limit") or 0
    try:
        room = os.statvfs(QUEUE)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < max(least, most * _SPACE_FACTOR)


def has_dead_milter(milters: str) -> bool:
    """True if nobody answers at one of these milters on this host, which another finding reports."""
    return any(map(_is_dead, backends(Settings({"smtpd_milters": milters}), ())))


def _is_dead(milter: Backend) -> bool:
    try:
        if milter.path:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(SECONDS)
                probe.connect(milter.path)
            return False
        number = int(milter.port) if milter.port.isdecimal() else socket.getservbyname(milter.port)
        with socket.create_connection((milter.host, number), SECONDS):
            return False
    except (OSError, OverflowError):
        return True
