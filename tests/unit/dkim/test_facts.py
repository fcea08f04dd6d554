"""Keys and repositories of a host, the first packet of a milter, and the records of keys."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from wizard.dns import key_records
from wizard.dns.asking import FAILED, FOUND, NO_NAME, NO_RECORD, SILENT, Answer, Question
from wizard.dns.authority import Server, ZoneAnswers
from wizard.dns.key_record import MISSING, RIGHT, UNKNOWN, WRONG, KeyRecord
from wizard.dns.key_records import fault, judge, record_text, zone_line
from wizard.dns.primary import Primary
from wizard.door import Door
from wizard.host.milter import milter_fault
from wizard.host.signing import read_keys, read_repositories

REPOS = {
    "enabled": ("[epel]\nenabled=1\n", ("epel",)),
    "without the word": ("[ol9_developer_EPEL]\nname=x\n", ("ol9_developer_EPEL",)),
    "disabled": ("[epel]\nname=x\nenabled = 0\n[epel-testing]\nenabled=False\n", ()),
    "another": ("[baseos]\nenabled=1\n", ()),
    "enabled last": ("[epel]\nenabled=0\nenabled=1\n", ("epel",)),
    "no section": ("enabled=1\nepel\n", ()),
    "rubbish": ("\0\x1b[epel\n]\n[]\n", ()),
}


@pytest.mark.parametrize(("text", "expected"), REPOS.values(), ids=REPOS)
def test_repositories(tmp_path: Path, text: str, expected: tuple[str, ...]) -> None:
    directory = tmp_path / "etc/yum.repos.d"
    directory.mkdir(parents=True)
    (directory / "a.repo").write_text(text)
    (directory / "b.txt").write_text("[epel]\n")
    assert read_repositories(Door(tmp_path)) == expected


def openssl(*words: str) -> bytes:
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("genrsa", "2048"), ""),
        (("genrsa", "1024"), ""),
        (("genrsa", "512"), "it has 512 bits"),
        (("genpkey", "-algorithm", "ed25519"), "Ed25519: this version of opendkim refuses"),
        (("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "a key of EC"),
        (("rand", "100"), "no private key"),
    ],
)
def test_a_key_is_known_by_its_public_part(
    tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    path = tmp_path / "s.private"
    path.write_bytes(openssl(*words))
    path.chmod(0o640)
    (key,) = read_keys(Door(), (str(path), str(tmp_path / "none"))).values()
    assert why in key.why
    assert bool(why) == bool(key.why)
    assert key.mode == 0o640
    if not why:
        assert base64.b64decode(key.public) == openssl(
            "pkey", "-in", str(path), "-pubout", "-outform", "DER"
        )
        assert path.read_text().split("\n")[1] not in repr(key)


def test_a_directory_and_a_link_are_no_keys(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("/etc/shadow")
    found = read_keys(Door(), (str(tmp_path / "d"), str(tmp_path / "l")))
    assert {one.why for one in found.values()} == {"it is not a plain file with a key"}


def serve(path: Path, answer: bytes | None) -> socket.socket:
    """Listen, and answer each first packet with these bytes; None answers nothing."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def run() -> None:
        try:
            while True:
                link, _ = server.accept()
                with link:
                    link.recv(100)
                    if answer is None:
                        link.recv(100)
                    else:
                        link.sendall(answer)
                        link.recv(100)
        except OSError:
            return

    threading.Thread(target=run, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"\0\0\0\x0dO" + bytes(12), ""),
        (b"220 mail ESMTP\r\n", "is not a milter"),
        (b"", "does not answer"),
        (None, "does not answer"),
    ],
)
def test_a_milter_answers_its_first_packet(
    tmp_path: Path, answer: bytes | None, expected: str
) -> None:
    with serve(tmp_path / "s", answer):
        said = milter_fault(str(tmp_path / "s"), 0.3)
    assert expected in said
    assert bool(expected) == bool(said)


def test_a_socket_without_a_server(tmp_path: Path) -> None:
    assert "there is no socket" in milter_fault(str(tmp_path / "s"))
    with serve(tmp_path / "s", b""):
        pass
    (tmp_path / "t").touch()
    assert milter_fault(str(tmp_path / "t"))
    assert "not a milter" not in milter_fault(str(tmp_path / "t"))


