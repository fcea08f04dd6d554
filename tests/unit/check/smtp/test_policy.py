"""Each way to be wrong is named by its own finding, and by no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from tests.unit.check.scripted import (
    EHLO_25,
    EHLO_AUTH,
    EHLO_TLS,
    GOOD,
    NAME,
    SMTPS,
    SUBMISSION,
    Behaviour,
    Pair,
    serving,
)
from wizard.answers.model import Answers
from wizard.answers.sections.limits import Limits
from wizard.check.certificates import served as certificate
from wizard.check.postfix.delays import delay
from wizard.check.smtp import policy, scripts
from wizard.check.smtp.conversations import Known, Row, judge
from wizard.check.smtp.session import Endpoint, Exchange, Reply, Transcript, converse
from wizard.check.tls.handshake import leaf
from wizard.check.tls.services import PortSettings
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.postfix.settings import Settings

SECONDS = 0.6
STRANGER = scripts.stranger_script("zeke.ne.jp")

Door = tuple[int, Sequence[Exchange], Sequence[Row], Behaviour]

DOORS: dict[str, Door] = {
    "25": (25, scripts.SMTP, policy.ROWS_SMTP, Behaviour()),
    "587": (587, scripts.SUBMISSION, policy.ROWS_SUBMISSION, Behaviour(SUBMISSION)),
    "465": (465, scripts.SMTPS, policy.ROWS_SMTPS, Behaviour(SMTPS, wrapped=True)),
}


def looks(door: Door, pair: Pair, answers: Answers, seconds: float = SECONDS) -> list[Finding]:
    port, script, rows, behaviour = door
    with serving(behaviour, pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), script, seconds)
    return list(judge(port, rows, transcript, answers))


def not_right(findings: Sequence[Finding]) -> dict[str, tuple[str, str]]:
    return {one.id: (one.verdict, one.seen) for one in findings if one.verdict != RIGHT}


@pytest.mark.parametrize("name", DOORS)
def test_a_right_server_is_right(name: str, pair: Pair, answers: Answers) -> None:
    findings = looks(DOORS[name], pair, answers, seconds=5)
    assert not_right(findings) == {}
    assert len(findings) == len(DOORS[name][2])
    assert all(one.advice == "" for one in findings)


def said(base: dict[str, tuple[str, ...]], **changes: Sequence[str]) -> Behaviour:
    """A right server but for these replies; `_` stands for `-` in their names."""
    named = {name.replace("_", "-"): tuple(lines) for name, lines in changes.items()}
    return Behaviour({**base, **named})


WITH_AUTH = (*EHLO_25[:-1], "250-AUTH PLAIN LOGIN", "250 CHUNKING")
NO_STARTTLS = tuple(line for line in EHLO_25 if "STARTTLS" not in line)
OTHER_SIZE = tuple(line.replace("10485760", "99") for line in EHLO_25)

FAULTS: list[tuple[str, Behaviour, dict[str, str]]] = [
    (
        "25",
        said(GOOD, greeting=[f"220 {NAME} ESMTP Postfix 3.5.25"]),
        {"smtp.25.banner": f"220 {NAME} ESMTP Postfix 3.5.25"},
    ),
    (
        "25",
        said(GOOD, greeting=["220 localhost.localdomain ESMTP Postfix"]),
        {"smtp.25.banner": "220 localhost.localdomain ESMTP Postfix"},
    ),
    ("25", said(GOOD, greeting=[f"220 {NAME} Postfix"]), {"smtp.25.banner": f"220 {NAME} Postfix"}),
    ("25", said(GOOD, ehlo=OTHER_SIZE), {"smtp.25.size": "SIZE 99"}),
    ("25", said(GOOD, ehlo=WITH_AUTH), {"smtp.25.no-auth": "AUTH PLAIN LOGIN"}),
    ("25", said(GOOD, ehlo=NO_STARTTLS), {"smtp.25.starttls": "no STARTTLS"}),
    (
        "25",
        said(GOOD, auth=["538 5.7.11 Encryption required"]),
        {"smtp.25.auth-refused": "538 5.7.11 Encryption required"},
    ),
    ("25", said(GOOD, vrfy=["252 2.0.0 postmaster"]), {"smtp.25.vrfy": "252 2.0.0 postmaster"}),
    (
        "25",
        said(GOOD, ehlo_tls=EHLO_AUTH, auth_tls=["334 VXNlcm5hbWU6"]),
        {
            "smtp.25.no-auth-tls": "AUTH PLAIN LOGIN",
            "smtp.25.auth-refused-tls": "334 VXNlcm5hbWU6",
        },
    ),
    ("587", said(SUBMISSION, ehlo=WITH_AUTH), {"smtp.587.no-auth-plain": "AUTH PLAIN LOGIN"}),
    (
        "587",
        said(SUBMISSION, auth=["334 VXNlcm5hbWU6"]),
        {"smtp.587.auth-plain": "334 VXNlcm5hbWU6"},
    ),
    (
        "587",
        said(SUBMISSION, mail=["250 2.1.0 Ok"]),
        {"smtp.587.mail-plain": "250 2.1.0 Ok"},
    ),
    ("587", said(SUBMISSION, ehlo_tls=EHLO_TLS), {"smtp.587.auth": "no AUTH"}),
    (
        "587",
        said(SUBMISSION, rcpt_relay=["250 2.1.5 Ok"]),
        {"smtp.587.mail-without-auth": "250 2.1.5 Ok"},
    ),
    (
        "465",
        replace(said(SMTPS, rcpt_relay=["250 2.1.5 Ok"]), wrapped=True),
        {"smtp.465.mail-without-auth": "250 2.1.5 Ok"},
    ),
    ("465", replace(said(SMTPS, ehlo_tls=EHLO_TLS), wrapped=True), {"smtp.465.auth": "no AUTH"}),
]


@pytest.mark.parametrize(
    ("name", "behaviour", "named"), FAULTS, ids=[",".join(named) for _, _, named in FAULTS]
)
def test_a_fault_is_named_and_nothing_else(
    name: str, behaviour: Behaviour, named: dict[str, str], pair: Pair, answers: Answers
) -> None:
    port, script, rows, _ = DOORS[name]
    findings = looks((port, script, rows, behaviour), pair, answers, seconds=5)
    assert not_right(findings) == {key: (WRONG, seen) for key, seen in named.items()}
    assert all(one.advice and one.fatal for one in findings if one.verdict == WRONG)


Break = tuple[Behaviour, str, str, int]

LATE = "no answer within 0.6 s"
BREAKS: list[Break] = [
    (Behaviour(hang="greeting"), "banner", f"greeting: {LATE}", 9),
    (Behaviour(trickle="greeting"), "banner", f"greeting: {LATE}", 9),
    (Behaviour(close="greeting"), "banner", "greeting: the server closed the connection", 9),
    (said(GOOD, greeting=["554 no service"]), "banner", "554 no service", 9),
    (Behaviour(hang="ehlo"), "starttls", f"EHLO: {LATE}", 8),
    (Behaviour(trickle="ehlo"), "starttls", f"EHLO: {LATE}", 8),
    (Behaviour(hang="auth"), "auth-refused", f"AUTH: {LATE}", 5),
    (Behaviour(hang="vrfy"), "vrfy", f"VRFY: {LATE}", 4),
    (Behaviour(hang="starttls"), "tls", f"STARTTLS: {LATE}", 3),
    (Behaviour(hang_handshake=True), "tls", f"STARTTLS: {LATE}", 3),
    (
        said(GOOD, starttls=["454 4.7.0 TLS not available due to local problem"]),
        "tls",
        "454 4.7.0 TLS not available due to local problem",
        3,
    ),
    (Behaviour(close="ehlo-tls"), "no-auth-tls", "EHLO: the server closed the connection", 2),
    (Behaviour(hang="auth-tls"), "auth-refused-tls", f"AUTH: {LATE}", 1),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", BREAKS, ids=[f"{row}: {seen}" for _, row, seen, _ in BREAKS])
@pytest.mark.parametrize("silence", [UNKNOWN, WRONG])
def test_where_a_talk_breaks_off_is_wrong_and_the_rest_unknown(
    case: Break, silence: str, pair: Pair, answers: Answers
) -> None:
    """Silence alone is unknown, with the command that tells; in a run, which waits longer, it is wrong."""
    behaviour, row, seen, touched = case
    port, script, rows, _ = DOORS["25"]
    known = Known(PortSettings(25, Settings({})), silence=silence, address="::1")
    with serving(behaviour, pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), script, SECONDS)
    bad = [
        one for one in judge(port, rows, transcript, answers, known=known) if one.verdict != RIGHT
    ]
    is_unknown = LATE in seen and silence == UNKNOWN
    words = (UNKNOWN, f"not known: {seen}") if is_unknown else (WRONG, seen)
    assert (bad[0].id, bad[0].verdict, bad[0].seen) == (f"smtp.25.{row}", *words)
    if is_unknown and row == "banner":
        assert bad[0].advice == "`timeout 60 head -n 1 </dev/tcp/::1/25` waits longer."
    elif is_unknown:
        assert "openssl s_client -quiet -starttls smtp -connect [::1]:25`" in bad[0].advice
    assert {one.verdict for one in bad[1:]} <= {UNKNOWN}
    assert all(one.seen == f"not known, because of {bad[0].looked_at}" for one in bad[1:])
    assert len(bad) == touched


Delay = tuple[str, str, dict[str, str], str]
SETTINGS: list[Delay] = [
    (
        "25",
        "greeting",
        {"smtpd_client_restrictions": "sleep 5, permit", "smtpd_delay_reject": "no"},
        "`sleep 5` in smtpd_client_restrictions delays it",
    ),
    ("25", "greeting", {"smtpd_client_restrictions": "sleep 5, permit"}, ""),
    ("25", "greeting", {"smtpd_upstream_proxy_protocol": "haproxy"}, "waits for a proxy"),
    ("25", "greeting", {"smtpd_milters": "inet:[192.0.2.9]:8891"}, "a milter may delay it"),
    (
        "25",
        "ehlo",
        {"smtpd_helo_restrictions": "sleep 7", "smtpd_delay_reject": "no"},
        "`sleep 7` in smtpd_helo_restrictions delays it",
    ),
    ("25", "ehlo", {"smtpd_helo_restrictions": "sleep 7"}, ""),
    (
        "465",
        "rcpt-relay",
        {"smtpd_recipient_restrictions": "permit_mynetworks, sleep 9, reject"},
        "`sleep 9` in smtpd_recipient_restrictions delays it",
    ),
    (
        "465",
        "rcpt-relay",
        {"smtpd_recipient_restrictions": "reject_unverified_sender"},
        "reject_unverified_sender in smtpd_recipient_restrictions may delay it",
    ),
    (
        "465",
        "mail-tls",
        {"smtpd_sender_restrictions": "check_policy_service unix:private/p"},
        "",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", SETTINGS)
def test_a_delay_that_is_set_is_named_and_never_wrong(
    case: Delay, pair: Pair, answers: Answers
) -> None:
    door, hang, own, reason = case
    port, script, rows, behaviour = DOORS[door]
    here = PortSettings(port, Settings(own))
    # A run as well blames no delay that somebody set.
    for silence in (UNKNOWN, WRONG):
        known = Known(here, silence=silence, delay=partial(delay, here, is_stranger=False))
        with serving(replace(behaviour, hang=hang), pair) as server:
            transcript = converse(Endpoint("127.0.0.1", server.port), script, SECONDS)
        first = next(
            one
            for one in judge(port, rows, transcript, answers, known=known)
            if one.verdict != RIGHT
        )
        assert reason in first.seen
        assert first.verdict == (UNKNOWN if reason else silence)


def test_postscreen_delays_strangers_alone() -> None:
    here = PortSettings(25, Settings({"postscreen_greet_wait": "9s"}), has_postscreen=True)
    said_of = partial(delay, here, "greeting")
    assert said_of(is_stranger=True) == "postscreen_greet_wait = 9s delays it"
    assert said_of(is_stranger=False) == ""
    assert delay(here, "RCPT", is_stranger=True) == ""


def test_a_plain_465_is_named(pair: Pair, answers: Answers) -> None:
    port, script, rows, _ = DOORS["465"]
    findings = looks((port, script, rows, Behaviour(SMTPS)), pair, answers)
    first = findings[0]
    assert (first.id, first.verdict) == ("smtp.465.tls", WRONG)
    assert first.seen == "greeting: answers in plain text where TLS is due"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("554 5.7.1 <relay-test@example.net>: Relay access denied", RIGHT),
        ("454 4.7.1 <relay-test@example.net>: Relay access denied", RIGHT),
        ("550 5.7.1 no relaying", RIGHT),
        ("250 2.1.5 Ok", WRONG),
        ("251 2.1.5 User not local; will forward", WRONG),
        ("450 4.1.8 <>: Sender address rejected: Domain not found", UNKNOWN),
        ("450 4.7.1 try again", UNKNOWN),
        ("451 4.3.5 Server configuration error", UNKNOWN),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net",
            UNKNOWN,
        ),
        ("554 5.7.1 <[192.0.2.1]>: Helo command rejected: Access denied", UNKNOWN),
    ],
)
def test_what_a_stranger_is_told_of_relaying(
    reply: str, verdict: str, pair: Pair, answers: Answers
) -> None:
    behaviour = said(GOOD, rcpt_relay=[reply])
    with serving(behaviour, pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), STRANGER, 5)
    found = list(judge(25, policy.ROWS_STRANGER, transcript, answers, broken_off=UNKNOWN))
    assert [(one.id, one.verdict) for one in found] == [
        ("smtp.25.relay", verdict),
        ("smtp.25.stranger", RIGHT),
    ]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("250 2.1.5 Ok", RIGHT),
        ("451 4.3.0 <>: Temporary lookup failure", WRONG),
        ("454 4.7.1 <postmaster@zeke.ne.jp>: Relay access denied", WRONG),
        ("554 5.7.1 <postmaster@zeke.ne.jp>: Relay access denied", WRONG),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net",
            WARNING,
        ),
        ("550 5.1.1 <postmaster@zeke.ne.jp>: User unknown in local recipient table", WRONG),
        ("554 5.7.1 <[192.0.2.1]>: Helo command rejected: Access denied", WRONG),
        ("452 4.3.1 Insufficient system storage", WRONG),
        ("450 4.7.1 greylisted", UNKNOWN),
        ("450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]", UNKNOWN),
    ],
)
def test_what_a_stranger_is_told_of_our_own_mail(
    reply: str, verdict: str, pair: Pair, answers: Answers
) -> None:
    behaviour = said(GOOD, rcpt=[reply])
    with serving(behaviour, pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), STRANGER, 5)
    found = list(judge(25, policy.ROWS_STRANGER, transcript, answers, broken_off=UNKNOWN))
    assert [(one.id, one.verdict) for one in found] == [
        ("smtp.25.relay", RIGHT),
        ("smtp.25.stranger", verdict),
    ]


@pytest.mark.parametrize(
    ("behaviour", "seen"),
    [
        (Behaviour(hang="rcpt-relay"), "not known: RCPT: no answer within 0.6 s"),
        (Behaviour(close="greeting"), "not known: greeting: the server closed the connection"),
        (
            said(GOOD, mail=["450 4.1.8 <>: Sender address rejected: Domain not found"]),
            "not known: 450 4.1.8 <>: Sender address rejected: Domain not found",
        ),
    ],
    ids=["hang", "close", "mail-refused"],
)
def test_a_strangers_talk_that_breaks_off_proves_nothing(
    behaviour: Behaviour, seen: str, pair: Pair, answers: Answers
) -> None:
    with serving(behaviour, pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), STRANGER, SECONDS)
    found = list(judge(25, policy.ROWS_STRANGER, transcript, answers, broken_off=UNKNOWN))
    assert [(one.verdict, one.seen) for one in found] == [(UNKNOWN, seen)] * 2


def test_mail_that_is_refused_before_its_recipient_is_refused(pair: Pair, answers: Answers) -> None:
    replies = {
        "mail_tls": ["530 5.7.0 Authentication required"],
        "rcpt_relay": ["503 5.5.1 Error: need MAIL command"],
    }
    port, script, rows, _ = DOORS["587"]
    door = (port, script, rows, said(SUBMISSION, **replies))
    assert not_right(looks(door, pair, answers, seconds=5)) == {}


@pytest.mark.parametrize(
    ("row", "replies", "verdict"),
    [
        ("banner", {"greeting": Reply(220, (f"{NAME} ESMTP Postfix 3.5.25",))}, WARNING),
        ("banner", {"greeting": Reply(220, ("elsewhere.example ESMTP",))}, WARNING),
        ("banner", {"greeting": Reply(554, ("no service",))}, WRONG),
        ("banner", {}, WRONG),
        ("size", {"ehlo": Reply(250, (NAME, "SIZE 5"))}, WARNING),
        ("size", {"ehlo": Reply(502, ("5.5.2 Error",))}, WRONG),
        ("vrfy", {"vrfy": Reply(252, ("2.0.0 postmaster",))}, WARNING),
        ("vrfy", {"vrfy": Reply(421, ("4.3.0 not now",))}, WRONG),
        ("no-auth", {"ehlo": Reply(250, (NAME, "AUTH PLAIN"))}, WRONG),
        ("auth-refused", {"auth": Reply(334, ("VXNlcm5hbWU6",))}, WRONG),
        ("starttls", {"ehlo": Reply(250, (NAME,))}, WRONG),
    ],
)
def test_a_reply_that_only_differs_is_a_warning_of_check(
    row: str, replies: dict[str, Reply], verdict: str, answers: Answers
) -> None:
    rows = [one for one in policy.ROWS_SMTP if one.id == row]
    known = Known(PortSettings(25, Settings({})), drift=WARNING)
    (found,) = judge(25, rows, Transcript(replies), answers, known=known)
    assert found.verdict == verdict
    assert found.advice


def test_no_limit_is_a_bare_size(answers: Answers) -> None:
    unlimited = replace(answers, limits=Limits(message_size_limit=0))
    for line, verdict in (("SIZE", RIGHT), ("SIZE 10485760", WRONG)):
        transcript = Transcript({"ehlo": Reply(250, (NAME, line))})
        found = list(judge(25, policy.ROWS_SMTP[2:3], transcript, unlimited))
        assert [(one.id, one.verdict) for one in found] == [("smtp.25.size", verdict)]


def test_an_ehlo_that_is_refused_does_not_prove_that_auth_is_off(
    pair: Pair, answers: Answers
) -> None:
    door = (*DOORS["25"][:3], said(GOOD, ehlo=["502 5.5.2 Error: command not recognized"]))
    bad = not_right(looks(door, pair, answers, seconds=5))
    reply = "502 5.5.2 Error: command not recognized"
    assert bad["smtp.25.starttls"] == (WRONG, reply)
    assert bad["smtp.25.no-auth"] == (UNKNOWN, f"{reply}, because of port 25: STARTTLS offered")


def test_another_certificate_than_on_disk_is_wrong(pair: Pair, other_pair: Pair) -> None:
    with serving(Behaviour(), other_pair) as server:
        transcript = converse(Endpoint("127.0.0.1", server.port), scripts.SMTP, 5)
    disk = {str(pair.cert): leaf(pair.cert.read_bytes())}
    here = PortSettings(25, Settings({}))
    (finding,) = certificate.judge_served(25, {"all": transcript.certificate}, disk, here)
    assert (finding.id, finding.verdict) == ("certificate.25", WRONG)
    assert finding.advice.startswith("Run `systemctl reload postfix`")

    disk = {str(pair.cert): leaf(other_pair.cert.read_bytes())}
    (finding,) = certificate.judge_served(25, {"all": transcript.certificate}, disk, here)
    assert finding.verdict == RIGHT


def test_every_row_says_what_to_do_and_has_an_id_of_its_own() -> None:
    for rows in (
        policy.ROWS_SMTP + policy.ROWS_STRANGER,
        policy.ROWS_SUBMISSION,
        policy.ROWS_SMTPS,
    ):
        assert len({row.id for row in rows}) == len(rows)
        assert all(row.advice and row.expected for row in rows)


def test_every_row_looks_at_an_exchange_of_its_script() -> None:
    for rows, script in (
        (policy.ROWS_SMTP, scripts.SMTP),
        (policy.ROWS_STRANGER, STRANGER),
        (policy.ROWS_SUBMISSION_CLOSED, scripts.SUBMISSION_WAITING),
        (policy.ROWS_SUBMISSION, scripts.SUBMISSION),
        (policy.ROWS_SMTPS, scripts.SMTPS),
    ):
        assert {row.exchange for row in rows} <= {exchange.name for exchange in script}
