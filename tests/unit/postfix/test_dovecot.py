"""What Dovecot lacks, of either series, and the file of ours that has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.delivery import Delivery
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.sections.hostname import Hostname
from wizard.host.dovecot import flattened
from wizard.postfix import dovecot
from wizard.postfix.dovecot import (
    AUTH,
    conf_lines,
    needed,
    parts_of_file,
    wanted,
    written_parts,
)

ANSWERS = Answers(
    Hostname("mail.zeke.ne.jp", "zeke.ne.jp"), certificate=Certificate(name="zeke.ne.jp")
)
LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
LMTP = "/var/spool/postfix/private/dovecot-lmtp"
WANT = wanted(ANSWERS)
ALL = frozenset(
    {"protocols", "lmtp-socket", "auth-socket", "user-name", "mailbox", "tls", "cleartext"}
)

RIGHT: dict[str, dict[str, str]] = {
    "2.3.16": {
        "protocols": "imap lmtp",
        "auth_username_format": "%Ln",
        "mail_location": "maildir:~/Maildir",
        "ssl": "yes",
        "ssl_cert": f"<{LIVE}/fullchain.pem",
        "disable_plaintext_auth": "yes",
    },
    "2.4.1": {
        "protocols/imap": "yes",
        "protocols/lmtp": "yes",
        "auth_username_format": "%{user | lower}",
        "protocol lmtp/auth_username_format": "%{user | username | lower}",
        "mail_driver": "maildir",
        "mail_path": "~/Maildir",
        "ssl": "required",
        "ssl_server/cert_file": f"{LIVE}/fullchain.pem",
        "ssl_server/key_file": f"{LIVE}/privkey.pem",
        "auth_allow_cleartext": "no",
    },
}
for _settings in RIGHT.values():
    for _service, _path in (("lmtp", LMTP), ("auth", AUTH)):
        _head = f"service {_service}/unix_listener {_path}"
        _settings |= {f"{_head}/mode": "0600", f"{_head}/user": "postfix", f"{_head}/group": ""}
VERSIONS = [*RIGHT]


def test_what_is_wanted() -> None:
    assert dovecot.Wanted(LMTP, "~/Maildir", f"{LIVE}/fullchain.pem", f"{LIVE}/privkey.pem") == WANT
    elsewhere = wanted(replace(ANSWERS, delivery=Delivery("+", "Mailbox", "lmtp:inet:[::1]:24")))
    assert (elsewhere.lmtp, elsewhere.mailbox) == ("", "")


@pytest.mark.parametrize("version", VERSIONS)
def test_one_that_is_right_needs_nothing(version: str) -> None:
    assert needed(RIGHT[version], version, WANT) == frozenset()


@pytest.mark.parametrize("version", VERSIONS)
def test_one_that_says_nothing_needs_all_but_its_defaults(version: str) -> None:
    assert needed({}, version, WANT) == ALL - {"cleartext"}


LACKS_2_3 = [
    ({"protocols": "imap pop3"}, "protocols"),
    ({f"service lmtp/unix_listener {LMTP}/user": "root"}, "lmtp-socket"),
    ({f"service lmtp/unix_listener {LMTP}/mode": "0400"}, "lmtp-socket"),
    ({f"service auth/unix_listener {AUTH}/user": "dovecot"}, "auth-socket"),
    ({"auth_username_format": "%Lu"}, "user-name"),
    ({"auth_username_format": ""}, "user-name"),
    ({"auth_username_format": "%n@%d"}, "user-name"),
    ({"mail_location": ""}, "mailbox"),
    ({"mail_location": "mbox:~/mail:INBOX=/var/mail/%u"}, "mailbox"),
    ({"mail_location": "maildir:~/Maildir:INBOX=/srv/%u"}, "mailbox"),
    ({"ssl": "no"}, "tls"),
    ({"ssl_cert": "</etc/pki/dovecot/certs/dovecot.pem"}, "tls"),
    ({"disable_plaintext_auth": "no"}, "cleartext"),
]
LACKS_2_4 = [
    ({"protocols/lmtp": "no"}, "protocols"),
    ({"protocol lmtp/auth_username_format": "%{user | lower}"}, "user-name"),
    ({"mail_driver": "mbox"}, "mailbox"),
    ({"mail_inbox_path": "/var/mail/%{user}"}, "mailbox"),
    ({"ssl_server/key_file": f"{LIVE}/old.pem"}, "tls"),
    ({"auth_allow_cleartext": "yes"}, "cleartext"),
]


@pytest.mark.parametrize(
    ("version", "change", "part"),
    [
        *(("2.3.16", change, part) for change, part in LACKS_2_3),
        *(("2.4.1", change, part) for change, part in LACKS_2_4),
    ],
)
def test_each_lack_is_found(version: str, change: dict[str, str], part: str) -> None:
    assert needed({**RIGHT[version], **change}, version, WANT) == {part}


@pytest.mark.parametrize(
    ("version", "change"),
    [
        # Open to Postfix by its group, or to all.
        ("2.3.16", {f"service auth/unix_listener {AUTH}/user": "root",
                    f"service auth/unix_listener {AUTH}/group": "postfix",
                    f"service auth/unix_listener {AUTH}/mode": "0660"}),
        ("2.3.16", {f"service auth/unix_listener {AUTH}/user": "",
                    f"service auth/unix_listener {AUTH}/mode": "0666"}),
        ("2.3.16", {"auth_username_format": "%{username}"}),
        ("2.3.16", {"mail_location": "maildir:~/Maildir/:LAYOUT=fs"}),
        ("2.4.1", {"mail_path": "%{home}/Maildir", "mail_inbox_path": "~/Maildir"}),
        ("2.4.1", {"auth_username_format": "%{user | username}",
                   "protocol lmtp/auth_username_format": "%{user|username|lower}"}),
    ],
)  # fmt: skip
def test_what_does_as_well(version: str, change: dict[str, str]) -> None:
    assert needed({**RIGHT[version], **change}, version, WANT) == frozenset()


def test_a_delivery_of_another_kind() -> None:
    """Where Postfix delivers itself Dovecot needs no LMTP, and logins all the same."""
    own = wanted(replace(ANSWERS, delivery=Delivery("+", "Maildir/", "")))
    assert needed({}, "2.3.16", own) == {"auth-socket", "mailbox", "tls"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("part", sorted(ALL))
def test_a_file_has_the_parts_that_it_was_made_of(version: str, part: str) -> None:
    """A rerun knows them again, and its own heading is none."""
    text = "\n".join(conf_lines(version, WANT, frozenset({part}))).encode()
    assert written_parts(text) == {part}
    assert written_parts("\n".join(conf_lines(version, WANT, frozenset())).encode()) == frozenset()


def test_the_file_of_2_4_does_what_it_says() -> None:
    """Read as doveconf prints it, the file alone lacks nothing; 2.3's list names itself."""
    text = "\n".join(conf_lines("2.4.1", WANT, ALL))
    assert needed(flattened(text), "2.4.1", WANT) == frozenset()
    text = "\n".join(conf_lines("2.3.16", WANT, ALL))
    assert needed(flattened(text), "2.3.16", WANT) == frozenset()


