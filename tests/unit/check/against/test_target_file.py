"""The file of `check --print-target`: whole after a round trip, and anything else is refused in words."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wizard.answers.unsaid import unsaid
from wizard.check.abuse.attempts import Target
from wizard.check.against import target_file
from wizard.check.against.target_file import KnownServer, parse_target, read_target, target_text
from wizard.check.network.stranger import networks
from wizard.errors import AnswersTrouble, Trouble

TARGET = Target(
    "", "mail.zeke.ne.jp", "zeke.ne.jp", 10485760, "no socket", "", 60, 120, 25, 120, 120
)
KNOWN = KnownServer(TARGET, networks(("192.168.1.0/24", "[2001:db8::]/64")))


def changed(**fields: Any) -> bytes:
    whole = json.loads(target_text(KNOWN))
    for name, value in fields.items():
        part = whole if name in whole else whole["target"]
        part[name] = value
    return json.dumps(whole).encode()


def test_what_is_printed_is_read_back() -> None:
    assert parse_target(target_text(KNOWN).encode()) == KNOWN
    # A later version of the program may add fields.
    whole = json.loads(target_text(KNOWN))
    assert parse_target(json.dumps({**whole, "new": {"a": 1}}).encode()) == KNOWN


def test_it_has_these_fields_and_no_more() -> None:
    whole = json.loads(target_text(replace(KNOWN, target=replace(TARGET, address="192.0.2.1"))))
    assert whole == {
        "version": 1,
        "target": {
            "name": "mail.zeke.ne.jp",
            "domain": "zeke.ne.jp",
            "size": 10485760,
            "waits": "no socket",
            "unit": 60,
            "connection_rate": 120,
            "connections": 25,
            "message_rate": 120,
            "recipient_rate": 120,
        },
        "trusted": ["192.168.1.0/24", "2001:db8::/64"],
    }


def test_a_limit_that_no_answer_expresses_is_none() -> None:
    target = replace(TARGET, size=unsaid("number", "${x}"), waits="a\x1b]0;b\x07")
    read = parse_target(target_text(KnownServer(target)).encode())
    assert read.target.size == 0
    assert read.target.waits.isprintable()


@pytest.mark.parametrize("name", ["", "-o", "a b", "a\nb", "ä.example", "a..b", "x" * 300, "{{x}}"])
def test_a_name_that_no_check_can_use_is_not_printed(name: str) -> None:
    with pytest.raises(Trouble, match="not a host name"):
        target_text(KnownServer(replace(TARGET, name=name)))


WRONG = {
    "nothing": (b"", "not JSON"),
    "text": (b"import os", "not JSON"),
    "latin-1": (b'{"version": 1, "target": "\xe4"}', "not JSON"),
    "a NUL": (b"\0" * 40, "not JSON"),
    "UTF-16": ('{"version": 1}'.encode("utf-16"), "not JSON"),
    "deep": (b"[" * 100_000, "not JSON"),
    "huge number": (b'{"version": ' + b"9" * 5000 + b"}", "not JSON|no target"),
    "a list": (b"[1]", "no target"),
    "what check --json prints": (b'{"version": 1, "findings": [], "records": []}', "no target"),
    "newer": (changed(version=2), "version 2"),
    "version true": (changed(version=True), "version True"),
    "version with controls": (changed(version="\x1b[2J\x07"), r"version '\\x1b"),
    "target is a list": (changed(target=[1]), "not an object"),
    "no name": (b'{"version": 1, "target": {}, "trusted": []}', "has no `name`"),
    "a name of one's own": (changed(name="a b\r\nRCPT TO:<x@y>"), "`name` is not a host name"),
    "an option": (changed(name="-oProxy"), "`name` is not a host name"),
    "braces": (changed(domain="{me}"), "`domain` is not a domain"),
    "a number as name": (changed(name=7), "`name` is not a host name"),
    "a negative size": (changed(size=-1), "`size` is not a whole"),
    "a fraction": (changed(size=1.5), "`size` is not a whole"),
    "infinite": (changed(size=float("inf")), "`size` is not a whole"),
    "true": (changed(size=True), "`size` is not a whole"),
    "a unit of 0": (changed(unit=0), "`unit` is not"),
    "controls in the reason": (changed(waits="\x1b[31mred"), "`waits` is not a printable"),
    "a long reason": (changed(waits="x" * 1000), "`waits` is not a printable"),
    "a rate as text": (changed(message_rate="many"), "`message_rate` is not"),
    "networks as text": (changed(trusted="10.0.0.0/8"), "`trusted` is not a list"),
    "no network": (changed(trusted=["hash:/etc/x"]), "is not a network"),
    "a network as number": (changed(trusted=[167772160]), "is not a network"),
    "host bits": (changed(trusted=["10.0.0.1/8"]), "is not a network"),
    "too many networks": (changed(trusted=["10.0.0.0/8"] * 10_001), "`trusted` is not a list"),
}


@pytest.mark.promise(21)
@pytest.mark.parametrize(("data", "fault"), WRONG.values(), ids=WRONG)
def test_what_is_no_target_is_refused(data: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        parse_target(data)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_only_a_regular_file_of_some_size_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = tmp_path / "server.json"
    good.write_text(target_text(KNOWN))
    link = tmp_path / "link.json"
    link.symlink_to(good)
    assert read_target(good) == read_target(link) == KNOWN
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    looped = tmp_path / "loop"
    looped.symlink_to(looped)
    others = (fifo, tmp_path, Path("/dev/zero"), looped, tmp_path / "none", Path("a\0b"))
    for path in others:
        with pytest.raises(AnswersTrouble, match="reading the target in") as caught:
            read_target(path)
        assert str(caught.value).isprintable()
    monkeypatch.setattr(target_file, "MAX_BYTES", 100)
    with pytest.raises(AnswersTrouble, match="larger than"):
        read_target(good)
