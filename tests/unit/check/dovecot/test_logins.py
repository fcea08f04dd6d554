"""Who may log in by Dovecot: from what doveconf and doveadm print."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from tests.unit.check.results import ABSENT, told
from wizard.check.commands import CommandResult
from wizard.check.dovecot import password_files
from wizard.check.dovecot.logins import Logins, judge_logins
from wizard.check.host.sockets import Identity
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding

PAM = "passdb {\n  args = \n  deny = no\n  driver = pam\n}\n"
PASSWD = "userdb {\n  args = \n  driver = passwd\n}\n"
NAMED = "passdb passwd-file {\n  passwd_file_path = /etc/dovecot/%{user|domain}/users\n}\n"


def judged(
    passdb: str = PAM,
    mechanisms: str = "plain login\n",
    userdb: CommandResult = told(PASSWD),  # noqa: B008 (frozen)
    **users: Optional[bool],
) -> dict[str, Finding]:
    named = {f"taro{'@x.example' if one == 'full' else ''}": known for one, known in users.items()}
    found = judge_logins(Logins(told(passdb), told(mechanisms), named, userdb=userdb))
    return {one.id: one for one in found}


@pytest.mark.parametrize(
    ("passdb", "mechanisms", "verdict"),
    [
        (PAM, "plain\n", RIGHT),
        (NAMED, "PLAIN LOGIN\n", RIGHT),
        (PAM + NAMED, "", RIGHT),
        ("", "plain\n", WRONG),
        (PAM + "passdb {\n  args = nopassword=y\n  driver = static\n}\n", "plain\n", WRONG),
        ("passdb {\n  args = password=x\n  driver = static\n}\n" + PAM, "plain\n", WRONG),
        ("passdb static {\n  fields {\n    nopassword = yes\n  }\n}\n", "plain\n", WRONG),
        ("passdb sql {\n  override_fields = nopassword=y\n}\n", "plain\n", WRONG),
        ("passdb sql {\n  override_fields = nopassword=no\n}\n", "plain\n", RIGHT),
        (
            "passdb {\n  args = proxy=y host=192.0.2.1 nopassword=y\n  driver = static\n}\n",
            "",
            RIGHT,
        ),
        ("passdb static {\n  fields {\n    proxy = yes\n    nopassword = yes\n  }\n}\n", "", RIGHT),
        ("passdb static {\n  fields {\n    proxy = no\n    nopassword = yes\n  }\n}\n", "", WRONG),
        (PAM, "plain anonymous\n", WRONG),
        (PAM, "cram-md5\n", WRONG),
        (PAM, "digest-md5 cram-md5\n", WRONG),
        (PAM, "xoauth2 oauthbearer\n", WARNING),
        (PAM, "cram-md5 gssapi\n", WARNING),
    ],
)
def test_whose_password_is_taken(passdb: str, mechanisms: str, verdict: str) -> None:
    assert judged(passdb, mechanisms)["dovecot.passwords"].verdict == verdict


@pytest.mark.parametrize(
    ("bare", "full", "verdict"),
    [
        (True, True, RIGHT),
        (True, False, WARNING),
        (False, True, WARNING),
        (False, False, WRONG),
        (None, True, UNKNOWN),
    ],
)
def test_the_spellings_of_a_name(bare: Optional[bool], full: Optional[bool], verdict: str) -> None:
    assert judged(bare=bare, full=full)["dovecot.names"].verdict == verdict


def test_without_a_user_or_a_command_nothing_is_claimed() -> None:
    assert "dovecot.names" not in judged()
    (found,) = judge_logins(Logins(ABSENT, ABSENT))
    assert found.verdict == UNKNOWN


@pytest.mark.parametrize(
    ("userdb", "verdict"),
    [
        (told(PASSWD), WRONG),
        (told("userdb passwd {\n}\n"), WRONG),
        (told("userdb {\n  args = /etc/dovecot/users\n  driver = passwd-file\n}\n"), UNKNOWN),
        (told("userdb passwd-file {\n}\n"), UNKNOWN),
        (told("userdb sql {\n}\n"), UNKNOWN),
        (told(""), UNKNOWN),
        (ABSENT, UNKNOWN),
    ],
)
def test_a_user_of_this_host_may_be_none_of_dovecot(userdb: CommandResult, verdict: str) -> None:
    found = judged(userdb=userdb, bare=False, full=False)["dovecot.names"]
    assert found.verdict == verdict
    assert verdict == WRONG or "not those of Dovecot" in found.seen


@pytest.mark.parametrize(
    "block",
    [
        "args = scheme=PLAIN {}\n  driver = passwd-file",
        "driver = passwd-file\n  passwd_file_path = {}",
    ],
)
@pytest.mark.parametrize(
    ("file", "seen"),
    [
        (("taro:{PLAIN}x\n", 0o644), ""),
        ((None, 0), "No such file or directory"),
        (("# taro\n\n", 0o644), "no user is in it"),
        (("taro:{PLAIN}x\n", 0o600), "the user dovecot may not read it"),
    ],
)
def test_a_file_of_passwords(
    block: str,
    file: tuple[Optional[str], int],
    seen: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(password_files, "identity", lambda _: Identity(4000, frozenset({4000})))
    path, (text, mode) = tmp_path / "users", file
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    found = judged(f"passdb {{\n  {block.format(path)}\n}}\n")["dovecot.passwords"]
    assert (found.verdict, seen in found.seen) == (WRONG if seen else RIGHT, True), found
    assert not seen or str(path) in found.seen


@pytest.mark.parametrize("more", ["deny = yes", "master = yes", "result_failure = continue"])
def test_a_file_of_exceptions_may_be_empty(more: str, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# none yet\n")
    block = f"passdb {{\n  args = {tmp_path}/users\n  driver = passwd-file\n  {more}\n}}\n"
    assert judged(block + PAM)["dovecot.passwords"].verdict == RIGHT


def test_without_a_userdb_nobody_has_a_mailbox() -> None:
    assert judged(userdb=told("\n"))["dovecot.users"].verdict == WRONG
    assert "dovecot.users" not in judged(userdb=told("userdb passwd {\n}\n"))
    assert "dovecot.users" not in judged(userdb=ABSENT)
    proxy = "passdb {\n  args = proxy=y host=192.0.2.1\n  driver = static\n}\n"
    assert "dovecot.users" not in judged(proxy, userdb=told("\n"))


def test_a_full_address_that_was_asked_for_and_is_refused_fails_the_run() -> None:
    found = Logins(told(PAM), told("plain\n"), {"taro": True, "taro@x.example": False})
    (_, names) = judge_logins(found, must_take_both=True)
    assert (names.verdict, names.fatal) == (WRONG, True)
    (_, names) = judge_logins(found)
    assert (names.verdict, names.fatal) == (WARNING, False)
    unknown = Logins(told(PAM), told("plain\n"), {"taro": True, "taro@x.example": None})
    (_, names) = judge_logins(unknown, must_take_both=True)
    assert names.verdict == UNKNOWN


OLD, NEW = (
    "passdb {{\n  args = {}\n  deny = {}\n  driver = passwd-file\n}}\n",
    "passdb {} {{\n  driver = passwd-file\n  deny = {}\n  passwd_file_path = {}\n}}\n",
)
SCHEMES = (
    "MD5 MD5-CRYPT SHA SHA256 SSHA512 PLAIN CLEARTEXT CRAM-MD5 SHA512-CRYPT BLF-CRYPT ARGON2ID\n"
)


def by_file(passdb: str, *, schemes: str = SCHEMES) -> Finding:
    users = {"taro": True, "taro@x.example": True}
    found = judge_logins(
        Logins(told(passdb), told("plain\n"), users, userdb=told(PASSWD), schemes=told(schemes))
    )
    return next(one for one in found if one.id == "dovecot.passwords")


@pytest.mark.parametrize(
    ("denied", "verdict"),
    [("taro:x\n", WRONG), ("# all\nhana\ntaro\n", WRONG), ("hana:x\n", RIGHT), ("", RIGHT)],
)
@pytest.mark.parametrize("is_new", [False, True])
def test_a_passdb_that_denies(tmp_path: Path, denied: str, verdict: str, *, is_new: bool) -> None:
    path = tmp_path / "banned"
    path.write_text(denied)
    block = NEW.format("banned", "yes", path) if is_new else OLD.format(path, "yes")
    found = by_file(block + PAM)
    assert (found.verdict, "deny" in found.seen) == (verdict, verdict == WRONG)


@pytest.mark.parametrize("driver", ["pam", "passwd", "shadow"])
def test_a_passdb_that_denies_everybody(driver: str) -> None:
    found = by_file(f"passdb {{\n  deny = yes\n  driver = {driver}\n}}\n" + PAM)
    assert (found.verdict, "deny" in found.seen) == (WRONG, True)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ("taro:{SHA3}x:1000::/home/taro\n", WRONG),
        ("taro:{sha3.hex}x\nhana:{GOST}y\n", WRONG),
        ("taro:{PLAIN}x\nhana:{SCRYPT}y\n", WARNING),
        ("taro:{PLAIN}x\n", RIGHT),
        ("taro:{ssha512.b64}x\nhana:$6$abc\n", RIGHT),
        ("taro:himitsu\n", RIGHT),
    ],
)
def test_schemes_of_passwords(tmp_path: Path, rows: str, verdict: str) -> None:
    path = tmp_path / "users"
    path.write_text(rows)
    found = by_file(OLD.format(path, "no"))
    assert (found.verdict, str(path) in found.seen) == (verdict, verdict != RIGHT)


def test_a_scheme_of_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("taro:himitsu\n")
    assert by_file(OLD.format(f"scheme=SHA3 {path}", "no")).verdict == WRONG
    assert by_file(OLD.format(f"scheme=CRYPT {path}", "no"), schemes="CRYPT").verdict == RIGHT
    # Without the list of Dovecot's own schemes nothing is claimed.
    assert by_file(OLD.format(f"scheme=SHA3 {path}", "no"), schemes="").verdict == RIGHT
