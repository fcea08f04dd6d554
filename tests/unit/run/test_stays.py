"""What an undo names as staying: each kind of thing with its reason, and nothing that goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wizard.plan.actions import (
    AskRecords,
    BuildTable,
    Install,
    KeepOriginal,
    OpenFirewall,
    ReplaceFile,
    Service,
    SetMember,
    TurnBeside,
    TurnSigner,
)
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import NewFile, Past
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.undo_actions import Remove
from wizard.run.progress import Progress
from wizard.run.undo import what_stays

INSTALL = Install("postfix", ("dnf", "install", "postfix"), ())
LIVE = "/etc/letsencrypt/live/mail.example.com"


def stays(
    *steps: tuple[Action, dict[str, Any]],
    back: tuple[Action, ...] = (),
    newer: tuple[Past, ...] = (),
) -> str:
    """Return what stays of a run of these actions, with their terms."""
    made = tuple(Step(str(at), "", "", action) for at, (action, _) in enumerate(steps))
    begun = tuple(step.id for step in made)
    terms = {str(at): terms for at, (_, terms) in enumerate(steps)}
    takes = tuple(Step(f"back-{at}", "", "", action) for at, action in enumerate(back))
    past = Progress(True, begun, begun, terms)
    changes: tuple[FileChange, ...] = ()
    return "\n".join(what_stays(Plan("", (), made, changes), past, takes, newer))


STARTED = (Service("start", "postfix", "inactive"), {"unit": "postfix", "was": "inactive"})
RELOADED = (Service("reload", "postfix", "active"), {"unit": "postfix", "was": "active"})
OPENED = OpenFirewall("public", ("smtp", "smtps"), ("smtp",))
CASES: list[tuple[tuple[tuple[Action, dict[str, Any]], ...], list[str], list[str]]] = [
    (((INSTALL, {"was": ""}),), ["package postfix stays", "/etc/passwd"], ["/etc/firewalld"]),
    (((INSTALL, {"was": "postfix-3.5.25-1"}),), [], ["package", "/etc/passwd"]),
    (
        ((Install("cyrus-sasl-plain", (), ()), {"was": ""}),),
        ["package cyrus-sasl-plain stays", "cyrus-sasl-plain: /var/lib/dnf"],
        ["/etc/passwd", "postfix.pem"],
    ),
    ((STARTED,), ["/var/spool/postfix", "/var/log"], ["/var/lib/dovecot"]),
    ((RELOADED,), ["/var/lib/postfix-wizard"], ["/var/spool/postfix", "/var/log"]),
    (
        ((OPENED, {"zone": "public", "added": ["smtp"]}),),
        ["/etc/firewalld/zones/public.xml,", "/etc/firewalld/zones/public.xml.old"],
        [],
    ),
    (((OPENED, {"zone": "public", "added": []}),), [], ["/etc/firewalld"]),
    (
        ((TurnBeside("start", "dovecot", "inactive"), {"unit": "dovecot", "was": "inactive"}),),
        ["/var/lib/dovecot"],
        [],
    ),
    (
        ((TurnBeside("start", "another", "inactive"), {"unit": "another", "was": "inactive"}),),
        ["/var/lib/postfix-wizard"],
        ["/var/lib/dovecot"],
    ),
    (((Relink("x", (), stays=True), {}),), ["/etc/letsencrypt: the certificate"], []),
    (((Lay("x", "/t", ()), {}), (Relink("x", ()), {})), [], ["/etc/letsencrypt"]),
]


@pytest.mark.promise(31)
@pytest.mark.parametrize(("steps", "named", "absent"), CASES)
def test_each_kind_is_named_where_it_stays(
    steps: tuple[tuple[Action, dict[str, Any]], ...], named: list[str], absent: list[str]
) -> None:
    said = stays(*steps)
    assert all(words in said for words in named), said
    assert not any(words in said for words in absent), said


def test_the_record_of_a_former_key_is_named_where_that_one_signs_again() -> None:
    asked: tuple[Action, dict[str, Any]] = (
        AskRecords((("s2._domainkey.a.example", "/key"),)),
        {},
    )
    turned = (TurnSigner("restart", "opendkim", "active"), {"unit": "opendkim", "was": "active"})
    member = (SetMember("postfix", "opendkim"), {"was": False})
    assert "s2._domainkey.a.example: a record stays" in stays(asked, turned)
    # Before the run nothing was signed.
    assert "a record stays" not in stays(asked, turned, member)
    assert "a record stays" not in stays(asked)


def test_a_package_that_goes_leaves_its_records() -> None:
    said = stays((INSTALL, {"was": ""}), back=(Remove("postfix", ("dnf", "remove", "postfix")),))
    assert "stays installed" not in said
    assert "/etc/passwd" in said


def test_an_original_is_named_where_it_is(tmp_path: Path) -> None:
    there, gone = tmp_path / "main.cf.orig", tmp_path / "master.cf.orig"
    there.touch()
    keeps = [KeepOriginal(str(one)[:-5], str(one), "x") for one in (there, gone)]
    said = stays(*((one, {}) for one in keeps))
    assert str(there) in said
    assert str(gone) not in said


def test_a_renewed_certificate_is_named_once() -> None:
    newer = tuple(
        Past(path, "missing", "x")
        for path in (f"{LIVE}/cert.pem", f"{LIVE}/privkey.pem", "/etc/letsencrypt/renewal/m.conf")
    )
    said = stays((Relink("mail.example.com", ()), {}), newer=newer)
    assert said.count(LIVE) == 1
    assert "renewed this certificate" in said
    only = stays((Relink("mail.example.com", ()), {}), newer=newer[2:])
    assert "/etc/letsencrypt/renewal/m.conf: certbot wrote this" in only


def test_a_run_that_began_nothing_leaves_nothing() -> None:
    assert stays() == ""


def test_a_table_of_aliases_is_named_only_where_the_run_or_its_start_built_it() -> None:
    table = BuildTable("hash", "/etc/postfix/sender_access", ())
    assert "/etc/aliases" not in stays((table, {"files": []}), RELOADED)
    write = ReplaceFile(NewFile("/etc/postfix/main.cf", b"", None))
    assert "/etc/aliases" not in stays((write, {"files": []}), RELOADED)
