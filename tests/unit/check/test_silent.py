"""Values by which Postfix stops, loses or gives away mail without a word, in main.cf and by `-o`."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.silent.judge import ROWS, judge_silent
from wizard.door import Door
from wizard.finding import WARNING, WRONG
from wizard.postfix.itself import Itself
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

HERE = Itself(addresses=frozenset({"192.0.2.5"}))
DEFAULTS = {
    "compatibility_level": "0",
    "smtp_tls_security_level": "",
    "syslog_facility": "mail",
    "double_bounce_sender": "double-bounce",
    "default_process_limit": "100",
    "bounce_queue_lifetime": "5d",
    "in_flow_delay": "1s",
    "smtpd_client_connection_rate_limit": "0",
    "authorized_submit_users": "static:anyone",
    "alias_maps": "hash:/etc/aliases",
    "proxy_read_maps": "$local_recipient_maps",
    "local_recipient_maps": "proxy:unix:passwd.byname",
    "allow_mail_to_commands": "alias, forward",
    "smtp_bind_address": "",
    "hopcount_limit": "50",
    "relayhost": "",
    "default_transport": "smtp",
    "relay_transport": "relay",
    "virtual_alias_maps": "",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_mailbox_domains": "$virtual_mailbox_maps",
    "virtual_mailbox_maps": "",
    "virtual_transport": "virtual",
    "virtual_uid_maps": "",
    "virtual_minimum_uid": "100",
    "alias_database": "hash:/etc/aliases",
    "master_service_disable": "",
    "tls_eecdh_auto_curves": "X25519 X448 prime256v1 secp521r1 secp384r1",
    "smtpd_tls_loglevel": "0",
    "mynetworks": "127.0.0.0/8 198.18.0.0/15 203.0.0.0/8",
}
OWN = {
    "compatibility_level": "2",
    "myhostname": "mail.here.example",
    "mydomain": "here.example",
    "myorigin": "$mydomain",
    "smtp_tls_security_level": "may",
}


def judged(tmp_path: Path, master: str = "", **own: str) -> dict[str, tuple[str, str]]:
    settings = Settings({**OWN, **own}, DEFAULTS, here=HERE)
    services = MasterCf.parse(master.encode()).services
    found = judge_silent(settings, services, Door(tmp_path))
    return {one.id.partition(".")[2]: (one.verdict, one.looked_at) for one in found}


def test_a_right_server_has_none(tmp_path: Path) -> None:
    assert judged(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("smtpd_authorized_xclient_hosts", "0.0.0.0/0", WRONG),
        ("smtpd_authorized_xclient_hosts", "static:all", WRONG),
        ("smtpd_authorized_xforward_hosts", "9.9.0.0/19", WARNING),
        ("smtpd_authorized_xforward_hosts", "10.0.0.7 [2620::]/31", WARNING),
        ("smtpd_sasl_exceptions_networks", "static:all", WRONG),
        ("smtpd_tls_req_ccert", "yes", WRONG),
        ("smtpd_discard_ehlo_keywords", "silent-discard, STARTTLS", WRONG),
        ("compatibility_level", "0", WARNING),
        ("queue_minfree", "1000000000000", WRONG),
        ("message_size_limit", "1000", WRONG),
        ("default_process_limit", "0", WARNING),
        ("daemon_timeout", "5s", WARNING),
        ("minimal_backoff_time", "7d", WARNING),
        ("bounce_queue_lifetime", "0", WARNING),
        ("hopcount_limit", "1", WRONG),
        ("authorized_submit_users", "root", WRONG),
        ("smtp_tls_security_level", "none", WARNING),
        ("smtp_tls_security_level", "encrypt", WRONG),
        ("smtp_tls_security_level", "dane", WARNING),
        ("smtp_bind_address", "198.51.100.9", WARNING),
        ("smtp_helo_name", "localhost", WARNING),
        ("smtp_sasl_auth_enable", "yes", WRONG),
        ("myorigin", "localhost.localdomain", WRONG),
        ("myhostname", "localhost.localdomain", WRONG),
        ("recipient_bcc_maps", "static:x@y.example", WARNING),
        ("masquerade_domains", "example", WARNING),
        ("notify_classes", "bounce, protocol", WARNING),
        ("alias_maps", "", WRONG),
        ("double_bounce_sender", "root", WRONG),
        ("double_bounce_sender", "daemon@here.example", WRONG),
        ("double_bounce_sender", "no-such-user-5", WARNING),
        ("proxy_read_maps", "", WRONG),
        ("syslog_facility", "local7", WARNING),
        ("smtp_tls_CAfile", "/none/ca.pem", WARNING),
        ("tls_random_source", "dev:/none/hwrandom", WARNING),
        ("mailbox_transport", "lmtp:unix:private/dovecot-lmtp # Dovecot", WRONG),
        ("relayhost", "[smtp.example.net]:587 #ours", WRONG),
    ],
)
def test_a_value_that_is_a_fault(tmp_path: Path, name: str, value: str, verdict: str) -> None:
    assert judged(tmp_path, **{name: value})[name][0] == verdict


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtpd_authorized_xclient_hosts", "127.0.0.0/8, 10.0.0.7"),
        ("smtpd_sasl_exceptions_networks", "10.0.0.0/8"),
        ("smtpd_client_event_limit_exceptions", "$mynetworks"),
        ("smtpd_authorized_xforward_hosts", "9.9.0.0/20, [2620:fe::]/32"),
        ("queue_minfree", "100000000"),
        ("message_size_limit", "0"),
        ("smtpd_client_connection_rate_limit", "0"),
        ("smtp_bind_address", "192.0.2.5"),
        ("smtp_bind_address", "0.0.0.0"),
        ("myorigin", "/etc/mailname"),
        ("authorized_submit_users", "!spam, static:anyone"),
        ("masquerade_domains", "here.example"),
        ("maximal_backoff_time", "4000s"),
        ("bounce_queue_lifetime", "1h"),
        ("smtp_tls_security_level", "$other"),
        ("sender_canonical_maps", "hash:/etc/postfix/canonical"),
        ("mailbox_transport", "lmtp:unix:private/no#comment"),
    ],
)
def test_a_value_that_is_a_choice(tmp_path: Path, name: str, value: str) -> None:
    assert name not in judged(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("domains", "below", "is_wrong"),
    [
        ("example", "relay_domains", True),
        ("hash:/etc/postfix/relays, .jp", "debug_peer_list,relay_domains", True),
        ("example", "debug_peer_list", False),
        ("branch.example, lan, .corp, localhost, hash:/etc/postfix/relays", "relay_domains", False),
        ("static:all", "relay_domains", False),
    ],
)
def test_a_top_level_domain_is_relayed_with_all_below_it(
    tmp_path: Path, domains: str, below: str, is_wrong: bool
) -> None:
    found = judged(tmp_path, relay_domains=domains, parent_domain_matches_subdomains=below)
    assert ("relay_domains" in found) is is_wrong


@pytest.mark.parametrize("before", ["dev:", "egd:", "file:", ""])
def test_a_source_of_randomness_that_is_there(tmp_path: Path, before: str) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/urandom").touch()
    assert judged(tmp_path, tls_random_source=f"{before}/dev/urandom") == {}


def test_a_relay_host_may_have_to_speak_tls(tmp_path: Path) -> None:
    for name, value in (
        ("relayhost", "[smtp.example.net]:587"),
        ("default_transport", "smtp:[smtp.example.net]:587"),
        ("sender_dependent_relayhost_maps", "hash:/etc/postfix/by-sender"),
        ("sender_dependent_default_transport_maps", "hash:/etc/postfix/by-sender"),
    ):
        assert judged(tmp_path, smtp_tls_security_level="encrypt", **{name: value}) == {}


_COPIES = "unix n - n - 0 cleanup -o recipient_bcc_maps=static:a@x.example\n"


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("smtp unix - - n - - smtp -o smtp_bind_address=127.0.0.9\n", "smtp_bind_address"),
        ("submission inet n - n - - smtpd -o smtpd_tls_req_ccert=yes\n", "smtpd_tls_req_ccert"),
        ("cleanup unix n - n - 0 cleanup -o hopcount_limit=1\n", "hopcount_limit"),
        ("cleanup unix n - n - 0 cleanup -o always_bcc=spy@x.example\n", "always_bcc"),
        (
            f"pickup unix n - n 60 1 pickup -o cleanup_service_name=pre\npre {_COPIES}",
            "recipient_bcc_maps",
        ),
        (
            f"127.0.0.1:10025 inet n - n - - smtpd -o cleanup_service_name=post\npost {_COPIES}",
            "",
        ),
        (
            "pickup unix n - n 60 1 pickup -o receive_override_options=no_address_mappings\n",
            "receive_override_options",
        ),
        ("qmgr unix n - n 300 1 qmgr -o defer_transports=smtp\n", "defer_transports"),
        ("qmgr unix n - n 300 1 oqmgr -o queue_run_delay=7d\n", "queue_run_delay"),
        ("rewrite unix - - n - - trivial-rewrite -o relay_domains=static:all\n", "relay_domains"),
        (
            "rewrite unix - - n - - trivial-rewrite -o default_transport=error:x\n",
            "default_transport",
        ),
        ("local unix - n n - - local -o mailbox_transport=lmtp:unix:old\n", "mailbox_transport"),
        ("local unix - n n - - local -o mailbox_command=/bin/x\n", "mailbox_command"),
        ("local unix - n n - - local -o alias_maps=\n", "alias_maps"),
        ("local unix - n n - - local -o luser_relay=taro\n", "luser_relay"),
        ("local unix - n n - - local -o soft_bounce=yes\n", "soft_bounce"),
        ("local unix - n n - - local -o smtp_helo_name=localhost\n", ""),
        ("bounce unix - - n - 0 bounce -o notify_classes=protocol\n", "notify_classes"),
        (
            "slow unix - - n - - pipe -o daemon_timeout=5s flags=R user=x argv=/bin/x\n",
            "daemon_timeout",
        ),
        (
            "virtual unix - n n - - virtual -o virtual_mailbox_base=/srv/old\n",
            "virtual_mailbox_base",
        ),
        (
            "2525 inet n - n - - smtpd -o smtpd_authorized_xclient_hosts=static:all\n",
            "smtpd_authorized_xclient_hosts",
        ),
        ("127.0.0.1:2525 inet n - n - - smtpd -o smtpd_authorized_xclient_hosts=static:all\n", ""),
        (
            "127.0.0.1:10025 inet n - n - - smtpd -o receive_override_options=no_address_mappings\n",
            "",
        ),
        ("smtp inet n - n - - smtpd -o smtpd_timeout=1s\n", "smtpd_timeout"),
        ("smtpd pass - - n - - smtpd -o smtpd_timeout=1s\n", "smtpd_timeout"),
        ("10025 inet n - n - - smtpd -o smtpd_timeout=1s\n", ""),
        ("relay unix - - n - - smtp -o smtp_helo_name=localhost\n", "smtp_helo_name"),
        ("scan unix - - n - - smtp -o smtp_helo_name=localhost\n", ""),
        ("lmtp unix - - n - - lmtp -o smtp_helo_name=localhost\n", ""),
        ("lmtp unix - - n - - lmtp -o lmtp_sasl_auth_enable=yes\n", ""),
    ],
)
def test_an_option_of_a_service(tmp_path: Path, entry: str, name: str) -> None:
    found = judged(tmp_path, entry)
    assert set(found) == ({name} if name else set())
    assert not name or found[name][1].startswith("master.cf: ")
    assert not name or found[name][1].split(" ")[1].rstrip(":") in entry


SLOW = "slow unix - - n - - smtp -o smtp_helo_name=localhost -o smtp_tls_security_level=encrypt\n"


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("there.example slow:", {"smtp_helo_name"}),
        ("there.example slow:[mx.there.example]", {"smtp_helo_name"}),
        ("there.example slow:[203.0.113.7]:25", {"smtp_helo_name"}),
        ("there.example slow:[127.0.0.1]:10024", set()),
        ("there.example slow:[10.0.0.7]", set()),
        ("there.example slow:unix:private/x", set()),
        ("there.example smtp:", set()),
        ("# there.example slow:", set()),
        ("\x1b there.example slow", set()),
    ],
)
def test_a_transport_of_a_table(tmp_path: Path, row: str, named: set[str]) -> None:
    table = tmp_path / "etc/postfix/transport"
    table.parent.mkdir(parents=True)
    table.write_text(f"{row}\n")
    assert set(judged(tmp_path, SLOW, transport_maps="hash:/etc/postfix/transport")) == named
    two = "hash:/etc/postfix/transport, hash:/etc/postfix/none"
    assert set(judged(tmp_path, SLOW, transport_maps=two)) == named


@pytest.mark.parametrize(
    ("own", "verdict"),
    [
        ({}, WRONG),
        ({"home_mailbox": "Maildir/"}, WARNING),
        ({"mailbox_transport": "lmtp:unix:x"}, WARNING),
        ({"mailbox_command": "/usr/bin/procmail"}, WARNING),
    ],
)
def test_a_spool_that_is_not_there(tmp_path: Path, own: dict[str, str], verdict: str) -> None:
    found = judged(tmp_path, mail_spool_directory="/srv/mail/", **own)
    assert found["mail_spool_directory"][0] == verdict
    (tmp_path / "srv/mail").mkdir(parents=True)
    assert judged(tmp_path, mail_spool_directory="/srv/mail/", **own) == {}


def test_an_option_that_repeats_main_cf(tmp_path: Path) -> None:
    entry = "local unix - n n - - local -o home_mailbox=Maildir/\n"
    assert judged(tmp_path, entry, home_mailbox="Maildir/") == {}
    assert set(judged(tmp_path, entry, home_mailbox="mbox")) == {"home_mailbox"}


def test_lmtp_that_delivers_mail_is_judged(tmp_path: Path) -> None:
    entry = (
        "lmtp unix - - n - - lmtp -o lmtp_sasl_auth_enable=yes -o lmtp_tls_security_level=encrypt\n"
    )
    own = {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"}
    found = judged(tmp_path, entry, **own)
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "lmtp_sasl_auth_enable": WRONG,
        "lmtp_tls_security_level": WARNING,
    }


def test_aliases_before_a_content_filter_count_behind_it(tmp_path: Path) -> None:
    own = {"receive_override_options": "no_address_mappings"}
    assert "receive_override_options" in judged(tmp_path, **own)
    assert judged(tmp_path, content_filter="smtp:[127.0.0.1]:10024", **own) == {}


def test_each_row_says_what_it_does() -> None:
    assert len(ROWS) > 60
    assert all(row.does and row.verdict in {WRONG, WARNING} for row in ROWS)


@pytest.mark.parametrize(
    ("value", "files"),
    [
        ("hash:/etc/postfix/passwords", ("passwords", "passwords.db")),
        ("hash:/etc/postfix/passwords", ("passwords.db",)),
        ("lmdb:/etc/postfix/passwords", ("passwords", "passwords.lmdb")),
        ("proxy:hash:/etc/postfix/a, texthash:/etc/postfix/b", ("a", "a.db", "b")),
        ("texthash:/etc/postfix/passwords", ("passwords",)),
    ],
)
def test_passwords_that_others_may_read(tmp_path: Path, value: str, files: tuple[str, ...]) -> None:
    directory = tmp_path / "etc/postfix"
    directory.mkdir(parents=True)
    for name in files:
        (directory / name).touch()
        (directory / name).chmod(0o640)
    own = {"smtp_sasl_password_maps": value}
    assert judged(tmp_path, **own) == {}
    for name in files:
        (directory / name).chmod(0o644)
    settings = Settings({**OWN, **own}, DEFAULTS, here=HERE)
    (found,) = judge_silent(settings, (), Door(tmp_path))
    assert found.verdict == WARNING
    assert all(f"/etc/postfix/{name} (mode 0644)" in found.seen for name in files)
    (command,) = found.cure.commands
    assert command == ("chmod", "600", *(f"/etc/postfix/{name}" for name in files))


@pytest.mark.parametrize(
    ("own", "name", "verdict"),
    [
        ({"virtual_alias_domains": "a.example"}, "virtual_alias_maps", WRONG),
        ({"virtual_mailbox_domains": "a.example"}, "virtual_uid_maps", WRONG),
        (
            {"virtual_mailbox_domains": "a.example", "virtual_uid_maps": "static:8"},
            "virtual_uid_maps",
            WRONG,
        ),
        (
            {"virtual_mailbox_domains": "a.example", "virtual_uid_maps": "static:5000"},
            "virtual_uid_maps",
            "",
        ),
        (
            {"virtual_mailbox_domains": "a.example", "virtual_transport": "lmtp:unix:x"},
            "virtual_uid_maps",
            "",
        ),
        ({"alias_database": "hash:/etc/postfix/aliases"}, "alias_database", WARNING),
        (
            {"alias_maps": "hash:/etc/aliases hash:/etc/b", "alias_database": "hash:/etc/b"},
            "alias_database",
            "",
        ),
        ({"master_service_disable": "smtp.inet"}, "master_service_disable", WRONG),
        ({"master_service_disable": "inet"}, "master_service_disable", WRONG),
        ({"master_service_disable": "virtual-old.unix"}, "master_service_disable", ""),
        ({"tls_eecdh_auto_curves": "X52219"}, "tls_eecdh_auto_curves", WARNING),
        ({"tls_eecdh_auto_curves": "prime256v1"}, "tls_eecdh_auto_curves", ""),
        ({"smtpd_tls_loglevel": "4"}, "smtpd_tls_loglevel", WARNING),
        ({"smtpd_tls_loglevel": "1"}, "smtpd_tls_loglevel", ""),
    ],
)
def test_parameters_that_need_others(
    tmp_path: Path, own: dict[str, str], name: str, verdict: str
) -> None:
    found = judged(tmp_path, **own)
    assert found.get(name, ("", ""))[0] == verdict


def test_a_login_that_must_own_an_address_of_no_table(tmp_path: Path) -> None:
    entry = (
        "submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes "
        "-o smtpd_sender_restrictions=reject_sender_login_mismatch\n"
    )
    assert judged(tmp_path, entry)["smtpd_sender_restrictions"][0] == WRONG
    assert not judged(tmp_path, entry, smtpd_sender_login_maps="hash:/etc/postfix/owners")


@pytest.mark.parametrize(
    ("own", "name", "verdict"),
    [
        ({"alias_maps": "", "virtual_alias_maps": "hash:/v"}, "alias_maps", WARNING),
        ({"receive_override_options": "no_address_mappings"}, "receive_override_options", WARNING),
        (
            {
                "receive_override_options": "no_address_mappings,no_milters",
                "virtual_alias_maps": "hash:/v",
            },
            "receive_override_options",
            WRONG,
        ),
        (
            {
                "receive_override_options": "no_address_mappings",
                "virtual_alias_domains": "v.example",
            },
            "receive_override_options",
            WRONG,
        ),
    ],
)
def test_aliases_that_do_not_count(
    tmp_path: Path, own: dict[str, str], name: str, verdict: str
) -> None:
    assert judged(tmp_path, **own)[name][0] == verdict


@pytest.mark.parametrize(
    ("value", "below", "is_named"),
    [
        ("$mydestination", "relay_domains", True),
        ("branch.example, Here.example", "debug_peer_list, relay_domains", True),
        (".here.example", "", True),
        ("$mydestination", "", False),
        ("branch.example hash:/etc/postfix/relays", "relay_domains", False),
        ("sub.here.example", "relay_domains", False),
    ],
)
def test_names_below_our_own_domains(
    tmp_path: Path, value: str, below: str, *, is_named: bool
) -> None:
    found = judged(
        tmp_path,
        relay_domains=value,
        mydestination="here.example, localhost",
        parent_domain_matches_subdomains=below,
    )
    assert ("relay_domains" in found) == is_named
