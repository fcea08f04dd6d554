"""Who listens on 25, 587 and 465, and the addresses to connect to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.results import ABSENT, told, verdicts
from wizard.answers.sections.networks import Networks
from wizard.check.network import ports
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WRONG, Finding
from wizard.postfix.master_cf import MasterCf

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


SERVICES = """\
smtp inet n - n - - smtpd
{0} inet n - n - - smtpd
"""


@pytest.mark.parametrize(
    ("name", "there", "advice"),
    [
        # master runs with an older master.cf.
        ("submission", "", "systemctl reload postfix"),
        ("587", "", "systemctl reload postfix"),
        ("192.168.1.1:submission", "", "systemctl reload postfix"),
        # The host of an entry counts, whatever the entry says beside it.
        ("127.0.0.1:submission", "127.0.0.1:587", "write submission for 127.0.0.1:submission"),
        ("[::1]:587", "[::1]:587", "write 587 for [::1]:587"),
        ("localhost:msp", "127.0.0.1:587", "write msp for localhost:msp"),
        # The entry is right, so it is inet_interfaces that was not put into force.
        ("submission", "127.0.0.1:587", "inet_interfaces and inet_protocols"),
        ("smtps", "", "see that master.cf has the service"),
    ],
)
def test_master_runs_with_other_files_than_those_on_the_disk(
    name: str, there: str, advice: str
) -> None:
    services = MasterCf.parse(SERVICES.format(name).encode()).services
    text = LISTENERS.replace("0.0.0.0:587", there or "0.0.0.0:590")
    judged = ports.judge_ports(Networks(), told(text), services, has_ipv6=True)
    found = {one.id: one for one in judged}["port.587"]
    assert found.verdict == WRONG
    assert advice in found.advice
    assert found.seen == (
        f"master on {there.rpartition(':')[0].strip('[]')}" if there else ports.NOBODY
    )


def test_where_postfix_does_not_run_nothing_is_to_be_reloaded() -> None:
    services = MasterCf.parse(SERVICES.format("submission").encode()).services
    found = ports.judge_ports(Networks(), told(""), services, has_ipv6=True)
    assert all(one.advice.startswith("Start Postfix") for one in found)


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
