"""The check on real hosts: a right server is right, and each way to break it is named.

Postfix is configured here by hand, as the source of the policy does it, so that the check and
the plan cannot agree on the same mistake.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import dns
import pytest

from lab.host import Host

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
BootHost = Callable[..., Host]

SETUP = r"""
set -e
dnf -y install postfix >/dev/null 2>&1
type=$(postconf -h default_database_type)
restrictions="permit_mynetworks, reject_invalid_helo_hostname, reject_unknown_sender_domain,"
restrictions="$restrictions reject_unauth_destination,"
restrictions="$restrictions check_sender_access $type:/etc/postfix/sender_access,"
restrictions="$restrictions reject_rbl_client bl.spamcop.net,"
restrictions="$restrictions reject_rbl_client zen.spamhaus.org=127.0.0.[2..11],"
restrictions="$restrictions reject_rhsbl_sender dbl.spamhaus.org=127.0.1.[2..99],"
restrictions="$restrictions reject_rhsbl_helo dbl.spamhaus.org=127.0.1.[2..99],"
restrictions="$restrictions reject_rhsbl_reverse_client dbl.spamhaus.org=127.0.1.[2..99],"
restrictions="$restrictions warn_if_reject reject_rbl_client zen.spamhaus.org=127.255.255.[1..255]"
lineage=/etc/letsencrypt/live/zeke.ne.jp
postconf -e \
  myhostname=mail.zeke.ne.jp mydomain=zeke.ne.jp 'myorigin=$myhostname' \
  inet_interfaces=all inet_protocols=ipv4 \
  'mydestination=$myhostname, localhost.$mydomain, localhost, $mydomain, ace.zeke.ne.jp' \
  'mynetworks=192.168.1.0/24, 127.0.0.0/8' \
  recipient_delimiter=+ home_mailbox=Maildir/ \
  mailbox_transport=lmtp:unix:private/dovecot-lmtp \
  'smtpd_banner=$myhostname ESMTP $mail_name' \
  smtpd_tls_cert_file=$lineage/fullchain.pem smtpd_tls_key_file=$lineage/privkey.pem \
  smtpd_tls_auth_only=yes smtpd_tls_received_header=yes \
  smtp_tls_loglevel=1 smtp_tls_note_starttls_offer=yes \
  smtpd_sasl_auth_enable=no smtpd_sasl_type=dovecot smtpd_sasl_path=private/auth \
  smtpd_sasl_tls_security_options=noanonymous 'smtpd_sasl_local_domain=$myhostname' \
  disable_vrfy_command=yes smtpd_peername_lookup=no anvil_rate_time_unit=60s \
  smtpd_client_connection_rate_limit=120 smtpd_client_message_rate_limit=120 \
  smtpd_client_recipient_rate_limit=120 smtpd_client_connection_count_limit=25 \
  "smtpd_recipient_restrictions=$restrictions" \
  message_size_limit=10485760 mailbox_size_limit=0 default_process_limit=50 \
  default_destination_concurrency_limit=10 initial_destination_concurrency=3
printf 'example.com OK\nexample.net REJECT\n' >/etc/postfix/sender_access
postmap $type:/etc/postfix/sender_access
smtps=smtps
if grep -q '^#submissions ' /etc/postfix/master.cf; then smtps=submissions; fi
only=smtpd_recipient_restrictions=permit_sasl_authenticated,reject
auth="-o smtpd_sasl_auth_enable=yes -o $only"
postconf -M submission/inet="submission inet n - n - - smtpd -o smtpd_tls_security_level=encrypt $auth"
postconf -M $smtps/inet="$smtps inet n - n - - smtpd -o smtpd_tls_wrappermode=yes $auth"
printf 'root: taro\n' >>/etc/aliases
systemctl enable --now postfix 2>/dev/null
firewall-cmd -q --zone=public --permanent \
  --add-service=smtp --add-service=smtp-submission --add-service=smtps
firewall-cmd -q --reload
"""

PROVE = """
import json, os, sys
sys.path.insert(0, "/opt/wizard")
from pathlib import Path
from wizard.answers.model import Answers, Certificate, Domains, Hostname, Networks
from wizard.check.prove import prove
from wizard.check.report import as_data
from wizard.door import Door