PUBLIC = base64.b64encode(bytes(range(256)) + bytes(38)).decode()
TEXT = record_text(PUBLIC)


def shown(text: str) -> str:
    return f'"{text}"'


RECORDS = {
    "whole": ((f'"{TEXT[:255]}" "{TEXT[255:]}"',), ""),
    "with blanks": ((shown(f"v=DKIM1 ; k=rsa ; p={PUBLIC[:9]} {PUBLIC[9:]};"),), ""),
    "without a version": ((shown(f"p={PUBLIC}"),), ""),
    "two": ((shown(TEXT), shown(TEXT)), "there are 2 records"),
    "another key": ((shown(record_text("AAAA")),), "another key"),
    "cut off": ((shown(TEXT[:255]),), "another key"),
    "withdrawn": ((shown("v=DKIM1; p="),), "withdrawn"),
    "ed25519": ((shown(f"v=DKIM1; k=ed25519; p={PUBLIC}"),), "not of RSA"),
    "for mail, and for each hash": ((shown(f"{TEXT}; s=email:x; h=sha1:sha256; t=s; n=x"),), ""),
    "for each service": ((shown(f"{TEXT}; s=*"),), ""),
    "for another service": ((shown(f"{TEXT}; s=tlsrpt"),), "it has s=tlsrpt"),
    "for an old hash": ((shown(f"{TEXT}; h=sha1"),), "it has h=sha1"),
    "no key": ((shown("v=spf1 -all"),), "no record of a key"),
    "control characters": ((shown("\\027[2J\\000"),), "no record of a key"),
    "empty": (('""',), "no record of a key"),
}


@pytest.mark.parametrize(("records", "expected"), RECORDS.values(), ids=RECORDS)
def test_what_is_wrong_with_a_record(records: tuple[str, ...], expected: str) -> None:
    said = fault(records, PUBLIC)
    assert expected in said
    assert bool(expected) == bool(said)
    assert "\x1b" not in said


def test_a_line_of_a_zone_has_strings_of_at_most_255_bytes() -> None:
    line = zone_line("s._domainkey.a.b", PUBLIC)
    strings = line.split('"')[1::2]
    assert "".join(strings) == TEXT
    assert [len(one) for one in strings] == [255, len(TEXT) - 255]


def answer(state: str, *records: str) -> Answer:
    return Answer(Question("x", "TXT"), state, records, why="no answer in time")


GOOD, OTHER = answer(FOUND, shown(TEXT)), answer(FOUND, shown("v=DKIM1; p="))
STATES = {
    "all": ({"a": GOOD, "b": GOOD}, RIGHT),
    "one has another": ({"a": GOOD, "b": OTHER}, WRONG),
    "one has none": ({"a": GOOD, "b": answer(NO_RECORD)}, MISSING),
    "none has one": ({"a": answer(NO_NAME), "b": answer(NO_RECORD)}, MISSING),
    "one is silent": ({"a": GOOD, "b": answer(SILENT)}, UNKNOWN),
    "one is silent, one is wrong": ({"a": answer(SILENT), "b": OTHER}, WRONG),
    "one refuses, one has none": ({"a": answer(FAILED), "b": answer(NO_NAME)}, MISSING),
    "no servers": ({}, UNKNOWN),
}


@pytest.mark.parametrize(("answers", "state"), STATES.values(), ids=STATES)
def test_the_worst_answer_counts(answers: dict[str, Answer], state: str) -> None:
    assert judge(answers, PUBLIC).state == state


def test_a_record_that_says_that_it_is_a_test() -> None:
    said = {"t=y": True, "t=s:y": True, "t=s": False, "x=y": False}
    for tag, is_test in said.items():
        found = judge({"a": GOOD, "b": answer(FOUND, shown(f"{TEXT}; {tag}"))}, PUBLIC)
        assert (found.state, found.is_test) == (RIGHT, is_test), tag


NO_KEY = answer(FOUND, shown("v=DKIM1; p="))
GONE = {
    "withdrawn": ({"a": NO_KEY, "b": NO_KEY}, True),
    "taken out": ({"a": answer(NO_NAME), "b": answer(NO_RECORD)}, True),
    "both": ({"a": NO_KEY, "b": answer(NO_NAME)}, True),
    "at one server": ({"a": NO_KEY, "b": GOOD}, False),
    "taken out at one": ({"a": answer(NO_NAME), "b": GOOD}, False),
    "one is silent": ({"a": NO_KEY, "b": answer(SILENT)}, False),
    "another key": ({"a": answer(FOUND, shown("v=DKIM1; p=AAAA"))}, False),
    "no servers": ({}, False),
}


