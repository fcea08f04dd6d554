"""Live values of every kind under answers of every field: what a section's run makes of them.

What an answer cannot say never equals one; what it says in another spelling does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, Optional

import pytest

from tests.factories import FRESH, file, managed
from wizard.answers.build import build_each, to_values
from wizard.answers.model import Answers
from wizard.answers.toml import format_answers, parse_answers, parse_stored
from wizard.answers.unsaid import is_unsaid
from wizard.drafts.draft import Draft
from wizard.host.facts import Host, Package
from wizard.paths import MAIN_CF, MASTER_CF, SELF_SIGNED_CERT
from wizard.plan.choices import Choices
from wizard.plan.losses import losses
from wizard.plan.model import Plan
from wizard.plan.report import as_json
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Base, hand_edits
from wizard.planning.read_back import read_back
from wizard.postfix.main_cf import MainCf

NAME = "myhostname = mail.example.com\n"
HOSTNAME = {"myhostname": "mail.example.com"}
LIVE = "/etc/letsencrypt/live/example.com"
LINEAGE = {"source": "letsencrypt", "name": "example.com"}
SUBNET = {"mynetworks": "127.0.0.0/8 192.0.2.0/24"}


def of_main_cf(lines: str, in_force: Optional[dict[str, str]] = None, **facts: Any) -> Host:
    """A host whose main.cf has these lines after its name, unless they set that."""
    text = lines if "myhostname =" in lines else NAME + lines
    package = Package("postfix-3.5.25", candidate=False)
    postfix = replace(FRESH.postfix, package=package, in_force=in_force or {})
    files = managed(file("main.cf", text.encode()), FRESH.files[MASTER_CF])
    return replace(FRESH, postfix=postfix, files=files, lineages=(), **facts)


def chosen(section: str, values: dict[str, Any]) -> Answers:
    """Answers with one section's values, the policy's defaults beside them."""
    answers = build_each({"hostname": HOSTNAME, "certificate": LINEAGE, section: values})
    assert isinstance(answers, Answers), answers
    return answers


def planned(lines: str, section: str, values: dict[str, Any], **facts: Any) -> tuple[Plan, MainCf]:
    plan = build_plan(chosen(section, values), of_main_cf(lines, **facts), (section,))
    return plan, MainCf.parse(plan.files[0].proposed)


class Row(NamedTuple):
    """Live lines, the answers of a section, and the parameters after its run; None is not set."""

    lines: str
    section: str
    values: dict[str, Any]
    after: dict[str, Optional[str]]
    in_force: Optional[dict[str, str]] = None


STATIC = (
    "relayhost = [smtp.example.net]:587\nsmtp_sasl_auth_enable = yes\n"
    "smtp_sasl_password_maps = static:taro:secret\n"
    "smtp_tls_security_level = encrypt\n"
)
LOOPBACK = {"mynetworks": ["127.0.0.0/8"]}
RELAY = {"host": "smtp.example.net", "port": 587, "tls": "encrypt"}

WRITTEN = {
    "the subnet is in force": Row("", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}, SUBNET),
    "the list would follow the interfaces": Row(
        "mynetworks_style = subnet\ninet_interfaces = localhost\ninet_protocols = ipv4\n",
        "networks",
        {**LOOPBACK, "inet_interfaces": "all", "inet_protocols": "ipv4"},
        {"mynetworks": "127.0.0.0/8", "inet_interfaces": "all"},
        {"mynetworks": "127.0.0.0/8"},
    ),
    "the list would follow the protocols": Row(
        "mynetworks_style = class\ninet_interfaces = all\ninet_protocols = ipv4\n",
        "networks",
        {"mynetworks": ["127.0.0.0/8", "[::1]/128"], "inet_protocols": "all"},
        {"mynetworks": "127.0.0.0/8, [::1]/128"},
        {"mynetworks": "127.0.0.0/8 [::1]/128"},
    ),
    "the domain would follow the name": Row(
        "",
        "hostname",
        {"myhostname": "mx.example.org", "mydomain": "example.com"},
        {"myhostname": "mx.example.org", "mydomain": "example.com"},
        {"mydomain": "example.com"},
    ),
    "what is in force is not known": Row("", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}),
    "an empty list": Row(
        "mynetworks =\n", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}, SUBNET
    ),
    "a table alone": Row(
        "mynetworks = cidr:/etc/postfix/nets\n",
        "networks",
        LOOPBACK,
        {"mynetworks": "cidr:/etc/postfix/nets, 127.0.0.0/8"},
    ),
    "a file": Row(
        "mynetworks = /etc/postfix/nets, 127.0.0.0/8, 10.0.0.0/8\n",
        "networks",
        LOOPBACK,
        {"mynetworks": "/etc/postfix/nets, 127.0.0.0/8"},
    ),
    "the whole world": Row(
        "mynetworks = 0.0.0.0/0\n", "networks", LOOPBACK, {"mynetworks": "127.0.0.0/8"}
    ),
    "interfaces by a name": Row(
        "inet_interfaces = $myhostname, 192.0.2.5\n",
        "networks",
        LOOPBACK,
        {"inet_interfaces": "all"},
    ),
    "protocols by a condition": Row(
        "inet_protocols = ${v6?all}${v6:ipv4}\n", "networks", LOOPBACK, {"inet_protocols": "ipv4"}
    ),
    "a router by its name": Row(
        "proxy_interfaces = router.example, 198.51.100.1\n",
        "networks",
        {**LOOPBACK, "proxy_interfaces": ["198.51.100.2"]},
        {"proxy_interfaces": "router.example, 198.51.100.2"},
    ),
    "a relay whose MX is looked up": Row(
        "relayhost = smtp.example.net:26\n", "relay", {}, {"relayhost": None}
    ),
    "a relay without brackets becomes one": Row(
        "relayhost = smtp.example.net\n", "relay", RELAY, {"relayhost": "[smtp.example.net]:587"}
    ),
    "a password in main.cf": Row(
        STATIC,
        "relay",
        {},
        {"relayhost": None, "smtp_sasl_password_maps": None, "smtp_sasl_auth_enable": None},
    ),
    "a password in main.cf, the same relay": Row(
        STATIC,
        "relay",
        RELAY,
        {"relayhost": "[smtp.example.net]:587", "smtp_sasl_password_maps": None},
    ),
    "a table of levels": Row(
        "relayhost = [smtp.example.net]:587\nsmtp_tls_policy_maps = hash:/etc/postfix/tls\n",
        "relay",
        RELAY,
        {"smtp_tls_policy_maps": "inline:{ { [smtp.example.net]:587 = encrypt } }"},
    ),
    "a login that is on by a name": Row(
        STATIC.replace("enable = yes", "enable = $on"),
        "relay",
        RELAY,
        {"smtp_sasl_password_maps": None, "smtp_sasl_auth_enable": None},
    ),
    "a login in capitals": Row(
        STATIC.replace("enable = yes", "enable = YES"),
        "relay",
        RELAY,
        {"smtp_sasl_password_maps": None, "smtp_sasl_auth_enable": None},
    ),
    "a relay by an address of IPv6": Row(
        "relayhost = [IPv6:2001:db8::9]:smtp\n", "relay", {}, {"relayhost": None}
    ),
    "a limit with a unit": Row(
        "message_size_limit = 10M\n", "limits", {}, {"message_size_limit": "10485760"}
    ),
    "a limit on a line of its own": Row(
        "default_process_limit =\n# x\n\t$many\n", "limits", {}, {"default_process_limit": "50"}
    ),
    "no certificate": Row(
        "", "certificate", {"source": "self-signed"}, {"smtpd_tls_cert_file": SELF_SIGNED_CERT}
    ),
    "the leaf alone": Row(
        f"smtpd_tls_cert_file = {LIVE}/cert.pem\nsmtpd_tls_key_file = {LIVE}/privkey.pem\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_cert_file": f"{LIVE}/fullchain.pem"},
    ),
    "another lineage's key": Row(
        f"smtpd_tls_cert_file = {LIVE}/fullchain.pem\nsmtpd_tls_key_file = {LIVE}.old/privkey.pem\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_key_file": f"{LIVE}/privkey.pem"},
    ),
    "a certificate by a parameter": Row(
        f"smtpd_tls_cert_file = $tls_dir/fullchain.pem\ntls_dir = {LIVE}\n",
        "certificate",
        LINEAGE,
        {"smtpd_tls_cert_file": f"{LIVE}/fullchain.pem"},
    ),
    "a limit out of bounds": Row(
        "mailbox_size_limit = 9000000000\n", "limits", {}, {"mailbox_size_limit": "0"}
    ),
    "a limit by a parameter": Row(
        "message_size_limit = $mine\n", "limits", {}, {"message_size_limit": "10485760"}
    ),
    "a time of two units": Row(
        "anvil_rate_time_unit = 1h30m\n", "limits", {}, {"anvil_rate_time_unit": "60s"}
    ),
    "a mail name in a file": Row(
        "myorigin = /etc/mailname\n", "hostname", HOSTNAME, {"myorigin": "$myhostname"}
    ),
    "the domain of two labels": Row(
        "myhostname = example.com\n",
        "hostname",
        {"myhostname": "example.com"},
        {"mydomain": "example.com"},
    ),
    "a transport without a colon": Row(
        "mailbox_transport = dovecot\n",
        "delivery",
        {},
        {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"},
    ),
    "no transport": Row(
        "mailbox_transport = dovecot\n",
        "delivery",
        {"mailbox_transport": ""},
        {"mailbox_transport": None},
    ),
    "a mailbox with a condition": Row(
        "home_mailbox = ${x?Maildir/}\n", "delivery", {}, {"home_mailbox": "Maildir/"}
    ),
    "a blocklist whose name no host may have": Row(
        "smtpd_recipient_restrictions = reject_unauth_destination, reject_rbl_client b_l.example\n",
        "blocklists",
        {"use": ["spamcop"]},
        {
            "smtpd_recipient_restrictions": "reject_unauth_destination, check_sender_access"
            " hash:/etc/postfix/sender_access, reject_rbl_client bl.spamcop.net,"
            " reject_rbl_client b_l.example"
        },
    ),
    "a delimiter of five": Row(
        "recipient_delimiter = +-_=.\n", "delivery", {}, {"recipient_delimiter": "+"}
    ),
}
"""Where the answer is the policy's default, and is written all the same."""


