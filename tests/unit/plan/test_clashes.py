"""New local domains that another list or transport_maps has, and which servers somebody set up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

import pytest

from tests.factories import FRESH, file, managed
from tests.unit.plan.live import chosen, of_main_cf
from wizard.door import Door, Outcome
from wizard.host.facts import Host
from wizard.host.transports import transports
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.clashes import new_domains, transport_caution, unknown_tables
from wizard.planning.read_back import read_back
from wizard.sections.reading import is_set_up

NEW = {"local": ["a.example.com"]}


def copied(main: str) -> Host:
    return replace(of_main_cf(f"mydestination = localhost\n{main}"), root="/srv/copy")


def classes(plan: Plan) -> list[tuple[str, ...]]:
    return [one.values for one in plan.cautions if one.name == "domain-class"]


LISTED = {
    "virtual mailbox": "virtual_mailbox_domains = a.example.com\n",
    "virtual alias": "virtual_alias_domains = b.example,\n  A.example.com\n",
    "relay": "relay_domains = a.example.com\n",
    "a name of one's own": "relay_domains = $mine\nmine = a.example.com\n",
}
FINE = {
    "nothing": "",
    "another domain": "relay_domains = b.example.com\n",
    "local already": "mydestination = a.example.com\nrelay_domains = $mydestination\n",
}


@pytest.mark.parametrize("sections", [(), ("domains",)], ids=str)
@pytest.mark.parametrize("main", LISTED.values(), ids=LISTED)
def test_a_domain_of_another_class_is_a_caution_for_a_copy(
    main: str, sections: tuple[str, ...]
) -> None:
    """On a live host Postfix itself is queried."""
    plan = build_plan(chosen("domains", NEW), copied(main), sections)
    assert classes(plan) == [("a.example.com",)]
    live = replace(copied(main), root="/")
    assert classes(build_plan(chosen("domains", NEW), live, sections)) == []
    assert classes(build_plan(chosen("domains", NEW), copied(main), ("limits",))) == []


@pytest.mark.parametrize("main", FINE.values(), ids=FINE)
def test_a_domain_of_no_class_or_local_already_is_not(main: str) -> None:
    assert classes(build_plan(chosen("domains", NEW), copied(main))) == []


class Postmap(Door):
    """A door whose postmap has these rows; None if it cannot read the table."""

    def __init__(self, rows: Optional[dict[str, str]], complaint: bytes = b"") -> None:
        super().__init__()
        self.rows, self.argv, self.complaint = rows, [""], complaint

    def run(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Outcome]:
        del timeout
        self.argv = list(argv)
        if self.rows is None:
            return Outcome(1, b"", b"postmap: fatal: open /etc/postfix/transport.db: No such file")
        keys = (data or b"").decode().splitlines()
        found = "".join(f"{one}\t{self.rows[one]}\n" for one in keys if one in self.rows)
        return Outcome(0 if found else 1, found.encode(), self.complaint)


AWAY = {
    "by its name": {"a.example.com": "smtp:[192.0.2.9]"},
    "by its parent": {".example.com": "error:no mail"},
    "by all": {"*": "relay:[192.0.2.9]"},
    "thrown away": {"a.example.com": "discard:"},
}
HERE = {
    "by no row": {"b.example.com": "smtp:[192.0.2.9]"},
    "to a mailbox": {"a.example.com": "lmtp:unix:private/dovecot-lmtp", "*": "smtp:"},
    "no change": {"a.example.com": ":"},
    "to local": {"a.example.com": "local:"},
    "for a user alone": {"taro@a.example.com": "smtp:[192.0.2.9]"},
}


@pytest.mark.parametrize("rows", AWAY.values(), ids=AWAY)
def test_a_domain_whose_mail_goes_elsewhere_is_a_caution(rows: dict[str, str]) -> None:
    door = Postmap(rows)
    found = transports(door, ("proxy:hash:/etc/postfix/transport",), ["a.example.com"])
    (caution,) = transport_caution(found)
    assert caution.values == ("a.example.com",)
    assert next(iter(rows.values())) in caution.message
    assert door.argv == ["postmap", "-q", "-", "hash:/etc/postfix/transport"]


@pytest.mark.parametrize("rows", HERE.values(), ids=HERE)
def test_a_domain_that_is_delivered_here_is_not(rows: dict[str, str]) -> None:
    found = transports(Postmap(rows), ("hash:/etc/postfix/transport",), ["a.example.com"])
    assert [*transport_caution(found), *unknown_tables(found)] == []


def test_a_table_that_does_not_answer_is_a_warning() -> None:
    found = transports(Postmap(None), ("hash:/etc/postfix/transport",), ["a.example.com"])
    (sentence,) = unknown_tables(found)
    assert "hash:/etc/postfix/transport does not answer" in sentence


@pytest.mark.parametrize("rows", [{}, {"a.example.com": "smtp:[192.0.2.9]"}], ids=str)
def test_a_complaint_about_main_cf_is_none_of_the_table(rows: dict[str, str]) -> None:
    said = b"postmap: warning: /etc/postfix/main.cf, line 7: overriding earlier entry: x=y\n"
    found = transports(Postmap(rows, said), ("hash:/etc/postfix/transport",), ["a.example.com"])
    assert (found.unknown, dict(found.away)) == ((), rows)


def test_only_new_domains_are_looked_up() -> None:
    answers = chosen("domains", {"local": ["a.example.com", "b.example.com"]})
    assert new_domains(answers, copied("")) == ("a.example.com", "b.example.com")
    assert new_domains(answers, of_main_cf("mydestination = A.example.com\n")) == ("b.example.com",)


STOCK = (
    "compatibility_level = 2\ninet_interfaces = localhost\ninet_protocols = all\n"
    "mydestination = $myhostname, localhost.$mydomain, localhost\nalias_maps = hash:/etc/aliases\n"
    "debugger_command =\n\t PATH=/bin\nreadme_directory = /usr/share/doc/postfix/README_FILES\n"
    "smtpd_tls_cert_file = /etc/pki/tls/certs/postfix.pem\nsmtp_tls_security_level = may\n"
)
SET_UP = (
    "mydestination = example.com\n",
    "relay_domains = example.com\n",
    "virtual_alias_maps = hash:/etc/postfix/virtual\n",
    "transport_maps = hash:/etc/postfix/transport\n",
    "relayhost = [smtp.example.net]:587\n",
    "inet_interfaces = all\n",
    "smtpd_tls_security_level = encrypt\n",
    "always_bcc = boss@example.com\n",
)


def with_text(main: str) -> Host:
    files = managed(file("main.cf", main.encode()), FRESH.files[MASTER_CF])
    return replace(FRESH, files=files)


@pytest.mark.parametrize("line", SET_UP)
def test_any_value_that_the_package_has_not_makes_it_a_server_that_was_set_up(line: str) -> None:
    for text in (line, STOCK + line):
        assert is_set_up(with_text(text))
    assert read_back(with_text(STOCK + line)) is not None
    relay = "relayhost = [smtp.example.net]:587\n"
    plan = build_plan(chosen("relay", {}), with_text(STOCK + line + relay), ("relay",))
    assert any("relayhost" in one.why or "relay host" in one.why for one in plan.files[0].reasons)


def test_the_packages_own_is_not_set_up() -> None:
    assert not is_set_up(with_text(STOCK))
    assert not is_set_up(with_text(""))
    fresh = replace(FRESH.files[MAIN_CF], live=b"myhostname = a.example\n", from_package=True)
    assert not is_set_up(replace(FRESH, files=managed(fresh)))
