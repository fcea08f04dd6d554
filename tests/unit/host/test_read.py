"""The whole host, of a copied /etc: what the files tell is known, the rest is not guessed."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Host, Package
from wizard.host.read import read_host
from wizard.paths import MAIN_CF, MASTER_CF, SENDER_ACCESS
from wizard.sections.registry import NEEDS

FILES = {
    "etc/os-release": 'ID="rhel"\nVERSION_ID="10.0"\nPRETTY_NAME="RHEL 10"\n',
    "etc/hostname": "ace\n",
    "etc/hosts": "192.168.1.5 ace.zeke.ne.jp ace\n",
    "etc/resolv.conf": "nameserver 127.0.0.1\n",
    "etc/selinux/config": "# SELINUX=disabled\nSELINUX=enforcing\n",
    "etc/postfix/main.cf": "compatibility_level = 3.8\ndefault_database_type = lmdb\n"
    "queue_directory = /srv/queue\nmydestination = $myhostname,\n    localhost\n",
    "etc/postfix/main.cf.orig": "compatibility_level = 3.8\n",
    "etc/postfix/master.cf": "smtp inet n - n - - smtpd\n",
    "etc/postfix/sender_access": "example.com OK\n",
    "etc/postfix/sender_access.lmdb": "index",
    "etc/firewalld/zones/public.xml": '<zone><service name="ssh"/></zone>',
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "postfix.service").symlink_to("/usr/lib/systemd/system/postfix.service")
    return tmp_path


def read(root: Path) -> Host:
    return read_host(Door(root), NEEDS)


def test_what_the_files_tell(root: Path) -> None:
    host = read(root)
    assert host.root == str(root)
    assert host.distribution.is_el
    assert host.postfix.installed
    assert host.postfix.package == Package("", candidate=False)
    assert (host.postfix.version, host.postfix.default_database_type) == ("3.8", "lmdb")
    assert host.parameters["mydestination"] == "$myhostname, localhost"
    assert host.files[MAIN_CF].live == FILES["etc/postfix/main.cf"].encode()
    assert host.files[MAIN_CF].original == b"compatibility_level = 3.8\n"
    assert host.files[MASTER_CF].original is None
    assert host.unit.enabled == "enabled"
    assert host.network.hostname == "ace.zeke.ne.jp"
    assert host.network.resolvers == ("127.0.0.1",)
    assert host.read_at > 0


def test_what_they_do_not_tell(root: Path) -> None:
    host = read(root)
    assert host.table is None
    assert host.listeners == ()
    assert host.network.addresses == ()
    assert host.postfix.known_parameters == frozenset()
    assert host.firewall.state == "unknown"
    assert host.unit.active == "unknown"


def test_owner_mode_and_links_of_a_file(root: Path) -> None:
    main_cf = root / "etc/postfix/main.cf"
    main_cf.chmod(0o640)
    os.link(main_cf, root / "etc/postfix/second")
    master_cf = root / "etc/postfix/master.cf"
    master_cf.rename(root / "etc/postfix/real.cf")
    master_cf.symlink_to("/etc/postfix/real.cf")
    host = read(root)
    main = host.files[MAIN_CF]
    assert (main.mode, main.links, main.is_link) == (0o640, 2, False)
    assert main.uid == main_cf.stat().st_uid
    assert host.files[MASTER_CF].is_link
    assert host.files[MASTER_CF].live == b"smtp inet n - n - - smtpd\n"


def test_a_link_that_leads_nowhere(root: Path) -> None:
    path = root / "etc/postfix/sender_access"
    path.unlink()
    path.symlink_to("/nowhere")
    facts = read(root).files[SENDER_ACCESS]
    assert (facts.live, facts.is_link) == (None, True)


def test_dovecots_sockets_stand_in_the_queue_of_main_cf(root: Path) -> None:
    private = root / "srv/queue/private"
    private.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as auth:
        auth.bind(str(private / "auth"))
        (private / "dovecot-lmtp").write_text("no socket")
        found = read(root).dovecot
    assert (found.auth_socket, found.lmtp_socket) == (True, False)


def test_an_empty_root(tmp_path: Path) -> None:
    host = read(tmp_path)
    assert not host.postfix.installed
    assert (host.postfix.package, host.files[MAIN_CF].live, host.lineages) == (None, None, ())
    assert (host.firewall.state, host.unit.enabled) == ("absent", "disabled")


def test_a_directory_where_a_file_should_be(root: Path) -> None:
    (root / "etc/postfix/master.cf").unlink()
    (root / "etc/postfix/master.cf").mkdir()
    with pytest.raises(Trouble, match=r"While reading /etc/postfix/master\.cf: something else"):
        read(root)


@pytest.mark.promise(19)
def test_nothing_is_written(root: Path) -> None:
    def listing() -> list[tuple[str, int, int]]:
        found = (path for path in root.rglob("*"))
        return sorted((str(p), p.lstat().st_mtime_ns, p.lstat().st_mode) for p in found)

    before = listing()
    read(root)
    assert listing() == before
