"""Tables of a type that this Postfix does not have: ours get another type, others are named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import managed
from tests.unit.plan.live import chosen, of_main_cf
from wizard.host.facts import Aliases, Host
from wizard.host.postfix import usable_type
from wizard.paths import ALIASES, MAIN_CF, MASTER_CF
from wizard.plan.actions import BuildTable
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.postfix.main_cf import MainCf

EL10 = ("cdb", "cidr", "inline", "lmdb", "regexp", "texthash")
ACCESS = "reject_unauth_destination, check_sender_access"
OURS = {
    "hash": ("alias_maps", "hash:/etc/aliases", "lmdb:/etc/aliases"),
    "btree": ("alias_maps", "btree:/etc/aliases", "lmdb:/etc/aliases"),
    "beside another": ("alias_maps", "hash:/etc/aliases, nis:m", "lmdb:/etc/aliases, nis:m"),
    "behind proxymap": ("alias_maps", "proxy:hash:/etc/aliases", "proxy:lmdb:/etc/aliases"),
    "newaliases": ("alias_database", "hash:/etc/aliases", "lmdb:/etc/aliases"),
    "folded": ("alias_maps", "\n  hash:/etc/aliases\n  nis:m", "lmdb:/etc/aliases nis:m"),
    "the default": ("default_database_type", "hash", "lmdb"),
    "passwords": (
        "smtp_sasl_password_maps",
        "hash:/etc/postfix/sasl_passwd",
        "lmdb:/etc/postfix/sasl_passwd",
    ),
}
ELSEWHERE = (
    "virtual_alias_maps = hash:/etc/postfix/virtual",
    "transport_maps = inline:{a=b}, btree:/etc/postfix/transport",
    "alias_maps = hash:/etc/postfix/aliases",
    "smtpd_client_restrictions = check_client_access hash:/etc/postfix/clients",
)


def host_with(main: str, types: tuple[str, ...] = EL10) -> Host:
    host = of_main_cf(main)
    postfix = replace(host.postfix, table_types=types, default_database_type="lmdb")
    files = managed(host.files[MAIN_CF], host.files[MASTER_CF])
    files[ALIASES] = replace(files[ALIASES], live=b"root: taro\n")
    return replace(host, postfix=postfix, files=files, aliases=Aliases("hash"))


def main_of(plan: Plan) -> MainCf:
    return MainCf.parse(plan.files[0].proposed)


def tables(plan: Plan) -> list[str]:
    return [
        f"{one.action.table_type}:{one.action.path}"
        for one in plan.pending
        if isinstance(one.action, BuildTable)
    ]


@pytest.mark.parametrize(("name", "live", "after"), OURS.values(), ids=OURS)
def test_our_tables_get_a_type_that_is_there(name: str, live: str, after: str) -> None:
    plan = build_plan(chosen("limits", {}), host_with(f"{name} = {live}\n"), ("policy",))
    assert main_of(plan).value(name) == after
    assert "lmdb:/etc/aliases" in tables(plan)
    assert not any("has no hash tables" in one for one in plan.warnings)
    assert "service" in {one.id for one in plan.pending}


@pytest.mark.parametrize("sections", [(), ("policy",), ("aliases",)], ids=str)
def test_aliases_are_repaired_with_and_without_an_answer(sections: tuple[str, ...]) -> None:
    host = host_with("alias_maps = hash:/etc/aliases\n")
    for values in ({}, {"root": "taro"}):
        plan = build_plan(chosen("aliases", values), host, sections)
        assert main_of(plan).value("alias_maps") == "lmdb:/etc/aliases"
        assert "lmdb:/etc/aliases" in tables(plan)


@pytest.mark.parametrize("sections", [("blocklists",), ("policy",)], ids=str)
def test_senders_are_repaired(sections: tuple[str, ...]) -> None:
    host = host_with(f"smtpd_recipient_restrictions = {ACCESS} hash:/etc/postfix/sender_access\n")
    value = main_of(build_plan(chosen("blocklists", {"use": []}), host, sections)).value(
        "smtpd_recipient_restrictions"
    )
    assert value is not None
    assert "check_sender_access lmdb:/etc/postfix/sender_access" in value
    assert "hash:" not in value


@pytest.mark.parametrize("line", ELSEWHERE)
@pytest.mark.parametrize("sections", [(), ("limits",)], ids=str)
def test_tables_of_others_are_named_and_stay(line: str, sections: tuple[str, ...]) -> None:
    plan = build_plan(chosen("limits", {}), host_with(f"{line}\n"), sections)
    name, value = line.split(" = ")
    assert main_of(plan).value(name) == value
    assert [one for one in plan.warnings if one.startswith(f"{name} names ") and "lmdb:" in one]


@pytest.mark.parametrize("types", [(), ("hash", "btree", "lmdb")], ids=str)
def test_what_is_there_or_is_not_known_stays(types: tuple[str, ...]) -> None:
    for line in (*(f"{name} = {live}" for name, live, _ in OURS.values()), *ELSEWHERE):
        host = host_with(f"{line}\n", types)
        plan = build_plan(chosen("limits", {}), host, ("policy",))
        assert line.split()[0] in bytes(main_of(plan)).decode()
        assert not any("this Postfix has no" in one for one in plan.warnings)
        assert line.partition(" = ")[2].strip() in bytes(main_of(plan)).decode()


def test_the_type_of_new_tables_is_there() -> None:
    assert usable_type("hash", EL10) == "lmdb"
    assert usable_type("hash", ("btree", "hash")) == "hash"
    assert usable_type("lmdb", ("btree", "hash")) == "hash"
    assert usable_type("hash", ()) == "hash"
