"""The files by which programs find names and ports, as they are, as they should be, and odd ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.host import names
from wizard.check.host.names import judge_names
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.host.facts import Network
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

HOST = "mail.example.com"
NETWORK = Network(addresses=("192.168.1.1", "203.0.113.1", "2001:db8::1", "fe80::1"))
SETTINGS = Settings({"proxy_interfaces": "203.0.113.9"})
GOOD = {
    "hosts": "127.0.0.1 localhost\n203.0.113.1 mail.example.com mail # this host\n",
    "nsswitch.conf": "passwd: files sss\nhosts:      files dns myhostname\n",
    "services": "smtp 25/tcp mail\nsubmission 587/tcp msa\nsubmissions 465/tcp smtps\n",
}
MASTER = (
    b"smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n"
    b"127.0.0.1:smtps inet n - n - - smtpd\n2525 inet n - n - - smtpd\n"
)


def judged(root: Path, changes: dict[str, str], master: bytes = MASTER) -> dict[str, Finding]:
    (root / "etc").mkdir()
    for name, text in {**GOOD, **changes}.items():
        if text:
            (root / "etc" / name).write_text(text)
    services = MasterCf.parse(master).services
    return {one.id: one for one in judge_names(Door(root), HOST, NETWORK, services, SETTINGS)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"hosts": ""},
        {"hosts": "127.0.1.1 mail.example.com\n::1 mail.example.com\n"},
        {"hosts": "203.0.113.9 mail.example.com\n"},
        {"hosts": "2001:DB8:0::1 mail.example.com\nfe80::1%eth0 mail.example.com\n"},
        {"nsswitch.conf": "hosts: files mdns4_minimal [NOTFOUND=return] dns\n"},
        {"nsswitch.conf": "hosts: myhostname resolve [!UNAVAIL=return] files dns\n"},
        {"hosts": "# 198.51.100.7 mail.example.com\n198.51.100.7 www.mail.example.com\n"},
        {"nsswitch.conf": ""},
        {"nsswitch.conf": "hosts: files resolve [!UNAVAIL=return] dns\n"},
        {"nsswitch.conf": "hosts: files [NOTFOUND=continue] dns # names\n"},
        {"services": ""},
        {"services": "submission 587/udp\nsmtp 26/udp\n" + GOOD["services"]},
    ],
)
def test_odd_and_right(tmp_path: Path, changes: dict[str, str]) -> None:
    found = judged(tmp_path, changes)
    assert {one.verdict for name, one in found.items() if name != "names.read"} <= {RIGHT}


@pytest.mark.parametrize(
    ("hosts", "sources", "is_named"),
    [
        ("203.0.113.1 mail.example.com\n", "files dns", True),
        ("# 127.0.0.1 localhost\n", "files dns", True),
        ("127.0.0.1 localhost.localdomain\n", "dns files", True),
        ("::1 ip6-localhost LOCALHOST\n", "files dns", False),
        ("203.0.113.1 mail.example.com\n", "files dns myhostname", False),
        ("203.0.113.1 mail.example.com\n", "files resolve [!UNAVAIL=return] dns", False),
    ],
)
def test_localhost(tmp_path: Path, hosts: str, sources: str, *, is_named: bool) -> None:
    found = judged(tmp_path, {"hosts": hosts, "nsswitch.conf": f"hosts: {sources}\n"})
    assert ("names.localhost" in found) == is_named
    if is_named:
        (edit,) = found["names.localhost"].cure.edits
        assert edit.new.startswith("127.0.0.1 localhost ")
        assert edit.new.endswith(hosts)


@pytest.mark.parametrize(
    ("name", "is_named"),
    [
        ("localhost.localdomain\n", True),
        ("localhost\n", True),
        ("LocalHost.example.com", True),
        ("ace.example.com\n", False),
        ("localhost7.example.com\n", False),
        ("", False),
    ],
)
def test_the_name_of_the_host(tmp_path: Path, name: str, *, is_named: bool) -> None:
    kernel = tmp_path / "proc/sys/kernel/hostname"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(name)
    found = judged(tmp_path, {})
    assert ("names.host" in found) == is_named
    assert not is_named or found["names.host"].verdict == WARNING


@pytest.mark.parametrize(
    ("changes", "name", "verdict", "seen"),
    [
        (
            {"hosts": "198.51.100.7 MAIL.example.com\n"},
            "names.hosts",
            WARNING,
            "198.51.100.7 is mail.example.com there, and no address of this host",
        ),
        ({"nsswitch.conf": "hosts: files\n"}, "names.sources", WARNING, "files"),
        (
            {"nsswitch.conf": "hosts: files [dns=return] myhostname # dns\n"},
            "names.sources",
            WARNING,
            "files [dns=return] myhostname",
        ),
        (
            {"nsswitch.conf": "\thosts : files [NOTFOUND=return] dns\n"},
            "names.sources",
            WARNING,
            "files [NOTFOUND=return] dns",
        ),
        ({"nsswitch.conf": "hosts:\n"}, "names.sources", WARNING, "nothing"),
        ({"services": "smtp 25/tcp\n"}, "names.ports", WRONG, "submission is no name there"),
        (
            {"services": "smtp 25/tcp\nsubmission 588/tcp\nsmtps 465/tcp\n"},
            "names.ports",
            WRONG,
            "submission is 588/tcp",
        ),
        (
            {"services": "smtp 26/tcp\n" + GOOD["services"]},
            "names.ports",
            WRONG,
            "smtp is 26/tcp",
        ),
    ],
)
def test_what_is_wrong(
    tmp_path: Path, changes: dict[str, str], name: str, verdict: str, seen: str
) -> None:
    found = judged(tmp_path, changes)[name]
    assert (found.verdict, found.seen) == (verdict, seen)
    assert found.advice


def test_ports_by_numbers_need_no_names(tmp_path: Path) -> None:
    found = judged(tmp_path, {"services": "http 80/tcp\n"}, b"25 inet n - n - - smtpd\n")
    assert "names.ports" not in found


def test_ports_that_postfix_knows_need_no_names(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/services").write_text("http 80/tcp\nsmtp 26/tcp\n")
    known = Settings({"known_tcp_ports": "lmtp=24, smtp=25, smtps=submissions=465, submission=587"})
    services = MasterCf.parse(MASTER).services
    found = judge_names(Door(tmp_path), HOST, NETWORK, services, known)
    assert "names.ports" not in {one.id for one in found}


def test_without_addresses_of_this_host_none_is_strange(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hosts").write_text(GOOD["hosts"])
    found = judge_names(Door(tmp_path), HOST, Network(), (), SETTINGS)
    assert "names.hosts" not in {one.id for one in found}


def test_a_file_that_postfix_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOSTS": "hosts", "RESOLV_CONF": "resolv.conf"}.items():
        monkeypatch.setattr(names, name, str(tmp_path / "etc" / value))
    monkeypatch.setattr(names, "identity", object)
    monkeypatch.setattr(
        names, "closed_to_postfix", lambda path, _: f"{path} is closed" if "resolv" in path else ""
    )
    found = judged(tmp_path, {"resolv.conf": "nameserver 127.0.0.1\n"})["names.read"]
    path = f"{tmp_path}/etc/resolv.conf"
    assert (found.verdict, found.seen) == (WARNING, f"{path} is closed")
    assert found.cure.commands[0] == ("chmod", "a+r", path)
