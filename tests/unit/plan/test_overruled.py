"""What stays on a server and overrules the answers of a section: each plan says so, and again after its run."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.factories import file
from tests.unit.plan.test_live_values import chosen, of_main_cf
from wizard.host.facts import Host
from wizard.paths import MASTER_CF, SENDER_ACCESS
from wizard.plan.losses import losses
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


EXCLUSIONS = {
    "the new item takes no place before it": (
        "mynetworks = 10.0.0.0/8, !192.168.5.0/24, 172.16.0.0/12\n",
        ["192.168.0.0/16", "172.16.0.0/12"],
        "!192.168.5.0/24, 192.168.0.0/16, 172.16.0.0/12",
        "",
    ),
    "a table, last": (
        "mynetworks = 10.0.0.0/8, !cidr:/etc/postfix/bad\n",
        ["192.168.0.0/16", "127.0.0.0/8"],
        "!cidr:/etc/postfix/bad, 192.168.0.0/16, 127.0.0.0/8",
        "",
    ),
    "one that excludes the answer": (
        "mynetworks = !192.168.0.0/16, 127.0.0.0/8\n",
        ["192.168.4.0/24", "127.0.0.0/8"],
        "!192.168.0.0/16, 192.168.4.0/24, 127.0.0.0/8",
        "!192.168.0.0/16 comes before 192.168.4.0/24 and excludes it",
    ),
    "behind what is there already": (
        "mynetworks = 127.0.0.0/8 10.0.0.0/8 !10.0.0.5\n",
        ["10.0.0.0/8", "127.0.0.0/8"],
        "127.0.0.0/8 10.0.0.0/8 !10.0.0.5",
        "",
    ),
    "twice negated": (
        "mynetworks = 10.0.0.0/8 !!192.168.0.0/16\n",
        ["127.0.0.0/8"],
        "127.0.0.0/8 !!192.168.0.0/16",
        "",
    ),
}


@pytest.mark.parametrize(("line", "wanted", "value", "says"), EXCLUSIONS.values(), ids=EXCLUSIONS)
def test_an_exclusion_counts_for_new_networks_too(
    line: str, wanted: list[str], value: str, says: str
) -> None:
    host, answers = of_main_cf(line), chosen("networks", {"mynetworks": wanted})
    plan = build_plan(answers, host, ("networks",))
    assert MainCf.parse(plan.files[0].proposed).value("mynetworks") == value
    found = [one for one in plan.warnings if "excludes it" in one]
    assert bool(found) == bool(says)
    assert all(says in one for one in found)
    again = build_plan(answers, after(host, plan), ("networks",))
    assert again.files[0].proposed == again.files[0].live
    assert [one for one in again.warnings if "excludes it" in one] == found


def test_an_excluded_domain_is_not_local() -> None:
    host = of_main_cf("mydestination = $myhostname, !a.example, b.example\n")
    plan = build_plan(chosen("domains", {"local": ["a.example"]}), host, ("domains",))
    value = MainCf.parse(plan.files[0].proposed).value("mydestination")
    assert value == "$myhostname, !a.example, a.example"
    assert any("!a.example comes before a.example" in one for one in plan.warnings)
    assert any("b.example is no longer local" in one for one in losses(plan))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("mynetworks = 127.0.0.0/8\nmynetworks = 127.0.0.0/8, 10.0.0.0/8\n", "that one is edited"),
        ("mynetworks = 10.0.0.0/8\nmynetworks = 10.0.0.0/8\n", "all are edited"),
        (
            "mynetworks = 1.2.3.4\nmynetworks = 10.0.0.0/8\nmynetworks = 10.0.0.0/8\n",
            "the last 2 are edited",
        ),
    ],
)
def test_lines_that_an_edit_makes_alike_were_not_all_edited(lines: str, says: str) -> None:
    answers = chosen("networks", {"mynetworks": ["127.0.0.0/8"]})
    plan = build_plan(answers, of_main_cf(lines), ("networks",))
    assert [one for one in plan.warnings if "main.cf sets mynetworks" in one and says in one] != []


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
