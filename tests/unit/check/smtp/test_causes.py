"""Why a port offers no TLS or AUTH: the advice follows the reply and what is set."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from wizard.answers.model import Answers
from wizard.check.postfix.reported import has_dead_milter, reported
from wizard.check.smtp import policy
from wizard.check.smtp.causes import NO_TLS_SEEN
from wizard.check.smtp.conversations import Known, judge
from wizard.check.smtp.holding import Hold
from wizard.check.smtp.notices import quiet
from wizard.check.smtp.scripts import SMTP, SUBMISSION
from wizard.check.smtp.session import Reply, Transcript
from wizard.check.tls.loading import LoadFault
from wizard.check.tls.services import PortSettings
from wizard.finding import RIGHT, UNKNOWN, WRONG, Finding
from wizard.postfix.settings import Settings

NAME = "mail.zeke.ne.jp"
NO_TLS = Reply(454, ("4.7.0 TLS not available due to local problem",))
AGAIN = Reply(454, ("4.3.0 Try again later",))
FAULT = LoadFault("the key is another's", "Name a pair that belongs together.")


def ehlo(*keywords: str) -> Reply:
    return Reply(250, (NAME, "SIZE 10485760", *keywords))


GOOD = {
    "greeting": Reply(220, (f"{NAME} ESMTP Postfix",)),
    "ehlo": ehlo("STARTTLS"),
    "auth": Reply(530, ("5.7.0 Must issue a STARTTLS command first",)),
    "mail-plain": Reply(530, ("5.7.0 Must issue a STARTTLS command first",)),
    "tls": Reply(220, ("2.0.0 Ready to start TLS",)),
    "ehlo-tls": ehlo("AUTH PLAIN LOGIN"),
    "mail": Reply(250, ("2.1.0 Ok",)),
    "rcpt": Reply(554, ("5.7.1 Access denied",)),
}
ROWS = {25: policy.ROWS_SMTP, 587: policy.ROWS_SUBMISSION, 465: policy.ROWS_SMTPS}
ENABLED = {"smtpd_sasl_auth_enable": "yes", "smtpd_tls_security_level": "may"}


def talk(
    stopped: str = "", why: str = "", certificate: bytes = b"", **changed: Reply
) -> Transcript:
    """A right session with other replies, which ends where it stopped."""
    replies = {**GOOD, **{name.replace("_", "-"): reply for name, reply in changed.items()}}
    names = list(GOOD)
    if stopped:
        after = names[names.index(stopped) :]
        keep = {stopped} if why == str(replies[stopped]) else set()
        replies = {k: v for k, v in replies.items() if k not in after or k in keep}
    return Transcript(replies, certificate, stopped, why)


def judged(
    port: int,
    transcript: Transcript,
    own: Mapping[str, str],
    answers: Answers,
    *,
    options: Mapping[str, str] | None = None,
    fault: LoadFault | None = None,
    causes: dict[str, str] | None = None,
) -> dict[str, Finding]:
    defaults = {"smtpd_sasl_mechanism_filter": "!external, static:rest"}
    here = PortSettings(port, Settings(own, defaults, options or {}), "submission/inet")
    known = Known(here, fault, {} if causes is None else causes, has_dead_milter=has_dead_milter)
    found = judge(port, ROWS[port], transcript, answers, known=known)
    return {one.id.rpartition(".")[2]: one for one in found}


CASES: list[tuple[int, Transcript, dict[str, str], str, str, str]] = [
    # A milter that says so; the one that is dead is named by its own finding.
    (
        587,
        talk("tls", str(AGAIN), tls=AGAIN),
        {"smtpd_milters": "inet:192.0.2.1:9"},
        "tls",
        "milter",
        "key_file",
    ),
    (587, talk("tls", str(NO_TLS), tls=NO_TLS), {}, "tls", "journalctl", "security_level"),
    (
        587,
        talk(ehlo=ehlo()),
        {**ENABLED, "smtpd_discard_ehlo_keywords": "starttls"},
        "starttls",
        "Take starttls out of smtpd_discard_ehlo_keywords",
        "Set `",
    ),
    (587, talk(ehlo=ehlo()), ENABLED, "starttls", "systemctl reload postfix", "Set `"),
    (
        587,
        talk(ehlo=ehlo()),
        {"smtpd_tls_security_level": "none"},
        "starttls",
        "= encrypt` for 587",
        "reload it",
    ),
    (
        587,
        talk(ehlo=ehlo()),
        {**ENABLED, "smtpd_discard_ehlo_keyword_address_maps": "cidr:/x"},
        "starttls",
        "cidr:/x",
        "Set `",
    ),
    (
        465,
        talk("greeting", "greeting: answers in plain text where TLS is due"),
        {"smtpd_tls_wrappermode": "yes"},
        "tls",
        "is set, so that Postfix runs with older",
        "Set `",
    ),
    (
        465,
        talk("greeting", "greeting: answers in plain text where TLS is due"),
        {"x": "y"},
        "tls",
        "Set `-o smtpd_tls_wr",
        "key",
    ),
    (
        587,
        talk("ehlo-tls", "EHLO: the server closed the connection", b"der"),
        {**ENABLED, "smtpd_sasl_tls_security_options": "noanonymous, noplaintext"},
        "auth",
        "Take noplaintext out of smtpd_sasl_tls_security_options",
        "Set `",
    ),
    (
        587,
        talk("ehlo-tls", "EHLO: the server closed the connection", b"der"),
        {
            **ENABLED,
            "smtpd_sasl_security_options": "noactive",
            "smtpd_sasl_tls_security_options": "",
        },
        "auth",
        "journalctl",
        "Set `",
    ),
    (
        465,
        talk("greeting", "greeting: the server closed the connection", b"der"),
        {**ENABLED, "smtpd_sasl_mechanism_filter": "gssapi", "smtpd_tls_wrappermode": "yes"},
        "tls",
        "smtpd_sasl_mechanism_filter = gssapi",
        "wrappermode",
    ),
    (
        587,
        talk("ehlo-tls", "EHLO: the server broke the connection off", b"der"),
        {**ENABLED, "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/none"},
        "auth",
        "private/none",
        "Set `-o",
    ),
    (
        587,
        talk("ehlo-tls", "EHLO: the server broke the connection off", b"der"),
        {**ENABLED, "smtpd_sasl_type": "cyrus"},
        "auth",
        "/etc/sasl2/smtpd.conf",
        "Set `-o",
    ),
    (
        587,
        talk(ehlo_tls=ehlo()),
        {**ENABLED, "smtpd_discard_ehlo_keywords": "AUTH"},
        "auth",
        "Take auth out",
        "Set `",
    ),
    (587, talk(ehlo_tls=ehlo()), ENABLED, "auth", "systemctl reload postfix", "Set `"),
    (
        587,
        talk(ehlo_tls=ehlo()),
        {"smtpd_sasl_auth_enable": "no"},
        "auth",
        "Set `-o smtpd_sasl_auth_enable=yes`",
        "x x",
    ),
    (
        25,
        talk("tls", "STARTTLS: the server refused the TLS handshake: alert internal error"),
        {"smtpd_tls_protocols": "!TLSv1.2 !TLSv1.3"},
        "tls",
        "smtpd_tls_protocols = !TLSv1.2 !TLSv1.3",
        "key_file",
    ),
    (
        25,
        talk("tls", "STARTTLS: no TLS version or cipher in common, or the server has no key"),
        {"x": "y"},
        "tls",
        "Nothing in main.cf",
        "key_file",
    ),
    (
        25,
        talk(vrfy=Reply(252, ("2.0.0 postmaster",)), ehlo=ehlo("STARTTLS")),
        {"disable_vrfy_command": "yes"},
        "vrfy",
        "is set for this port",
        "Set `",
    ),
    (
        25,
        talk(ehlo=Reply(550, ("5.7.1 no",))),
        {"smtpd_delay_reject": "no", "smtpd_helo_restrictions": "reject"},
        "starttls",
        "smtpd_helo_restrictions may say so",
        "Set `",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]} {case[3]}: {case[4]}" for case in CASES])
def test_the_advice_follows_the_cause(
    answers: Answers, case: tuple[int, Transcript, dict[str, str], str, str, str]
) -> None:
    port, transcript, own, row, advice, never = case
    found = judged(port, transcript, own, answers)
    assert found[row].verdict == WRONG, found[row]
    assert advice in found[row].advice
    assert never not in found[row].advice


def test_one_cause_makes_one_wrong_row(answers: Answers) -> None:
    own = {**ENABLED, "smtpd_discard_ehlo_keywords": "starttls"}
    causes: dict[str, str] = {}
    before = [judged(port, talk(ehlo=ehlo()), own, answers, causes=causes) for port in (25, 587)]
    assert [one["starttls"].verdict for one in before] == [WRONG, UNKNOWN]
    assert before[1]["starttls"].seen == "no STARTTLS, because of port 25: STARTTLS offered"
    alone = judged(
        587,
        talk(ehlo=ehlo()),
        ENABLED,
        answers,
        options={"smtpd_discard_ehlo_keywords": "starttls"},
        causes=causes,
    )
    assert alone["starttls"].verdict == WRONG, "another place is another cause"
    assert "submission/inet in master.cf" in alone["starttls"].advice


def test_a_dead_milter_is_named_elsewhere(answers: Answers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        own = {"smtpd_milters": f"inet:127.0.0.1:{port}"}
        alive = judged(587, talk("tls", str(AGAIN), tls=AGAIN), own, answers)
    dead = judged(587, talk("tls", str(AGAIN), tls=AGAIN), own, answers)
    assert alive["tls"].verdict == WRONG
    assert dead["tls"].verdict == UNKNOWN
    assert dead["tls"].seen.endswith("because of behind main.cf: smtpd_milters")
    assert dead["auth"].seen == "not known, because of behind main.cf: smtpd_milters"


def test_a_pair_that_cannot_be_loaded_is_one_fault(answers: Answers) -> None:
    causes: dict[str, str] = {}
    own = {**ENABLED, "smtpd_tls_wrappermode": "yes"}
    ports = {
        25: talk("tls", FAULT.text),
        587: talk("tls", FAULT.text),
        465: talk("greeting", "greeting: the server closed the connection"),
    }
    found = {
        port: judged(port, one, own, answers, fault=FAULT, causes=causes)
        for port, one in ports.items()
    }
    assert [found[port]["tls"].verdict for port in found] == [WRONG, UNKNOWN, UNKNOWN]
    assert found[25]["tls"].advice == FAULT.advice
    assert found[465]["tls"].seen.endswith("because of port 25: TLS handshake")
    assert found[587]["auth"].seen == "not known, because of port 25: TLS handshake"


def test_auth_that_is_hidden_from_this_host_is_unknown(answers: Answers) -> None:
    own = {**ENABLED, "smtpd_sasl_exceptions_networks": "127.0.0.0/8"}
    found = judged(587, talk(ehlo_tls=ehlo()), own, answers)
    assert found["auth"].verdict == UNKNOWN
    assert "127.0.0.0/8" in found["auth"].seen


def test_soft_bounce_softens_each_refusal(answers: Answers) -> None:
    soft = {
        name: Reply(reply.code - 100, reply.lines)
        for name, reply in GOOD.items()
        if reply.code >= 500
    }
    replies = {**GOOD, **soft}
    found = judged(587, Transcript(replies), {"soft_bounce": "yes"}, answers)
    assert {one.verdict for one in found.values()} == {RIGHT}
    hard = judged(587, Transcript(replies), {"soft_bounce": "no"}, answers)
    assert hard["auth-plain"].verdict == hard["mail-plain"].verdict == WRONG


SOFT = {
    25: ("vrfy", "auth", "auth-tls"),
    587: ("auth", "mail-plain"),
}


@pytest.mark.parametrize(
    ("port", "name"), [(port, name) for port, names in SOFT.items() for name in names]
)
def test_soft_bounce_softens_the_refusal_of_each_port(
    port: int, name: str, answers: Answers
) -> None:
    row = next(one for one in ROWS[port] if one.exchange == name and one.is_refusal)
    code = int(re.findall(r"5\d\d", row.expected)[0]) - 100
    replies = {**GOOD, name: Reply(code, ("5.0.0 no",))}
    soft, hard = (
        judged(port, Transcript(replies), {"soft_bounce": word}, answers)[row.id]
        for word in ("yes", "no")
    )
    assert (soft.verdict, hard.verdict) == (RIGHT, WRONG)


def hold(port: int, fault: LoadFault | None = None, **others: Transcript) -> Hold:
    own = Settings({"smtpd_tls_cert_file": "/c.pem", "smtpd_tls_wrappermode": "yes"})
    futures: dict[int, Future[Transcript]] = {}
    for name, transcript in others.items():
        number = int(name[1:])
        futures[number] = Future()
        futures[number].set_result(transcript)
    here = {one: PortSettings(one, own) for one in (25, 587, 465)}
    return Hold(port, here, fault, futures, (25, 465))


CLOSED = Transcript(stopped_at="greeting", why="greeting: the server closed the connection")


@pytest.mark.parametrize(
    ("held", "replies", "why"),
    [
        (hold(25), {"ehlo": ehlo("STARTTLS")}, ""),
        (hold(25), {"ehlo": ehlo()}, "not tried, because of port 25: STARTTLS offered"),
        (hold(25, FAULT), {"ehlo": ehlo("STARTTLS")}, FAULT.text),
        (hold(25, p465=CLOSED), {}, "not tried, because of port 465: TLS at once"),
        (
            hold(587, p25=Transcript({"tls": NO_TLS})),
            {},
            "not tried, because of port 25: TLS handshake",
        ),
        (hold(587, p25=Transcript({"tls": AGAIN})), {}, ""),
        (
            hold(25, p465=Transcript(certificate=b"der", stopped_at="greeting", why=CLOSED.why)),
            {},
            "",
        ),
        (hold(25, p465=Transcript(stopped_at="greeting", why="connection refused")), {}, ""),
    ],
)
def test_when_starttls_is_not_said(held: Hold, replies: dict[str, Reply], why: str) -> None:
    assert held(replies) == why


def test_a_port_without_findings_is_no_cause(answers: Answers) -> None:
    held = hold(25, p465=CLOSED)
    why = Hold(25, held.here, None, held.others, (25,))({})
    assert why == NO_TLS_SEEN
    assert judged(25, talk("tls", why), ENABLED, answers)["tls"].verdict == WRONG


def test_other_settings_are_no_witness() -> None:
    held = hold(587, p465=CLOSED)
    own = PortSettings(587, Settings({"smtpd_tls_cert_file": "/other.pem"}))
    assert Hold(587, {**held.here, 587: own}, None, held.others, (465,))({}) == ""


@pytest.mark.parametrize(
    ("own", "omitted"),
    [
        ({"notify_classes": "resource, software"}, set()),
        ({"notify_classes": "resource, software, policy"}, {"vrfy"}),
        ({"notify_classes": "protocol"}, {"auth", "auth-tls"}),
        ({}, set()),
    ],
)
def test_no_line_has_postfix_mail_a_notice(own: dict[str, str], omitted: set[str]) -> None:
    told = quiet(SMTP, PortSettings(25, Settings(own)), {})
    assert {*told.omitted} == omitted
    assert {one.name for one in told.script} == {one.name for one in SMTP} - omitted


@pytest.mark.parametrize(
    ("own", "omitted"),
    [
        ({"notify_classes": "software", "smtpd_recipient_restrictions": "reject_x"}, {"rcpt"}),
        ({"notify_classes": "software", "smtpd_recipient_restrictions": "reject"}, set()),
        ({"notify_classes": "bounce", "smtpd_recipient_restrictions": "reject_x"}, set()),
        (
            {"notify_classes": "resource", "queue_minfree": str(1 << 60)},
            {"mail-plain", "mail", "rcpt"},
        ),
    ],
)
def test_known_faults_are_not_met_again(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, str], omitted: set[str]
) -> None:
    monkeypatch.setattr("wizard.check.postfix.reported.QUEUE", "/")
    here = PortSettings(587, Settings(own))
    told = quiet(SUBMISSION, here, reported(here))
    assert {*told.omitted} == omitted


def test_what_was_omitted_is_unknown(answers: Answers) -> None:
    here = PortSettings(25, Settings({"notify_classes": "policy"}))
    known = Known(here, omitted=quiet(SMTP, here, {}).omitted)
    replies = {name: reply for name, reply in GOOD.items() if name != "vrfy"}
    found = {
        one.id: one
        for one in judge(25, policy.ROWS_SMTP[4:6], Transcript(replies), answers, known=known)
    }
    assert found["smtp.25.vrfy"].verdict == UNKNOWN
    assert "notify_classes has policy" in found["smtp.25.vrfy"].seen


NO_ANSWER = "greeting: no answer within 2 s"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"smtpd_sasl_tls_security_options": "noanonymous, noplaintext"}, "noplaintext"),
        ({"smtpd_sasl_tls_security_options": "forward_secrecy"}, "forward_secrecy"),
        ({"smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "private/none"}, "private/none"),
        ({"smtpd_sasl_mechanism_filter": "gssapi"}, "gssapi"),
        # It may have mechanisms, and be slow.
        ({"smtpd_sasl_type": "cyrus"}, ""),
        ({"smtpd_sasl_auth_enable": "no", "smtpd_sasl_mechanism_filter": "gssapi"}, ""),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("port", [587, 465])
def test_a_silent_port_without_a_mechanism_is_wrong(
    own: dict[str, str], said: str, port: int, answers: Answers
) -> None:
    """After the end of such a smtpd, master(8) starts the next one a minute later."""
    silent = Transcript({}, b"", "greeting", NO_ANSWER, is_late=True)
    found = judged(port, silent, {**ENABLED, **own}, answers)
    first = found["tls" if port == 465 else "banner"]
    assert first.verdict == (WRONG if said else UNKNOWN)
    assert said in first.advice
