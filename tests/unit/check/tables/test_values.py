"""What rows of tables name: services, programs, sockets and levels of TLS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.check.tables import values
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, WRONG
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

SERVICES = MasterCf.parse(b"smtp unix - - n - - smtp\nlmtp unix - - n - - lmtp\n").services
TABLE = "lmdb:/etc/postfix/t"


class Postmap(Door):
    """A host whose one table has these rows."""

    def __init__(self, root: Path, rows: str) -> None:
        super().__init__(root)
        self._rows = rows
        (root / "etc/postfix").mkdir(parents=True)
        (root / "etc/postfix/t.lmdb").touch()

    def run(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Outcome:
        del timeout, data
        assert tuple(argv) == ("postmap", "-s", TABLE)
        return Outcome(0, self._rows.encode(), b"")


def judged(root: Path, rows: str, **own: str) -> dict[str, str]:
    door, settings = Postmap(root, rows), Settings(own)
    found = values.routes(door, settings)
    findings = values.judge_values(door, settings, SERVICES, found)
    return {one.id: one.verdict for one in findings if one.verdict != RIGHT}


@pytest.mark.parametrize(
    ("name", "rows", "found"),
    [
        ("transport_maps", "a.example\tuucp:there\n", "tables.rows"),
        ("transport_maps", "a.example\tsmtp:[x]\nb.example\t:[y]\nc.example\tsmtp:\n", ""),
        ("mailbox_transport_maps", "taro\tdovecot:\n", "tables.rows"),
        ("smtp_tls_policy_maps", "a.example\tmandatory\n", "tables.rows"),
        ("smtp_tls_policy_maps", "a.example\tsecure match=x\nb.example\tMAY\n", ""),
        (
            "mailbox_command_maps",
            "taro\t/usr/bin/sort-mail -x\n",
            "tables.rows",
        ),
        ("mailbox_command_maps", "taro\t/etc/postfix/t.lmdb\n", "tables.rows"),
        ("tls_server_sni_maps", "a.example\t/etc/a.key /etc/a.pem\n", "tables.rows"),
        ("tls_server_sni_maps", "a.example\tLS0tLS1CRUdJTiBQUklW\n", ""),
        ("tls_server_sni_maps", ".example\tLS0tLS1C\nb.example\t/etc/b.pem\n", "tables.rows"),
    ],
)
def test_rows(tmp_path: Path, name: str, rows: str, found: str) -> None:
    assert judged(tmp_path, rows, **{name: TABLE}) == ({found: WRONG} if found else {})


def test_a_program_for_all(tmp_path: Path) -> None:
    own = {"mailbox_command": '/usr/bin/procmail -a "$EXTENSION"'}
    assert judged(tmp_path, "", **own) == {"parameters.mailbox_command": WRONG}


def test_a_program_that_a_transport_replaces(tmp_path: Path) -> None:
    own = {"mailbox_command": "/usr/bin/procmail", "mailbox_transport": "lmtp:unix:private/x"}
    assert judged(tmp_path, "", **own) == {}


def test_a_program_that_is_there(tmp_path: Path) -> None:
    program = tmp_path / "usr/bin/procmail"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    assert judged(tmp_path, "", mailbox_command="/usr/bin/procmail") == {}


def test_sockets_of_rows(tmp_path: Path) -> None:
    door = Postmap(tmp_path, "taro\tlmtp:unix:private/old-lmtp\nhana\tsmtp:[mx.example]\n")
    found = values.routes(door, Settings({"mailbox_transport_maps": TABLE}))
    assert [(one.parameter, one.path) for one in values.sockets(found)] == [
        ("mailbox_transport_maps", "/var/spool/postfix/private/old-lmtp")
    ]
