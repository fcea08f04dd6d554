"""The certificate of the answers is the only one that Postfix is told of."""

from __future__ import annotations

from typing import Collection

import pytest

from tests.factories import ZEKE as ANSWERS
from tests.factories import pending
from tests.unit.plan.test_by_hand import MAIN, MASTER, change_of, edited, set_up
from wizard.paths import MASTER_CF
from wizard.plan.actions import StagedCheck
from wizard.plan.choices import MINE, Choices
from wizard.plan.diff import changed_lines
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.by_hand import Bases
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.served import TAKEN_OUT

HOST, BASES = set_up()
SECTIONS = [("certificate",), (), ("certificate", "hardening"), ("certificate", "policy")]

IN_MAIN = {
    "chain": "smtpd_tls_chain_files = /etc/postfix/chain.pem\n",
    "two chains, folded": "smtpd_tls_chain_files =\n    /etc/a.pem,\n# both\n    /etc/b.pem\n",
    "chain by another parameter": "own = /etc/c.pem\nsmtpd_tls_chain_files=${own}\n",
    "ECDSA pair": "smtpd_tls_eccert_file = /e.pem\nsmtpd_tls_eckey_file = $smtpd_tls_eccert_file\n",
    "ECDSA none": "smtpd_tls_eccert_file = none\n",
    "DSA pair": "smtpd_tls_dcert_file = /d.pem\nsmtpd_tls_dkey_file = /d.key\n",
    "chain twice": "smtpd_tls_chain_files = /a.pem\nsmtpd_tls_chain_files = /b.pem\n",
    "tlsproxy's own": "tlsproxy_tls_cert_file = /p.pem\ntlsproxy_tls_key_file = /p.key\n",
    "tlsproxy none": "tlsproxy_tls_cert_file =\n",
    "tlsproxy chain": "tlsproxy_tls_chain_files = /p.pem\n",
}
STAYS_IN_MAIN = {
    "empty": "smtpd_tls_chain_files =\n",
    "tlsproxy as smtpd": "tlsproxy_tls_cert_file = $smtpd_tls_cert_file\n",
    "tlsproxy as smtpd, in braces": "tlsproxy_tls_cert_file = ${smtpd_tls_cert_file}\n",
    "tlsproxy as smtpd, in parentheses": "tlsproxy_tls_key_file = $(smtpd_tls_key_file)\n",
    "the client's": "smtp_tls_chain_files = /client.pem\n",
    "in a comment": "#smtpd_tls_chain_files = /a.pem\n",
}
IN_MASTER = {
    "smtp": ("smtp inet n - n - - smtpd\n  -o smtpd_tls_cert_file=/o.pem\n", "smtp/inet"),
    "smtp none": ("smtp inet n - n - - smtpd -o smtpd_tls_cert_file=none\n", "smtp/inet"),
    "25 by number": (
        "25 inet n - n - - smtpd\n\t-o { smtpd_tls_chain_files = /o.pem }\n",
        "25/inet",
    ),
    "glued": ("smtp inet n - n - - smtpd -osmtpd_tls_eccert_file=/o -v\n", "smtp/inet"),
    "parted": (
        "smtp inet n - n - - smtpd -o\n# here\n  smtpd_tls_key_file=/k\n  -v\n",
        "smtp/inet",
    ),
    "twice": (
        "smtp inet n - n - - smtpd -o smtpd_tls_key_file=/k -o smtpd_tls_key_file=\n",
        "smtp/inet",
    ),
    "one address": (
        "192.0.2.1:25 inet n - n - - smtpd -o smtpd_tls_cert_file=/o\n",
        "192.0.2.1:25/inet",
    ),
    "behind postscreen": ("smtpd pass - - n - - smtpd -o smtpd_tls_cert_file=/o\n", "smtpd/pass"),
    "tlsproxy": (
        "tlsproxy unix - - n - 0 tlsproxy -o tlsproxy_tls_cert_file=/o\n",
        "tlsproxy/unix",
    ),
    "an address of IPv6": (
        "[2001:db8::1]:mail inet n - n - - smtpd -o smtpd_tls_cert_file=none\n",
        "[2001:db8::1]:mail/inet",
    ),
    "by a parameter": ("smtp inet n - n - - smtpd -o smtpd_tls_eckey_file=${own}\n", "smtp/inet"),
    "whole path": (
        "mail inet n - n - - /usr/libexec/postfix/smtpd -o smtpd_tls_dcert_file=/o\n",
        "mail/inet",
    ),
}
STAYS_IN_MASTER = {
    "another port": "10025 inet n - n - - smtpd -o smtpd_tls_cert_file=/o.pem\n",
    "another program": "mta unix - - n - - smtp -o smtp_tls_cert_file=/o.pem\n",
    "in a comment": "#smtp inet n - n - - smtpd\n#  -o smtpd_tls_cert_file=/o.pem\n",
    "empty on one port": "smtp inet n - n - - smtpd -o smtpd_tls_chain_files=\n",
}