@pytest.mark.promise(41)
@pytest.mark.parametrize("row", WRITTEN.values(), ids=WRITTEN)
def test_an_answer_is_written_over_what_no_answer_says(row: Row) -> None:
    plan, main = planned(row.lines, row.section, row.values, in_force=row.in_force)
    assert {name: main.value(name) for name in row.after} == row.after
    assert "main.cf" in [step.id for step in plan.pending]


@pytest.mark.promise(40)
@pytest.mark.parametrize(
    "lines",
    [
        "",
        "smtpd_tls_cert_file =\n",
        "smtpd_tls_cert_file = mail.pem\n",
        "smtpd_tls_chain_files = /etc/postfix/chain.pem\n",
    ],
)
def test_a_certificate_that_no_answer_says_is_not_one_of_the_stored_answers(lines: str) -> None:
    """Else a run's own checks end with `not the name of a lineage`."""
    today = read_back(of_main_cf(lines))
    assert today is not None
    stored = parse_stored(format_answers(today))
    assert isinstance(stored, Answers)
    assert is_unsaid(stored.certificate.source)
    assert build_plan(stored, of_main_cf(lines)).steps


@pytest.mark.slow
@pytest.mark.promise(41)
@pytest.mark.parametrize("row", WRITTEN.values(), ids=WRITTEN)
def test_what_no_answer_says_stays_as_long_as_nobody_chooses(row: Row) -> None:
    """Read back, planned at once, and through a form in which nothing was typed."""
    host = of_main_cf(row.lines, row.in_force)
    today = read_back(host)
    assert today is not None
    draft = Draft(host, to_values(today), first=False, today=today)
    assert draft.to_run == ()
    values, wrong = draft.checked(row.section)
    assert wrong == ()
    again = build_each({**to_values(today), row.section: values})
    for answers in (today, again):
        assert isinstance(answers, Answers)
        if "0.0.0.0/0" not in row.lines:
            plan = build_plan(answers, host, (row.section,))
            assert plan.files[0].proposed == host.files[MAIN_CF].live
    parsed = parse_answers(format_answers(today))
    assert not isinstance(parsed, Answers) or row.section not in dict(_unsaid_fields(parsed))


