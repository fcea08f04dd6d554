"""The one rule for "changed since the run": kinds, verdicts, the builder of a table, the order back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wizard.plan.actions import ReloadZone, TurnBeside
from wizard.plan.files import Past
from wizard.plan.model import Step
from wizard.plan.undo_actions import CloseFirewall, Disable, PutBack, ReturnUnit
from wizard.run.changed import (
    BEFORE,
    CERTBOT,
    EDITED,
    FILE,
    GONE,
    LINK,
    NEWER,
    TABLE,
    WRITTEN,
    Change,
    build_command,
    judged,
    kind_of,
    renewed,
    verdict,
)
from wizard.run.undo import is_skipped, steps_to_return, texts_first

LIVE, ARCHIVE = "/etc/letsencrypt/live", "/etc/letsencrypt/archive"
NAME = "mail.example.com"

KINDS = {
    "/etc/aliases.db": TABLE,
    "/etc/aliases.lmdb": TABLE,
    "/etc/postfix/sender_access.db": TABLE,
    "/etc/postfix/sasl_passwd.lmdb": TABLE,
    "/etc/postfix/maps/x.cdb": TABLE,
    "/etc/aliases": FILE,
    "/etc/postfix/main.cf": FILE,
    "/etc/postfix/sender_access": FILE,
    # A zone file is text, whatever it is called.
    "/var/named/example.com.db": FILE,
    "/etc/named/db.example.com.db": FILE,
    "/var/lib/x.lmdb": FILE,
    f"{LIVE}/{NAME}/cert.pem": LINK,
    f"{LIVE}/{NAME}/privkey.pem": LINK,
    f"{LIVE}/{NAME}/other.pem": FILE,
    f"{LIVE}/README": CERTBOT,
    f"{LIVE}/{NAME}/README": CERTBOT,
    f"{ARCHIVE}/{NAME}/privkey1.pem": CERTBOT,
    f"/etc/letsencrypt/renewal/{NAME}.conf": CERTBOT,
    "/etc/letsencrypt/accounts/acme/directory/0/regr.json": CERTBOT,
    # Certbot reads these and never writes them.
    "/etc/letsencrypt/cli.ini": FILE,
    "/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard": FILE,
    "/etc/letsencrypt/renewal/x.conf.rpmnew": FILE,
    "/etc/dovecot/conf.d/99-postfix-wizard.conf": FILE,
    "/etc/a\nb": FILE,
}


@pytest.mark.parametrize("path", KINDS)
def test_a_kind_is_found_from_the_path(path: str) -> None:
    assert kind_of(path) is KINDS[path]


def link(number: int, kind: str = "cert", name: str = NAME, base: str = "../../archive") -> str:
    return f"link:{base}/{name}/{kind}{number}.pem"


CERT = f"{LIVE}/{NAME}/cert.pem"
VERDICTS = [
    # path, before, as the run wrote it, today, verdict
    ("/etc/postfix/main.cf", "file:a", "file:b", "file:a", BEFORE),
    ("/etc/postfix/main.cf", "file:a", "file:b", "file:b", WRITTEN),
    ("/etc/postfix/main.cf", "file:a", "file:b", "file:c", EDITED),
    # Removed by hand: no text is lost when the former one comes back.
    ("/etc/postfix/main.cf", "file:a", "file:b", "missing", GONE),
    ("/etc/aliases", "link:/root/aliases", "file:b", "missing", GONE),
    ("/etc/postfix/main.cf", "file:a", "file:b", "link:/root/main.cf", EDITED),
    ("/etc/postfix/sender_access", "missing", "file:b", "missing", BEFORE),
    ("/etc/postfix/sender_access.db", "missing", "file:b", "file:c", WRITTEN),
    ("/etc/postfix/sender_access.db", "file:a", "file:b", "missing", WRITTEN),
    ("/etc/aliases.lmdb", "file:a", "file:b", "file:c", WRITTEN),
    ("/etc/aliases.db", "missing", "file:b", "missing", BEFORE),
    ("/var/named/example.com.db", "file:a", "file:b", "file:c", EDITED),
    (CERT, "file:a", link(1), link(1), WRITTEN),
    (CERT, "file:a", link(1), link(2), NEWER),
    (CERT, "file:a", link(9), link(10), NEWER),
    (CERT, "file:a", link(1), link(2, base=ARCHIVE), NEWER),
    (CERT, "missing", link(1), link(7), NEWER),
    (CERT, link(1), link(2), link(1), BEFORE),
    # By hand, each of them.
    (CERT, "file:a", link(2), link(1), EDITED),
    (CERT, "file:a", link(1), link(2, name="mail.example.org"), EDITED),
    (CERT, "file:a", link(1), link(2, name=f"{NAME}-0001"), EDITED),
    (CERT, "file:a", link(1), link(2, kind="chain"), EDITED),
    (CERT, "file:a", link(1), "file:b", EDITED),
    (CERT, "file:a", link(1), "missing", GONE),
    # A lineage whose name differs in case is another one to certbot.
    (CERT, "file:a", link(1), link(2, name=NAME.upper()), EDITED),
    (CERT, "file:a", link(1), link(2).replace("2", "02"), EDITED),
    (CERT, "file:a", link(1), "link:/root/cert2.pem", EDITED),
    (f"/etc/letsencrypt/renewal/{NAME}.conf", "missing", "file:b", "file:b", WRITTEN),
    (f"/etc/letsencrypt/renewal/{NAME}.conf", "missing", "file:b", "file:c", NEWER),
    (f"{ARCHIVE}/{NAME}/cert2.pem", "file:a", "missing", "file:c", NEWER),
    ("/etc/letsencrypt/cli.ini", "missing", "file:b", "file:c", EDITED),
]


@pytest.mark.promise(29)
@pytest.mark.parametrize(("path", "was", "now", "seen", "expected"), VERDICTS)
def test_verdicts(path: str, was: str, now: str, seen: str, expected: str) -> None:
    assert verdict(path, Change(was, now, seen)) == expected


def pasts(states: Mapping[str, str]) -> tuple[Past, ...]:
    return tuple(Past(path, "missing", now) for path, now in states.items())


def lineage(number: int, name: str = NAME) -> dict[str, str]:
    return {f"{LIVE}/{name}/{kind}.pem": link(number, kind, name) for kind in ("cert", "privkey")}


OF_LINEAGE = {
    f"{ARCHIVE}/{NAME}/privkey1.pem": "file:k",
    f"/etc/letsencrypt/renewal/{NAME}.conf": "file:r",
    "/etc/letsencrypt/accounts/a/regr.json": "file:a",
}


@pytest.mark.promise(29)
def test_a_renewed_lineage_stays_with_all_that_certbot_needs() -> None:
    """Its archive is as the run wrote it, and a reused key is a link to the old number."""
    links = pasts(lineage(1))
    today = {**OF_LINEAGE, **lineage(2)}
    found = judged(pasts(OF_LINEAGE), links, today.__getitem__)
    assert {one.verdict for one in found} == {NEWER}
    assert renewed(links, today.__getitem__) == (NAME,)


def test_one_that_was_not_renewed_goes_back() -> None:
    today = {**OF_LINEAGE, **lineage(1)}
    found = judged(pasts(OF_LINEAGE), pasts(lineage(1)), today.__getitem__)
    assert {one.verdict for one in found} == {WRITTEN}


def test_a_renewal_that_was_cut_off_is_not_torn_further() -> None:
    """A certificate of one number and a key of another would not fit."""
    today = {**lineage(1), CERT: link(2)}
    found = judged(pasts(lineage(1)), (), today.__getitem__)
    assert {one.verdict for one in found} == {NEWER}


def head(magic: int, order: str) -> bytes:
    return bytes(12) + magic.to_bytes(4, "little" if order == "little" else "big") + bytes(16)


BUILDERS = [
    ("/etc/aliases.db", b"", ("postalias", "hash")),
    ("/etc/aliases.lmdb", b"", ("postalias", "lmdb")),
    ("/etc/postfix/sender_access.db", head(0x00061561, "little"), ("postmap", "hash")),
    ("/etc/postfix/sender_access.db", head(0x00053162, "little"), ("postmap", "btree")),
    ("/etc/postfix/sender_access.db", head(0x00053162, "big"), ("postmap", "btree")),
    ("/etc/postfix/sasl_passwd.cdb", b"short", ("postmap", "cdb")),
    ("/etc/postfix/sasl_passwd.lmdb", head(0x00053162, "little"), ("postmap", "lmdb")),
]


@pytest.mark.parametrize(("path", "data", "expected"), BUILDERS)
def test_a_table_is_built_by_what_built_it(
    path: str, data: bytes, expected: tuple[str, str]
) -> None:
    assert build_command(path, data) == expected


def back(name: str, *paths: str) -> Step:
    return Step(f"back-{name}", name, "", PutBack(pasts(dict.fromkeys(paths, "file:b"))))


MAIN = back("main.cf", "/etc/postfix/main.cf")
MASTER = back("master.cf", "/etc/postfix/master.cf")
TEXT = back("sender_access", "/etc/postfix/sender_access")
INDEX = back("table", "/etc/postfix/sender_access.db")
ANSWERS = back("answers", "/etc/postfix-wizard/answers.toml")
STOP = Step("back-service", "stop", "", ReturnUnit("postfix", "stop", "inactive"))
TURN = Step("back-service", "restart", "", ReturnUnit("postfix", "restart", "active"))
DOVECOT = Step("back-dovecot", "dovecot", "", TurnBeside("restart", "dovecot", "start"))
ZONE = Step("back-zone", "zone", "", ReloadZone("example.com", "/var/named/x.db", (), "", 1, 2))
CLOSE = Step("back-firewall", "close", "", CloseFirewall("public", ("smtp",)))
DISABLE = Step("back-enable", "disable", "", Disable("postfix"))

ORDERS = [
    ([INDEX, TEXT], [TEXT, INDEX]),
    ([ANSWERS, INDEX, TEXT, MAIN, TURN], [ANSWERS, TEXT, MAIN, INDEX, TURN]),
    ([STOP, CLOSE, MAIN, INDEX, TEXT], [STOP, CLOSE, MAIN, TEXT, INDEX]),
    ([INDEX, TURN], [INDEX, TURN]),
    ([CLOSE, DISABLE], [CLOSE, DISABLE]),
    ([], []),
]


@pytest.mark.parametrize(("steps", "expected"), ORDERS)
def test_a_table_is_built_after_its_text_is_back(steps: list[Step], expected: list[Step]) -> None:
    """A run of an earlier program has them the other way round."""
    assert list(texts_first(steps)) == expected


LEFT = [
    # steps, done, what is left
    ([MAIN, TEXT, INDEX, TURN], [], [MAIN, TEXT, INDEX, TURN]),
    ([MAIN, TEXT, INDEX, TURN], [MAIN, TURN], [TEXT, INDEX, TURN]),
    ([STOP, MAIN, TEXT], [STOP, MAIN], [TEXT]),
    ([MAIN, ZONE, TURN, DOVECOT], [ZONE, TURN, DOVECOT], [MAIN, ZONE, TURN, DOVECOT]),
    ([CLOSE, DISABLE, MAIN, TURN], [CLOSE, MAIN, TURN], [DISABLE, TURN]),
    ([MAIN, TURN, DOVECOT], [MAIN, TURN], [DOVECOT]),
    ([TEXT, INDEX, TURN], [INDEX, TURN], [TEXT, INDEX, TURN]),
    ([INDEX, TEXT], [INDEX], [TEXT, INDEX]),
    ([INDEX, TEXT], [TEXT], [INDEX]),
    ([MAIN, TURN], [MAIN, TURN], []),
]


@pytest.mark.promise(30)
@pytest.mark.parametrize(("steps", "done", "left"), LEFT)
def test_a_unit_is_turned_again_after_what_went_back_late(
    steps: list[Step], done: list[Step], left: list[Step]
) -> None:
    assert list(steps_to_return(steps, [step.id for step in done])) == left


@pytest.mark.promise(30)
@pytest.mark.parametrize("failed", [MAIN, MASTER])
def test_only_postfixs_own_two_files_stop_the_others(failed: Step) -> None:
    assert is_skipped(TEXT, [failed])
    for step in (TURN, STOP, DOVECOT, ZONE, CLOSE, DISABLE):
        assert not is_skipped(step, [failed])
    for other in (TEXT, INDEX, ANSWERS, CLOSE, TURN):
        assert not is_skipped(MAIN, [other])


def test_a_link_that_went_back_to_a_higher_number_is_no_renewal() -> None:
    """A run replaced a lineage by another one, whose numbers are lower; its links go back first."""
    path = f"{LIVE}/{NAME}/cert.pem"
    link = Past(
        path, f"link:../../archive/{NAME}/cert3.pem", f"link:../../archive/{NAME}/cert1.pem"
    )
    file = Past(f"{ARCHIVE}/{NAME}/cert3.pem", "file:x", "missing")
    today = {path: link.was, file.path: "missing"}
    assert renewed((link,), today.__getitem__) == ()
    assert [one.verdict for one in judged((file,), (link,), today.__getitem__)] == [WRITTEN]
    # Before the links went back, a higher number is one: certbot made it since.
    today[path] = f"link:../../archive/{NAME}/cert2.pem"
    assert renewed((link,), today.__getitem__) == (NAME,)