Path("/run/check.pid").write_text(str(os.getpid()))
answers = Answers(
    Hostname("mail.zeke.ne.jp", "zeke.ne.jp"),
    Domains(("ace.zeke.ne.jp",)),
    Networks(("192.168.1.0/24", "127.0.0.0/8")),
    Certificate(name="zeke.ne.jp"),
)
print(json.dumps(as_data(prove(answers, Door(), seconds=float(sys.argv[1])))))
"""


MUTE = """
import socket, time
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.1", 53))
time.sleep(600)
"""


@dataclass(frozen=True)
class Found:
    verdict: str
    seen: str
    fatal: bool


def furnish(host: Host) -> None:
    """Put the wizard's own code on the host and set Postfix up by hand."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted((ROOT / "wizard").rglob("*.py")):
            archive.add(path, str(path.relative_to(ROOT)))
        archive.add(Path(dns.__file__).parent, "dns")
    host.write("/opt/wizard/wizard.tar", packed.getvalue())
    host.run(["tar", "-C", "/opt/wizard", "-xf", "/opt/wizard/wizard.tar"], check=True)
    host.write("/opt/wizard/prove.py", PROVE)
    bash(host, SETUP)


def bash(host: Host, script: str) -> str:
    return host.run(["bash", "-ec", script], check=True).stdout


NOBODY_RENEWS = ("certificate.renewal", "certificate.hook", "certificate.links")
"""This host's certificate was copied by hand, so that nobody renews it, and live/ has no links."""

FOLLOW = frozenset(
    [
        *(f"smtp.25.{name}" for name in ("users", "domains", "stranger", "others")),
        *("networks.trusted", "restrictions.before-login", "restrictions.order"),
        *("path.ours", "path.others", "aliases.index", "aliases.rows", "firewall.rules"),
    ]
)
"""What a break may make wrong as well: what strangers meet, and where mail ends."""


def look(host: Host, seconds: float = 8) -> dict[str, Found]:
    done = host.run(["python3", "/opt/wizard/prove.py", str(seconds)])
    assert (done.returncode, done.stderr) == (0, "")
    assert host.run(["ip", "-oneline", "address", "show", "dev", "lo"]).stdout.count("inet ") == 1
    told = json.loads(done.stdout)
    assert told["version"] == 1
    # What the DNS says is not of this host's making, and test_lookups.py looks at it. No certbot is
    # here, and no hook, since the wizard did not set this host up: test_renewal.py looks at these.
    found = {one["id"]: one["verdict"] for one in told["findings"]}
    assert {found.get(name, "warning") for name in NOBODY_RENEWS} == {"warning"}
    return {
        one["id"]: Found(one["verdict"], one["seen"], one["fatal"])
        for one in told["findings"]
        if not one["id"].startswith(("dns.", *NOBODY_RENEWS))
    }


def of(verdict: str, findings: dict[str, Found]) -> dict[str, str]:
    return {name: one.seen for name, one in findings.items() if one.verdict == verdict}


@pytest.fixture
def right(boot_host: BootHost) -> Host:
    host = boot_host()
    furnish(host)
    return host


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_right_server_is_right_and_waits_for_dovecot(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite)
    furnish(host)
    begun = time.monotonic()
    first = look(host)
    assert time.monotonic() - begun < 10  # a whole process on a busy machine; 0.3 s are usual

    assert set(of("waits", first)) == {"smtp.587.auth", "smtp.465.auth", "delivery.lmtp"}
    # The lab knows no server of the internet, so whether mail can leave is not known there.
    assert set(of("unknown", first)) == {"outbound.25"}
    assert set(first) - set(of("right", first)) == {*of("waits", first), "outbound.25"}
    relay = {"el9": "554 5.7.1 ", "el10": "454 4.7.1 "}[suite]
    assert first["smtp.25.relay"].seen == f"{relay}<relay-test@example.net>: Relay access denied"

    # Neither door of Dovecot's was knocked at: no smtpd died and master holds none back.
    log = host.read("/var/log/maillog")
    assert "fatal" not in log
    assert "smtps" not in log
    assert "submissions" not in log

    host.start_dovecot()
    after = look(host)
    assert set(after) == {*of("right", after), "outbound.25"}
    assert after["smtp.587.auth"].seen == after["smtp.465.auth"].seen == "AUTH PLAIN LOGIN"
    assert {"certificate.25", "certificate.587", "certificate.465"} <= set(after)
    # An smtpd that is still there is listed with master as holder of the socket.
    again = look(host)
    assert set(again) == {*of("right", again), "outbound.25"}
    assert not host.run(["postqueue", "-j"]).stdout, "no mail was left behind"


