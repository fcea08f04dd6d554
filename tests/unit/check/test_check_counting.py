"""A run fails for what it wrote, kept or made wrong, and for nothing that was wrong before it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from wizard import check
from wizard.check.counting import AS_BEFORE, about, counted, key_of
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.plan.actions import BuildTable, EnableUnit, OpenFirewall, Service, TurnBeside
from wizard.plan.certificate_actions import SelfSign
from wizard.plan.choices import MINE, PLANNED
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Action, FileChange, Plan, Step

MAIN, MASTER = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
SUBMISSION = b"submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
LIMITS = (MAIN, b"default_process_limit = 100\n", b"default_process_limit = 60\n")
BIG = (MAIN, b"", b"message_size_limit = 90000000\n")


def wrong(finding_id: str) -> Finding:
    return Finding(finding_id, "it", "seen", "expected", WRONG, "mend it")


def plan_of(
    *files: tuple[str, bytes, bytes],
    edits: tuple[HandEdit, ...] = (),
    action: Optional[Action] = None,
    done: bool = False,
) -> Plan:
    steps = () if action is None else (Step("one", "", "", action, done=done),)
    changes = tuple(FileChange(path, None, live, proposed) for path, live, proposed in files)
    return Plan("", ("limits",), steps, changes, edits=edits)


def kept(path: str, name: str, choice: str = MINE) -> tuple[HandEdit, ...]:
    return (HandEdit(path, name, "left", "now", "planned", "run", True, choice),)


ZONE = OpenFirewall("public", ("smtp",), ())
PAIR = SelfSign("/c", "/k", ("mail.example.com",), 365)
TABLE = BuildTable("hash", "/etc/postfix/sender_access", ())
ALIASES = BuildTable("hash", "/etc/aliases", (), builder="postalias")
PASSWORDS = BuildTable("lmdb", "/etc/postfix/sasl_passwd", ())
PASS = b"smtpd pass - - n - - smtpd\n"
SMTP = b"smtp inet n - n - - smtpd\n"
OWN_CERTIFICATE = plan_of((MASTER, SMTP + b"  -o smtpd_tls_cert_file=/o.pem\n", SMTP))

AS_IT_WAS: dict[str, tuple[Plan, str]] = {
    "an MX without 587": (plan_of(LIMITS), "port.587"),
    "an MX without 465": (plan_of(LIMITS), "smtp.465.tls"),
    "no entry of a port": (plan_of(LIMITS), "master.cf.587"),
    "a null client": (plan_of(LIMITS), "smtp.25.stranger"),
    "VRFY, which the policy turns off": (plan_of(LIMITS), "smtp.25.vrfy"),
    "a banner of Debian's": (plan_of((MAIN, b"", b"myhostname = a.example\n")), "smtp.25.banner"),
    "a zone of the firewall": (plan_of(LIMITS), "firewall.runtime"),
    "a zone that is open as planned": (plan_of(LIMITS, action=ZONE, done=True), "firewall.zone"),
    "an expired certificate": (plan_of(LIMITS), "certificate.expiry"),
    "a table that is not ours": (plan_of(LIMITS, action=TABLE), "tables"),
    "mail for a domain of another class": (
        plan_of((MAIN, b"", b"smtpd_recipient_restrictions = reject\n")),
        "smtp.25.stranger",
    ),
    "another unit at boot": (
        plan_of(LIMITS, action=EnableUnit("dovecot", "disabled")),
        "unit.enabled",
    ),
    "another unit than Dovecot": (
        plan_of(LIMITS, action=TurnBeside("start", "another", "inactive")),
        "dovecot.auth",
    ),
    "no table of senders": (plan_of(LIMITS), "table.sender_access"),
    "the table of aliases is built": (
        plan_of(("/etc/aliases", b"", b"root: taro\n"), action=ALIASES),
        "table.sender_access",
    ),
    "the table of passwords is built": (plan_of(LIMITS, action=PASSWORDS), "table.sender_access"),
    "a table that is built already": (
        plan_of(LIMITS, action=TABLE, done=True),
        "table.sender_access.own",
    ),
    "an alias that leads nowhere": (plan_of(LIMITS), "aliases.postmaster"),
    "a milter that does not answer": (plan_of(LIMITS), "behind.smtpd_milters"),
    "deferred transports": (plan_of(LIMITS), "parameters.defer_transports"),
    "a limit that the run does not touch": (plan_of(LIMITS), "parameters.mailbox_size_limit"),
    "STARTTLS, which a certificate does not turn on": (
        plan_of(LIMITS, action=PAIR),
        "smtp.25.starttls",
    ),
    "no room in the queue": (plan_of(LIMITS), "queue.space"),
    "VRFY, where an option for the certificate is taken out": (OWN_CERTIFICATE, "smtp.25.vrfy"),
    "an entry, where its certificate is taken out": (OWN_CERTIFICATE, "master.cf.25"),
    "another entry is written": (plan_of((MASTER, b"", SUBMISSION)), "port.465"),
    "an edit that the plan takes away": (
        plan_of(LIMITS, edits=kept(MAIN, "relayhost", PLANNED)),
        "parameters.relayhost",
    ),
}
OF_THE_RUN: dict[str, tuple[Plan, str]] = {
    "a limit above the mailbox": (plan_of(BIG), "parameters.mailbox_size_limit"),
    "a limit above the virtual mailbox": (plan_of(BIG), "parameters.virtual_mailbox_limit"),
    "the parameter itself": (
        plan_of((MAIN, b"", b"relayhost = [127.0.0.1]\n")),
        "parameters.relayhost",
    ),
    "a parameter that is taken out": (
        plan_of((MAIN, b"mynetworks = 127.0.0.0/8\n", b"")),
        "smtp.25.relay",
    ),
    "a limit that is kept by hand": (
        plan_of(LIMITS, edits=kept(MAIN, "mailbox_size_limit")),
        "parameters.mailbox_size_limit",
    ),
    "restrictions that are kept by hand": (
        plan_of(LIMITS, edits=kept(MAIN, "smtpd_recipient_restrictions")),
        "smtp.25.relay",
    ),
    "a row that is kept by hand": (
        plan_of(LIMITS, edits=kept("/etc/postfix/sender_access", "example.com")),
        "table.sender_access.own",
    ),
    "an option that is kept by hand": (
        plan_of(LIMITS, edits=kept(MASTER, "submission/inet/smtpd_recipient_restrictions")),
        "smtp.587.mail-without-auth",
    ),
    "an entry by its port's number": (
        plan_of(LIMITS, edits=kept(MASTER, "127.0.0.1:465/inet")),
        "port.465",
    ),
    "an entry that is written": (plan_of((MASTER, b"", SUBMISSION)), "smtp.587.auth"),
    "two lists for one domain": (
        plan_of((MAIN, b"mydestination = a\n", b"mydestination = a, b\n")),
        "domains.classes",
    ),
    "a certificate": (plan_of(LIMITS, action=PAIR), "certificate.465"),
    "chain files that are taken out": (
        plan_of((MAIN, b"smtpd_tls_chain_files = /c.pem\n", b"")),
        "certificate.25",
    ),
    "an option for the certificate": (OWN_CERTIFICATE, "certificate.25"),
    "an option for the certificate behind postscreen": (
        plan_of((MASTER, b"smtpd pass - - n - - smtpd -o smtpd_tls_key_file=/k\n", PASS)),
        "certificate.25",
    ),
    "an option of tlsproxy": (
        plan_of(LIMITS, edits=kept(MASTER, "tlsproxy/unix/tlsproxy_tls_cert_file")),
        "certificate.25",
    ),
    "STARTTLS, where an option for the certificate is taken out": (
        OWN_CERTIFICATE,
        "smtp.25.starttls",
    ),
    "an entry behind postscreen": (plan_of((MASTER, b"", PASS)), "smtp.25.relay"),
    "587 by its other name": (
        plan_of(LIMITS, edits=kept(MASTER, "[::]:msp/inet")),
        "port.587",
    ),
    "a door that hardening leaves open": (plan_of((MASTER, b"", SUBMISSION)), "hardening"),
    "a zone that is opened": (plan_of(LIMITS, action=ZONE), "firewall.permanent"),
    "a table that is built": (plan_of(LIMITS, action=TABLE), "table.sender_access"),
    "a service that is reloaded": (
        plan_of(LIMITS, action=Service("reload", "postfix", "active")),
        "unit.active",
    ),
}


@pytest.mark.promise(40)
@pytest.mark.parametrize("case", AS_IT_WAS)
def test_what_was_wrong_before_is_shown_and_does_not_count(case: str) -> None:
    plan, finding_id = AS_IT_WAS[case]
    finding = wrong(finding_id)
    (told,) = counted([finding], plan, [key_of(finding)])
    assert (told.verdict, told.fatal) == (WRONG, False)
    assert AS_BEFORE in told.seen
    assert told.advice == "mend it"


@pytest.mark.promise(42)
@pytest.mark.parametrize("case", OF_THE_RUN)
def test_what_the_run_wrote_or_kept_always_counts(case: str) -> None:
    plan, finding_id = OF_THE_RUN[case]
    finding = wrong(finding_id)
    assert list(counted([finding], plan, [key_of(finding)])) == [finding]


@pytest.mark.promise(40)
@pytest.mark.parametrize("before", [None, [], [("port.465", "it")], [("port.587", "other")]])
def test_what_was_right_or_not_looked_at_before_counts(
    before: Optional[list[tuple[str, str]]],
) -> None:
    plan, finding = plan_of(LIMITS), wrong("port.587")
    assert list(counted([finding], plan, before)) == [finding]


@pytest.mark.promise(40)
@pytest.mark.parametrize(
    ("plan", "finding_id"),
    [
        (plan_of(BIG), "smtp.25.size"),
        (plan_of((MASTER, b"", SUBMISSION)), "port.587"),
        (plan_of(action=PAIR), "certificate.465"),
    ],
)
def test_a_conversation_with_a_stopped_postfix_says_nothing_of_the_run(
    plan: Plan, finding_id: str
) -> None:
    """It was stopped before, and the run does not start it; its files count all the same."""
    finding, stopped = wrong(finding_id), ("unit.active", "it")
    (told,) = counted([finding], plan, [key_of(finding), stopped])
    assert not told.fatal
    starting = replace(
        plan, steps=(*plan.steps, Step("s", "", "", Service("start", "postfix", "inactive")))
    )
    assert list(counted([finding], starting, [key_of(finding), stopped])) == [finding]
    of_the_file = wrong("parameters.message_size_limit")
    (told,) = counted([of_the_file], plan_of(BIG), [key_of(of_the_file), stopped])
    assert told.fatal


SHUT = {
    "nobody listens": ("port.465", "nobody listens", "smtp.465.tls"),
    "nobody listens, so nothing is served": ("port.465", "nobody listens", "certificate.465"),
    "TLS is off": ("smtp.25.starttls", "no STARTTLS", "smtp.25.tls"),
}


@pytest.mark.promise(40)
@pytest.mark.parametrize("case", SHUT)
def test_a_door_that_was_shut_before_says_nothing_of_the_certificate(case: str) -> None:
    """An MX without 465, or without TLS, gets another certificate: the door is not the run's."""
    door_id, seen, finding_id = SHUT[case]
    door, finding = replace(wrong(door_id), seen=seen), wrong(finding_id)
    before = [key_of(door), key_of(finding)]
    assert not any(one.fatal for one in counted([door, finding], plan_of(action=PAIR), before))
    # Where the door is open, the certificate is looked at; so is another door.
    for other in (replace(door, seen="master on 127.0.0.1"), replace(door, id="port.587")):
        assert list(counted([other, finding], plan_of(action=PAIR), before))[1] == finding
    # The run wrote the entry, or the door was open before.
    entry = plan_of((MASTER, b"", b"465 inet n - n - - smtpd\n" + SMTP), action=PAIR)
    assert all(one.fatal for one in counted([door, finding], entry, before))
    assert all(one.fatal for one in counted([door, finding], plan_of(action=PAIR), before[1:]))


