"""Who did it: read strictly, recorded in the journal, one plain line each to syslog."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers.model import Caution
from wizard.plan.model import Plan
from wizard.run.audit import line_of, log_resume, log_start
from wizard.run.caller import Caller, find_caller, plain_connection, plain_user
from wizard.run.history import runs
from wizard.run.launch import launch
from wizard.run.paths import Places
from wizard.run.request import attend, read_request
from wizard.run.worker import work

pytestmark = pytest.mark.promise(55)

ROOT, TARO = 0, 1000
TARO_BY_SUDO = Caller(TARO, "taro", "taro", "192.168.1.2 50022 192.168.1.1 22", "pts/0")


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("taro", True),
        ("taro.yamada", True),
        ("taro@example.com", True),
        ("machine$", True),
        ("EXAMPLE\\taro", True),
        ("EXAMPLE+taro", True),
        ("\\taro", False),
        ("#1000", False),
        ("@wheel", False),
        ("_apt", True),
        ("", False),
        ("-rf", False),
        ("taro\n", False),
        ("taro hana", False),
        ("\x1b]0;owned\x07taro", False),
        ("taro\ud800", False),
        ("太郎", False),
        ('taro" act="undo', False),
        ("$(reboot)", False),
        ("a" * 65, False),
        ("../../etc/passwd", False),
        ("%s%s%n", False),
    ],
)
def test_only_a_plain_user_name_counts(text: str, is_plain: bool) -> None:
    assert plain_user(text) == (text if is_plain else "")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("192.168.1.2 50022 192.168.1.1 22", "192.168.1.2 50022 192.168.1.1 22"),
        ("2001:DB8::1 50022 2001:db8::2 22", "2001:db8::1 50022 2001:db8::2 22"),
        ("fe80::1%eth0 1 fe80::2%eth0 22", "fe80::1 1 fe80::2 22"),
        ("", ""),
        ("192.168.1.2 50022 192.168.1.1", ""),
        ("192.168.1.2 50022 192.168.1.1 22 rm", ""),
        ("192.168.1.2  50022 192.168.1.1 22", ""),
        ("192.168.1.2 50022 192.168.1.1 22\n", ""),
        ("host.example 50022 192.168.1.1 22", ""),
        ("192.168.1.2 fifty 192.168.1.1 22", ""),
        ("192.168.1.2 -1 192.168.1.1 22", ""),
        ("192.168.1.2 999999 192.168.1.1 22", ""),
        ("192.168.1.2 ٢٢ 192.168.1.1 22", ""),
        ("fe80::1%\x1b[31m 1 fe80::2 22", "fe80::1 1 fe80::2 22"),
        ("\x00 1 \x00 2", ""),
        ("192.168.1.2\t1 ::1 22", ""),
        ("１.2.3.4 1 ::1 22", ""),  # noqa: RUF001 (a full-width digit)
        ("01.2.3.4 1 ::1 22", ""),
        ("UNKNOWN 65535 UNKNOWN 65535", ""),
        ("192.168.1.2 " + "1" * 100_000 + " ::1 22", ""),
        ("fe80::1%" + "x" * 100_000 + " 1 ::1 22", "fe80::1 1 ::1 22"),
    ],
)
def test_a_connection_is_addresses_and_ports_and_nothing_else(text: str, plain: str) -> None:
    assert plain_connection(text) == plain


def process(
    proc: Path, pid: str, parent: str, environment: Mapping[str, str], loginuid: Optional[int]
) -> None:
    at = proc / pid
    at.mkdir(parents=True)
    rows = "".join(f"{name}={value}\0" for name, value in environment.items())
    (at / "environ").write_bytes(rows.encode("utf-8", "surrogateescape"))
    (at / "status").write_text(f"Name:\tx\nPPid:\t{parent}\nUid:\t0\n")
    if loginuid is not None:
        (at / "loginuid").write_text(str(loginuid))


CONNECTION = "192.168.1.2 50022 192.168.1.1 22"


def test_sudo_hides_the_connection_and_a_parent_has_it(tmp_path: Path) -> None:
    process(tmp_path, "self", "20", {}, ROOT)
    process(tmp_path, "20", "10", {"SSH_CONNECTION": "nonsense"}, ROOT)
    process(tmp_path, "10", "1", {"SSH_CONNECTION": CONNECTION, "SUDO_USER": "hana"}, ROOT)
    found = find_caller({"SUDO_USER": "taro"}, tmp_path)
    assert (found.loginuid, found.login_user) == (ROOT, "root")
    assert (found.sudo_user, found.ssh_connection) == ("taro", CONNECTION)


@pytest.mark.parametrize(
    ("own", "parent", "sudo_user"),
    [
        ({"SUDO_USER": "a b"}, {"SUDO_USER": "taro"}, "taro"),
        ({}, {"SUDO_USER": "taro"}, "taro"),
        ({}, {"SUDO_USER": "ta\nro"}, ""),
        ({}, {}, ""),
    ],
)
def test_the_nearest_plain_value_counts(
    tmp_path: Path, own: Mapping[str, str], parent: Mapping[str, str], sudo_user: str
) -> None:
    process(tmp_path, "self", "20", {}, None)
    process(tmp_path, "20", "1", parent, None)
    assert find_caller(own, tmp_path).sudo_user == sudo_user


@pytest.mark.parametrize("loginuid", ["4294967295", "", "taro", "-", "99999999999999999999"])
def test_a_login_that_is_not_known_is_none(tmp_path: Path, loginuid: str) -> None:
    process(tmp_path, "self", "1", {}, None)
    (tmp_path / "self/loginuid").write_text(loginuid)
    found = find_caller({}, tmp_path)
    assert found.login_user == ""
    assert (found.loginuid is None) == (loginuid != "99999999999999999999")


def test_parents_in_a_circle_or_gone_end_the_search(tmp_path: Path) -> None:
    process(tmp_path, "self", "20", {}, None)
    process(tmp_path, "20", "30", {}, None)
    process(tmp_path, "30", "20", {}, None)
    assert find_caller({}, tmp_path).ssh_connection == ""
    assert find_caller({}, tmp_path / "none") == replace(find_caller({}, tmp_path), loginuid=None)


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        (TARO_BY_SUDO, "taro from 192.168.1.2"),
        (Caller(TARO, "taro", "hana"), "taro as hana"),
        (Caller(None, "", "hana"), "hana"),
        (Caller(1234), "uid 1234"),
        (Caller(), ""),
    ],
)
def test_the_caller_in_a_few_words(caller: Caller, shown: str) -> None:
    assert caller.shown == shown


@given(st.text())
def test_no_value_makes_a_second_line_or_field(value: str) -> None:
    line = line_of([("act", "accept"), ("accepted", value)])
    assert line.isprintable()
    assert line.replace("\\\\", "").replace('\\"', "").count('"') == (4 if len(line) < 1800 else 3)


def logger(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(str(path))
    made.settimeout(5)
    return made


def plan(*cautions: Caution, undoes: str = "", sections: tuple[str, ...] = ()) -> Plan:
    return Plan("", sections, (), (), cautions=cautions, undoes=undoes)


def test_each_act_is_one_line_and_each_acceptance_another(tmp_path: Path) -> None:
    with logger(tmp_path / "log") as log:
        log_start(tmp_path / "log", "RUN", plan(sections=("dns", "limits")), TARO_BY_SUDO, ["a=b"])
        log_start(tmp_path / "log", "RUN", plan(undoes="OLD"), TARO_BY_SUDO, [])
        log_resume(tmp_path / "log", "RUN", TARO_BY_SUDO)
        lines = [log.recv(4096).decode() for _ in range(4)]
    who = (
        'loginuid="1000" login_user="taro" sudo_user="taro"'
        ' ssh_connection="192.168.1.2 50022 192.168.1.1 22" tty="pts/0"'
    )
    assert [line.partition("]: ")[2] for line in lines] == [
        f'act="apply" run="RUN" sections="dns,limits" {who}',
        f'act="accept" run="RUN" accepted="a=b" {who}',
        f'act="undo" run="RUN" undoes="OLD" {who}',
        f'act="resume" run="RUN" {who}',
    ]
    assert all(line.startswith("<85>") and " postfix-wizard[" in line for line in lines)


@pytest.mark.parametrize("kind", ["missing", "a file", "a directory", "full", "no reader"])
def test_a_logger_that_cannot_take_it_hinders_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log"
    if kind == "a file":
        path.write_text("")
    if kind == "a directory":
        path.mkdir()
    if kind == "no reader":
        logger(path).close()
    if kind == "full":
        with logger(path):
            for _ in range(13):
                log_resume(path, "RUN", Caller())
        return
    log_resume(path, "RUN", Caller())


def test_the_journal_names_who_started_and_who_resumed(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    hana = Caller(1001, "hana")
    monkeypatch.setattr("wizard.run.launch.find_caller", lambda: TARO_BY_SUDO)
    wanted = plan(Caution("public-range", "Dangerous.", ("203.0.113.0/24",)))
    run = launch(places, wanted, (), attended=False, start=lambda *_: None)
    assert read_request(places.run(run)).by == TARO_BY_SUDO
    attend(places.run(run), attended=False, by=hana)
    assert work(places, run) == 0
    header, started = (
        json.loads(line.partition(" ")[2])["record"]
        for line in places.run(run).journal.read_text().splitlines()[:2]
    )
    assert header["by"]["ssh_connection"] == CONNECTION
    assert header["by"]["login_user"] == "taro"
    assert started["by"]["login_user"] == "hana"
    assert started["accepted"] == ["public-range=203.0.113.0/24"]
    (listed,) = runs(places)
    assert listed.by == hana
    assert listed.resumed_by == ()
