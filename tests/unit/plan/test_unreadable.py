"""Servers that are not read back, or that Postfix does not read: a plan says so, and does not guess."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import file
from tests.unit.plan.live import chosen, of_main_cf
from tests.unit.plan.test_overruled import SMTP, with_entries
from wizard.answers.unsaid import is_unsaid
from wizard.host.facts import Package
from wizard.paths import MAIN_CF
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf

LIMITS = chosen("limits", {"message_size_limit": 20000000})
MARK = "\ufeff"


def messages(main: str, master: str = SMTP, sections: tuple[str, ...] = ("limits",)) -> list[str]:
    return [
        one.message for one in build_plan(LIMITS, with_entries(master, main), sections).obstacles
    ]


@pytest.mark.parametrize(
    "line", ["relayhost: x", "{ a = b }", "= x", "\0x", "a b = c", "include other.cf"]
)
def test_a_line_that_postfix_does_not_read_is_an_obstacle(line: str) -> None:
    """`postconf -n` ends at it, and so does every program of Postfix."""
    (found,) = messages(f"{line}\n")
    assert found.startswith(f"{MAIN_CF}, line 2: this is not a parameter")


@pytest.mark.parametrize(
    "lines",
    [
        "a-b = c\n",
        " # x\n",
        "a\n  = b\n",
        "a == b\n",
        "\t\n\x0c\n",
        "a =\n",
        "a=b\0 x\n",
        "a=b\r\n\r\n",
    ],
)
def test_odd_lines_that_postfix_reads_are_fine(lines: str) -> None:
    assert messages(lines) == []


def test_a_line_before_all_parameters_is_skipped_by_postfix() -> None:
    assert MainCf.parse(b"  x y\n\na = b\n").malformed == ()


@pytest.mark.parametrize(
    "entry", ["submission inet n - n - smtpd", "x", "-o a=b", "smtp inet n - n - - "]
)
def test_an_entry_without_all_columns_is_an_obstacle(entry: str) -> None:
    (found,) = messages("", f"{SMTP}\n{entry}")
    assert "master.cf, line 2: this is not an entry with eight columns" in found
    assert MasterCf.parse(f"{SMTP}\n  -o a=b\n# x\n \n".encode()).malformed == ()


@pytest.mark.parametrize(("main", "master"), [(True, False), (False, True)])
def test_a_byte_order_mark_is_named(main: bool, master: bool) -> None:
    host = with_entries(f"{MARK if master else ''}# x\n{SMTP}")
    text = f"{MARK if main else ''}# x\nmyhostname = mail.example.com\n".encode()
    host = replace(host, files={**host.files, MAIN_CF: file("main.cf", text)})
    (found,) = [one.message for one in build_plan(LIMITS, host, ("limits",)).obstacles]
    assert "byte order mark" in found
    assert ("main.cf" in found) == main


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (" -o smtpd_tls_wrappermode", "-o smtpd_tls_wrappermode has no =VALUE"),
        (" -osmtpd_tls_wrappermode -v", "-o smtpd_tls_wrappermode has no =VALUE"),
        (" -o { smtpd_tls_wrappermode }", "-o smtpd_tls_wrappermode has no =VALUE"),
        (" -o a = b", "= is no option"),
        (" Instead of", "Instead is no option"),
        (" -o { a = b", "Postfix refuses the braces"),
    ],
)
@pytest.mark.parametrize("port", ["submission", "465", "smtp", "192.0.2.1:2525"])
def test_an_entry_that_smtpd_does_not_start_with_is_named(
    port: str, options: str, says: str
) -> None:
    """On each port, and it is not edited."""
    master = f"{port} inet n - n - - smtpd{options}"
    plan = build_plan(LIMITS, with_entries(master), ("policy",))
    assert [one for one in plan.warnings if f"master.cf, {port}/inet: {says}" in one] != []
    (after,) = [one.proposed for one in plan.files if one.path.endswith("master.cf")]
    assert after.startswith(f"{master}\n".encode())


DOMAINS = {
    "a condition": ("mydomain = ${x?{a}:{example.org}}\n", "${x?{a}:{example.org}}"),
    "empty": ("mydomain =\n", ""),
    "a name that is not set": ("mydomain = $x\n", "$x"),
    "a circle": ("mydomain = $x\nx = $mydomain\n", "$x"),
}


@pytest.mark.parametrize(("lines", "live"), DOMAINS.values(), ids=DOMAINS)
def test_a_domain_that_is_not_known_is_not_taken_from_the_name(lines: str, live: str) -> None:
    today = read_back(of_main_cf(lines))
    assert today is not None
    own = today.hostname.mydomain
    assert (is_unsaid(own), getattr(own, "live", None)) == (True, live)
    plan = build_plan(
        chosen("hostname", {"myhostname": "mail.example.com"}), of_main_cf(lines), ("hostname",)
    )
    assert MainCf.parse(plan.files[0].proposed).value("mydomain") == "example.com"


def test_a_domain_by_several_names_is_read() -> None:
    lines = "a = example.org\nb = $a\nc = ${b}\nd = $(c)\nmydomain = $d\n"
    today = read_back(of_main_cf(lines))
    assert today is not None
    assert today.hostname.mydomain == "example.org"


NAMES = {
    "one label": "myhostname = mail\nrelayhost = [smtp.example.net]:587\n",
    "a condition": "myhostname = ${x?{a}:{mail.example.com}}\nrelayhost = [smtp.example.net]:587\n",
    "a final dot": "myhostname = mail.example.com.\nrelayhost = [smtp.example.net]:587\n",
}


@pytest.mark.parametrize("section", ["relay", "limits", "domains", "networks", "policy"])
@pytest.mark.parametrize("lines", NAMES.values(), ids=NAMES)
def test_a_server_whose_name_no_answer_can_be_is_not_taken_for_a_new_one(
    lines: str, section: str
) -> None:
    """A run of one section would find nothing to do, or change what it does not own."""
    host = of_main_cf(lines)
    plan = build_plan(LIMITS, host, (section,))
    assert [(one.section, one.name) for one in plan.obstacles] == [("hostname", "myhostname")]
    assert build_plan(LIMITS, host, ("hostname",)).obstacles == ()
    whole = build_plan(LIMITS, host).obstacles
    assert [one.name for one in whole if one.section == "hostname"] == []


def test_a_package_that_is_not_known_is_not_named() -> None:
    host = with_entries(SMTP)
    host = replace(host, postfix=replace(host.postfix, package=Package("", candidate=False)))
    (install,) = [one for one in build_plan(LIMITS, host, ("limits",)).steps if one.id == "install"]
    assert (install.why, install.done) == ("", True)


@pytest.mark.parametrize("indent", ["\v   ", "\f", "\t\v"])
def test_a_new_line_of_a_list_begins_with_blanks_that_separate_items(indent: str) -> None:
    """Postfix would read a vertical tab or a form feed before an item as a part of it."""
    lines = (
        f"smtpd_recipient_restrictions =\n{indent}permit_mynetworks,\n  reject_unauth_destination\n"
    )
    answers = chosen("blocklists", {"use": ["spamcop"]})
    plan = build_plan(answers, of_main_cf(lines), ("blocklists",))
    new = plan.files[0].proposed.decode().partition("reject_unauth_destination,\n")[2]
    assert new.startswith("  check_sender_access hash:")
    assert "\n  reject_rbl_client" in new