def planned(
    path: str,
    more: str,
    sections: Collection[str] = ("certificate",),
    bases: Bases = Bases(),  # noqa: B008 (it is frozen)
    choices: Choices = Choices(),  # noqa: B008
) -> Plan:
    """The plan for a host whose file has these lines at its end."""
    host = edited(HOST, path, lambda text: text + more.encode())
    return build_plan(ANSWERS, host, sections, bases, choices)


@pytest.mark.promise(43)
@pytest.mark.parametrize("sections", SECTIONS[:2], ids="+".join)
@pytest.mark.parametrize("more", IN_MAIN.values(), ids=IN_MAIN)
def test_main_cf_names_no_other_certificate(more: str, sections: Collection[str]) -> None:
    plan = planned(MAIN, more, sections)
    change = change_of(plan, MAIN)
    main = MainCf.parse(change.proposed)
    assert not set(TAKEN_OUT) & {one.name for one in main.entries}
    whole = change_of(planned(MAIN, "#\n", sections), MAIN).proposed
    assert MainCf.parse(whole).entries == tuple(one for one in main.entries if one.name != "own")
    reasons = [one for one in change.reasons if "certificate" in one.why]
    assert {line for one in reasons for line in range(one.first_line, one.last_line + 1)} >= {
        number
        for first, last in changed_lines(change.live or b"", change.proposed)
        for number in range(first, last + 1)
    }
    assert any("taken out" in one for one in plan.warnings)
    assert "service" in pending(plan)


@pytest.mark.promise(43)
@pytest.mark.parametrize("sections", SECTIONS, ids="+".join)
@pytest.mark.parametrize(("more", "key"), IN_MASTER.values(), ids=IN_MASTER)
def test_no_service_names_another_certificate(
    more: str, key: str, sections: Collection[str]
) -> None:
    plan = planned(MASTER, more, sections)
    change = change_of(plan, MASTER)
    service = MasterCf.parse(change.proposed).service(key)
    assert service is not None
    assert not service.options
    assert not service.stray
    assert any("certificate" in one.why for one in change.reasons)
    assert any(f"{key}: -o " in one for one in plan.warnings)
    staged = [one.action for one in plan.steps if isinstance(one.action, StagedCheck)]
    assert (key, str(service)) in staged[0].expected
    assert "service" in pending(plan)


@pytest.mark.promise(43)
@pytest.mark.parametrize("port", ["submission", "smtps"])
@pytest.mark.parametrize("sections", SECTIONS, ids="+".join)
def test_the_doors_keep_their_own_options(port: str, sections: Collection[str]) -> None:
    live = HOST.text(MASTER_CF)
    line = next(one for one in live.splitlines(keepends=True) if one.startswith(port.encode()))
    more = b"  -o smtpd_tls_cert_file=/o.pem -o smtpd_tls_key_file=/o.key\n"
    host = edited(HOST, MASTER, lambda text: text.replace(line, line + more))
    plan = build_plan(ANSWERS, host, sections)
    assert change_of(plan, MASTER).proposed == live
    assert build_plan(ANSWERS, host, ("limits",)).pending == ()