def _unsaid_fields(answers: Answers) -> list[tuple[str, str]]:
    return [
        (section, name)
        for section, values in to_values(answers).items()
        for name, value in values.items()
        if is_unsaid(value)
    ]


def test_a_form_shows_the_live_text_and_takes_what_is_typed_for_it() -> None:
    host = of_main_cf("mailbox_size_limit = 9000000000\nmailbox_transport = dovecot\n")
    today = read_back(host)
    assert today is not None
    draft = Draft(host, to_values(today), first=False, today=today)
    assert str(draft.text("limits", "mailbox_size_limit")) == "9000000000"
    assert str(draft.text("delivery", "mailbox_transport")) == "dovecot"
    draft.set("delivery", "mailbox_transport", "dovecot2")
    assert draft.problems("delivery")
    assert draft.is_changed("delivery")
    draft.set("delivery", "mailbox_transport", "dovecot")
    assert not draft.problems("delivery")
    assert not draft.is_changed("delivery")
    draft.set("limits", "mailbox_size_limit", "0")
    answers = draft.answers_to_plan()
    assert isinstance(answers, Answers)
    plan = build_plan(answers, host, draft.to_run)
    after = MainCf.parse(plan.files[0].proposed)
    assert (after.value("mailbox_size_limit"), after.value("mailbox_transport")) == ("0", "dovecot")


