"""Items of lists that Postfix does not understand: nobody's choice, so no plan keeps them."""

from __future__ import annotations

from typing import Optional

import pytest

from tests.unit.plan.live import LOOPBACK, chosen, of_main_cf, planned
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.main_cf import MainCf
from wizard.postfix.restriction_names import unknown

LIST = "smtpd_recipient_restrictions"
RULE = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"
ODD = {
    "a list whose blank is missing": "reject_rbl_client_bl.example.org",
    "a letter is missing": "reject_unkown_sender_domain",
    "with its table": "check_clent_access hash:/etc/postfix/clients",
    "with a table behind another word": "chekc_client_access hash:/etc/postfix/clients",
    "with its zone": "rejct_rbl_client bl.example.org",
    "that only warns": "warn_if_reject rejct",
    "in capitals": "REJECT_UNKOWN_SENDER_DOMAIN",
    "a name that postconf(5) never had": "reject_unknown_forward_client_hostname",
}
KNOWN = {
    "another restriction": "reject_non_fqdn_sender",
    "a class": "Strict",
    "a parameter": "$mine",
    "a parameter in braces": "${mine}",
    "a condition": "${mine?{reject_unknown_sender_domain}:{permit}}",
    "a table of old": "hash:/etc/postfix/access",
    "a service with options": "check_policy_service { unix:private/policy, timeout=5s }",
    "a list by its name of old": "reject_rbl bl.example.org",
    "a pause": "sleep 1",
    "a table of addresses of clients": "check_client_a_access hash:/etc/postfix/clients",
}


def value_of(item: str, *sections: str, more: str = "") -> tuple[str, list[str]]:
    """Return the planned list of a host whose list has an item, and what the plan says of the list."""
    lines = f"{LIST} = {RULE}, {item}, reject_rbl_client bl.spamcop.net\n{more}"
    plan = build_plan(chosen("blocklists", {"use": ["spamcop"]}), of_main_cf(lines), sections)
    value = MainCf.parse(plan.files[0].proposed).value(LIST)
    return value or "", [one for one in plan.warnings if one.startswith(LIST)]


@pytest.mark.parametrize("item", ODD.values(), ids=ODD)
def test_a_restriction_that_postfix_does_not_know_goes(item: str) -> None:
    for sections in ((), ("policy",)):
        value, said = value_of(item, *sections)
        assert item not in value
        assert "clients" not in value, "nor its table alone"
        assert value.endswith("reject_rbl_client bl.spamcop.net")
        (sentence,) = said
        assert "taken out, since Postfix knows no such restriction" in sentence
        assert item.split(maxsplit=1)[0] in sentence


def test_the_misspelt_rule_against_relaying_is_replaced() -> None:
    live = RULE.replace("unauth_destination", "unauth_destinaton")
    lines = f"{LIST} = {live}\nsmtpd_relay_restrictions =\n"
    plan = build_plan(chosen("blocklists", {"use": []}), of_main_cf(lines), ("policy",))
    value = MainCf.parse(plan.files[0].proposed).value(LIST) or ""
    assert "destinaton" not in value
    assert "reject_unauth_destination" in value
    # A run that does not add the rule takes nothing out that may have been meant for it.
    plan = build_plan(
        chosen("blocklists", {"use": ["spamcop"]}), of_main_cf(lines), ("blocklists",)
    )
    assert "destinaton" in (MainCf.parse(plan.files[0].proposed).value(LIST) or "")
    assert any("apply --section policy` takes it out" in one for one in plan.warnings)


@pytest.mark.parametrize("item", KNOWN.values(), ids=KNOWN)
def test_what_postfix_knows_stays(item: str) -> None:
    more = "smtpd_restriction_classes = strict\nstrict = reject\nmine = reject_non_fqdn_sender\n"
    value, said = value_of(item, more=more)
    assert item in value
    assert not any("knows no such" in one for one in said)


def test_classes_by_a_parameter_make_no_name_unknown() -> None:
    value, said = value_of("strict", more="smtpd_restriction_classes = $mine\nmine = strict\n")
    assert "strict" in value
    assert not said
    assert unknown(["rejct", "hash:/x"], ()) == (0, 1)
    assert unknown(["rejct"], None) == ()


BLANKS = {
    "a wide blank before": ("192.168.1.0/24,\u3000127.0.0.0/8", "127.0.0.0/8"),
    "a no-break space before": ("\xa0127.0.0.0/8", "127.0.0.0/8"),
    "a wide blank behind": ("127.0.0.0/8\u3000", "127.0.0.0/8"),
    "a wide blank between": ("192.168.1.0/24\u3000127.0.0.0/8", "127.0.0.0/8"),
    "a wide blank alone": ("127.0.0.0/8, \u3000", "127.0.0.0/8"),
    "a thin blank and IPv6": ("[::1]/128\u2009127.0.0.0/8", "127.0.0.0/8"),
    "letters of its own in a path": ("cidr:/etc/\u7db2, 127.0.0.0/8", None),
}


@pytest.mark.parametrize(("live", "after"), BLANKS.values(), ids=BLANKS)
def test_a_network_with_a_blank_that_is_none_to_postfix(live: str, after: Optional[str]) -> None:
    plan, main = planned(f"mynetworks = {live}\n", "networks", LOOPBACK)
    assert main.value("mynetworks") == (live if after is None else after)
    assert not any("no answer can express" in one for one in plan.warnings) or after is None


NAMES = {
    "a wide blank before": ("$myhostname,\u3000a.example.com", "$myhostname,a.example.com"),
    "a no-break space behind": ("$myhostname, a.example.com\xa0", "$myhostname, a.example.com"),
    "a wide blank between": ("b.example.com\u3000a.example.com", "a.example.com"),
    "a name that goes": ("\u3000b.example.com, a.example.com", "a.example.com"),
    "a name in its own script": ("\u4f8b\u3048.example, a.example.com", None),
    "a file of such a name": ("/etc/postfix/a\u3000b, a.example.com", None),
}


@pytest.mark.parametrize(("live", "after"), NAMES.values(), ids=NAMES)
def test_a_name_with_a_blank_that_is_none_to_postfix(live: str, after: Optional[str]) -> None:
    values = {"local": ["a.example.com"]}
    plan, main = planned(f"mydestination = {live}\n", "domains", values)
    assert main.value("mydestination") == (live if after is None else after)
    again = build_plan(
        chosen("domains", values), of_main_cf(f"mydestination = {after or live}\n"), ("domains",)
    )
    assert again.files[0].proposed == plan.files[0].proposed


def test_addresses_of_a_router_with_such_a_blank() -> None:
    lines = "mynetworks = 127.0.0.0/8\nproxy_interfaces = 198.51.100.1\u3000198.51.100.2\n"
    today = read_back(of_main_cf(lines))
    assert today is not None
    assert today.networks.proxy_interfaces == ("198.51.100.1", "198.51.100.2")
    values = {**LOOPBACK, "proxy_interfaces": ["198.51.100.2"]}
    assert planned(lines, "networks", values)[1].value("proxy_interfaces") == "198.51.100.2"


def test_both_networks_around_such_a_blank_are_read_back() -> None:
    lines = "mynetworks = 192.168.1.0/24\u3000127.0.0.0/8\n"
    today = read_back(of_main_cf(lines))
    assert today is not None
    assert today.networks.mynetworks == ("192.168.1.0/24", "127.0.0.0/8")
    _, main = planned(lines, "networks", {"mynetworks": ["192.168.1.0/24", "127.0.0.0/8"]})
    assert main.value("mynetworks") == "192.168.1.0/24, 127.0.0.0/8"
