"""Rules between fields hold for a person's answers, never for what was read back from a host."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpus import NAMES, host_of
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import parse_answers, parse_stored, read_stored
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.postfix import BEGIN, END
from wizard.host.read import read_host
from wizard.plan.choices import MINE
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.keep_edits import with_hand_edits
from wizard.planning.read_back import read_back
from wizard.run.paths import Places, make_run
from wizard.run.records import Record
from wizard.run.save import save_answers
from wizard.run.seals import Seals
from wizard.sections.registry import NEEDS
from wizard.session import Session

NAMED = "myhostname = mail.example.com\n"

LIVE = {
    "IPv6 is on and mynetworks has no ::1": "inet_protocols = all\nmynetworks = 127.0.0.0/8\n",
    "a network within another": "mynetworks = 127.0.0.0/8, 10.0.0.0/8, 10.1.2.0/24\n"
    "inet_protocols = ipv4\n",
    "a host within a network": "mynetworks = 10.0.0.0/8, 10.1.2.3\ninet_protocols = ipv4\n",
    "the same network twice": "mynetworks = 10.0.0.0/8, 10.0.0.0/8\ninet_protocols = ipv4\n",
    "networks of IPv6 within another": "mynetworks = [fd00::]/8 [fd00:1::]/32 [::1]/128\n",
    "one file by the name of a parameter": "smtpd_tls_cert_file = /etc/pki/tls/mail.pem\n"
    "smtpd_tls_key_file = $smtpd_tls_cert_file\n",
    "a certificate and no key": "smtpd_tls_cert_file = /etc/pki/tls/mail.pem\n",
    "a key in braces": "smtpd_tls_cert_file = /etc/pki/tls/mail.pem\n"
    "smtpd_tls_key_file = ${smtpd_tls_cert_file}\n",
    "a lineage's directory without a name": "smtpd_tls_cert_file = /etc/letsencrypt/live/\n",
    "a relay host that is this host": "relayhost = [mail.example.com]:587\n",
    "a relay's address with a certificate for a name": "relayhost = [192.0.2.9]:587\n"
    "smtp_tls_security_level = secure\n",
    "a name twice in mydestination": "mydestination = a.example.com, a.example.com\n",
    "a name in three spellings": "mydestination = A.example.com, a.example.com., example.com\n"
    "mydomain = example.com\n",
    "a host that is excluded from a network": "mynetworks = !10.0.0.5, 10.0.0.0/8, 127.0.0.0/8\n",
    "a table beside a network within another": "mynetworks = cidr:/etc/postfix/nets, 10.0.0.0/8, "
    "10.1.0.0/16\ninet_protocols = ipv4\n",
    "a network with bits of a host": "mynetworks = 10.1.2.3/8, 127/8\ninet_protocols = ipv4\n",
    "IPv4 written as IPv6": "mynetworks = [::ffff:10.0.0.1], [::ffff:0:0]/96\n",
    "networks of everybody": "mynetworks = 0.0.0.0/0\n",
    "one file by a parameter in parentheses": "own = /etc/pki/tls/mail.pem\n"
    "smtpd_tls_cert_file = $own\nsmtpd_tls_key_file = $(smtpd_tls_cert_file)\n",
    "a relay host that is a loopback": "relayhost = [::1]\n",
    "a mailbox below a message": "message_size_limit = 0\nmailbox_size_limit = 51200000\n",
}
ROWS = "example.com OK\nfriend.example OK\n"


def live(text: str, root: Path, rows: str = "") -> Host:
    """Return a host whose main.cf is another tool's with these lines at its end."""
    host_of("another-tools-header", root)
    (root / "etc/postfix/main.cf").write_text(f"{NAMED}{text}")
    if rows:
        (root / "etc/postfix/sender_access").write_text(f"{BEGIN}\n{rows}{END}\n")
    return read_host(Door(root), NEEDS)


def refused(plan: Plan) -> list[str]:
    """Return what a plan says is wrong with fields."""
    return [f"{one.section}.{one.name}" for one in plan.obstacles if one.section]


