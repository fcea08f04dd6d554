"""Values of Dovecot that doveconf takes and that open it or refuse people; odd ones that are right."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.check.dovecot import values
from wizard.check.dovecot.values import judge_values
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WARNING, WRONG, Finding
from wizard.host.dovecot import flattened
from wizard.host.facts import Dovecot

OWN = {"userdb/driver": "passwd", "recipient_delimiter": "+", "first_valid_uid": "500"}
TARO = pwd.struct_passwd(("taro", "x", 1000, 1000, "", "/home/taro", "/bin/bash"))
LIBRARIES = "/usr/lib64/dovecot"


@pytest.fixture(autouse=True)
def _users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_user", lambda _: TARO)
    monkeypatch.setattr(os, "getgrouplist", lambda *_: [1000])


def with_people(root: Path) -> None:
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text(
        "odd:x:1000:none::/home/odd:/bin/sh\ntaro:x:1000:1000::/home/taro:/bin/bash\n"
    )


def judged(
    root: Path, changes: dict[str, str], version: str = "2.3.16", delimiter: str = "+"
) -> list[Finding]:
    plugins = root / LIBRARIES.lstrip("/")
    plugins.mkdir(parents=True)
    for name in ("lib10_quota_plugin.so", "lib21_fts_xapian_more_plugin.so", "xaps_plugin.so"):
        (plugins / name).touch()
    with_people(root)
    dovecot = Dovecot(version=version, settings={**OWN, **changes}, reader="taro")
    return list(judge_values(Door(root), dovecot, delimiter))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"login_trusted_networks": "10.0.0.0/8, 192.168.1.0/24 2001:db8::/32 ::1"},
        {"login_trusted_networks": "of-another-kind"},
        {"last_valid_uid": "0", "first_valid_gid": "1"},
        {"first_valid_uid": "5000", "userdb/driver": "ldap"},
        {"mail_plugin_dir": LIBRARIES, "mail_plugins": "$mail_plugins quota"},
        {"mail_plugin_dir": LIBRARIES, "mail_plugins/quota": "yes", "mail_plugins/gone": "no"},
        {"mail_plugin_dir": "/nowhere", "mail_plugins": "gone"},
        {"mail_plugin_dir": LIBRARIES, "mail_plugins": "quota, xaps,lib10_quota_plugin.so"},
        {"mail_plugin_dir": LIBRARIES, "protocol imap/mail_plugins": ""},
        {"userdb sql/query": "SELECT uid, gid FROM a JOIN b ON a.uid=b.uid"},
        {"userdb ldap/ldap_auth_dn": "uid=dovecot,dc=example,dc=com"},
        {"auth_verbose_passwords": "sha1", "auth_debug_passwords": "no"},
        {"service auth/client_limit": "0", "service auth/process_limit": "1"},
        {
            "service lmtp/client_limit": "1",
            "service lmtp/process_limit": "0",
            "default_process_limit": "100",
        },
        {"mail_location": "maildir:~/Maildir"},
        {"mail_location": "mbox:~/mail:INBOX=/var/mail/%u"},
        {"mail_location": "maildir:/srv/%{ldap:dir}/%u"},
        {"mail_uid": "root", "mail_gid": "0", "userdb/args": "uid=root gid=%{x} home=/srv/%u"},
    ],
)
def test_odd_and_right(tmp_path: Path, changes: dict[str, str]) -> None:
    assert judged(tmp_path, changes) == []


@pytest.mark.parametrize(
    ("changes", "name", "verdict", "seen"),
    [
        ({"login_trusted_networks": "10.0.0.0/8, 0.0.0.0/0"}, "trusted", WARNING, "= 0.0.0.0/0:"),
        ({"login_trusted_networks": "0.0.0.0/1"}, "trusted", WARNING, "= 0.0.0.0/1:"),
        ({"login_trusted_networks": "::/0"}, "trusted", WARNING, "= ::/0:"),
        ({"first_valid_uid": "5000"}, "numbers", WRONG, "uid 1000, and first_valid_uid is 5000"),
        ({"last_valid_uid": "999"}, "numbers", WRONG, "uid 1000, and last_valid_uid is 999"),
        ({"first_valid_gid": "1001"}, "numbers", WRONG, "gid 1000, and first_valid_gid is 1001"),
        ({"last_valid_gid": "1"}, "numbers", WRONG, "gid 1000, and last_valid_gid is 1"),
        (
            {"mail_plugin_dir": LIBRARIES, "protocol imap/mail_plugins": "quota imap_quota"},
            "plugins",
            WRONG,
            "imap_quota of mail_plugins",
        ),
        (
            {"mail_plugin_dir": LIBRARIES, "mail_plugins/fts_xapian": "yes"},
            "plugins",
            WRONG,
            "fts_xapian of mail_plugins",
        ),
        ({"userdb/args": "uid=no-such gid=0 home=/srv/%n"}, "owner", WRONG, "uid no-such"),
        ({"userdb static/fields/gid": "no-such"}, "owner", WRONG, "gid no-such"),
        ({"mail_uid": "no-such"}, "owner", WRONG, "uid no-such"),
        ({"mail_location": "maildir:/var/vmail/%Ln/Maildir"}, "place", WRONG, "/var/vmail/taro/M"),
        ({"auth_verbose_passwords": "plain:8"}, "log", WARNING, "= plain:8"),
        ({"auth_debug_passwords": "yes"}, "log", WARNING, "auth_debug_passwords"),
        ({"service auth/client_limit": "1"}, "limits", WRONG, "service auth: client_limit 1"),
        (
            {"service lmtp/client_limit": "1", "service lmtp/process_limit": "1"},
            "limits",
            WARNING,
            "service lmtp: client_limit 1, process_limit 1",
        ),
        ({"recipient_delimiter": "-"}, "delimiter", WRONG, "-: user+anything"),
    ],
)
def test_what_is_wrong(
    tmp_path: Path, changes: dict[str, str], name: str, verdict: str, seen: str
) -> None:
    (found,) = judged(tmp_path, changes)
    assert (found.id, found.verdict) == (f"dovecot.{name}", verdict)
    assert seen in found.seen
    assert found.advice


@pytest.mark.parametrize(
    ("path", "mode", "is_right"),
    [("var/vmail/taro", 0o700, True), ("var/vmail", 0o1777, True), ("var/vmail", 0o755, False)],
)
def test_a_place_for_mail_is_one_that_its_user_may_write(
    tmp_path: Path, path: str, mode: int, is_right: bool
) -> None:
    place = tmp_path / path
    place.mkdir(parents=True)
    place.chmod(mode)
    if place.name == "taro":
        os.chown(place, 1000, 1000)
    settings = {"mail_driver": "maildir", "mail_path": "/var/vmail/%{user | username}"}
    assert (judged(tmp_path, settings, "2.4.1") == []) is is_right


@pytest.mark.parametrize(
    "changes",
    [
        {"userdb/override_fields": "uid=root gid=root", "first_valid_uid": "5000"},
        {"userdb passwd/fields/uid": "root"},
        {"mail_access_groups": "nobody-has-this, root"},
        {"mail_location": "maildir:/var/vmail/%d/%n"},
        {"mail_location": "maildir:/var/vmail/%{user|domain}/%n"},
    ],
)
def test_a_place_that_dovecot_reaches_otherwise_is_not_blamed(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    place = tmp_path / "var/vmail"
    place.mkdir(parents=True)
    place.chmod(0o770)
    assert judged(tmp_path, {"mail_location": "maildir:/var/vmail/%n", **changes}) == []


def test_what_other_users_of_dovecot_have_is_not_known(tmp_path: Path) -> None:
    """2.3 prints each userdb by the same name, so that the settings of the first are not seen."""
    with_people(tmp_path)
    settings = {**OWN, "first_valid_uid": "5000"}
    backends = ("passdb pam", "userdb static", "userdb passwd")
    dovecot = Dovecot(version="2.3.16", settings=settings, reader="taro", backends=backends)
    assert list(judge_values(Door(tmp_path), dovecot, "+")) == []
    dovecot = replace(dovecot, backends=("passdb sql", "userdb passwd"))
    assert [one.id for one in judge_values(Door(tmp_path), dovecot, "+")] == ["dovecot.numbers"]


def test_a_place_that_cannot_be_looked_at_is_not_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_door: Door, path: str) -> None:
        raise Trouble("reading", f"{path}: Permission denied", "")

    monkeypatch.setattr(Door, "stat", closed)
    assert judged(tmp_path, {"mail_location": "maildir:/net/%n"}) == []


def test_a_name_of_a_user_is_no_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = pwd.struct_passwd(("AD\\gtaro", "x", 1000, 1000, "", "/", "/bin/sh"))
    monkeypatch.setattr(values, "_user", lambda _: user)
    (found,) = judged(tmp_path, {"mail_location": "maildir:/var/vmail/%n"})
    assert found.seen.startswith("/var/vmail/AD\\")


def test_another_delimiter_of_postfix_is_none_of_dovecots_without_one(tmp_path: Path) -> None:
    assert judged(tmp_path, {"recipient_delimiter": "-"}, delimiter="") == []


def test_users_of_the_host_by_the_block_of_2_4(tmp_path: Path) -> None:
    settings = flattened("userdb passwd {\n}\nfirst_valid_uid = 5000\n")
    with_people(tmp_path)
    dovecot = Dovecot(version="2.4.1", settings=settings, reader="taro")
    assert [one.id for one in judge_values(Door(tmp_path), dovecot, "")] == ["dovecot.numbers"]
