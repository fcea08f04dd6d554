"""Decide whether a session may say STARTTLS.

With a certificate that smtpd cannot load, it answers 454, and for each 454 Postfix mails a notice to
postmaster (postconf(5), notify_classes). A failed handshake on 465 has no notice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Optional

from wizard.check.smtp.causes import NO_TLS_SEEN, NOT_TRIED, OK, has_no_tls_answer
from wizard.check.smtp.session import Reply, Transcript
from wizard.check.tls.loading import LoadFault
from wizard.check.tls.services import PortSettings
from wizard.limits import PROBE_SECONDS

_CLOSED = re.compile("closed the connection|broke the connection off")
_EARLIER = ((465, "TLS at once"), (25, "TLS handshake"))


@dataclass(frozen=True)
class Hold:
    """What a port knows before STARTTLS: its fault, and the sessions of ports that began before.

    `judged` are the ports that have findings.
    """

    port: int
    here: Mapping[int, PortSettings]
    fault: Optional[LoadFault]
    others: Mapping[int, Future[Transcript]]
    judged: Collection[int]

    def __call__(self, replies: Mapping[str, Reply]) -> str:
        """Return why STARTTLS is not sent, "" if it may be."""
        ehlo = replies.get("ehlo")
        if ehlo is not None and ehlo.code == OK and ehlo.keyword("STARTTLS") is None:
            return f"{NOT_TRIED}port {self.port}: STARTTLS offered"
        if self.fault:
            return self.fault.text
        for other, row in _EARLIER:
            if self._has_no_tls(other):
                return f"{NOT_TRIED}port {other}: {row}" if other in self.judged else NO_TLS_SEEN
        return ""

    def _has_no_tls(self, port: int) -> bool:
        """True if the session of another port shows that smtpd has no TLS, with the same settings."""
        if port not in self.others or self.here[port].tls != self.here[self.port].tls:
            return False
        try:
            transcript = self.others[port].result(PROBE_SECONDS)
        except FutureTimeoutError:
            return False
        reply = transcript.replies.get("tls")
        if reply is not None:
            return has_no_tls_answer(reply)
        is_wrapped = self.here[port].value("smtpd_tls_wrappermode") == "yes"
        is_first = transcript.stopped_at == "greeting" and not transcript.certificate
        return is_wrapped and is_first and _CLOSED.search(transcript.why) is not None