@dataclass(frozen=True)
class Break:
    """A shell script that breaks a right server, and all that must then be wrong or a warning.

    `wrong` has the beginning of what is seen.
    """

    script: str
    wrong: dict[str, str]
    warning: frozenset[str] = frozenset()
    dovecot: bool = False


RELOAD = "\npostfix reload 2>/dev/null; sleep 1"
RESTART = "\nsystemctl restart postfix"

BREAKS = {
    "open relay": Break(
        "postconf -e smtpd_relay_restrictions=permit smtpd_recipient_restrictions="
        "'permit_mynetworks, check_recipient_access static:OK, reject_unauth_destination'" + RELOAD,
        {
            "smtp.25.relay": "250 2.1.5 Ok",
            "restrictions.order": "smtpd_relay_restrictions: permit permits strangers; ",
        },
        frozenset(("main.cf.smtpd_recipient_restrictions", "table.sender_access")),
    ),
    "everybody in mynetworks": Break(
        "postconf -e mynetworks=0.0.0.0/0" + RELOAD,
        {"smtp.25.relay": "250 2.1.5 Ok", "main.cf.mynetworks": "0.0.0.0/0"},
    ),
    "AUTH on port 25": Break(
        "postconf -e smtpd_sasl_auth_enable=yes" + RELOAD,
        {
            "smtp.25.no-auth-tls": "AUTH PLAIN LOGIN",
            "smtp.25.auth-refused-tls": "334 VXNlcm5hbWU6",
            "master.cf.25": "smtpd_sasl_auth_enable=yes",
        },
        frozenset(("main.cf.smtpd_sasl_auth_enable",)),
        dovecot=True,
    ),
    "AUTH on port 25 by master.cf": Break(
        "postconf -P smtp/inet/smtpd_sasl_auth_enable=yes" + RELOAD,
        {
            "smtp.25.no-auth-tls": "AUTH PLAIN LOGIN",
            "smtp.25.auth-refused-tls": "334 VXNlcm5hbWU6",
            "master.cf.25": "smtpd_sasl_auth_enable=yes",
        },
        dovecot=True,
    ),
    "version in the banner": Break(
        "postconf -e 'smtpd_banner=$myhostname ESMTP $mail_name $mail_version'" + RELOAD,
        {},
        frozenset(("smtp.25.banner", "smtp.587.banner", "main.cf.smtpd_banner")),
    ),
    "another's key": Break(
        "postconf -e smtpd_tls_key_file=/etc/letsencrypt/live/zeke.jp/privkey.pem" + RELOAD,
        {
            "smtp.25.tls": "the key in /etc/letsencrypt/live/zeke.jp/privkey.pem is not that of",
        },
        frozenset(("log", "main.cf.smtpd_tls_key_file")),
    ),
    "a renewed certificate that is not served yet": Break(
        "python3 /opt/wizard/prove.py 8 >/dev/null\n"
        "cd /etc/letsencrypt/live\n"
        "cp zeke.jp/fullchain.pem zeke.jp/privkey.pem zeke.ne.jp/",
        {"certificate.25": "another one than on disk"},
    ),
    "a table that was never built": Break(
        "rm /etc/postfix/sender_access.db" + RELOAD,
        {
            "smtp.25.stranger": "451 4.3.5 <>: Sender address rejected: Server configuration error",
            "table.sender_access": "postmap: fatal: open database /etc/postfix/sender_access.db: "
            "No such file or directory",
        },
        frozenset(("log",)),
    ),
    "a table older than its file": Break(
        "echo 'friend.example OK' >>/etc/postfix/sender_access",
        {},
        frozenset(("table.sender_access",)),
    ),
    "aliases that cannot be opened": Break(
        "rm /etc/aliases.db" + RELOAD,
        {"tables": "hash:/etc/aliases: postmap: fatal: open database /etc/aliases.db"},
        frozenset(("log",)),
    ),
    "a misspelt parameter": Break(
        # Its age is no part of this: a second after the last reload it is named as well.
        "echo 'smtpd_baner = x' >>/etc/postfix/main.cf; touch -d '1 hour ago' /etc/postfix/main.cf",
        {},
        frozenset(("main.cf.complaints",)),
    ),
    "a misspelt restriction": Break(
        "sed -i 's/reject_unauth_destination,/reject_unauth_destinations,/' /etc/postfix/main.cf"
        + RELOAD,
        {"restrictions.names": "smtpd_recipient_restrictions has reject_unauth_destinations"},
        frozenset(("main.cf.smtpd_recipient_restrictions",)),
    ),
    "VRFY": Break(
        "postconf -e disable_vrfy_command=no" + RELOAD,
        {},
        frozenset(("smtp.25.vrfy", "main.cf.disable_vrfy_command")),
    ),
    "another size": Break(
        "postconf -e message_size_limit=20480000" + RELOAD,
        {},
        frozenset(("smtp.25.size", "main.cf.message_size_limit")),
    ),
    "our domain is not local": Break(
        "postconf -e 'mydestination=$myhostname, localhost'" + RELOAD,
        {
            "smtp.25.stranger": "554 5.7.1 <postmaster@zeke.ne.jp>: Relay access denied",
            "main.cf.mydestination": "$myhostname, localhost",
        },
    ),
    "no submission": Break(
        "postconf -M# submission/inet" + RELOAD,
        {
            "port.587": "nobody listens",
            "smtp.587.banner": "connection refused",
            "master.cf.587": "no active entry",
        },
    ),
    "submission without TLS": Break(
        "postconf -P submission/inet/smtpd_tls_security_level=may" + RELOAD,
        {
            "smtp.587.auth-plain": "503 5.5.1 Error: authentication not enabled",
            "smtp.587.mail-plain": "250 2.1.0 Ok",
            "master.cf.587": "smtpd_tls_security_level=may",
        },
        dovecot=True,
    ),
    "submission open to mynetworks": Break(
        "postconf -PX submission/inet/smtpd_recipient_restrictions" + RELOAD,
        {
            "smtp.587.mail-without-auth": "250 2.1.5 Ok",
            "master.cf.587": "smtpd_recipient_restrictions=permit_mynetworks, ",
        },
        dovecot=True,
    ),
    "465 in plain text": Break(
        "postconf -P smtps/inet/smtpd_tls_wrappermode=no" + RELOAD,
        {
            "smtp.465.tls": "greeting: answers in plain text where TLS is due",
            "master.cf.465": "smtpd_tls_wrappermode=no",
        },
        dovecot=True,
    ),
    "interfaces that were only reloaded": Break(
        "postconf -e inet_interfaces=localhost"
        + RESTART
        + "\npostconf -e inet_interfaces=all"
        + RELOAD,
        {f"port.{port}": "master on 127.0.0.1" for port in (25, 587, 465)},
        frozenset(("log",)),
    ),
    "a service closed in the firewall": Break(
        "firewall-cmd -q --zone=public --permanent --remove-service=smtps; firewall-cmd -q --reload",
        {"firewall.runtime": "closed: smtps", "firewall.permanent": "closed: smtps"},
    ),
    "open until the next reload only": Break(
        "firewall-cmd -q --zone=public --permanent --remove-service=smtp",
        {"firewall.permanent": "closed: smtp"},
    ),
    "no firewall": Break("systemctl stop firewalld", {"firewall.runtime": "firewalld is stopped"}),
    "not enabled": Break("systemctl disable postfix 2>/dev/null", {"unit.enabled": "disabled"}),
}


