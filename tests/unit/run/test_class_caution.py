"""A domain that gets another class is a caution, which names it; what cannot be asked is said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Optional

import pytest

from wizard.answers.accept import form_of, read_accepted
from wizard.check.counting import AS_ACCEPTED, counted
from wizard.finding import WRONG, Finding
from wizard.plan.hold import first
from wizard.plan.model import Plan
from wizard.postfix.classes import CLOSED, QUERIED
from wizard.run import queue_count
from wizard.run.commands import Completed
from wizard.run.queue_count import with_class_cautions

TABLES = {"hash:/v": {"table.example"}, "mysql:/dead": None}


class Postfix:
    """Answers as postconf and postmap would; `broken` fails."""

    def __init__(
        self, before: Mapping[str, str], after: Mapping[str, str], broken: str = ""
    ) -> None:
        self.before, self.after, self.broken = before, after, broken

    def __call__(self, argv: Sequence[str], stdin: Optional[bytes]) -> Completed:
        if argv[0] == self.broken:
            return Completed(tuple(argv), 1, b"", b"fatal: it does not work\n")
        if argv[0] == "postmap":
            rows = TABLES[argv[-1]]
            if rows is None:
                return Completed(tuple(argv), 1, b"", b"postmap: fatal: no server\n")
            found = [one for one in (stdin or b"").decode().splitlines() if one in rows]
            return Completed(tuple(argv), 0, "".join(f"{one}\tx\n" for one in found).encode(), b"")
        values = self.before if Path(argv[2]).name == "before" else self.after
        values = {"myhostname": "mail.example.com", "mydomain": "example.com", **values}
        return Completed(
            tuple(argv), 0, "".join(f"{values.get(one, '')}\n" for one in QUERIED).encode(), b""
        )


def looked(postfix: Postfix, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Return a plan from one main.cf to another, with what is said of it."""

    @contextlib.contextmanager
    def runner(_doing: str) -> Iterator[tuple[Path, Postfix]]:
        yield directory, postfix

    monkeypatch.setattr(queue_count, "_runner", runner)
    texts = (
        "".join(f"{name} = {value}\n" for name, value in one.items()).encode()
        for one in (postfix.before, postfix.after)
    )
    return with_class_cautions(Plan("", (), tuple(first(*texts)), ()))


NAMED = {"myhostname": "mail.example.com"}
CASES: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "a virtual mailbox domain becomes local": (
        {"virtual_mailbox_domains": "a.example", "mydestination": "localhost"},
        {"virtual_mailbox_domains": "a.example", "mydestination": "localhost a.example"},
        {"a.example": "virtual mailbox to local"},
    ),
    "a virtual alias domain becomes local, in another case": (
        {"virtual_alias_domains": "A.Example", "mydestination": ""},
        {"virtual_alias_domains": "A.Example", "mydestination": "a.example"},
        {"a.example": "virtual alias to local"},
    ),
    "a relay domain becomes local": (
        {"relay_domains": "a.example b.example", "mydestination": "c.example"},
        {"relay_domains": "a.example b.example", "mydestination": "c.example, b.example"},
        {"b.example": "relay to local"},
    ),
    "a subdomain of a relay domain becomes local": (
        {"relay_domains": "example", "parent_domain_matches_subdomains": "relay_domains"},
        {
            "relay_domains": "example",
            "parent_domain_matches_subdomains": "relay_domains",
            "mydestination": "a.example",
        },
        {"a.example": "relay to local"},
    ),
    "a domain of a table becomes local": (
        {"virtual_mailbox_domains": "hash:/v", "mydestination": ""},
        {"virtual_mailbox_domains": "hash:/v", "mydestination": "table.example"},
        {"table.example": "virtual mailbox to local"},
    ),
    "two domains": (
        {"virtual_mailbox_domains": "a.example", "relay_domains": "b.example"},
        {
            "virtual_mailbox_domains": "a.example",
            "relay_domains": "b.example",
            "mydestination": "a.example b.example",
        },
        {"a.example": "virtual mailbox to local", "b.example": "relay to local"},
    ),
    "a local domain goes to the list of another class": (
        {"virtual_mailbox_domains": "a.example", "mydestination": "a.example"},
        {"virtual_mailbox_domains": "a.example", "mydestination": ""},
        {"a.example": "local to virtual mailbox"},
    ),
    "a local domain is no longer ours": (
        {"mydestination": "a.example b.example"},
        {"mydestination": "b.example"},
        {"a.example": "local to no class"},
    ),
    "the server gets another name": (
        {**NAMED, "mydestination": "mail.example.com"},
        {"myhostname": "new.example.com", "mydestination": "new.example.com"},
        {"mail.example.com": "local to no class"},
    ),
    "the name that the system gave is not missed": (
        {"mydestination": "mail.example.com, localhost.example.com, localhost, example.com"},
        {"myhostname": "new.example.com", "mydestination": "new.example.com"},
        {},
    ),
    "a new domain": ({"mydestination": "a.example"}, {"mydestination": "a.example n.example"}, {}),
    "a new domain where local mail is refused": (
        {"mydestination": "", "local_transport": "error:no local mail"},
        {"mydestination": "n.example", "local_transport": "error:no local mail"},
        {"n.example": f"no class to {CLOSED}"},
    ),
    "a list with the same domains in another order": (
        {"mydestination": "a.example !x.example"},
        {"mydestination": "!x.example a.example"},
        {},
    ),
    "a name with a last dot, which Postfix never finds, is spelled anew": (
        {"mydestination": "lists.example."},
        {"mydestination": "lists.example"},
        {},
    ),
    "a domain that the table lacks": (
        {"virtual_mailbox_domains": "hash:/v"},
        {"virtual_mailbox_domains": "hash:/v", "mydestination": "n.example"},
        {},
    ),
}


@pytest.mark.promise(44)
@pytest.mark.parametrize("case", CASES)
def test_the_domains_that_get_another_class(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after, changes = CASES[case]
    plan = looked(Postfix(before, after), tmp_path, monkeypatch)
    assert not plan.warnings
    if not changes:
        assert not plan.cautions
        return
    (caution,) = plan.cautions
    assert form_of(caution) == f"domain-class={','.join(sorted(changes))}"
    for domain, told in changes.items():
        assert f"{domain} from {told}" in caution.message
    assert read_accepted([form_of(caution)]).has(caution)
    assert not read_accepted(["domain-class=other.example"]).has(caution)


@pytest.mark.promise(44)
def test_what_cannot_be_asked_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"virtual_mailbox_domains": "mysql:/dead", "mydestination": "a.example"}
    after = {**before, "mydestination": "a.example n.example"}
    plan = looked(Postfix(before, after), tmp_path, monkeypatch)
    assert not plan.cautions
    assert "n.example (mysql:/dead)" in plan.warnings[0]


def test_a_postfix_that_does_not_answer_stops_no_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = CASES["two domains"]
    plan = looked(Postfix(cases[0], cases[1], broken="postconf"), tmp_path, monkeypatch)
    assert not plan.cautions
    assert "Which domains get another address class is not known" in plan.warnings[0]


def test_what_was_accepted_does_not_fail_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The domain is in two lists then, as the operator was told."""
    before, after, _ = CASES["a virtual mailbox domain becomes local"]
    plan = looked(Postfix(before, after), tmp_path, monkeypatch)
    finding = Finding("domains.classes", "it", "a is in two", "once", WRONG, "Take it out.")
    (told,) = counted([finding], plan, [])
    assert (told.verdict, told.fatal) == (WRONG, False)
    assert AS_ACCEPTED in told.seen
