"""Where a new item of a live list comes to stand: in the place of an old one, or behind what must decide first."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from tests.unit.plan.live import (
    LOOPBACK,
    NAME,
    chosen,
    of_main_cf,
    planned,
)
from wizard.planning.build import build_plan
from wizard.postfix.main_cf import MainCf

NETS = "mynetworks = 127.0.0.0/8, "
LOCAL = "mydestination = "
NAMED = {"local": ["a.example.com"]}

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