@pytest.mark.parametrize(("answers", "is_gone"), GONE.values(), ids=GONE)
def test_a_key_is_gone_once_no_server_has_it(answers: dict[str, Answer], is_gone: bool) -> None:
    assert judge(answers, PUBLIC).is_gone is is_gone
    # The key itself may be gone from this host.
    assert judge(answers, "").is_gone is is_gone


QUESTION = Question("s._domainkey.a.example", "TXT")
SERVERS = {
    "both have it": ((GOOD, GOOD), RIGHT, "ns1, ns2"),
    "the second is behind": ((GOOD, answer(NO_NAME)), MISSING, "there is no record at ns2"),
    "the second has two": (
        (GOOD, answer(FOUND, shown(TEXT), shown(TEXT))),
        WRONG,
        "ns2: there are 2",
    ),
    "the second has an old key": (
        (GOOD, answer(FOUND, shown("v=DKIM1; p=AAAA"))),
        WRONG,
        "ns2: it has another key",
    ),
    "the first is hidden": ((answer(SILENT), GOOD), UNKNOWN, "ns1: no answer in time"),
}


@pytest.mark.parametrize(("answers", "state", "why"), SERVERS.values(), ids=SERVERS)
def test_each_server_of_a_zone_counts(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[Answer, Answer], state: str, why: str
) -> None:
    of_zone = ZoneAnswers(
        "a.example",
        {Server(f"ns{at}", "192.0.2.1"): {QUESTION: one} for at, one in enumerate(answers, 1)},
    )
    lost = ZoneAnswers("b.example", why="no answer in time")
    monkeypatch.setattr(key_records, "ask_each_server", lambda *_, **__: (of_zone, lost))
    monkeypatch.setattr(key_records, "ask_hidden_primary", lambda *_, **__: None)
    keys = {QUESTION.name: PUBLIC, "s._domainkey.b.example": PUBLIC}
    found = key_records.published(keys, ("192.0.2.53",), seconds=1.0)
    assert found[QUESTION.name].state == state
    assert why in found[QUESTION.name].why
    assert found["s._domainkey.b.example"] == KeyRecord(
        UNKNOWN, "no server of its zone can be found: b.example: no answer in time"
    )


PRIMARIES: dict[str, tuple[Answer | dict[str, str] | None, str]] = {
    "is one of them": (None, "there is no record at ns1"),
    "has it": (GOOD, "hidden, the primary, which is not one of them, has it: they take it over"),
    "has an old one": (OTHER, "which is not one of them, does not have it either"),
    "has none": (answer(NO_NAME), "which is not one of them, does not have it either"),
    "is silent": (answer(SILENT), "which is not one of them, does not answer here (no answer in"),
    "has no address": ({}, "which is not one of them, does not answer here (it has no address)"),
}


@pytest.mark.parametrize(("said", "expected"), PRIMARIES.values(), ids=PRIMARIES)
@pytest.mark.parametrize("listed", [answer(NO_NAME), OTHER])
def test_a_hidden_primary_is_asked_where_the_servers_lack_the_record(
    monkeypatch: pytest.MonkeyPatch,
    listed: Answer,
    said: Answer | dict[str, str] | None,
    expected: str,
) -> None:
    of_zone = ZoneAnswers("a.example", {Server("ns1", "192.0.2.1"): {QUESTION: listed}})
    answers = {QUESTION: said} if isinstance(said, Answer) else {}
    primary = None if said is None else Primary("hidden", answers)
    monkeypatch.setattr(key_records, "ask_each_server", lambda *_, **__: (of_zone,))
    monkeypatch.setattr(key_records, "ask_hidden_primary", lambda *_, **__: primary)
    (found,) = key_records.published({QUESTION.name: PUBLIC}, (), seconds=1.0).values()
    # What the primary has decides nothing: verifiers ask the servers alone.
    assert found.state == (WRONG if listed is OTHER else MISSING)
    assert expected in found.why or listed is OTHER
    assert ("the primary" in found.why) == (said is not None)
