"""`export ansible DIR`: what the files have, and that they are all there or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import ZEKE
from wizard.answers.exchange import Unexpressed
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.answers.sections.relay import Relay
from wizard.cli import main
from wizard.export.ansible import files, not_carried

KEY = "abcdefghijklmnopqrstuvwx"
HOST_VARS = "host_vars/mail.zeke.ne.jp.yml"
MAIN_CF = """\
compatibility_level = 2
myhostname = mail.example.com
mydomain = example.com
mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain
smtpd_tls_cert_file = /etc/pki/tls/certs/postfix.pem
smtpd_tls_key_file = /etc/pki/tls/private/postfix.key
"""


def test_defaults_are_left_out() -> None:
    text = files(ZEKE, ())[HOST_VARS]
    assert text.splitlines()[2:8] == [
        "postfix_wizard_answers:",
        "  hostname:",
        '    myhostname: "mail.zeke.ne.jp"',
        '    mydomain: "zeke.ne.jp"',
        "  domains:",
        '    local: ["ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"]',
    ]
    assert "limits:" not in text


def test_secrets_are_named_by_their_paths() -> None:
    listed = CustomBlocklist(f"{KEY}.zen.dq.spamhaus.net")
    own = CustomBlocklist("bl.example.org", "client", "127.0.0.2")
    answers = replace(
        ZEKE,
        relay=Relay("smtp.provider.example", user="taro", password_file="/root/relay"),
        blocklists=replace(ZEKE.blocklists, custom=(listed, own)),
    )
    lost = tuple(not_carried(answers))
    text = files(answers, lost)[HOST_VARS]
    assert KEY not in text
    assert '- zone: "bl.example.org"' in text
    assert '#   "/root/relay": "{{ vault_secret_1 }}"' in text
    assert "# Not carried: blocklists.custom." in text


def test_a_value_that_no_answer_expresses_is_left_out() -> None:
    lost = Unexpressed("networks", "mynetworks", "cidr:/etc/postfix/networks", "No answer.")
    text = files(ZEKE, (lost,))[HOST_VARS]
    assert "mynetworks:" not in text
    assert "# Not carried: networks.mynetworks. No answer." in text


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of a server that somebody else set up."""
    root = tmp_path / "root"
    (root / "etc/postfix").mkdir(parents=True)
    (root / "etc/postfix/main.cf").write_text(MAIN_CF)
    (root / "etc/postfix/master.cf").write_text("smtp inet n - n - - smtpd\n")
    return root


def export(copy: Path, directory: Path, *words: str) -> int:
    return main(["export", "ansible", str(directory), "--root", str(copy), *words])


def test_all_files_are_written_into_a_new_directory(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert export(copy, out, "--partial") == 0
    written = {one.relative_to(out).as_posix() for one in out.rglob("*.yml")}
    expected = {"inventory.yml", "site.yml", "requirements.yml", "host_vars/mail.example.com.yml"}
    assert written == expected
    assert capsys.readouterr().out.count(str(out)) == len(expected)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "root"]


def test_a_directory_with_files_is_refused(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    assert export(copy, tmp_path / "out", "--partial") == 1
    assert "has files already" in capsys.readouterr().err
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize("place", ["nowhere/out", "root/etc/postfix/main.cf"])
def test_a_directory_that_cannot_be_made_is_named(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    assert export(copy, tmp_path / place, "--partial") == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / place}: " in said
    assert "Nothing was written" in said


def test_a_host_that_answers_do_not_express_is_refused_without_partial(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (copy / "etc/postfix/main.cf").open("a") as file:
        file.write("message_size_limit = $my_size\n")
    assert export(copy, tmp_path / "out") == 1
    said = capsys.readouterr()
    assert "Not carried: limits.message_size_limit = $my_size" in said.out
    assert "--partial" in said.err
    assert not (tmp_path / "out").exists()
