"""What the tests of Postfix's files share: answers, stock files, facts."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any, Callable

import pytest

from wizard.answers.model import Answers
from wizard.answers.sections.certificate import Certificate
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks
from wizard.host.facts import Postfix

TABLES = {"el9": ("3.5.25", "hash"), "el10": ("3.8.5", "lmdb")}


@pytest.fixture(scope="session")
def answers() -> Answers:
    return Answers(
        Hostname("mail.zeke.ne.jp", "zeke.ne.jp"),
        Domains(("ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp")),
        Networks(("192.168.1.0/24", "127.0.0.0/8")),
        Certificate(name="zeke.ne.jp"),
    )


@pytest.fixture(scope="session")
def postfix_of() -> Callable[[str], Postfix]:
    def facts(suite: str) -> Postfix:
        version, table = TABLES[suite]
        return Postfix(None, version, table)

    return facts


@pytest.fixture(scope="session")
def el9(postfix_of: Callable[[str], Postfix]) -> Postfix:
    return postfix_of("el9")


@pytest.fixture(scope="session")
def stock() -> Callable[[str, str], bytes]:
    """The bytes of a suite's stock file, and a plain skip where it cannot be had."""

    def read(suite: str, name: str) -> bytes:
        lab = pytest.importorskip("lab.stock", reason="scripts/lab is not there")
        shell = pytest.importorskip("lab.shell")
        try:
            found: Path = lab.stock_files(suite)
        except shell.LabError as error:
            pytest.skip(f"no stock files of {suite} here: {error}")
        return (found / name).read_bytes()

    return read


@pytest.fixture(scope="session")
def effort() -> Callable[[Callable[[], object]], int]:
    """How many calls a piece of work takes: its growth, without a clock on a noisy machine."""

    def count(work: Callable[[], object]) -> int:
        calls = 0

        def profile(_frame: FrameType, event: str, _argument: Any) -> None:
            nonlocal calls
            calls += event in {"call", "c_call"}

        previous = sys.getprofile()
        sys.setprofile(profile)
        try:
            work()
        finally:
            sys.setprofile(previous)
        return calls

    return count
