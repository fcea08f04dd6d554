"""Check a second MX: its table, its routes, its restrictions, and what a primary exempts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import pytest

from tests.factories import ZEKE
from tests.sections.backup import (
    BY_FILE,
    DOMAINS,
    FILE,
    INLINE,
    PEOPLE,
    PRIMARY,
    PRIMARYS,
    VERIFIED,
    VERIFIES,
)
from wizard.answers.model import Answers
from wizard.answers.sections.backup import BACKUP_RECIPIENTS
from wizard.check.smtp.recipients import NOBODY, Tried, choose, judge_recipients, script
from wizard.check.smtp.session import Reply, Transcript
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.host.facts import Network
from wizard.postfix.settings import Settings
from wizard.sections.backup.check import judge_backup

RELAYED = {"relay_domains": "hana.example, taro.example", "transport_maps": INLINE}
MAPS = f"hash:{BACKUP_RECIPIENTS}"
FRAME = "permit_mynetworks, reject_unauth_destination"
EXEMPT = "check_client_access inline:{198.51.100.25=OK,2001:db8::25=OK}"
LIMITS = "$mynetworks, 198.51.100.25, [2001:db8::25]"


class Fake(Door):
    """A live host with files below a directory, and postmap(1) made of data."""

    def __init__(self, root: Path, dump: bytes = b"", routes: bytes = b"") -> None:
        super().__init__(root)
        self._dump, self._routes, self._below = dump, routes, root
        self.is_live = True

    def locate(self, path: str, *, follow: bool = True) -> str:
        """Return the path below the directory."""
        del follow
        return f"{self._below}{path}"

    def run(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Outcome]:
        """Print the table, or the routes."""
        del timeout, data
        return Outcome(0, self._dump if "-s" in argv else self._routes, b"")


def routes(to: str = f"relay:[{PRIMARY}]", domains: Sequence[str] = DOMAINS) -> bytes:
    return "".join(f"{one}\t{to}\n" for one in domains).encode()


def rows(people: Sequence[str]) -> bytes:
    return "".join(f"{one}\tOK\n" for one in people).encode()


def host(
    tmp_path: Path,
    *,
    file: Sequence[str] = PEOPLE,
    table: Sequence[str] = PEOPLE,
    way: bytes = routes(),
) -> Door:
    texts = {
        FILE: "\n".join(file),
        BACKUP_RECIPIENTS: rows(table).decode(),
        f"{BACKUP_RECIPIENTS}.db": "",
    }
    for path, text in texts.items():
        there = tmp_path / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text)
    return Fake(tmp_path, rows(table), way)


def check(door: Door, answers: Answers, own: Mapping[str, str]) -> dict[str, Finding]:
    return {one.id: one for one in judge_backup(door, Settings(dict(own)), answers)}


def verdicts(found: Mapping[str, Finding]) -> dict[str, str]:
    return {name.partition(".")[2]: one.verdict for name, one in found.items()}


def test_a_host_without_the_section_has_no_finding(tmp_path: Path) -> None:
    assert check(Fake(tmp_path), ZEKE, RELAYED) == {}


def test_a_right_backup(tmp_path: Path) -> None:
    found = check(host(tmp_path), BY_FILE, {**RELAYED, "relay_recipient_maps": MAPS})
    assert verdicts(found) == {"recipients": RIGHT, "transport": RIGHT, "classes": RIGHT}
    assert found["backup.recipients"].seen == "3 addresses, as in the file"


@pytest.mark.parametrize(
    ("changes", "own", "verdict", "seen"),
    [
        ({}, {"relay_recipient_maps": ""}, WRONG, "relay_recipient_maps has no"),
        (
            {"file": (*PEOPLE, "jiro@taro.example")},
            {},
            WRONG,
            "mail for jiro@taro.example is refused",
        ),
        ({"file": PEOPLE[:2]}, {}, WRONG, "mail for postmaster@taro.example is taken"),
        ({"file": ("hanako",)}, {}, WARNING, "line 1: hanako is no mail address"),
    ],
)
def test_recipients_that_differ(
    tmp_path: Path, changes: dict[str, Any], own: dict[str, str], verdict: str, seen: str
) -> None:
    door = host(tmp_path, **changes)
    found = check(door, BY_FILE, {**RELAYED, "relay_recipient_maps": MAPS, **own})
    assert found["backup.recipients"].verdict == verdict
    assert seen in found["backup.recipients"].seen


@pytest.mark.parametrize(
    ("way", "own", "verdict", "seen"),
    [
        (routes(), {"relay_domains": "taro.example"}, WRONG, "relay_domains has no hana.example"),
        (b"", {}, WRONG, "transport_maps has no hana.example"),
        (routes("smtp:[192.0.2.1]"), {}, WRONG, "to smtp:[192.0.2.1], not to relay:[mail.hana"),
        (routes(domains=DOMAINS[:1]), {}, WRONG, "transport_maps has no taro.example"),
    ],
)
def test_routes_that_lead_elsewhere(
    tmp_path: Path, way: bytes, own: dict[str, str], verdict: str, seen: str
) -> None:
    found = check(
        host(tmp_path, way=way), BY_FILE, {**RELAYED, "relay_recipient_maps": MAPS, **own}
    )
    assert found["backup.transport"].verdict == verdict
    assert seen in found["backup.transport"].seen


@pytest.mark.parametrize("name", ["mydestination", "virtual_alias_domains"])
def test_a_domain_in_both_places(tmp_path: Path, name: str) -> None:
    found = check(host(tmp_path), BY_FILE, {**RELAYED, name: "$myhostname, Taro.example"})
    assert found["backup.classes"].verdict == WRONG
    assert f"taro.example is in {name} too" in found["backup.classes"].seen


SETTINGS = {
    **RELAYED,
    "smtpd_recipient_restrictions": f"{FRAME}, {VERIFIES}, check_sender_access hash:/x",
    "unverified_recipient_reject_code": "550",
    "address_verify_map": "hash:$data_directory/verify_cache",
}


@pytest.mark.parametrize(
    ("own", "verdict", "seen"),
    [
        ({}, RIGHT, "their server confirms each"),
        ({"smtpd_recipient_restrictions": FRAME}, WRONG, "any name is taken"),
        (
            {"smtpd_recipient_restrictions": f"{FRAME}, check_sender_access hash:/x, {VERIFIES}"},
            WRONG,
            "before what permits mail",
        ),
        (
            {"unverified_recipient_reject_code": "450"},
            WRONG,
            "unverified_recipient_reject_code = 450",
        ),
        ({"address_verify_map": ""}, WRONG, "address_verify_map is empty"),
        ({"relay_recipient_maps": "hash:/etc/postfix/x"}, WRONG, "refuses recipients, too"),
    ],
)
def test_verification(tmp_path: Path, own: dict[str, str], verdict: str, seen: str) -> None:
    found = check(host(tmp_path), VERIFIED, {**SETTINGS, **own})
    assert found["backup.recipients"].verdict == verdict
    assert seen in found["backup.recipients"].seen


@pytest.mark.parametrize(
    ("listed", "limits", "verdict", "seen"),
    [
        (f"{FRAME}, {EXEMPT}, reject_rbl_client bl.example", LIMITS, RIGHT, "2 addresses"),
        (f"{FRAME}, check_sender_access hash:/x, {EXEMPT}", LIMITS, RIGHT, "2 addresses"),
        (FRAME, LIMITS, WRONG, "does not exempt 198.51.100.25, 2001:db8::25"),
        (f"{FRAME}, reject_rbl_client bl.example, {EXEMPT}", LIMITS, WRONG, "does not exempt"),
        (f"{FRAME}, check_policy_service unix:x, {EXEMPT}", LIMITS, WRONG, "does not exempt"),
        (f"{EXEMPT}, {FRAME}", LIMITS, WRONG, "does not exempt"),
        (f"{FRAME}, {EXEMPT}", "$mynetworks", WRONG, "has no 198.51.100.25, 2001:db8::25"),
    ],
)
def test_what_the_primary_exempts(
    tmp_path: Path, listed: str, limits: str, verdict: str, seen: str
) -> None:
    own = {"smtpd_recipient_restrictions": listed, "smtpd_client_event_limit_exceptions": limits}
    found = check(Fake(tmp_path), PRIMARYS, own)
    assert found["backup.servers"].verdict == verdict
    assert seen in found["backup.servers"].seen


def test_another_root_is_unknown(tmp_path: Path) -> None:
    host(tmp_path)
    found = check(Door(tmp_path), BY_FILE, {**RELAYED, "relay_recipient_maps": MAPS})
    assert verdicts(found) == {"recipients": UNKNOWN, "transport": UNKNOWN, "classes": RIGHT}


# The answer to RCPT.


@pytest.mark.parametrize(
    ("code", "own", "verdict"),
    [
        (250, RELAYED, WRONG),
        (250, {"relay_domains": "hana.example, taro.example"}, WARNING),
        (550, RELAYED, RIGHT),
        (450, RELAYED, RIGHT),
    ],
)
def test_a_name_that_nobody_has(code: int, own: Mapping[str, str], verdict: str) -> None:
    tried = choose(Settings(dict(own)), (), "zeke.ne.jp", Network())
    addresses = [f"{NOBODY}@{one}" for one in DOMAINS]
    assert list(tried.others) == addresses
    replies = {"mail-real": Reply(250, ("ok",)), **dict.fromkeys(addresses, Reply(code, ("said",)))}
    (found,) = judge_recipients(tried, Transcript(replies))
    assert (found.id, found.verdict) == ("smtp.25.others", verdict)


def test_domains_of_the_section_are_tried_first_and_last_in_the_session() -> None:
    own = {**RELAYED, "relay_domains": f"a.example, {RELAYED['relay_domains']}"}
    tried = choose(Settings(own), (), "zeke.ne.jp", Network())
    assert [one.partition("@")[2] for one in tried.others] == [*DOMAINS, "a.example"]
    said = script(replace_nobody(tried))
    assert [one.name for one in said][-5:] == [f"{NOBODY}@zeke.ne.jp", *tried.others, "rset-real"]


def replace_nobody(tried: Tried) -> Tried:
    return tried._replace(nobody=f"{NOBODY}@zeke.ne.jp")


def test_the_answers_are_those_of_the_section() -> None:
    assert replace(BY_FILE, backup=ZEKE.backup) == ZEKE