OVER_LINES = {
    "the certificate's own": "  -o { smtpd_tls_eccert_file =\n    /o.pem }\n",
    "behind another one": "  -o { smtpd_client_restrictions =\n    reject }\n  -o smtpd_tls_eccert_file=/o\n",
    "glued braces": "  -o {smtpd_tls_eccert_file=\n    /o.pem}\n",
    "braces in the value": "  -o smtpd_tls_eccert_file={/o.pem\n# theirs\n    }\n",
}


@pytest.mark.promise(43)
@pytest.mark.parametrize("options", OVER_LINES.values(), ids=OVER_LINES)
def test_an_option_with_braces_over_several_lines_is_taken_out(options: str) -> None:
    entry = "203.0.113.1:587 inet n - n - - smtpd\n"
    plan = planned(MASTER, entry + options)
    service = MasterCf.parse(change_of(plan, MASTER).proposed).service("203.0.113.1:587/inet")
    assert service is not None
    assert not service.stray
    assert set(service.options) <= {"smtpd_client_restrictions"}
    assert not plan.obstacles
    assert not pending(planned(MASTER, entry + options, ("limits",)))


@pytest.mark.promise(43)
def test_an_option_that_cannot_be_taken_out_stands_in_the_way() -> None:
    """No word after prose is an option, until somebody removes the prose."""
    entry = "203.0.113.1:587 inet n - n - - smtpd\n  prose -o smtpd_tls_eccert_file=/o\n"
    why = "587/inet: smtpd_tls_eccert_file comes after prose"
    assert [one for one in planned(MASTER, entry).obstacles if why in one.message]
    assert not planned(MASTER, entry, ("limits",)).obstacles
    other = entry.replace("smtpd_tls_eccert_file", "smtpd_helo_restrictions")
    assert not planned(MASTER, other).obstacles


@pytest.mark.parametrize("more", STAYS_IN_MAIN.values(), ids=STAYS_IN_MAIN)
def test_what_serves_nothing_else_stays_in_main_cf(more: str) -> None:
    assert not pending(planned(MAIN, more))


@pytest.mark.parametrize("more", STAYS_IN_MASTER.values(), ids=STAYS_IN_MASTER)
def test_what_serves_nothing_else_stays_in_master_cf(more: str) -> None:
    assert not pending(planned(MASTER, more))


@pytest.mark.promise(43)
@pytest.mark.parametrize(
    ("path", "more", "name"),
    [
        (MAIN, IN_MAIN["chain"], "smtpd_tls_chain_files"),
        (MAIN, IN_MAIN["tlsproxy none"], "tlsproxy_tls_cert_file"),
        (MASTER, "  -o smtpd_tls_cert_file=/o.pem\n", "smtps/inet/smtpd_tls_cert_file"),
    ],
    ids=["main.cf", "tlsproxy", "master.cf"],
)
def test_one_that_a_hand_set_after_a_run_is_a_conflict(path: str, more: str, name: str) -> None:
    plan = planned(path, more, bases=BASES)
    assert [(one.name, one.planned) for one in plan.undecided] == [(name, None)]
    mine = planned(path, more, bases=BASES, choices=Choices(rest=MINE))
    assert not mine.pending
    assert change_of(mine, path).proposed.endswith(more.encode())


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (MAIN, "tls_server_sni_maps = hash:/etc/postfix/sni\n"),
        (MASTER, "smtp inet n - n - - smtpd -o tls_server_sni_maps=hash:/etc/postfix/sni\n"),
    ],
    ids=["main.cf", "master.cf"],
)
def test_a_map_of_names_is_told_and_stays(path: str, more: str) -> None:
    plan = planned(path, more)
    assert not plan.pending
    assert any("tls_server_sni_maps" in one and "SNI" in one for one in plan.warnings)
