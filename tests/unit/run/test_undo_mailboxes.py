"""An undo by which mail for people goes elsewhere says so before it begins."""

from __future__ import annotations

import pytest

from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.model import FileChange
from wizard.run.plan_undo import mailboxes

LMTP = b"mailbox_transport = lmtp:unix:private/dovecot-lmtp\n"
OTHER = b"mailbox_transport = lmtp:inet:127.0.0.1:24\n"


@pytest.mark.parametrize(
    ("live", "then", "said"),
    [
        (
            LMTP,
            b"inet_interfaces = localhost\n",
            "goes back from lmtp:unix:private/dovecot-lmtp to nothing",
        ),
        (LMTP, b"", "to nothing"),
        (LMTP, OTHER, "to lmtp:inet:127.0.0.1:24"),
        (b"mailbox_transport = \x1b[31mx\n", b"", "\\x1b[31mx"),
        (b"mailbox_transport = " + b"y" * 5000 + b"\n", b"", "goes back from yyy"),
        (LMTP, b"# by hand\n" + LMTP, ""),
        (b"", LMTP, ""),
        (None, b"", ""),
        (b"#" + LMTP, b"", ""),
    ],
)
def test_mail_for_people_that_goes_elsewhere(live: bytes | None, then: bytes, said: str) -> None:
    found = list(mailboxes((FileChange(MAIN_CF, None, live, then),)))
    assert len(found) == bool(said)
    assert all(said in one and len(one) <= 700 and "\x1b" not in one for one in found)
    assert list(mailboxes((FileChange(MASTER_CF, None, LMTP, b""),))) == []
