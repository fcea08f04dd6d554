"""Complaints in the log, without harmless ones."""

from __future__ import annotations

import pytest

from tests.unit.check.results import ABSENT, told
from wizard.check.host import log
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG

START = "Nov 24 04:02:11 ace postfix/master[427]: daemon started -- version 3.5.25, configuration /etc/postfix\n"


HEAD = "1795492661.954097 ace.zeke.ne.jp postfix"


NORMAL = f"""\
{HEAD}/smtpd[489]: connect from unknown[127.0.0.1]
{HEAD}/smtpd[489]: lost connection after AUTH from unknown[127.0.0.1]
{HEAD}/smtpd[489]: disconnect from unknown[127.0.0.1] ehlo=1/2 auth=0/1 commands=1/3
{HEAD}/smtpd[484]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <relay-test@example.net>: Relay access denied
{HEAD}/smtps/smtpd[551]: warning: SASL: Connect to private/auth failed: No such file or directory
{HEAD}/smtps/smtpd[551]: fatal: no SASL authentication mechanisms
{HEAD}/master[427]: warning: process /usr/libexec/postfix/smtpd pid 551 exit status 1
{HEAD}/master[427]: warning: /usr/libexec/postfix/smtpd: bad command startup -- throttling
{HEAD}/submission/smtpd[7]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: x
{HEAD}/smtpd[7]: warning: TLS library problem: error:1408F10B:SSL routines:wrong version number
{HEAD}/smtpd[7]: warning: Connection rate limit exceeded: 121 from unknown[203.0.113.9] for service smtp
{HEAD}/smtpd[7]: warning: non-SMTP command from unknown[203.0.113.9]: GET / HTTP/1.1
{HEAD}/smtpd[7]: warning: 66.113.0.203.zen.spamhaus.org: RBL lookup error: Host or domain name not found
{HEAD}/postmap[9]: fatal: open /tmp/nothing: No such file or directory
{HEAD}/sendmail[9]: fatal: usage: sendmail [options]
"""


def test_what_is_normal_in_the_log_is_quiet() -> None:
    (finding,) = log.judge_log(told(START + NORMAL))
    assert (finding.id, finding.verdict) == ("log", RIGHT)
    assert finding.seen.startswith("quiet; seen since ")
    assert finding.seen.endswith("; 11 lines that strangers cause left out")


CYRUS = "xsasl_cyrus_server_get_mechanism_list: no applicable SASL mechanisms"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("smtpd[1]: warning: cannot get RSA private key from file /x: disabling TLS", WARNING),
        ("smtpd[1]: error: open /etc/postfix/sender_access.db: No such file", WARNING),
        ("smtpd[1]: fatal: in parameter smtpd_relay_restrictions or ...", WRONG),
        ("qmgr[1]: panic: myfree: corrupt memory block", WRONG),
        (
            f"smtps/smtpd[1]: warning: {CYRUS}",
            WRONG,
        ),
        ('smtpd[1]: warning: unknown smtpd restriction: "permit_mynetwork"', WARNING),
        ("local[1]: warning: dict_nis_init: NIS domain name not set", WARNING),
    ],
)
def test_a_complaint_of_the_service_is_shown(line: str, verdict: str) -> None:
    (finding,) = log.judge_log(told(f"{START}{NORMAL}{HEAD}/{line}\n"))
    assert finding.verdict == verdict
    assert line.partition(": ")[2][:40] in finding.seen
    assert not finding.fatal


@pytest.mark.parametrize("again", ["daemon started -- version 3.5.25", "reload -- version 3.5.25"])
def test_what_was_before_the_last_start_or_reload_is_past(again: str) -> None:
    past = f"{HEAD}/smtpd[1]: fatal: parameter x\n"
    text = f"{START}{past}{HEAD}/master[427]: {again}, configuration /etc/postfix\n"
    (finding,) = log.judge_log(told(text))
    assert finding.verdict == RIGHT


@pytest.mark.parametrize(
    "line",
    [
        "smtpd[1]: warning: daemon started -- version 3.5.25",
        "smtpd[1]: daemon started -- version 3.5.25",
        "cleanup[1]: reload -- version 3.5.25",
    ],
)
def test_only_master_says_that_it_starts(line: str) -> None:
    text = f"{START}{HEAD}/smtpd[1]: fatal: parameter x\n{HEAD}/{line}\n"
    assert log.loud_lines(text)[0] == ("postfix/smtpd", "fatal", "fatal: parameter x")


def test_a_master_that_was_told_to_end_says_nothing_of_the_next() -> None:
    text = f"{START}{HEAD}/master[1]: fatal: master_sigdeath: kill process group: No such process\n"
    (finding,) = log.judge_log(told(text))
    assert finding.verdict == RIGHT


@pytest.mark.promise(25)
def test_many_lines_are_counted_and_control_characters_shown() -> None:
    lines = "".join(f"{HEAD}/smtpd[1]: warning: no {n}\x1b[2J\n" for n in range(9))
    (finding,) = log.judge_log(told(START + lines))
    assert finding.seen.endswith("; and 6 more")
    assert "\x1b" not in finding.seen
    assert "no 8\\x1b[2J" in finding.seen


def test_a_log_that_cannot_be_read_is_unknown() -> None:
    (finding,) = log.judge_log(ABSENT)
    assert (finding.verdict, finding.fatal) == (UNKNOWN, False)


@pytest.mark.parametrize(
    "said",
    [
        "warning: malformed BDAT command syntax from x[203.0.113.9]: BDAT x",
        "warning: x[203.0.113.9]: request longer than 2048: EHLO aaa",
        "warning: 4bX1: queue file size limit exceeded",
        "warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:x.c:1:",
        "warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:x.c:2:",
        "warning: TLS library problem: error:0A000416:SSL routines::ssl/tls alert certificate unknown:",
    ],
)
def test_what_strangers_and_users_cause_is_left_out_and_counted(said: str) -> None:
    (finding,) = log.judge_log(told(f"{START}{HEAD}/smtpd[7]: {said}\n"))
    assert finding.verdict == RIGHT
    assert "1 line that strangers cause left out" in finding.seen


@pytest.mark.parametrize(
    "said",
    [
        "warning: TLS library problem: error:0B080074:x509 routines:X509_check_private_key:key values mismatch:",
        "warning: TLS library problem: error:0909006C:PEM routines:get_name:no start line:",
        "warning: TLS library problem: error:0200100D:system library:fopen:Permission denied:",
        "warning: TLS library problem: error:140AB18F:SSL routines:SSL_CTX_use_certificate:ee key too small:",
    ],
)
def test_a_fault_of_our_own_keys_is_shown(said: str) -> None:
    (finding,) = log.judge_log(told(f"{START}{HEAD}/smtpd[7]: {said}\n"))
    assert finding.verdict == WARNING


def test_no_line_of_postfix_is_not_quiet() -> None:
    for text in ("", "Nov 24 04:02:11 ace sshd[7]: accepted\n"):
        (finding,) = log.judge_log(told(text))
        assert (finding.verdict, "no line of Postfix" in finding.seen) == (UNKNOWN, True)


def test_lines_that_journald_dropped_are_not_quiet() -> None:
    said = "Suppressed 27 messages from postfix.service\nSuppressed 3 messages from sshd.service\n"
    assert log.dropped_in(said) == 27
    (finding,) = log.judge_log(told(START + NORMAL), 27)
    assert (finding.verdict, "27 lines dropped" in finding.seen) == (WARNING, True)