def test_the_state_equals_no_answer() -> None:
    host = of_main_cf("anvil_rate_time_unit = 1h30m\ndefault_process_limit = $x\nmynetworks =\n")
    today = read_back(host)
    assert today is not None
    assert _unsaid_fields(today) == [
        ("networks", "mynetworks"),
        ("certificate", "source"),
        ("limits", "anvil_rate_time_unit"),
        ("limits", "default_process_limit"),
    ]
    assert today == read_back(host)
    assert today.limits.anvil_rate_time_unit != "1h30m"
    assert today.limits.default_process_limit != 0
    assert is_unsaid(today.networks.mynetworks)
    assert today.networks.mynetworks != ()


def test_a_password_in_main_cf_is_not_shown() -> None:
    today = read_back(of_main_cf(STATIC))
    assert today is not None
    assert "secret" not in repr(to_values(today))
    other = STATIC.replace(
        "static:taro", "hash:/etc/postfix/mine, inline:{ a=taro:secret } static:x"
    )
    today = read_back(of_main_cf(other))
    assert today is not None
    assert str(today.relay.user) == "hash:/etc/postfix/mine, inline:..., static:..."
    plan, _ = planned(other, "relay", RELAY)
    told = [one for one in plan.warnings if "smtp_sasl_password_maps" in one]
    assert [one.partition(" is taken out")[0] for one in told] == [
        "smtp_sasl_password_maps = hash:/etc/postfix/mine, inline:..., static:..."
    ]


NETS = "mynetworks = 127.0.0.0/8, "
LOCAL = "mydestination = "
NAMED = {"local": ["a.example.com"]}