@pytest.mark.parametrize("verdict", [RIGHT, WARNING])
def test_what_is_not_wrong_any_more_is_told_as_it_is(verdict: str) -> None:
    finding = Finding("port.587", "it", "seen", "expected", verdict)
    assert list(counted([finding], plan_of(LIMITS), [key_of(finding)])) == [finding]


NARROWED = (MAIN, b"mynetworks = 192.0.2.0/24\n", b"mynetworks = 127.0.0.0/8\n")
RENAMED = (MAIN, NARROWED[1] + b"mydestination = a\n", NARROWED[2])


@pytest.mark.promise(40)
@pytest.mark.parametrize(("change", "counts"), [(NARROWED, False), (RENAMED, True)])
def test_what_mynetworks_let_through_before_was_hidden(
    change: tuple[str, bytes, bytes], counts: bool
) -> None:
    """The check asks from this host's own address, which may have been allowed to send anywhere."""
    finding = wrong("smtp.25.stranger")
    (told,) = counted([finding], plan_of(change), [])
    assert told.fatal is counts


MAKERS = {"Check", "Finding", "_master_check"}
"""What makes a check or a finding that may be wrong, its ID first."""
BY_NAME = {
    "finding_id": (),  # its callers spell it
    "master.cf.{name}": ("master.cf.pickup",),
    "socket.{name}": ("socket.auth", "socket.lmtp"),
}
"""The IDs that the modules give by a name."""
NO_RUN_WRITES = {
    "main.cf",
    "parameters",
    "queue.hold",
    "queue.space",
    "socket.services",
    "stranger",
    "stranger.1.reached",
    "stranger.1.1",
    "stranger.rate.1",
    "tables",
    "unit.processes",
    "user.1.1",
    *(
        f"master.cf.{one}"
        for one in ("chroot", "others", "pickup", "processes", "services", "twice")
    ),
}
"""Findings that may fail a run only where it made them wrong; of `check --as-...` alone too."""