@pytest.mark.by_turns(3)
@pytest.mark.parametrize("name", BREAKS)
def test_each_break_is_named_and_nothing_else(right: Host, name: str) -> None:
    broken = BREAKS[name]
    if broken.dovecot:
        right.start_dovecot()
    bash(right, broken.script)
    findings = look(right)
    wrong = of("wrong", findings)
    assert set(broken.wrong) <= set(wrong) <= set(broken.wrong) | FOLLOW, wrong
    assert all(wrong[key].startswith(seen) for key, seen in broken.wrong.items()), wrong
    assert broken.warning <= frozenset(of("warning", findings)) <= broken.warning | FOLLOW


def test_a_stopped_server_and_another_on_its_port(right: Host) -> None:
    bash(
        right,
        "systemctl stop postfix\n"
        "systemd-run -q --collect python3 -m http.server 25\n"
        "until ss -Hnlt sport = :25 | grep -q .; do sleep 0.1; done",
    )
    findings = look(right, seconds=3)
    wrong = of("wrong", findings)
    assert wrong["unit.active"] == "inactive"
    assert wrong["port.25"] == "python3 on 0.0.0.0"
    assert wrong["port.587"] == "nobody listens"
    # It waits for its client to speak first, as a slow server seems to do.
    assert "smtp.25.banner" in of("unknown", findings)


