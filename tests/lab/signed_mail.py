"""Messages of our own that come to a stranger's server, whatever happens to the signer meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from pathlib import Path

from lab.host import Host
from tests.lab.test_dkim import FRIEND, is_signed

_PATIENCE = 90.0
_SELECTOR = re.compile(rb"DKIM-Signature:.*?\bs=([^;\s]+)", re.DOTALL)


def send_own(host: Host, sender: str, subject: str) -> None:
    """Give a message to sendmail(1), which takes it also while the signer is down."""
    text = f"From: {sender}\nTo: {FRIEND}\nSubject: {subject}\n\nHello.\n"
    host.run(["sendmail", "-f", sender, FRIEND], input=text, check=True)


def come(host: Host, keep: Path, subjects: Collection[str]) -> list[tuple[str, bytes]]:
    """Wait until messages with these subjects came; return subject and text of all that came.

    What waited for the signer is tried again. A server that is restarted may send one twice.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        texts = [one.read_bytes().partition(b"\n\n")[2] for one in sorted(keep.glob("*.eml"))]
        found = [(re.findall(rb"Subject: (.*?)\r?\n", one)[0].decode(), one) for one in texts]
        missing = {*subjects} - {subject for subject, _ in found}
        if not missing:
            return found
        assert time.monotonic() < deadline, (missing, host.run(["postqueue", "-p"]).stdout)
        host.run(["postqueue", "-f"], check=True)
        time.sleep(0.5)


class Mail:
    """Messages that the host sends, one after the other."""

    def __init__(self, host: Host, keep: Path, domain: str) -> None:
        self._host, self._keep, self._domain, self._count = host, keep, domain, 0

    def selector(self) -> str:
        """Send one, and return the selector of its signature, which is right by what is published."""
        self._count += 1
        subject = f"message {self._count}"
        send_own(self._host, f"taro@{self._domain}", subject)
        for one in (
            text for name, text in come(self._host, self._keep, {subject}) if name == subject
        ):
            assert is_signed(self._host, one, self._domain), one
            (selector,) = _SELECTOR.findall(one)
        return str(selector.decode())
