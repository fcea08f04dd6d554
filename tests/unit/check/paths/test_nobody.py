"""Names of this host that mail is sent on to: only those that nobody has, and whose mail is returned, are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.paths.test_alias_rows import Files
from wizard.check.paths.nobody import MOST_QUERIES, nobodies
from wizard.check.paths.past_aliases import judge_past
from wizard.check.tables import nobody
from wizard.check.tables.nobody import judge_nobody
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

OWN = {
    "mydestination": "here.example, localhost",
    "myorigin": "here.example",
    "local_transport": "local:here.example",
    "local_recipient_maps": "proxy:hash:people hash:/etc/aliases",
    "alias_maps": "hash:/etc/aliases",
    "recipient_delimiter": "+",
}
LMTP = {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"}


def judged(
    tmp_path: Path,
    aliases: str = "",
    own: dict[str, str] | None = None,
    *,
    code: int = 550,
    queries: list[str] | None = None,
) -> list[Finding]:
    tables = {
        "hash:people": {"hana": "x", "virtual@here.example": "x"},
        "hash:/etc/aliases": {"team": "x"},
    }
    door = Files(tmp_path, aliases, {**tables, "hash:v": {"old@here.example": "gone@far.example"}})

    def ask(path: str, address: str) -> int:
        assert path == "/var/spool/postfix/private/dovecot-lmtp"
        if queries is not None:
            queries.append(address)
        return code

    return list(judge_nobody(door, Settings({**OWN, **(own or {})}), ask))


@pytest.mark.parametrize(
    "row",
    [
        "sales: jiro@here.example",
        "sales: root, jiro@localhost",
        'sales: "jiro+list@here.example"',
        "sales: JIRO@Here.Example",
    ],
)
def test_an_address_that_nobody_has(tmp_path: Path, row: str) -> None:
    (found,) = judged(tmp_path, row)
    assert (found.verdict, "jiro" in found.seen.lower(), "sales" in found.seen) == (
        WRONG,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("row", "verdicts"),
    [
        ("sales: root@here.example", [RIGHT]),
        ("sales: hana+x@here.example", [RIGHT]),
        ("sales: team@here.example", [RIGHT]),
        ("sales: virtual@here.example", [RIGHT]),
        ("sales: jiro@far.example", []),
        ("sales: jiro", []),
        ('sales: "|/bin/mail jiro@here.example"', []),
        ("sales: /var/mail/jiro@here.example", []),
        ("sales: :include:/etc/jiro@here.example", []),
    ],
)
def test_what_is_right(tmp_path: Path, row: str, verdicts: list[str]) -> None:
    assert [one.verdict for one in judged(tmp_path, row)] == verdicts


def test_an_address_that_leads_on(tmp_path: Path) -> None:
    assert judged(tmp_path, "sales: old@here.example", {"virtual_alias_maps": "hash:v"}) == []


@pytest.mark.parametrize(
    ("own", "code", "verdict"),
    [
        (LMTP, 550, WRONG),
        (LMTP, 250, RIGHT),
        (LMTP, 451, WARNING),
        (LMTP, 0, WARNING),
        ({"mailbox_transport": "lmtp:inet:192.0.2.7:24"}, 550, WARNING),
        ({"luser_relay": "hana"}, 550, WARNING),
        ({"fallback_transport": "lmtp:unix:x"}, 550, WARNING),
        ({"local_transport": "lmtp:unix:x"}, 550, WARNING),
        ({"local_recipient_maps": ""}, 550, RIGHT),
        ({"local_recipient_maps": "hash:broken"}, 550, RIGHT),
    ],
)
def test_what_is_behind_decides(
    tmp_path: Path, own: dict[str, str], code: int, verdict: str
) -> None:
    (found,) = judged(tmp_path, "sales: jiro@here.example", own, code=code)
    assert found.verdict == verdict


def test_few_names_are_queried(tmp_path: Path) -> None:
    queries: list[str] = []
    rows = "\n".join(f"a{at}: nobody{at}@here.example" for at in range(9))
    (found,) = judged(tmp_path, rows, LMTP, queries=queries)
    assert (found.verdict, len(queries)) == (WRONG, MOST_QUERIES)


def test_a_forward_and_a_virtual_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        nobody, "forwarded", lambda _: iter([("/home/taro/.forward", "missing@here.example")])
    )
    (found,) = judged(tmp_path)
    assert found.seen.startswith("/home/taro/.forward names missing@here.example")
    monkeypatch.setattr(nobody, "forwarded", lambda _: iter([("/home/taro/.forward", "\\root")]))
    rows = [("virtual_alias_maps", "info@v.example", "jiro, taro@far.example")]
    monkeypatch.setattr(nobody, "values", lambda *_: iter(rows))
    (found,) = judged(tmp_path)
    assert found.seen.startswith("virtual_alias_maps: info@v.example names jiro")


def test_addresses_of_nobody(tmp_path: Path) -> None:
    """An address of others, or one that leads on, is not known to be nobody's."""
    tables = {
        "hash:people": {"hana": "x"},
        "hash:/etc/aliases": {},
        "hash:v": {"old@here.example": "gone@far.example", "both@here.example": "hana, jiro"},
    }
    addresses = ["jiro@here.example", "hana@here.example", "old@here.example"]
    addresses += ["jiro@far.example", "both@here.example", "no address"]
    settings = Settings({**OWN, "virtual_alias_maps": "hash:v"})
    found = nobodies(Files(tmp_path, "", tables), settings, addresses)
    assert found == {"jiro@here.example": True}