BY_MEANING = {
    "one host": (NETS + "10.0.0.5\n", LOOPBACK, "127.0.0.0/8"),
    "one host of IPv6": (NETS + "[::1]\n", LOOPBACK, "127.0.0.0/8"),
    "one host in brackets": (NETS + "[10.0.0.5]\n", LOOPBACK, "127.0.0.0/8"),
    "one host that stays": (
        NETS + "10.0.0.5\n",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.5/32"]},
        "127.0.0.0/8, 10.0.0.5",
    ),
    "an IPv6 network in another spelling": (
        NETS + "[2001:DB8:0::]/64\n",
        {"mynetworks": ["127.0.0.0/8", "[2001:db8::]/64"]},
        "127.0.0.0/8, [2001:DB8:0::]/64",
    ),
    "a network that Postfix cannot read": ("mynetworks = 127/8 10/8\n", LOOPBACK, "127.0.0.0/8"),
    "a network that Postfix cannot read, and again as it can": (
        "mynetworks = 127/8, 127.0.0.0/8, 10/8, 10.0.0.1/8\n",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.0/8"]},
        "127.0.0.0/8, 10.0.0.0/8",
    ),
    "a network with host bits": ("mynetworks = 127.0.0.1/8\n", LOOPBACK, "127.0.0.0/8"),
    "a mask, which Postfix cannot read": (NETS + "10.0.0.0/255.0.0.0\n", LOOPBACK, "127.0.0.0/8"),
    "a mask that stays": (
        NETS + "10.0.0.0/255.0.0.0\n",
        {"mynetworks": ["127.0.0.0/8", "10.0.0.0/8"]},
        "127.0.0.0/8, 10.0.0.0/8",
    ),
    "an address of IPv4 in one of IPv6, and one with a zone": (
        NETS + "[::ffff:10.0.0.5]/128, [fe80::1%eth0]\n",
        LOOPBACK,
        "127.0.0.0/8, [::ffff:10.0.0.5]/128, [fe80::1%eth0]",
    ),
    "networks in a condition": (
        NETS + "${x?{10.0.0.0/8, 10.0.0.5, 192.0.2.0/24}:{10.0.0.6}}, 10.0.0.7\n",
        LOOPBACK,
        "127.0.0.0/8, ${x?{10.0.0.0/8, 10.0.0.5, 192.0.2.0/24}:{10.0.0.6}}",
    ),
    "tabs": ("mynetworks\t=\t127.0.0.0/8\t10.0.0.5\n", LOOPBACK, "127.0.0.0/8"),
    "the last of two lists": (
        "mynetworks = 10.0.0.5\nmynetworks = 127.0.0.0/8 192.0.2.9\n",
        LOOPBACK,
        "127.0.0.0/8",
    ),
    "names in a condition with blanks": (
        LOCAL + "$myhostname, ${x ? b.example : c.example }\n",
        NAMED,
        "$myhostname, a.example.com, ${x ? b.example : c.example }",
    ),
    "names behind a parameter and a file": (
        LOCAL + "/etc/postfix/dests, pcre:/etc/postfix/d, $mine, old.example\nmine = $myhostname\n",
        NAMED,
        "/etc/postfix/dests, pcre:/etc/postfix/d, $mine, a.example.com",
    ),
    "a name in its own script, which is not its A-label": (
        LOCAL + "$myhostname, 例え.example\n",
        {"local": ["xn--r8jz45g.example"]},
        "$myhostname, xn--r8jz45g.example, 例え.example",
    ),
    "its own name of two parameters": (
        "myhostname = $h.example.com\nh = mail\n" + LOCAL + "mail.example.com, example.com\n",
        NAMED,
        "mail.example.com, example.com, a.example.com",
    ),
    "an exclusion": (
        "mynetworks = !10.0.0.1, 10.0.0.0/8\n",
        LOOPBACK,
        "!10.0.0.1, 127.0.0.0/8",
    ),
    "an exclusion and a parameter": (
        NETS + "!10.0.0.5, $lan, 10.0.0.0/8\n",
        LOOPBACK,
        "127.0.0.0/8, !10.0.0.5, $lan",
    ),
    "its own names written out": (
        LOCAL + "mail.example.com, localhost.example.com, localhost, example.com\n",
        NAMED,
        "mail.example.com, localhost.example.com, localhost, example.com, a.example.com",
    ),
    "its own names in every spelling": (
        LOCAL + "$(myhostname) localhost.${mydomain} LOCALHOST MAIL.example.com ${mydomain}\n",
        NAMED,
        "$(myhostname) localhost.${mydomain} LOCALHOST MAIL.example.com ${mydomain} a.example.com",
    ),
    "its own name by its domain": (
        LOCAL + "mail.$mydomain, www.$mydomain\n",
        {"local": ["www.example.com"]},
        "mail.$mydomain, www.$mydomain",
    ),
    "a name by the domain that goes": (
        LOCAL + "$myhostname, www.$mydomain\n",
        {},
        "$myhostname",
    ),
    "capitals": (LOCAL + "$myhostname, A.Example.COM\n", NAMED, "$myhostname, A.Example.COM"),
    "a dot last, which Postfix matches with nothing": (
        LOCAL + "$myhostname, a.example.com.\n",
        NAMED,
        "$myhostname, a.example.com",
    ),
    "a name of one label and a table": (
        LOCAL + "$myhostname, mailbox, hash:/etc/postfix/names, old.example\n",
        NAMED,
        "$myhostname, mailbox, hash:/etc/postfix/names, a.example.com",
    ),
    "its own domain, which was not local": (
        LOCAL + "localhost\n",
        {"local": ["example.com"]},
        "localhost, example.com",
    ),
    "not set, its own domain": (
        "",
        {"local": ["mail.example.com", "example.com"]},
        "$myhostname, localhost.$mydomain, localhost, example.com",
    ),
    "not set, where Postfix has three": (
        "",
        NAMED,
        "$myhostname, localhost.$mydomain, localhost, a.example.com",
    ),
    "not set, and nothing to add": ("", {}, None),
}


@pytest.mark.slow
@pytest.mark.promise(41)
@pytest.mark.parametrize(("lines", "values", "after"), BY_MEANING.values(), ids=list(BY_MEANING))
def test_items_are_compared_by_what_they_mean(
    lines: str, values: dict[str, Any], after: Optional[str]
) -> None:
    name = "mynetworks" if "mynetworks" in lines else "mydestination"
    section = "networks" if name == "mynetworks" else "domains"
    plan, main = planned(lines, section, values)
    assert main.value(name) == after
    once_more = build_plan(
        chosen(section, values),
        of_main_cf(lines).with_file(MAIN_CF, live=plan.files[0].proposed),
        (section,),
    )
    assert once_more.files[0].proposed == plan.files[0].proposed


def test_the_whole_policy_brings_the_implied_names_once() -> None:
    """Also where the answers name one of them."""
    answers = chosen("domains", {"local": ["example.com", "a.example.com"]})
    plan = build_plan(answers, of_main_cf(LOCAL + "$myhostname, localhost\n"))
    main = MainCf.parse(plan.files[0].proposed)
    assert main.value("mydestination") == (
        "$myhostname, localhost.$mydomain, localhost, $mydomain, a.example.com"
    )


WITHIN = {
    "127.0.0.1, 10.0.0.5": (["127.0.0.0/8"], "10.0.0.5"),
    "[::1], [2001:db8::1]": (["127.0.0.0/8", "[::]/64"], "[2001:db8::1]"),
    "10.0.0.0/8": (["10.0.0.0/9"], "10.0.0.0/8"),
    "!127.0.0.9, 127.0.0.1": (["127.0.0.0/8"], "127.0.0.1"),
}