def ids() -> Iterator[str]:
    """Yield the IDs of all findings that may fail a run, as the modules spell them, parts as 1."""
    for path in Path(check.__path__[0]).rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
            if (
                name not in MAKERS
                or not isinstance(call, ast.Call)
                or not (call.args or call.keywords[0].arg)
            ):
                continue
            named = {one.arg: one.value for one in call.keywords}
            if ast.unparse(named.get("fatal", call)) == "False":
                continue
            made = named.get("id") or call.args[0]
            spelled = re.sub(r"^f?'(.*)'$", r"\1", ast.unparse(made))
            if isinstance(made, ast.Name) or spelled in BY_NAME:
                yield from BY_NAME[spelled]
            else:
                yield re.sub(r"\{[^}]*\}", "1", spelled)


def test_each_finding_is_about_something_that_a_run_writes_or_listed() -> None:
    """A new finding needs a row in `_ABOUT`, else what a run wrote wrong would not count."""
    found = set(ids())
    assert len(found) > 40
    assert {one for one in found if not about(one)} == NO_RUN_WRITES


def test_without_a_row_a_finding_of_a_section_is_about_its_files_and_units() -> None:
    """A forgotten row must not hide what a run wrote wrong, or did not start."""
    assert about("aliases.root") == {"/etc/aliases"}
    assert about("aliases") == {"/etc/aliases"}
    assert {"EnableUnit:named", "TurnBeside:named"} < about("dns.new")
    assert about("hardening") == {"smtpd_sender_login_maps", "entry:587", "entry:465"}
    assert about("another.root") == frozenset()