ENTRIES = b"local unix - n n - - local\nlmtp unix - - n - - lmtp\nhere unix - n n - - local\n"
TABLES = {
    "hash:all": {"root@here.example": "hana@here.example"},
    "hash:abuse": {"abuse@domain.example": "hana@here.example"},
}
PAST = {"local_transport": "lmtp:unix:private/dovecot-lmtp"}


@pytest.mark.parametrize(
    ("own", "aliases", "code", "verdicts"),
    [
        (PAST, "postmaster: hana", 550, [WRONG]),
        (PAST, "root: hana", 550, [WRONG]),
        (PAST, "abuse: hana", 451, [WARNING]),
        (PAST, "root: hana", 250, [RIGHT]),
        (PAST, "sales: hana", 550, [RIGHT]),
        # abuse is a name of the domain, and not of each host in it (RFC 2142).
        ({**PAST, "virtual_alias_maps": "hash:abuse"}, "abuse: hana", 550, [RIGHT]),
        ({"local_transport": "lmtp:inet:192.0.2.7:24"}, "root: hana", 550, [WARNING]),
        (PAST, "", 550, []),
        ({}, "root: hana", 550, []),
        ({"local_transport": "here"}, "root: hana", 550, []),
        # virtual_alias_maps has them in place of aliases(5).
        ({**PAST, "virtual_alias_maps": "hash:all"}, "root: hana", 550, [RIGHT]),
    ],
)
def test_delivery_past_the_aliases(
    tmp_path: Path, own: dict[str, str], aliases: str, code: int, verdicts: list[str]
) -> None:
    door = Files(tmp_path, aliases, TABLES)
    services = MasterCf.parse(ENTRIES).services
    found = judge_past(
        door,
        Settings({**OWN, "mydomain": "domain.example", **own}),
        services,
        lambda _path, _address: code,
    )
    assert [one.verdict for one in found] == verdicts


@pytest.mark.parametrize(
    ("own", "verdicts"),
    [
        ({"2bounce_notice_recipient": "archive"}, [WARNING]),
        ({"error_notice_recipient": "archive@here.example"}, [WARNING]),
        ({"bounce_notice_recipient": "archive+x@localhost"}, [WARNING]),
        ({"delay_notice_recipient": "team"}, [RIGHT]),
        ({"2bounce_notice_recipient": "archive@far.example"}, []),
    ],
)
def test_who_reads_notices(tmp_path: Path, own: dict[str, str], verdicts: list[str]) -> None:
    assert [one.verdict for one in judged(tmp_path, "", own)] == verdicts