def test_a_server_that_hangs_cannot_hang_the_check(right: Host) -> None:
    bash(right, "kill -STOP $(cat /var/spool/postfix/pid/master.pid)")
    begun = time.monotonic()
    findings = look(right, seconds=3)
    assert time.monotonic() - begun < 15
    for port in (25, 587):
        banner = findings[f"smtp.{port}.banner"]
        assert (banner.verdict, banner.seen) == (
            "unknown",
            "not known: greeting: no answer within 3 s",
        )
    assert findings["unit.processes"].verdict == "wrong"
    assert findings["smtp.25.relay"].verdict == "unknown"
    assert findings["main.cf"].verdict == "right"


def test_a_silent_resolver_is_told_and_does_not_hide_the_relay(right: Host) -> None:
    right.write("/opt/wizard/mute.py", MUTE)
    bash(
        right,
        "systemctl stop named; systemd-run -q --collect python3 /opt/wizard/mute.py\n"
        "until ss -Hnlu sport = :53 | grep -q .; do sleep 0.1; done",
    )
    findings = look(right, seconds=3)
    assert findings["smtp.25.relay"].verdict == "right"
    assert findings["smtp.25.stranger"].verdict == "unknown"
    assert findings["smtp.25.stranger"].seen == "not known: RCPT: no answer within 3 s"
    lists = {name: one for name, one in findings.items() if name.startswith("blocklist.")}
    assert len(lists) == 3
    assert all(one.seen.startswith("silent: ") and not one.fatal for one in lists.values())


@pytest.mark.parametrize("number", ["TERM", "HUP", "KILL"])
def test_the_strangers_address_outlives_no_check(right: Host, number: str) -> None:
    bash(right, "kill -STOP $(cat /var/spool/postfix/pid/master.pid)")
    argv = right.argv(["python3", "/opt/wizard/prove.py", "6"])
    shown = ["ip", "-oneline", "address", "show", "dev", "lo", "to", "192.0.2.1"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as check:
        deadline = time.monotonic() + 10
        while "192.0.2.1" not in right.run(shown).stdout:
            assert time.monotonic() < deadline, "the stranger never came"
            time.sleep(0.05)
        bash(right, f"kill -{number} $(cat /run/check.pid)")
        if number == "KILL":
            # Nobody is left to remove it but the kernel.
            deadline = time.monotonic() + 25
            while right.run(shown).stdout and time.monotonic() < deadline:
                time.sleep(0.5)
        check.wait(20)
    assert right.run(shown).stdout == ""


def test_an_address_that_was_there_stays(right: Host) -> None:
    bash(right, "ip address add 192.0.2.1/32 dev lo")
    done = right.run(["python3", "/opt/wizard/prove.py", "8"], check=True)
    findings = {one["id"]: one for one in json.loads(done.stdout)["findings"]}
    assert findings["smtp.25.relay"]["verdict"] == "right"
    shown = right.run(["ip", "-oneline", "address", "show", "dev", "lo"]).stdout
    assert "192.0.2.1/32" in shown
    assert "198.51.100.1" not in shown
    assert "unknown[198.51.100.1]" in right.read("/var/log/maillog")


def test_a_router_that_shows_strangers_as_itself_is_told(right: Host) -> None:
    bash(right, "ip route add default via 192.168.1.2")  # the operator's own address
    assert look(right)["networks.router"].verdict == "unknown"
    knock = [
        "timeout",
        "9",
        "bash",
        "-c",
        "exec 3<>/dev/tcp/192.168.1.1/25; head -1 <&3; echo QUIT >&3",
    ]
    assert "220 " in right.run_operator(knock).stdout
    found = look(right)["networks.router"]
    assert (found.verdict, found.fatal) == ("warning", False)
    assert found.seen == "1 connection on 25 by 192.168.1.2, 0 by strangers"


def test_an_unprivileged_look_claims_nothing(right: Host) -> None:
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    script = "sed -i '/check.pid/d' /opt/wizard/prove.py"
    bash(right, script)
    done = right.run([*argv, "python3", "/opt/wizard/prove.py", "8"], check=True)
    findings = {one["id"]: one for one in json.loads(done.stdout)["findings"]}
    assert findings["smtp.25.relay"]["verdict"] == "unknown"
    assert findings["smtp.465.auth"]["verdict"] == "unknown"
    assert findings["port.25"]["verdict"] == "unknown"
    assert not [one for one in findings.values() if one["verdict"] == "wrong"]
