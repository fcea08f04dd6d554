"""Postfix's own postconf reads what the policy meant, without a word on standard error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pytest

from lab.host import Host
from lab.stock import stock_files
from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks
from wizard.host.facts import Postfix
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.sender_access import propose_sender_access, rows
from wizard.postfix.services import propose_master_cf

pytestmark = pytest.mark.lab

SMALL = Path(__file__).parents[1] / "unit/postfix/cases/small"
SUITES = pytest.mark.parametrize("suite", ["el9", "el10"])
ANSWERS = Answers(
    Hostname("mail.zeke.ne.jp", "zeke.ne.jp"),
    Domains(("ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp")),
    Networks(("192.168.1.0/24", "127.0.0.0/8")),
    Certificate(name="zeke.ne.jp"),
)
# Values that a reader of main.cf could get wrong.
STRANGE = {
    "crlf": b"# c\r\nmydomain = a.example\r\nmydestination =\r\n  $myhostname,\r\n# c\r\n  b.example\r\n",
    "no last newline": b"mydomain = a.example\nrelayhost = [x.example]",
    "comments in a list": b"mynetworks = 10.0.0.0/8,\n# LAN\n\n   # more\n\t192.168.1.0/24\n",
    "not utf-8": b"# \xff\xfe\nmyorigin = $mydomain\n",
    "the name alone": b"mydomain\n = a.example\n",
    "an orphan": b"  lost = 1\n  lost\nmydomain = a.example\n",
    "groups": b"smtpd_recipient_restrictions =\n  check_policy_service { inet:[::1]:9, timeout=1s },\n  reject\n",
}


@pytest.fixture
def mail_host(boot_host: Callable[..., Host], suite: str) -> Host:
    host = boot_host(suite=suite)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    return host


def facts(host: Host) -> Postfix:
    argv = ["postconf", "-h", "mail_version", "default_database_type"]
    version, table = host.run(argv, check=True).stdout.split()
    return Postfix(None, version, table)


def postconf(host: Host, *options: str) -> tuple[dict[str, str], str]:
    """What postconf reads in /root/staged by name, and what it complains of."""
    host.run(["touch", "-d", "1 hour ago", "/root/staged/main.cf"], check=True)
    done = host.run(["postconf", "-c", "/root/staged", *options], check=True)
    pairs = (line.partition("=")[::2] for line in done.stdout.splitlines())
    read = {name.strip(): value.strip() for name, value in pairs}
    read.pop("config_directory", None)  # postconf's own, for -c
    return read, done.stderr


def stage(host: Host, main: bytes, master: bytes) -> None:
    host.run(["mkdir", "-p", "/root/staged"], check=True)
    host.write("/root/staged/main.cf", main)
    host.write("/root/staged/master.cf", master)


@SUITES
def test_the_stock_files_become_what_was_meant(suite: str, mail_host: Host) -> None:
    postfix = facts(mail_host)
    stock = stock_files(suite)
    main = propose_main_cf((stock / "main.cf").read_bytes(), ANSWERS, postfix)
    master = propose_master_cf((stock / "master.cf").read_bytes(), ANSWERS, postfix)
    stage(mail_host, main.text, master.text)
    read, complaints = postconf(mail_host, "-n")
    assert complaints == ""
    assert dict(main.expected).items() <= read.items()
    assert {name: MainCf.parse(main.text).value(name) for name in read} == read
    options, complaints = postconf(mail_host, "-P")
    assert complaints == ""
    assert {n: v for n, v in master.expected if n.count("/") > 1}.items() <= options.items()
    entries = mail_host.run(["postconf", "-c", "/root/staged", "-M"], check=True).stdout
    lines = [" ".join(line.split()) for line in re.sub(r"\n ", " ", entries).splitlines()]
    for name, entry in master.expected:
        if name.count("/") == 1:
            assert entry in lines


@SUITES
def test_every_shape_reads_as_postfix_reads_it(suite: str, mail_host: Host) -> None:
    postfix = facts(mail_host)
    cases = dict(STRANGE)
    for path in sorted(SMALL.glob("main-*.txt")):
        split = re.split(r"^= (.+)\n", path.read_text("utf-8"), flags=re.MULTILINE)
        cases[path.stem] = split[split.index("before") + 1].encode()
    master = (stock_files(suite) / "master.cf").read_bytes()
    for name, text in cases.items():
        stage(mail_host, text, master)
        read, _ = postconf(mail_host, "-n")
        assert {one: MainCf.parse(text).value(one) for one in read} == read, name
        proposal = propose_main_cf(text, ANSWERS, postfix)
        stage(mail_host, proposal.text, master)
        read, complaints = postconf(mail_host, "-n")
        assert dict(proposal.expected).items() <= read.items(), name
        known = ("overriding earlier entry", "must not start with whitespace")
        assert [x for x in complaints.splitlines() if not any(k in x for k in known)] == [], name


@SUITES
@pytest.mark.usefixtures("suite")
def test_the_table_answers_its_rows(mail_host: Host) -> None:
    texts = (
        propose_sender_access(None, ANSWERS).text,
        b"# c\nA.Example OK\nb.example  REJECT go\n  away\n\n# c\n c.example OK\n",
        b'"j d"@example.com OK\r\nd.example\t REJECT\t\n',
    )
    table = facts(mail_host).default_database_type
    for text in texts:
        mail_host.write("/root/senders", text)
        mail_host.run(["postmap", f"{table}:/root/senders"], check=True)
        done = mail_host.run(["postmap", "-s", f"{table}:/root/senders"], check=True)
        listed = [tuple(line.split("\t", 1)) for line in done.stdout.splitlines()]
        assert sorted(listed) == sorted(rows(text))
