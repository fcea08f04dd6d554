"""What stays on a server and overrules the answers of a section: each plan says so, and again after its run."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.factories import file
from tests.unit.plan.live import chosen, of_main_cf
from wizard.host.facts import Aliases, Host, User
from wizard.paths import MASTER_CF, SENDER_ACCESS
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.postfix.main_cf import MainCf

SMTP = "smtp inet n - n - - smtpd"
LOCAL = "\nlocal unix - n n - - local"


def with_entries(master: str, main: str = "") -> Host:
    host = of_main_cf(main)
    entries = file("master.cf", f"{master}\n".encode())
    return replace(host, files={**host.files, MASTER_CF: entries})


def after(host: Host, plan: Plan) -> Host:
    """The host as the plan leaves its files."""
    changed = {
        one.path: replace(host.files[one.path], live=one.proposed)
        for one in plan.files
        if one.path in host.files
    }
    return replace(host, files={**host.files, **changed})


class Row(NamedTuple):
    """Entries of master.cf, lines of main.cf, the answers of a section, and what its plan says."""

    master: str
    main: str
    section: str
    values: dict[str, object]
    says: str


OVERRULED = {
    "networks of port 25": Row(
        f"{SMTP} -o mynetworks=10.0.0.0/8",
        "",
        "networks",
        {"mynetworks": ["127.0.0.0/8"]},
        "master.cf, smtp/inet: -o mynetworks=10.0.0.0/8 stays",
    ),
    "in braces": Row(
        f"{SMTP}\n -o {{ mynetworks = 10.0.0.0/8,\n  127.0.0.0/8 }}",
        "",
        "networks",
        {"mynetworks": ["127.0.0.0/8"]},
        "-o mynetworks=10.0.0.0/8, 127.0.0.0/8 stays",
    ),
    "behind postscreen": Row(
        "smtpd pass - - n - - smtpd -o smtpd_recipient_restrictions=reject_unauth_destination",
        "smtpd_recipient_restrictions = reject_unauth_destination\n",
        "blocklists",
        {"use": ["spamcop"]},
        "master.cf, smtpd/pass: -o smtpd_recipient_restrictions=reject_unauth_destination stays",
    ),
    "an address of port 25": Row(
        f"192.0.2.1:{SMTP} -o smtpd_recipient_restrictions=",
        "smtpd_recipient_restrictions = reject_unauth_destination\n",
        "blocklists",
        {"use": ["spamcop"]},
        "-o smtpd_recipient_restrictions= stays",
    ),
    "a limit": Row(
        f"{SMTP} -omessage_size_limit=100",
        "",
        "limits",
        {"message_size_limit": 20000000},
        "-o message_size_limit=100 stays",
    ),
    "a name": Row(
        f"{SMTP} -o myhostname=mx.example.net",
        "",
        "hostname",
        {"myhostname": "mail.example.com"},
        "-o myhostname=mx.example.net stays",
    ),
    "a transport": Row(
        f"{SMTP}{LOCAL} -o mailbox_transport=lmtp:x",
        "",
        "delivery",
        {"mailbox_transport": ""},
        "master.cf, local/unix: -o mailbox_transport=lmtp:x stays",
    ),
    "a command": Row(
        f"{SMTP}{LOCAL}",
        "mailbox_command = /usr/bin/procmail\n",
        "delivery",
        {"home_mailbox": "Maildir/", "mailbox_transport": ""},
        "mailbox_command = /usr/bin/procmail stays: it comes before home_mailbox",
    ),
    "commands by user": Row(
        f"{SMTP}{LOCAL}",
        "mailbox_command_maps = hash:/etc/postfix/commands\n",
        "delivery",
        {"home_mailbox": "Maildir/", "mailbox_transport": ""},
        "mailbox_command_maps = hash:/etc/postfix/commands stays",
    ),
    "transports by user": Row(
        f"{SMTP}{LOCAL}\nlmtp unix - - n - - lmtp",
        "mailbox_transport_maps = hash:/etc/postfix/transports\n",
        "delivery",
        {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"},
        "mailbox_transport_maps = hash:/etc/postfix/transports stays",
    ),
    "another program for local mail": Row(
        f"{SMTP}{LOCAL}",
        "local_transport = virtual\n",
        "delivery",
        {"mailbox_transport": ""},
        "local_transport = virtual stays: local(8) does not get the mail",
    ),
}


@pytest.mark.parametrize("row", OVERRULED.values(), ids=OVERRULED)
def test_what_overrules_an_answer_is_named(row: Row) -> None:
    """And again when nothing else is to do."""
    host, answers = with_entries(row.master, row.main), chosen(row.section, row.values)
    plan = build_plan(answers, host, (row.section,))
    assert [one for one in plan.warnings if row.says in one] != []
    again = build_plan(answers, after(host, plan), (row.section,))
    assert [one.path for one in again.files if one.proposed != (one.live or b"")] == []
    assert [one for one in again.warnings if row.says in one] != []
    other = "aliases" if row.section != "aliases" else "limits"
    assert not any(row.says in one for one in build_plan(answers, host, (other,)).warnings)


RELAYS = {
    "a default transport": (
        "default_transport = smtp:[a.example]\n",
        "default_transport = smtp:[a.example]",
    ),
    "by sender": (
        "relayhost = [a.example]\nsender_dependent_relayhost_maps = hash:/x\n",
        "sender_dependent_relayhost_maps = hash:/x",
    ),
    "by recipient": (
        "transport_maps = inline:{ * = smtp:[a.example] }\n",
        "transport_maps = inline:",
    ),
    "at last": ("smtp_fallback_relay = [a.example]\n", "smtp_fallback_relay = [a.example]"),
    "plain": ("relayhost = [a.example]\ndefault_transport = smtp\n", ""),
    "the own transport with its colon": (
        "relayhost = [a.example]\ndefault_transport = smtp:\n",
        "",
    ),
}


@pytest.mark.parametrize(("main", "says"), RELAYS.values(), ids=RELAYS)
def test_another_relay_than_relayhost_stays_and_is_named(main: str, says: str) -> None:
    host, answers = of_main_cf(main), chosen("relay", {"host": ""})
    plan = build_plan(answers, host, ("relay",))
    found = [one for one in plan.warnings if " stays: " in one]
    assert ([one for one in found if one.startswith(says)] != []) if says else found == []
    assert MainCf.parse(plan.files[0].proposed).value("relayhost") is None
    whole = build_plan(answers, host)
    assert [one for one in whole.warnings if says and one.startswith(says)] == []


def test_a_relay_host_of_one_program_is_named() -> None:
    master = f"{SMTP}\nrewrite unix - - n - - trivial-rewrite -o relayhost=[b.example]"
    host = with_entries(master, "relayhost = [a.example]\n")
    plan = build_plan(chosen("relay", {"host": ""}), host, ("relay",))
    assert [one for one in plan.warnings if "-o relayhost=[b.example] stays" in one] != []


FINE = {
    "the same value": Row(
        f"{SMTP} -o mynetworks=127.0.0.0/8", "", "networks", {"mynetworks": ["127.0.0.0/8"]}, ""
    ),
    "a filter's own door": Row(
        f"{SMTP}\n127.0.0.1:10025 inet n - n - - smtpd -o mynetworks=127.0.0.0/8",
        "",
        "networks",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.0/8"]},
        "",
    ),
    "the list of 587": Row(
        f"{SMTP}\nsubmission inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject",
        "smtpd_recipient_restrictions = reject_unauth_destination\n",
        "blocklists",
        {"use": ["spamcop"]},
        "",
    ),
    "a command that lmtp comes before": Row(
        f"{SMTP}{LOCAL}\nlmtp unix - - n - - lmtp",
        "mailbox_command = /usr/bin/procmail\n",
        "delivery",
        {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"},
        "",
    ),
    "local(8) by its name": Row(
        f"{SMTP}{LOCAL}",
        "local_transport = local:$myhostname\n",
        "delivery",
        {"mailbox_transport": ""},
        "",
    ),
}


@pytest.mark.parametrize("row", FINE.values(), ids=FINE)
def test_what_overrules_nothing_is_not_named(row: Row) -> None:
    plan = build_plan(
        chosen(row.section, row.values), with_entries(row.master, row.main), (row.section,)
    )
    assert [one for one in plan.warnings if "stays" in one] == []


CERTIFICATES = {
    "another port": (f"{SMTP}\n2525 inet n - n - - smtpd -o smtpd_tls_cert_file=/x.pem", True),
    "a name of the service": (
        f"{SMTP}\nmail.example.com:10587 inet n - n - - smtpd -o {{ smtpd_tls_key_file = /x }}",
        True,
    ),
    "one that is taken out": (f"{SMTP} -o smtpd_tls_cert_file=/x.pem", False),
    "for this host alone": (
        f"{SMTP}\n127.0.0.1:2525 inet n - n - - smtpd -o smtpd_tls_cert_file=/x",
        False,
    ),
}


@pytest.mark.parametrize(("master", "is_named"), CERTIFICATES.values(), ids=CERTIFICATES)
def test_a_certificate_of_another_port_is_named(master: str, is_named: bool) -> None:
    answers = chosen("certificate", {"source": "self-signed"})
    plan = build_plan(answers, with_entries(master), ("certificate",))
    assert (
        bool([one for one in plan.warnings if "there it overrules smtpd_tls_" in one]) == is_named
    )


LOOKUP = f"check_sender_access {{}}:{SENDER_ACCESS}"


@pytest.mark.parametrize("kind", ["pcre", "regexp", "cidr"])
@pytest.mark.parametrize("where", ["recipient", "client", "entry", "braces"])
def test_a_file_of_patterns_is_not_made_one_of_rows(kind: str, where: str) -> None:
    """Postfix would no longer find the patterns, and postmap(1) would index them as names."""
    lookup, own = LOOKUP.format(kind), "smtpd_recipient_restrictions = reject_unauth_destination"
    main, master = f"{own}\n", SMTP
    if where == "recipient":
        main = f"{own}, {lookup}\n"
    elif where == "braces":
        main = f"{own}, check_sender_access {{ {kind}:{SENDER_ACCESS}, a=b }}\n"
    elif where == "client":
        main = f"{own}\nsmtpd_client_restrictions = {lookup}\n"
    else:
        master = f"{SMTP}\n  -o {{ smtpd_sender_restrictions = {lookup} }}"
    host = with_entries(master, main)
    answers = chosen("blocklists", {"use": ["spamcop"]})
    plan = build_plan(answers, host, ("blocklists",))
    assert [one for one in plan.obstacles if f"as a {kind} table" in one.message] != []
    assert build_plan(answers, host, ("limits",)).obstacles == ()


@pytest.mark.parametrize(
    "lookup", ["hash", "texthash", "proxy:hash", "#pcre", "pcre:/etc/postfix/x, check_x hash"]
)
def test_a_file_of_rows_gets_them(lookup: str) -> None:
    comment = f"#{LOOKUP.format('pcre')}\n" if lookup == "#pcre" else ""
    kind = "hash" if lookup == "#pcre" else lookup
    main = f"{comment}smtpd_recipient_restrictions = reject_unauth_destination, {LOOKUP.format(kind)}\n"
    answers = chosen("blocklists", {"use": ["spamcop"]})
    plan = build_plan(answers, with_entries(SMTP, main), ("blocklists",))
    assert plan.obstacles == ()


def test_the_table_through_proxymap_is_the_table_of_the_answers() -> None:
    main = (
        f"smtpd_recipient_restrictions = reject_unauth_destination, {LOOKUP.format('proxy:hash')}\n"
    )
    answers = chosen("blocklists", {"use": [], "reject_senders": ["a.example"]})
    plan = build_plan(answers, with_entries(SMTP, main), ("blocklists",))
    value = MainCf.parse(plan.files[0].proposed).value("smtpd_recipient_restrictions")
    assert value is not None
    assert value.count(SENDER_ACCESS) == 1


def test_the_master_cf_of_these_tests_is_read() -> None:
    assert with_entries(SMTP).text(MASTER_CF) == f"{SMTP}\n".encode()


def of_aliases(main: str, master: str = f"{SMTP}{LOCAL}") -> list[str]:
    host = with_entries(master, main).with_file("/etc/aliases", live=b"root: hanako\n")
    host = replace(host, aliases=Aliases("hash"), users=(User("taro", 1000),))
    plan = build_plan(chosen("aliases", {"root": "taro"}), host, ("aliases",))
    assert plan.obstacles == ()
    return list(plan.warnings)


COME_FIRST = {
    "another table": "alias_maps = nis:mail.aliases, hash:/etc/aliases\n",
    "a table in the line": "alias_maps = inline:{ root = jiro } hash:/etc/aliases\n",
    "a file with a like name": "alias_maps = hash:/etc/aliases.local,\n  hash:/etc/aliases\n",
    "virtual aliases": "virtual_alias_maps = hash:/etc/postfix/virtual\n",
    "canonical names": "recipient_canonical_maps = hash:/etc/postfix/canonical\n",
}


@pytest.mark.parametrize("main", COME_FIRST.values(), ids=COME_FIRST)
def test_tables_before_the_aliases_are_named(main: str) -> None:
    said = "rows for root, postmaster or abuse there come before those of /etc/aliases"
    assert [one for one in of_aliases(main) if said in one] != []


def test_a_local_program_with_other_aliases_is_named() -> None:
    master = f"{SMTP}{LOCAL} -o alias_maps=hash:/x"
    said = "-o alias_maps=hash:/x stays: /etc/aliases is not looked up."
    assert [one for one in of_aliases("", master) if said in one] != []


@pytest.mark.parametrize(
    "main",
    [
        "",
        "alias_maps = hash:/etc/aliases, nis:mail.aliases\n",
        "alias_maps = $alias_database\nalias_database = hash:/etc/aliases\n",
        "alias_maps = proxy:hash:/etc/aliases\n",
        "alias_maps = $default_database_type:/etc/aliases\ndefault_database_type = hash\n",
        "virtual_alias_maps =\n",
    ],
)
def test_tables_behind_the_aliases_are_not_named(main: str) -> None:
    assert [one for one in of_aliases(main) if "stays" in one or "come before" in one] == []