def today_of(host: Host) -> Answers:
    today = read_back(host)
    assert today is not None
    return today


@pytest.mark.slow
@pytest.mark.promise(40)
@pytest.mark.parametrize("case", LIVE)
@pytest.mark.parametrize("section", ["limits", "networks", "blocklists"])
def test_a_section_run_refuses_nothing_that_was_read_back(
    case: str, section: str, tmp_path: Path
) -> None:
    """Neither the plan nor, when the host was changed, the proof or the next start."""
    host = live(LIVE[case], tmp_path, ROWS)
    plan = build_plan(today_of(host), host, (section,))
    assert refused(plan) == []
    assert isinstance(parse_stored(plan.answers), Answers)


@pytest.mark.slow
@pytest.mark.promise(40)
@pytest.mark.parametrize("name", NAMES)
def test_no_section_of_the_corpus_is_refused(name: str, tmp_path: Path) -> None:
    host = host_of(name, tmp_path)
    for section in SECTIONS:
        plan = build_plan(today_of(host), host, (section,))
        of_fields = [one for one in plan.obstacles if one.section not in {"", "certificate"}]
        assert of_fields == [], section
        assert isinstance(parse_stored(plan.answers), Answers), section


def test_a_person_s_answers_are_refused_before_the_first_step(tmp_path: Path) -> None:
    """In the sections that are planned, also where another section's answer breaks the rule."""
    host = live(LIVE["a network within another"], tmp_path, "friend.example OK\n")
    today = today_of(host)
    mine = replace(today.networks, mynetworks=("127.0.0.0/8", "192.168.0.0/16", "192.168.1.0/24"))
    assert refused(build_plan(replace(today, networks=mine), host, ("networks",))) == [
        "networks.mynetworks"
    ]
    renamed = replace(today, hostname=replace(today.hostname, myhostname="mail.friend.example"))
    assert refused(build_plan(renamed, host, ("hostname",))) == ["blocklists.allow_senders"]


def test_a_file_is_judged_by_the_sections_that_are_asked_for() -> None:
    text = (
        '[hostname]\nmyhostname = "mail.example.com"\n[networks]\n'
        'mynetworks = ["10.0.0.0/8", "10.1.0.0/16"]\n[certificate]\nsource = "self-signed"\n'
    )
    assert isinstance(parse_answers(text, ("limits",)), Answers)
    for sections in ((), ("networks",), ("limits", "networks")):
        found = parse_answers(text, sections)
        assert not isinstance(found, Answers), sections
        assert [(one.section, one.line) for one in found] == [("networks", 4)]


def test_the_next_start_reads_what_such_a_run_saved(tmp_path: Path) -> None:
    """And a comment that the operator put into the saved answers outlives the run."""
    host = live(LIVE["a network within another"], tmp_path / "root")
    text = build_plan(today_of(host), host, ("limits",)).answers
    saved = tmp_path / "root/etc/postfix-wizard/answers.toml"
    saved.parent.mkdir(mode=0o700)
    saved.write_text(f"# mine\n{text}".replace("default_process_limit = 100", "# was 50"))
    places = Places(tmp_path / "state", tmp_path / "run", saved)
    journal: list[Record] = []
    assert (
        save_answers(places, make_run(places, 0.0), Plan(text, (), (), ()), journal.append, Seals())
        == ""
    )
    assert saved.read_text().startswith("# mine\n")
    session = Session(Door(tmp_path / "root"), places, ())
    assert session.answers(host) == read_stored(saved) == parse_stored(text)


def test_what_is_kept_by_hand_is_in_the_answers_of_such_a_host(tmp_path: Path) -> None:
    """Else the proof would compare the server with a value that nobody wrote."""
    host = live(LIVE["a network within another"] + "recipient_delimiter = -\n", tmp_path)
    today = today_of(host)
    mine = HandEdit("/etc/postfix/main.cf", "recipient_delimiter", "+", "-", "+", "R", True, MINE)
    planned = replace(today, delivery=replace(today.delivery, recipient_delimiter="+"))
    assert with_hand_edits(planned, today, [mine]).delivery.recipient_delimiter == "-"
