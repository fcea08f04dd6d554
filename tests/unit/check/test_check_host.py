"""What commands told of this host: ports, unit, parameters, table, firewall, log."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from wizard.answers.sections.blocklists import Blocklists
from wizard.answers.sections.networks import Networks
from wizard.check.commands import NOTHING, CommandResult
from wizard.check.host import log, unit
from wizard.check.network import ports
from wizard.check.network.firewall import judge_firewall
from wizard.check.postfix.main_cf import judge_main_cf
from wizard.check.postfix.master_cf import judge_master_cf
from wizard.check.tables import sender_access
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.host.facts import Firewall, Zone

ABSENT = CommandResult(NOTHING, "there is no such program")


def told(text: str, code: int = 0, stderr: str = "") -> CommandResult:
    return CommandResult(Outcome(code, text.encode("utf-8", "surrogateescape"), stderr.encode()))


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    return {one.id: one.verdict for one in findings}


SMTPD = '(("smtpd",pid=560,fd=6),("master",pid=427,fd=13))'
LISTENERS = f"""\
LISTEN 0      50         0.0.0.0:587 0.0.0.0:* users:(("master",pid=427,fd=91))
LISTEN 0      50         0.0.0.0:25  0.0.0.0:* users:{SMTPD}
LISTEN 0      128        0.0.0.0:22  0.0.0.0:* users:(("sshd",pid=64,fd=3))
LISTEN 0      50         0.0.0.0:465 0.0.0.0:* users:(("master",pid=427,fd=94))
LISTEN 0      4096 127.0.0.53%lo:53  0.0.0.0:* users:(("systemd-resolve",pid=9,fd=3))
"""
ALL_RIGHT = {"port.25": RIGHT, "port.587": RIGHT, "port.465": RIGHT}


def look(text: str) -> list[Finding]:
    return list(ports.judge_ports(Networks(), told(text), has_ipv6=True))


def test_master_on_all_three() -> None:
    findings = look(LISTENERS)
    assert verdicts(findings) == ALL_RIGHT
    assert findings[0].seen == "master on 0.0.0.0"
    assert findings[0].expected == "master on 0.0.0.0"


@pytest.mark.parametrize(
    ("old", "new", "port", "verdict", "seen"),
    [
        (SMTPD, '(("exim4",pid=9,fd=3))', 25, WRONG, "exim4 on 0.0.0.0"),
        ("0.0.0.0:465", "0.0.0.0:466", 465, WRONG, "nobody listens"),
        ("0.0.0.0:587", "127.0.0.1:587", 587, WRONG, "master on 127.0.0.1"),
        (f"users:{SMTPD}", "", 25, UNKNOWN, "somebody on 0.0.0.0"),
    ],
)
def test_another_listener(old: str, new: str, port: int, verdict: str, seen: str) -> None:
    findings = look(LISTENERS.replace(old, new))
    bad = [(one.id, one.verdict, one.seen) for one in findings if one.verdict != RIGHT]
    assert bad == [(f"port.{port}", verdict, seen)]


def test_an_ipv6_listener_that_a_reload_did_not_close() -> None:
    more = 'LISTEN 0 50 [::]:25 [::]:* users:(("master",pid=427,fd=14))\n'
    findings = look(LISTENERS + more)
    assert verdicts(findings) == {**ALL_RIGHT, "port.25": WRONG}
    assert findings[0].seen == "master on 0.0.0.0, master on ::"
    assert "systemctl restart postfix" in findings[0].advice


@pytest.mark.parametrize(
    ("interfaces", "protocols", "ipv6", "wanted"),
    [
        ("all", "ipv4", True, ("0.0.0.0",)),
        ("all", "ipv6", True, ("::",)),
        ("all", "all", True, ("0.0.0.0", "::")),
        ("all", "ipv4, ipv6", True, ("0.0.0.0", "::")),
        ("all", "all", False, ("0.0.0.0",)),
        ("loopback-only", "all", True, ("127.0.0.1", "::1")),
        ("localhost", "ipv4", True, ("127.0.0.1",)),
        ("192.168.1.1, 127.0.0.1", "ipv4", True, ("192.168.1.1", "127.0.0.1")),
        ("192.168.1.1, 2001:db8::5", "all", True, ("192.168.1.1", "2001:db8::5")),
        ("[2001:db8::5]", "all", True, ("2001:db8::5",)),
        ("$myhostname", "ipv4", True, ()),
    ],
)
def test_where_postfix_should_listen(
    interfaces: str, protocols: str, ipv6: bool, wanted: tuple[str, ...]
) -> None:
    networks = Networks(inet_interfaces=interfaces, inet_protocols=protocols)
    assert ports.addresses(networks, has_ipv6=ipv6) == wanted


@pytest.mark.parametrize(
    ("interfaces", "protocols", "address"),
    [
        ("all", "ipv4", "127.0.0.1"),
        ("all", "all", "127.0.0.1"),
        ("all", "ipv6", "::1"),
        ("192.168.1.1", "ipv4", "192.168.1.1"),
        ("mail.example.org", "ipv4", "127.0.0.1"),
    ],
)
def test_where_postfix_is_talked_to(
    tmp_path: Path, interfaces: str, protocols: str, address: str
) -> None:
    networks = Networks(inet_interfaces=interfaces, inet_protocols=protocols)
    assert ports.reachable(networks, Door(tmp_path)) == dict.fromkeys(ports.PORTS, address)


BOUND = """
203.0.113.1:smtp      inet n - n - - smtpd
smtp                  inet n - n - - smtpd
[2001:db8::1]:587     inet n - n - - smtpd
127.0.0.1:submission  inet n - n - - smtpd
localhost:465         inet n - n - - smtpd
"""


@pytest.mark.parametrize(
    ("master", "wanted"),
    [
        (BOUND, {25: "192.168.1.1", 587: "2001:db8::1", 465: "127.0.0.1"}),
        ("203.0.113.1:587 inet n - n - - smtpd", {587: "203.0.113.1"}),
        ("203.0.113.1:8025 inet n - n - - smtpd", {}),
        ("0.0.0.0:25 inet n - n - 1 postscreen", {25: "127.0.0.1"}),
        ("mail.example.org:25 inet n - n - - smtpd", {}),
        ("smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd", {}),
        ("10.0.0.1:25 inet n", {}),
    ],
)
def test_a_port_that_has_an_address_of_its_own_is_talked_to_there(
    tmp_path: Path, master: str, wanted: dict[int, str]
) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/master.cf").write_text(f"{master}\n", encoding="utf-8")
    networks = Networks(inet_interfaces="192.168.1.1")
    usual = dict.fromkeys(ports.PORTS, "192.168.1.1")
    assert ports.reachable(networks, Door(tmp_path)) == {**usual, **wanted}


def test_without_ss_nothing_is_claimed() -> None:
    found = verdicts(ports.judge_ports(Networks(), ABSENT, has_ipv6=True))
    assert found == dict.fromkeys(ALL_RIGHT, UNKNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UnitFileState=enabled\nActiveState=active\n", (RIGHT, RIGHT)),
        ("UnitFileState=disabled\nActiveState=active\n", (RIGHT, WRONG)),
        ("UnitFileState=enabled\nActiveState=failed\n", (WRONG, RIGHT)),
        ("UnitFileState=\nActiveState=inactive\n", (WRONG, WRONG)),
    ],
)
def test_the_unit(text: str, expected: tuple[str, str]) -> None:
    found = verdicts(unit.judge_unit(told(text)))
    assert (found["unit.active"], found["unit.enabled"]) == expected


PLANNED = (("inet_protocols", "ipv4"), ("mydestination", "$myhostname, localhost, a.example"))


def test_parameters_as_planned() -> None:
    live = {"inet_protocols": "ipv4", "mydestination": "$myhostname,   localhost a.example"}
    assert verdicts(judge_main_cf(live, (), PLANNED)) == {
        "main.cf": RIGHT,
        "main.cf.complaints": RIGHT,
    }


def test_each_parameter_that_differs_is_named() -> None:
    findings = list(judge_main_cf({"mydestination": "\x1b[31m$myhostname"}, (), PLANNED))
    assert [(one.id, one.verdict, one.seen) for one in findings[:2]] == [
        ("main.cf.inet_protocols", WRONG, "not set"),
        ("main.cf.mydestination", WRONG, "\\x1b[31m$myhostname"),
    ]


def test_a_complaint_is_wrong_unless_it_was_there_before() -> None:
    line = "postconf: warning: /etc/postfix/main.cf: unused parameter: smtpd_baner=x"
    live = dict(PLANNED)
    assert verdicts(judge_main_cf(live, (line,), PLANNED))["main.cf.complaints"] == WRONG
    assert verdicts(judge_main_cf(live, (line,), PLANNED, (line,)))["main.cf.complaints"] == WARNING


SERVICES = """\
smtp       inet  n       -       n       -       -       smtpd
pickup     unix  n       -       n       60      1       pickup
submission inet  n       -       n       -       -       smtpd -o syslog_name=postfix/submission
smtps      inet  n       -       n       -       -       smtpd -o syslog_name=postfix/smtps
"""
OVERRIDES = """\
submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated,reject
submission/inet/smtpd_sasl_auth_enable = yes
submission/inet/smtpd_tls_security_level = encrypt
smtps/inet/smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtps/inet/smtpd_sasl_auth_enable = yes
smtps/inet/smtpd_tls_wrappermode = yes
"""
MASTER_RIGHT = {"master.cf.25": RIGHT, "master.cf.587": RIGHT, "master.cf.465": RIGHT}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("", "", {}),
        ("smtps", "submissions", {}),
        ("smtps", "465", {}),
        ("submission", "0.0.0.0:submission", {}),
        ("smtps      inet", "#", {"465": "no active entry"}),
        ("smtpd\npickup", "postscreen\npickup", {"25": "run by postscreen, and no smtpd/pass"}),
        (
            "submission/inet/smtpd_tls_security_level = encrypt",
            "",
            {"587": "smtpd_tls_security_level=may"},
        ),
        (
            "smtps/inet/smtpd_tls_wrappermode = yes",
            "smtps/inet/smtpd_tls_wrappermode = no",
            {"465": "smtpd_tls_wrappermode=no"},
        ),
        (
            "submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated,reject",
            "submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject",
            {"587": "smtpd_recipient_restrictions=permit_mynetworks"},
        ),
        (
            "submission/inet/smtpd_recipient_restrictions = permit_sasl_authenticated,reject",
            (
                "submission/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject\n"
                "submission/inet/smtpd_recipient_restrictions ="
            ),
            {},
        ),
        (
            "smtps/inet/smtpd_tls_wrappermode = yes",
            "smtps/inet/smtpd_tls_wrappermode = yes\nsmtp/inet/disable_vrfy_command = no",
            {"25": "disable_vrfy_command=no"},
        ),
        (
            "submission/inet/smtpd_sasl_auth_enable",
            "smtp/inet/smtpd_sasl_auth_enable = yes\nsubmission/inet/smtpd_sasl_auth_enable",
            {"25": "smtpd_sasl_auth_enable=yes"},
        ),
    ],
)
def test_master_cf(old: str, new: str, named: dict[str, str]) -> None:
    services = told(SERVICES.replace(old, new) if old else SERVICES)
    overrides = told(OVERRIDES.replace(old, new) if old else OVERRIDES)
    main_cf = {
        "smtpd_sasl_auth_enable": "no",
        "smtpd_tls_security_level": "may",
        "smtpd_recipient_restrictions": "permit_mynetworks",
        "disable_vrfy_command": "yes",
    }
    findings = list(judge_master_cf(services, overrides, main_cf))
    assert {one.id: one.verdict for one in findings if one.verdict == RIGHT} == {
        key: value for key, value in MASTER_RIGHT.items() if key[10:] not in named
    }
    assert {one.id: one.seen for one in findings if one.verdict == WRONG} == {
        f"master.cf.{port}": seen for port, seen in named.items()
    }


def test_auth_for_all_in_main_cf_reaches_port_25() -> None:
    findings = judge_master_cf(told(SERVICES), told(OVERRIDES), {"smtpd_sasl_auth_enable": "yes"})
    assert verdicts(findings)["master.cf.25"] == WRONG


ACCESS = "# example.com OK\nExample.COM\tOK\nexample.net\n  REJECT\n"


@pytest.mark.parametrize(
    ("rows", "wanted", "verdict", "seen"),
    [
        ("example.com\tOK\nexample.net\tREJECT\n", Blocklists(), RIGHT, "2 rows alike"),
        ("example.com\tOK\n", Blocklists(), WRONG, "example.net: no row instead of REJECT"),
        (
            "example.com\tREJECT\nexample.net\tREJECT\n",
            Blocklists(),
            WRONG,
            "example.com: REJECT instead of OK",
        ),
        (
            "example.com\tOK\nexample.net\tREJECT\nold.example\tOK\n",
            Blocklists(),
            WRONG,
            "old.example: OK instead of no row",
        ),
        (
            "example.com\tOK\nexample.net\tREJECT\n",
            Blocklists(allow_senders=("friend.example",)),
            WRONG,
            "friend.example: no row instead of OK",
        ),
    ],
)
def test_the_table(rows: str, wanted: Blocklists, verdict: str, seen: str) -> None:
    name = "hash:/etc/postfix/sender_access"
    (finding,) = sender_access.judge_table(name, told(rows), ACCESS, wanted)
    assert (finding.verdict, finding.seen) == (verdict, seen)
    assert finding.advice == ("" if verdict == RIGHT else f"Run `postmap {name}`.")


def test_a_table_that_cannot_be_opened() -> None:
    broken = told("", 1, "postmap: fatal: open /etc/postfix/sender_access.db: No such file\n")
    (finding,) = sender_access.judge_table(
        "hash:/etc/postfix/sender_access", broken, "", Blocklists()
    )
    assert finding.verdict == WRONG
    assert "No such file" in finding.seen


def test_the_table_is_the_one_that_is_looked_up() -> None:
    restrictions = "permit_mynetworks, check_sender_access lmdb:/etc/postfix/sender_access, reject"
    assert sender_access.table_in_use(restrictions) == "lmdb:/etc/postfix/sender_access"
    assert sender_access.table_in_use("check_sender_access hash:/etc/postfix/other") == ""
    assert sender_access.not_in_use().verdict == WRONG


THREE = frozenset(("smtp", "smtp-submission", "smtps"))


def zone(permanent: frozenset[str], runtime: frozenset[str], target: str = "default") -> Zone:
    return Zone("public", permanent, runtime, interfaces=("enp0s3",), target=target)


@pytest.mark.parametrize(
    ("firewall", "expected"),
    [
        (
            Firewall("running", "public", (zone(THREE, THREE),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("running", "public", (zone(frozenset(), THREE),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": WRONG},
        ),
        (
            Firewall("running", "public", (zone(THREE, THREE - {"smtps"}),)),
            {"firewall.runtime": WRONG, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("running", "public", (zone(frozenset(), frozenset(), "ACCEPT"),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("running", "other", (Zone("public", THREE, THREE),)),
            {"firewall.runtime": RIGHT, "firewall.permanent": RIGHT, "firewall.zone": WARNING},
        ),
        (Firewall("running", "other"), {"firewall.zone": WRONG}),
        (
            Firewall("stopped", "public", (zone(THREE, frozenset()),)),
            {"firewall.runtime": WRONG, "firewall.permanent": RIGHT},
        ),
        (
            Firewall("stopped", "public", (zone(THREE, THREE),), starts_at_boot=False),
            {"firewall.runtime": UNKNOWN},
        ),
        (Firewall("absent"), {"firewall.runtime": UNKNOWN}),
        (None, {"firewall.runtime": UNKNOWN}),
    ],
)
def test_the_firewall(firewall: Firewall, expected: dict[str, str]) -> None:
    assert verdicts(judge_firewall(firewall, "it hangs", "public")) == expected


def test_a_closed_service_comes_with_the_command_that_opens_it() -> None:
    firewall = Firewall("running", "public", (zone(THREE - {"smtps"}, THREE),))
    _, finding = judge_firewall(firewall, "", "public")
    assert finding.seen == "closed: smtps"
    assert finding.advice == "Run `firewall-cmd --permanent --zone=public --add-service=smtps`."


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
    assert (finding.id, finding.verdict, finding.seen) == ("log", RIGHT, "quiet")


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("smtpd[1]: warning: cannot get RSA private key from file /x: disabling TLS", WARNING),
        ("smtpd[1]: error: open /etc/postfix/sender_access.db: No such file", WARNING),
        ("smtpd[1]: fatal: in parameter smtpd_relay_restrictions or ...", WRONG),
        ("qmgr[1]: panic: myfree: corrupt memory block", WRONG),
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