@pytest.mark.promise(52)
@pytest.mark.parametrize("live", WITHIN)
def test_what_a_wider_network_still_lets_in_is_not_said_to_go(live: str) -> None:
    """An exclusion (`!`) decides by its place, so then each network that goes is named."""
    networks, gone = WITHIN[live]
    values = {"mynetworks": networks, "inet_protocols": "all"}
    plan, _ = planned(f"mynetworks = {live}\n", "networks", values)
    assert tuple(losses(plan)) == (
        f"Taken away: {gone} can no longer relay without a password (mynetworks).",
    )


def test_what_takes_access_away_is_said_first() -> None:
    plan, _ = planned(NETS + "10.0.0.5, [::1]\n", "networks", LOOPBACK)
    lost = "Taken away: 10.0.0.5, [::1] can no longer relay without a password (mynetworks)."
    assert tuple(losses(plan)) == (lost,)
    assert as_json(plan)["taken_away"] == [lost]
    plan, _ = planned(LOCAL + "mail.example.com, old.example\n", "domains", NAMED)
    assert tuple(losses(plan)) == (
        "Taken away: old.example is no longer local here (mydestination).",
    )
    plan, _ = planned("", "networks", LOOPBACK, in_force=SUBNET)
    (lost,) = losses(plan)
    assert "only 127.0.0.0/8 can" in lost
    plan, _ = planned(
        NETS + "10.0.0.5/32\n", "networks", {"mynetworks": ["127.0.0.0/8", "10.0.0.5"]}
    )
    assert tuple(losses(plan)) == ()


def test_what_no_answer_can_say_is_told() -> None:
    plan, _ = planned(NETS + "$lan, cidr:/etc/postfix/nets\n", "networks", LOOPBACK)
    said = "mynetworks: no answer can express $lan, cidr:/etc/postfix/nets; it stays"
    assert any(one.startswith(said) for one in plan.warnings)


RESPELLED = {
    "one host": ("mynetworks", "127.0.0.0/8, 10.0.0.5/32", "127.0.0.0/8 10.0.0.5"),
    "IPv6": ("mynetworks", "[::1]/128", "[0:0::1]"),
    "its own name": ("mydestination", "$myhostname, localhost", "mail.example.com localhost"),
    "braces": ("mydestination", "localhost.$mydomain", "localhost.${mydomain}"),
    "a dot and capitals": ("mydestination", "a.example.com", "A.example.com."),
}


@pytest.mark.promise(29)
@pytest.mark.parametrize(("name", "left", "now"), RESPELLED.values(), ids=list(RESPELLED))
def test_another_spelling_is_no_edit_by_hand(name: str, left: str, now: str) -> None:
    texts = [f"{NAME}{name} = {value}\n".encode() for value in (left, now, left)]
    base = Base(texts[0], "1")
    edits = hand_edits(MAIN_CF, base, texts[1], texts[2], Choices())
    assert [one.name for one in edits] == []


