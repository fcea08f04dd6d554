"""Check that Dovecot answers on the two sockets that Postfix uses (SASL_README, RFC 2033)."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

from wizard.check.dovecot.absent import Absent
from wizard.check.smtp.session import Transcript
from wizard.finding import UNKNOWN, WRONG, Check, Finding
from wizard.host.sockets import AUTH
from wizard.limits import PROBE_SECONDS
from wizard.paths import QUEUE

AUTH_SOCKET = f"{QUEUE}/{AUTH}"

NOBODY = "nobody listens"
"""A socket of a process that was killed. A process that ends normally removes it."""

_ABSENT = {errno.ENOENT, errno.ENOTDIR}


def lmtp_socket(mailbox_transport: str) -> str:
    """Return the path of `lmtp:unix:PATH`, below the queue if relative; "" for other transports."""
    head, _, path = mailbox_transport.rpartition(":")
    if head != "lmtp:unix" or not path:
        return ""
    return path if path.startswith("/") else f"{QUEUE}/{path}"


def socket_fault(path: str) -> str:
    """Return why nobody answers on a UNIX socket, "" if somebody does.

    The file of a socket remains after Dovecot was killed, so the file alone proves nothing.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(path)
        except OSError as error:
            if error.errno in _ABSENT:
                return f"no socket {path}"
            if error.errno == errno.ECONNREFUSED:
                return f"{NOBODY} on {path}"
            return f"{path}: {os.strerror(error.errno or 0)}"
    return ""


def judge_delivery(
    path: str, fault: str, transcript: Transcript, absent: Optional[Absent]
) -> Iterator[Finding]:
    """`delivery.lmtp`: Dovecot takes the mail of local users, or it waits in the queue.

    `absent` is why nobody answers, None if somebody does.
    """
    # The wizard does not set Dovecot up, so it cannot fail for what Dovecot does.
    check = Check("delivery.lmtp", "local delivery by LMTP", "Dovecot answers", fatal=False)
    if fault.startswith(NOBODY):
        yield check.wrong(
            f"{fault}: Dovecot was there and died",
            "Run `systemctl restart dovecot`; `journalctl -u dovecot -n 30` says why it died. "
            "Mail is kept in the queue meanwhile.",
        )
    elif absent:
        found = absent.finding(check)
        yield found if found.verdict == WRONG else replace(found, fatal=True)
    elif transcript.is_late:
        yield check.finding(
            UNKNOWN,
            f"not known: {transcript.why}",
            f"`ss -xl src {path}`: with a Recv-Q over 0 Dovecot takes no connections, and `systemctl "
            "restart dovecot` helps.",
        )
    elif transcript.stopped_at:
        yield check.wrong(transcript.why, f"See what Dovecot's lmtp service does with {path}.")
    else:
        yield check.right(str(transcript.replies["greeting"]))