def test_a_series_that_is_not_known() -> None:
    assert dovecot.series("2.2.36") == dovecot.series("") == ""
    with pytest.raises(ValueError, match=r"2\.2\.36"):
        conf_lines("2.2.36", WANT, ALL)


NAMES = replace(ANSWERS, dovecot=Dovecot("write", names="local", auth_login="offer"))
OPTIONAL = frozenset({dovecot.LOGIN_NAME, dovecot.AUTH_LOGIN})


@pytest.mark.parametrize("version", VERSIONS)
def test_what_mail_programs_need_is_a_part_only_where_it_is_asked_for(version: str) -> None:
    want = wanted(NAMES)
    assert want.domains == ("zeke.ne.jp", "mail.zeke.ne.jp")
    assert needed(RIGHT[version], version, want) == OPTIONAL
    parts = parts_of_file(RIGHT[version], version, want, b"")
    # LMTP has a setting of its own, since what is local for Postfix the answers may not say.
    assert parts == OPTIONAL | {dovecot.USER_NAME}
    text = "\n".join(conf_lines(version, want, parts)).encode()
    assert written_parts(text) == parts
    with_it = {**RIGHT[version], **flattened(text.decode())}
    assert needed(with_it, version, want) == frozenset()
    assert dovecot.strips_domain(with_it)
    # Switched off, what was asked for is gone from the file.
    assert parts_of_file(with_it, version, WANT, text) == {dovecot.USER_NAME}


def test_mechanisms_that_offer_login() -> None:
    offers = wanted(replace(NAMES, dovecot=Dovecot(auth_login="offer")))
    for said in ({"auth_mechanisms": "plain LOGIN"}, {"auth_mechanisms/login": "yes"}):
        assert needed({**RIGHT["2.4.1"], **said}, "2.4.1", offers) == frozenset()
    lacking = {"auth_mechanisms": "plain", "auth_mechanisms/login": "no"}
    assert needed({**RIGHT["2.4.1"], **lacking}, "2.4.1", offers) == {dovecot.AUTH_LOGIN}