NET16 = "mynetworks = 10.1.0.0/16, 10.2.0.0/16, 127.0.0.0/8\n"
NAMES3 = LOCAL + "$myhostname, a.example, b.example, c.example\n"
PLACES = {
    "a network that is changed": (
        NET16,
        {"mynetworks": ["10.1.0.0/16", "10.9.0.0/16", "127.0.0.0/8"]},
        "mynetworks = 10.1.0.0/16, 10.9.0.0/16, 127.0.0.0/8\n",
    ),
    "the same, in a form that adds at the end": (
        NET16,
        {"mynetworks": ["10.1.0.0/16", "127.0.0.0/8", "10.9.0.0/16"]},
        "mynetworks = 10.1.0.0/16, 10.9.0.0/16, 127.0.0.0/8\n",
    ),
    "one before all others": (
        NET16,
        {"mynetworks": ["10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "127.0.0.0/8"]},
        "mynetworks = 10.0.0.0/16, 10.1.0.0/16, 10.2.0.0/16, 127.0.0.0/8\n",
    ),
    "one in the middle": (
        NET16,
        {"mynetworks": ["10.1.0.0/16", "10.9.0.0/16", "10.2.0.0/16", "127.0.0.0/8"]},
        "mynetworks = 10.1.0.0/16, 10.9.0.0/16, 10.2.0.0/16, 127.0.0.0/8\n",
    ),
    "one behind an exclusion": (
        "mynetworks = !10.1.0.9, 10.1.0.0/16, cidr:/etc/nets\n",
        {"mynetworks": ["10.9.0.0/16", "10.1.0.0/16"]},
        "mynetworks = !10.1.0.9, 10.9.0.0/16, 10.1.0.0/16, cidr:/etc/nets\n",
    ),
    "all of them": (
        "mynetworks = 10.1.0.0/16 10.2.0.0/16\n",
        {"mynetworks": ["10.3.0.0/16", "10.4.0.0/16", "10.5.0.0/16"]},
        "mynetworks = 10.3.0.0/16 10.4.0.0/16 10.5.0.0/16\n",
    ),
    "two of one": (
        NET16,
        {"mynetworks": ["10.1.0.0/16", "10.8.0.0/16", "10.9.0.0/16", "127.0.0.0/8"]},
        "mynetworks = 10.1.0.0/16, 10.8.0.0/16, 10.9.0.0/16, 127.0.0.0/8\n",
    ),
    "a name on a line": (
        NAMES3,
        {"local": ["a.example", "z.example", "c.example"]},
        LOCAL + "$myhostname, a.example, z.example, c.example\n",
    ),
    "a name more on a line": (
        NAMES3,
        {"local": ["a.example", "b.example", "c.example", "d.example"]},
        LOCAL + "$myhostname, a.example, b.example, c.example, d.example\n",
    ),
    "a name on a line of its own": (
        LOCAL + "$myhostname,\n\t# the shop\n\ta.example,\n\tb.example\n",
        {"local": ["z.example", "b.example"]},
        LOCAL + "$myhostname,\n\t# the shop\n\tz.example,\n\tb.example\n",
    ),
    "tabs": (
        LOCAL + "$myhostname\ta.example\tb.example\n",
        {"local": ["a.example", "z.example"]},
        LOCAL + "$myhostname\ta.example\tz.example\n",
    ),
    "commas in front": (
        LOCAL + "$myhostname\n  , a.example\n  , b.example\n",
        {"local": ["z.example", "b.example"]},
        LOCAL + "$myhostname\n  , z.example\n  , b.example\n",
    ),
    "lines that end in CRLF": (
        LOCAL + "$myhostname,\r\n  a.example,\r\n  b.example\r\n",
        {"local": ["a.example", "z.example"]},
        LOCAL + "$myhostname,\r\n  a.example,\r\n  z.example\r\n",
    ),
    "two on a line": (
        "mynetworks = 127.0.0.0/8\n  10.2.0.0/16 10.3.0.0/16\n",
        {"mynetworks": ["127.0.0.0/8", "10.9.0.0/16", "10.3.0.0/16"]},
        "mynetworks = 127.0.0.0/8\n  10.9.0.0/16 10.3.0.0/16\n",
    ),
    "a router in brackets": (
        "mynetworks = 127.0.0.0/8\nproxy_interfaces = [2001:DB8::1], 198.51.100.1\n",
        {**LOOPBACK, "proxy_interfaces": ["2001:db8::1", "198.51.100.2"]},
        "mynetworks = 127.0.0.0/8\nproxy_interfaces = [2001:DB8::1], 198.51.100.2\n",
    ),
    "a router among parameters": (
        "mynetworks = 127.0.0.0/8\nproxy_interfaces = $router,\n  198.51.100.1\n",
        {**LOOPBACK, "proxy_interfaces": ["198.51.100.2"]},
        "mynetworks = 127.0.0.0/8\nproxy_interfaces = $router,\n  198.51.100.2\n",
    ),
    "an address on a line of its own": (
        "mynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1,\n  # outside\n  192.0.2.5\n",
        {**LOOPBACK, "inet_interfaces": "127.0.0.1, 192.0.2.6"},
        "mynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1,\n  # outside\n  192.0.2.6\n",
    ),
}


@pytest.mark.promise(17)
@pytest.mark.parametrize(("lines", "values", "after"), PLACES.values(), ids=list(PLACES))
def test_a_new_item_takes_the_place_of_the_one_that_it_replaces(
    lines: str, values: dict[str, Any], after: str
) -> None:
    plan, _ = planned(lines, "domains" if "local" in values else "networks", values)
    assert plan.files[0].proposed.decode().startswith(NAME + after)


RULES = "smtpd_recipient_restrictions = "
SPAMCOP = "check_sender_access hash:/etc/postfix/sender_access, reject_rbl_client bl.spamcop.net"
SAFE = {
    "no relay rule, and a permit behind": (
        "permit_mynetworks, permit_sasl_authenticated, reject_unknown_sender_domain",
        f"permit_mynetworks, permit_sasl_authenticated, reject_unknown_sender_domain, {SPAMCOP}",
    ),
    "the permit behind the relay rule": (
        "permit_mynetworks, reject_unauth_destination, permit_sasl_authenticated",
        f"permit_mynetworks, reject_unauth_destination, permit_sasl_authenticated, {SPAMCOP}",
    ),
    "a permit by a client's certificate": (
        "permit_mynetworks, defer_unauth_destination, permit_tls_clientcerts",
        f"permit_mynetworks, defer_unauth_destination, permit_tls_clientcerts, {SPAMCOP}",
    ),
    "the permit in a parameter": (
        "permit_mynetworks, $ours, reject_unknown_sender_domain",
        f"permit_mynetworks, $ours, reject_unknown_sender_domain, {SPAMCOP}",
    ),
    "the permit in a class in a parameter": (
        "permit_mynetworks, ${more}, reject_unknown_sender_domain",
        f"permit_mynetworks, ${{more}}, reject_unknown_sender_domain, {SPAMCOP}",
    ),
    "the permit in a condition": (
        "reject_unauth_destination, ${x?{permit_sasl_authenticated}:{permit_mynetworks, sleep 1}}",
        (
            "reject_unauth_destination,"
            f" ${{x?{{permit_sasl_authenticated}}:{{permit_mynetworks, sleep 1}}}}, {SPAMCOP}"
        ),
    ),
    "the permit in a table's own text": (
        "reject_unauth_destination, check_client_access inline:{x.example=permit_sasl_authenticated}",
        (
            "reject_unauth_destination, check_client_access"
            f" inline:{{x.example=permit_sasl_authenticated}}, {SPAMCOP}"
        ),
    ),
    "capitals": (
        "PERMIT_MYNETWORKS, Reject_Unauth_Destination, Permit_Sasl_Authenticated",
        f"PERMIT_MYNETWORKS, Reject_Unauth_Destination, Permit_Sasl_Authenticated, {SPAMCOP}",
    ),
    "a rule that only warns before the rule": (
        "warn_if_reject reject_unauth_destination, permit_sasl_authenticated, reject_unauth_destination",
        (
            "warn_if_reject reject_unauth_destination, permit_sasl_authenticated,"
            f" reject_unauth_destination, {SPAMCOP}"
        ),
    ),
    "a rule that only warns in a class": (
        "permit_sasl_authenticated, warns, reject_unauth_destination",
        f"permit_sasl_authenticated, warns, reject_unauth_destination, {SPAMCOP}",
    ),
    "a permit right behind the networks": (
        "permit_mynetworks, permit_sasl_authenticated, check_policy_service unix:private/grey",
        (
            f"permit_mynetworks, permit_sasl_authenticated, {SPAMCOP},"
            " check_policy_service unix:private/grey"
        ),
    ),
    "a permit for all at the end": (
        "permit_sasl_authenticated, reject_unauth_destination, permit",
        f"permit_sasl_authenticated, reject_unauth_destination, {SPAMCOP}, permit",
    ),
    "nothing but a reject": ("permit_mynetworks, permit_sasl_authenticated, reject", None),
    "nothing but what is for us": (
        "permit_sasl_authenticated, permit_auth_destination, reject",
        None,
    ),
    "the permit behind the end": (
        "reject_unauth_destination, permit, permit_sasl_authenticated",
        None,
    ),
    "the relay rule behind the end": ("permit, reject_unauth_destination", None),
}


@pytest.mark.parametrize(("live", "after"), SAFE.values(), ids=list(SAFE))
def test_lookups_go_behind_who_has_logged_in_and_behind_the_relay_rule(
    live: str, after: Optional[str]
) -> None:
    lines = f"{RULES}{live}\nours = permit_sasl_authenticated\nmore = ours\n"
    lines += "warns = warn_if_reject reject_unauth_destination\n"
    plan, main = planned(lines, "blocklists", {"use": ["spamcop"]})
    if after is None:
        (why,) = [one.message for one in plan.obstacles if "smtpd_recipient" in one.message]
        assert "there is no safe place for check_sender_access" in why
        assert plan.files[0].proposed == plan.files[0].live
    else:
        assert main.value("smtpd_recipient_restrictions") == after
        assert not [one for one in plan.obstacles if "smtpd_recipient" in one.message]
    assert not [one for one in plan.warnings if "does not stand below" in one]


def test_the_policys_own_rejects_go_behind_who_has_logged_in() -> None:
    lines = f"{RULES}permit_mynetworks, permit_sasl_authenticated\n"
    plan = build_plan(
        chosen("blocklists", {"use": []}), of_main_cf(lines), ("policy", "blocklists")
    )
    value = MainCf.parse(plan.files[0].proposed).value("smtpd_recipient_restrictions") or ""
    assert value.startswith("permit_mynetworks, permit_sasl_authenticated, reject_invalid_helo")
    assert value.index("reject_unauth_destination") < value.index("check_sender_access")
