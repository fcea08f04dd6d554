"""The domains as a form previews them and as the list shows them: the same as in the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import FRESH, ZEKE
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.host.facts import Host
from wizard.paths import MAIN_CF
from wizard.planning.build import build_plan
from wizard.postfix.main_cf import MainCf
from wizard.sections.domains import DOMAINS

OWN = {"myhostname": "mail.example.jp"}


def host(main: bytes) -> Host:
    return FRESH.with_file(MAIN_CF, live=main, from_package=False)


@pytest.mark.parametrize(
    ("mydomain", "local", "covered"),
    [
        ("", ("example.jp",), "example.jp is already covered by $mydomain"),
        ("", ("mail.example.jp",), "mail.example.jp is already covered by $myhostname"),
        ("", ("other.example",), ""),
        ("", ("example.jp", "other.example"), "example.jp is already covered by $mydomain"),
        ("other.example", ("other.example",), "other.example is already covered by $mydomain"),
        ("other.example", ("example.jp",), ""),
        ("", (), ""),
    ],
)
def test_the_preview_is_the_line_of_the_plan(
    mydomain: str, local: tuple[str, ...], covered: str
) -> None:
    shown = DOMAINS.preview({**OWN, "mydomain": mydomain, "local": local})["local"]
    line, _, said = shown.partition("; ")
    assert said == covered
    names = Hostname("mail.example.jp", mydomain or "example.jp")
    plan = build_plan(replace(ZEKE, hostname=names, domains=Domains(local)), FRESH)
    (change,) = [one for one in plan.files if one.path == MAIN_CF]
    planned = MainCf.parse(change.proposed).value("mydestination") or ""
    assert line == f"mydestination = {', '.join(planned.replace(',', ' ').split())}"


@pytest.mark.parametrize(
    ("listed", "value"),
    [
        ("$myhostname, localhost.$mydomain, localhost, $mydomain", "example.jp"),
        ("$myhostname, localhost.$mydomain, localhost", "mail.example.jp"),
        ("$myhostname, example.jp, a.example", "example.jp and 1 more"),
        ("localhost", "none"),
    ],
)
def test_the_list_names_the_domains_for_which_mail_is_taken(listed: str, value: str) -> None:
    set_up = host(f"myhostname = mail.example.jp\nmydestination = {listed}\n".encode())
    assert DOMAINS.value(set_up, ZEKE) == value


def test_without_the_line_postfixs_default_counts() -> None:
    assert DOMAINS.value(host(b"myhostname = mail.example.jp\n"), ZEKE) == "mail.example.jp"
